"""What opening evidence needs, as the steps see it: what the workbench is asked and answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from gateway.agreements.model import View
from gateway.exchange.ports.secrets import SecretRegister


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
class RenditionSpec:
    """A rendition to make: a view for an audience, with the key its pseudonyms are derived from."""

    view: View
    audience: str
    pseudonym_key: bytes


@dataclass(frozen=True, slots=True)
class CleanRendition:
    """A finished rendition that the residue check has passed. ``data`` is plaintext: seal at once."""

    view: str
    audience: str
    name: str
    media_type: str
    data: bytes
    report: Mapping[str, Any]
    lowest_confidence: float  # 1.0 if nothing was found


@dataclass(frozen=True, slots=True)
class Redacted:
    """All renditions of one exhibit, or the entities that stop it."""

    renditions: tuple[CleanRendition, ...]
    stopped_by: tuple[str, ...]


#: All bytes of an exhibit in pieces, from the start at each call. Raises IntegrityFailure if they were changed.
Pieces = Callable[[], Iterator[bytes]]


@dataclass(frozen=True, slots=True)
class WindowedSurvey:
    """Names of persons in a long exhibit, and all that was found in it, in a form of the workbench's own."""

    names: frozenset[str]
    findings: bytes = field(repr=False)


class Workbench(Protocol):
    """Opens evidence in a child process without network, within limits. Pure in its inputs."""

    def examine(self, data: bytes, untrusted_name: str, declared_media_type: str, *, complete: bool = True) -> Examined:
        """Sniff and parse.

        Args:
            complete: False if ``data`` is only the beginning; then nothing is parsed, and what would
                have to be redacted is refused as too large.

        Raises:
            Unparsable, SandboxFailure, TooLarge: the exhibit is to be quarantined.
        """
        ...

    def survey(self, data: bytes, *, name: str, media_type: str) -> frozenset[str]:
        """The names of persons in an exhibit that are to be looked for in the others of its package.

        Raises:
            Unparsable, DetectionFailed, SandboxFailure, TooLarge: as :meth:`redact` would.
        """
        ...

    def redact(
        self,
        data: bytes,
        *,
        exhibit_id: str,
        name: str,
        media_type: str,
        source_commitment: str,
        stop_on: frozenset[str],
        specs: Sequence[RenditionSpec],
        names: frozenset[str] = frozenset(),
        register: SecretRegister | None = None,
    ) -> Redacted:
        """Parse, detect, plan, rebuild and check; one parse and one detection for all renditions.

        Args:
            stop_on: Categories (values of taxonomy.Category) that the agreement forbids.
            names: Names of persons known from other exhibits of the package.
            register: Registered secrets of the party that pushed it.

        Raises:
            Unparsable, DetectionFailed, ResidueFound, SandboxFailure: nothing may be released.
        """
        ...

    def examine_windowed(
        self, beginning: bytes, pieces: Pieces, untrusted_name: str, declared_media_type: str
    ) -> Examined | None:
        """As :meth:`examine`, of an exhibit too long to be held at once.

        Args:
            beginning: Its first bytes, by which its type is told.
            pieces: Gives all of it, from the start each time it is called.

        Returns:
            None if files of its type can't be opened window by window.

        Raises:
            Unparsable, SandboxFailure: as :meth:`examine`; also what ``pieces`` raises.
        """
        ...

    def survey_windowed(self, pieces: Pieces, *, name: str, media_type: str) -> WindowedSurvey:
        """As :meth:`survey`, window by window; what was found besides spares :meth:`redact_windowed` a third of its
        work."""
        ...

    def redact_windowed(
        self,
        pieces: Pieces,
        sinks: Sequence[Callable[[bytes], None]],
        *,
        survey: WindowedSurvey | None,
        exhibit_id: str,
        name: str,
        media_type: str,
        source_commitment: str,
        stop_on: frozenset[str],
        specs: Sequence[RenditionSpec],
        names: frozenset[str] = frozenset(),
        register: SecretRegister | None = None,
    ) -> Redacted:
        """As :meth:`redact`, window by window.

        Args:
            sinks: One for each spec, given the bytes of its rendition as they are made. What they were given
                counts for nothing unless this returns a rendition for the spec; its ``data`` is empty.
            survey: Of the same exhibit, if there was one.
        """
        ...
