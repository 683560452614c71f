"""The workbench port on the sandbox: plain values in, renditions or an error out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from gateway.errors import SandboxFailure, TooLarge
from gateway.exchange.ports.secrets import SecretRegister
from gateway.exchange.ports.workbench import (
    CleanRendition,
    Examined,
    Inside,
    Pieces,
    Redacted,
    RenditionSpec,
    WindowedSurvey,
)
from gateway.formats.limits import MAX_SCANNED_PAGES
from gateway.sandbox.pool import Sandbox, SandboxLimits
from gateway.workbench.wire import encode_register, encode_spec

#: Half of what one worker reads of text in a second on the slowest machine measured (docs/benchmarks.md).
_BYTES_PER_SECOND = 25_000


class SandboxedWorkbench:
    """Opens evidence in child processes; ``max_bytes`` bounds what is opened at all.

    ``max_scans`` bounds the pages of one file that are read by text recognition.
    """

    def __init__(
        self, *, workers: int, memory_bytes: int, seconds: int, max_bytes: int, max_scans: int = MAX_SCANNED_PAGES
    ) -> None:
        self._max_bytes, self._max_scans = max_bytes, max_scans
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

    def examine(self, data: bytes, untrusted_name: str, declared_media_type: str, *, complete: bool = True) -> Examined:
        self._check_size(data)
        answer = self._sandbox.call(
            {
                "do": "examine",
                "data": data,
                "name": untrusted_name,
                "declared": declared_media_type,
                "complete": complete,
                "max_scans": self._max_scans,
            }
        )
        return Examined(
            media_type=_text(answer, "media_type"),
            redactable=answer["redactable"] is True,
            extractor=_text(answer, "extractor"),
            version=_text(answer, "version"),
            characters=int(answer["characters"]),
            inside=Inside(_texts(answer, "members"), _texts(answer, "attachments")),
        )

    def survey(self, data: bytes, *, name: str, media_type: str) -> frozenset[str]:
        self._check_size(data)
        answer = self._sandbox.call(
            {"do": "survey", "data": data, "name": name, "media_type": media_type, "max_scans": self._max_scans}
        )
        return frozenset(_texts(answer, "names"))

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
        self._check_size(data)
        request = _redaction(exhibit_id, name, media_type, source_commitment, stop_on, specs, names, register)
        answer = self._sandbox.call({"do": "redact", "data": data, "max_scans": self._max_scans, **request})
        stopped_by = tuple(str(entity) for entity in answer["stopped_by"])
        if stopped_by:
            return Redacted((), stopped_by)
        datas = [answer[f"data{i}"] for i in range(len(answer["renditions"]))]
        return Redacted(_renditions(answer["renditions"], datas, media_type, specs), ())

    def examine_windowed(
        self, beginning: bytes, pieces: Pieces, untrusted_name: str, declared_media_type: str
    ) -> Examined | None:
        with self._sandbox.session() as child:
            opened = child.call(
                {"do": "window-examine", "data": beginning, "name": untrusted_name, "declared": declared_media_type}
            )
            if opened["windowed"] is not True:
                return None
            for piece in pieces():
                child.call({"do": "window-read", "data": piece})
            answer = child.call({"do": "window-end"})
        return Examined(
            media_type=_text(answer, "media_type"),
            redactable=True,
            extractor=_text(answer, "extractor"),
            version=_text(answer, "version"),
            characters=int(answer["characters"]),
        )

    def survey_windowed(self, pieces: Pieces, *, name: str, media_type: str) -> WindowedSurvey:
        with self._sandbox.session() as child:
            child.call({"do": "window-survey", "name": name, "media_type": media_type})
            for piece in pieces():
                child.call({"do": "window-read", "data": piece})
            answer = child.call({"do": "window-end"})
        if not isinstance(answer["findings"], bytes):
            raise _unexpected()
        return WindowedSurvey(frozenset(_texts(answer, "names")), answer["findings"])

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
        found = survey or self.survey_windowed(pieces, name=name, media_type=media_type)
        request = _redaction(exhibit_id, name, media_type, source_commitment, stop_on, specs, names, register)
        with self._sandbox.session() as child:
            child.call(
                {
                    "do": "window-redact",
                    "findings": found.findings,
                    "surveyed_names": sorted(found.names),
                    **request,
                }
            )
            for piece in pieces():
                child.call({"do": "window-read", "data": piece})
            stopped_by = tuple(str(entity) for entity in child.call({"do": "window-learned"})["stopped_by"])
            if stopped_by:
                return Redacted((), stopped_by)
            for piece in pieces():
                _pour(child.call({"do": "window-make", "data": piece}), sinks)
            answer = child.call({"do": "window-finish"})
        _pour(answer, sinks)
        # In the order of the sinks, or none of them is what it seems.
        if [(each["view"], each["audience"]) for each in answer["renditions"]] != [
            (spec.view.name, spec.audience) for spec in specs
        ]:
            raise _unexpected()
        return Redacted(_renditions(answer["renditions"], [b""] * len(specs), media_type, specs), ())

    def close(self) -> None:
        """End the child processes."""
        self._sandbox.close()

    def _check_size(self, data: bytes) -> None:
        if len(data) > self._max_bytes:
            raise TooLarge(
                "exhibit-too-large-to-redact",
                f"The exhibit has {len(data)} bytes; at most {self._max_bytes} are opened for redaction.",
                remedy="Split the file, or raise EVIDENCE_GATEWAY_MAX_REDACTABLE_BYTES.",
            )


def _redaction(
    exhibit_id: str,
    name: str,
    media_type: str,
    source_commitment: str,
    stop_on: frozenset[str],
    specs: Sequence[RenditionSpec],
    names: frozenset[str],
    register: SecretRegister | None,
) -> dict[str, Any]:
    """What a redaction is asked for, as plain values."""
    return {
        "exhibit_id": exhibit_id,
        "name": name,
        "media_type": media_type,
        "source_commitment": source_commitment,
        "stop_on": sorted(stop_on),
        "specs": [encode_spec(spec) for spec in specs],
        "names": sorted(names),
        "register": encode_register(register),
    }


def _renditions(
    items: Sequence[Mapping[str, Any]], datas: Sequence[Any], media_type: str, specs: Sequence[RenditionSpec]
) -> tuple[CleanRendition, ...]:
    """What the child says it made, held against what it was asked: it has seen hostile bytes."""
    wanted = {(spec.view.name, spec.audience) for spec in specs}
    renditions = []
    for item, data in zip(items, datas, strict=True):
        made = CleanRendition(
            view=_text(item, "view"),
            audience=_text(item, "audience"),
            name=_text(item, "name"),
            media_type=media_type,
            data=data,
            report=item["report"],
            lowest_confidence=float(item["lowest_confidence"]),
        )
        if (made.view, made.audience) not in wanted or not isinstance(data, bytes):
            raise _unexpected()
        wanted.discard((made.view, made.audience))
        renditions.append(made)
    if wanted:
        raise _unexpected()
    return tuple(renditions)


def _pour(answer: Mapping[str, Any], sinks: Sequence[Callable[[bytes], None]]) -> None:
    for number, sink in enumerate(sinks):
        data = answer[f"data{number}"]
        if not isinstance(data, bytes):
            raise _unexpected()
        if data:
            sink(data)


def _text(answer: Any, key: str) -> str:
    value = answer[key]
    if not isinstance(value, str):
        raise _unexpected()
    return value


def _texts(answer: Any, key: str) -> tuple[str, ...]:
    values = answer[key]
    if not isinstance(values, list) or not all(isinstance(each, str) for each in values):
        raise _unexpected()
    return tuple(values)


def _unexpected() -> SandboxFailure:
    return SandboxFailure(
        "sandbox-answer-invalid",
        "The child process gave an answer that does not fit the question.",
        remedy="The exhibit is quarantined; report this with the exhibit's id.",
    )
