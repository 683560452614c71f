"""The workbench port on the sandbox: the parent's side of examining, surveying and redacting an exhibit.

Short exhibits cross the pipe whole, long ones of the types that allow it in pieces, one child keeping the place
(:mod:`gateway.workbench.child`, :mod:`gateway.workbench.child_windows`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from gateway.errors import TooLarge
from gateway.evidence.media import WINDOWED
from gateway.exchange.ports.redaction_job import RedactionJob
from gateway.exchange.ports.workbench import Examined, Inside, Redacted, Sink, Source, Survey
from gateway.formats.limits import MAX_SCANNED_PAGES, MIB
from gateway.sandbox.pool import Sandbox, SandboxLimits
from gateway.workbench import wire

#: Half of what one worker reads of text in a second on the slowest machine measured (docs/benchmarks.md).
_BYTES_PER_SECOND = 25_000
#: By so much of its beginning the type of an exhibit is told that is not opened whole.
_BEGINNING_BYTES = 15 << 16


class SandboxedWorkbench:
    """Opens evidence in child processes.

    Args:
        max_bytes: The longest exhibit that is opened whole.
        max_scans: Pages of one file that are read by text recognition, at most.
        window_from_bytes: Exhibits longer than this are opened window by window, if their type allows it.
        max_windowed_bytes: The longest that is opened so.
    """

    def __init__(
        self,
        *,
        workers: int,
        memory_bytes: int,
        seconds: int,
        max_bytes: int,
        max_scans: int = MAX_SCANNED_PAGES,
        window_from_bytes: int = 2 * MIB,
        max_windowed_bytes: int = 1024 * MIB,
    ) -> None:
        self._max_bytes, self._max_scans = max_bytes, max_scans
        self._window_from_bytes, self._max_windowed_bytes = window_from_bytes, max_windowed_bytes
        self._sandbox = Sandbox(
            task="gateway.workbench.child:work",
            initializer="gateway.workbench.child:prepare",
            workers=workers,
            limits=SandboxLimits(
                memory_bytes=memory_bytes,
                wall_seconds=seconds,
                cpu_seconds=seconds,
                bytes_per_second=_BYTES_PER_SECOND,
            ),
        )

    def examine(self, source: Source, untrusted_name: str, declared_media_type: str) -> Examined:
        asked = {"name": untrusted_name, "declared": declared_media_type}
        if self._window_from_bytes < source.size_bytes <= self._max_windowed_bytes:
            answer = self._examine_windows(source, asked)
            if answer is not None:
                return _examined(answer)
        complete = source.size_bytes <= self._max_bytes
        data = source.read() if complete else _beginning(source)
        return _examined(self._call("examine", data, complete=complete, **asked))

    def survey(self, source: Source, *, name: str, media_type: str) -> Survey:
        if self._is_windowed(source, media_type):
            return self._survey_windows(source, name, media_type)
        answer = self._call("survey", self._whole(source), name=name, media_type=media_type)
        return Survey(frozenset(wire.texts(answer, "names")))

    def redact(
        self, source: Source, job: RedactionJob, sinks: Sequence[Sink], survey: Survey | None = None
    ) -> Redacted:
        if self._is_windowed(source, job.media_type):
            found = survey or self._survey_windows(source, job.name, job.media_type)
            return self._redact_windows(source, job, sinks, found)
        answer = self._call("redact", self._whole(source), job=wire.encode_job(job))
        stopped_by = wire.texts(answer, "stopped_by")
        if stopped_by:
            return Redacted((), stopped_by)
        renditions = wire.renditions_of(answer, job)
        _pour(answer, sinks)
        return Redacted(renditions)

    def close(self) -> None:
        """End the child processes."""
        self._sandbox.close()

    def _call(self, do: str, data: bytes, **members: Any) -> Mapping[str, Any]:
        answer: Mapping[str, Any] = self._sandbox.call(
            {"do": do, "data": data, "max_scans": self._max_scans, **members}
        )
        return answer

    def _is_windowed(self, source: Source, media_type: str) -> bool:
        return source.size_bytes > self._window_from_bytes and media_type in WINDOWED

    def _whole(self, source: Source) -> bytes:
        if source.size_bytes > self._max_bytes:
            raise TooLarge(
                "exhibit-too-large-to-redact",
                f"The exhibit has {source.size_bytes} bytes; at most {self._max_bytes} are opened for redaction.",
                remedy="Split the file, or raise EVIDENCE_GATEWAY_MAX_REDACTABLE_BYTES.",
            )
        return source.read()

    def _examine_windows(self, source: Source, asked: Mapping[str, str]) -> Mapping[str, Any] | None:
        with self._sandbox.session() as child:
            opened = child.call({"do": "window-examine", "data": _beginning(source), **asked})
            if opened["windowed"] is not True:
                return None
            for piece in source.pieces():
                child.call({"do": "window-read", "data": piece})
            answer: Mapping[str, Any] = child.call({"do": "window-end"})
            return answer

    def _survey_windows(self, source: Source, name: str, media_type: str) -> Survey:
        with self._sandbox.session() as child:
            child.call({"do": "window-survey", "name": name, "media_type": media_type})
            for piece in source.pieces():
                child.call({"do": "window-read", "data": piece})
            answer = child.call({"do": "window-end"})
        return Survey(frozenset(wire.texts(answer, "names")), wire.data(answer, "findings"))

    def _redact_windows(self, source: Source, job: RedactionJob, sinks: Sequence[Sink], found: Survey) -> Redacted:
        asked = {"job": wire.encode_job(job), "findings": found.findings, "surveyed_names": sorted(found.names)}
        with self._sandbox.session() as child:
            child.call({"do": "window-redact", **asked})
            for piece in source.pieces():
                child.call({"do": "window-read", "data": piece})
            stopped_by = wire.texts(child.call({"do": "window-learned"}), "stopped_by")
            if stopped_by:
                return Redacted((), stopped_by)
            for piece in source.pieces():
                _pour(child.call({"do": "window-make", "data": piece}), sinks)
            answer = child.call({"do": "window-finish"})
        _pour(answer, sinks)
        return Redacted(wire.renditions_of(answer, job))


def _examined(answer: Mapping[str, Any]) -> Examined:
    return Examined(
        media_type=wire.text(answer, "media_type"),
        redactable=answer["redactable"] is True,
        extractor=wire.text(answer, "extractor"),
        version=wire.text(answer, "version"),
        characters=int(answer["characters"]),
        inside=Inside(wire.texts(answer, "members"), wire.texts(answer, "attachments")),
    )


def _beginning(source: Source) -> bytes:
    beginning = bytearray()
    for piece in source.pieces():
        beginning += piece
        if len(beginning) >= _BEGINNING_BYTES:
            break
    return bytes(beginning)


def _pour(answer: Mapping[str, Any], sinks: Sequence[Sink]) -> None:
    for number, sink in enumerate(sinks):
        if made := wire.data(answer, f"data{number}"):
            sink(made)
