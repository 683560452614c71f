"""What opening evidence needs, as the steps see it: what the workbench is asked and answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from gateway.exchange.ports.redaction_job import RedactionJob


@dataclass(frozen=True, slots=True)
class Inside:
    """Media types of the files inside an exhibit, by content: members of an archive, attachments of messages.

    What an attachment holds in turn, as an archive or as a message, is an attachment too.
    """

    members: tuple[str, ...] = ()
    attachments: tuple[str, ...] = ()


NOTHING_INSIDE = Inside()


@dataclass(frozen=True, slots=True)
class Examined:
    """What examination found: the sniffed media type, whether we can redact it, its text size, what is inside."""

    media_type: str
    redactable: bool
    extractor: str
    version: str
    characters: int
    inside: Inside = NOTHING_INSIDE


@dataclass(frozen=True, slots=True)
class CleanRendition:
    """A finished rendition that the residue check has passed.

    Attributes:
        lowest_confidence: 1.0 if nothing was found.
        data: Its bytes, unless a sink was given them; plaintext, so seal at once.
    """

    view: str
    audience: str
    name: str
    media_type: str
    report: Mapping[str, Any]
    lowest_confidence: float
    data: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class Redacted:
    """All renditions of one exhibit, or the entities that stop it."""

    renditions: tuple[CleanRendition, ...]
    stopped_by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Source:
    """The bytes of an exhibit, to be had whole or in pieces; always from the start.

    Attributes:
        read: All of them. Raises IntegrityFailure if they are not what was uploaded, as ``pieces`` does at the end.
    """

    size_bytes: int
    read: Callable[[], bytes]
    pieces: Callable[[], Iterator[bytes]]

    @classmethod
    def of(cls, data: bytes) -> Source:
        """Bytes that are in memory."""
        return cls(len(data), lambda: data, lambda: iter((data,)))


@dataclass(frozen=True, slots=True)
class Survey:
    """Names of persons in an exhibit; of a long one all that was found in it too, in a form of the workbench's own."""

    names: frozenset[str]
    findings: bytes = field(default=b"", repr=False)


#: Is given bytes of a rendition, in order, as they are made.
Sink = Callable[[bytes], None]


class Workbench(Protocol):
    """Opens evidence in a child process without network, within limits. Pure in its inputs.

    An exhibit that is too long to be held at once is opened window by window, if its type allows that; the caller
    sees no difference.
    """

    def examine(self, source: Source, untrusted_name: str, declared_media_type: str) -> Examined:
        """Sniff and parse.

        Raises:
            Unparsable, SandboxFailure, TooLarge: the exhibit is to be quarantined; also what ``source`` raises.
        """
        ...

    def survey(self, source: Source, *, name: str, media_type: str) -> Survey:
        """The names of persons in an exhibit that are to be looked for in the others of its package.

        Raises:
            Unparsable, DetectionFailed, SandboxFailure, TooLarge: as :meth:`redact` would.
        """
        ...

    def redact(
        self, source: Source, job: RedactionJob, sinks: Sequence[Sink], survey: Survey | None = None
    ) -> Redacted:
        """Parse, detect, plan, rebuild and check; one parse and one detection for all renditions.

        Args:
            sinks: One for each rendition of the job, in its order. What they were given counts for nothing
                unless this returns a rendition for it.
            survey: Of the same exhibit, if there was one; it spares some of the work.

        Raises:
            Unparsable, DetectionFailed, ResidueFound, SandboxFailure, TooLarge: nothing may be released.
        """
        ...
