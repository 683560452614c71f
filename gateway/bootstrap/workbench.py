"""The workbench port on the sandbox: plain values in, renditions or an error out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gateway.bootstrap.bench import encode_spec
from gateway.bootstrap.registers import encode_register
from gateway.errors import SandboxFailure, TooLarge
from gateway.exchange.ports import CleanRendition, Examined, Inside, Redacted, RenditionSpec
from gateway.exchange.secret_ports import SecretRegister
from gateway.formats.sandbox import Sandbox, SandboxLimits


class SandboxedWorkbench:
    """Opens evidence in child processes; ``max_bytes`` bounds what is opened at all."""

    def __init__(self, *, workers: int, memory_bytes: int, seconds: int, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._sandbox = Sandbox(
            task="gateway.bootstrap.bench:work",
            initializer="gateway.bootstrap.bench:prepare",
            workers=workers,
            limits=SandboxLimits(memory_bytes=memory_bytes, wall_seconds=seconds, cpu_seconds=seconds),
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
        answer = self._sandbox.call({"do": "survey", "data": data, "name": name, "media_type": media_type})
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
        answer = self._sandbox.call(
            {
                "do": "redact",
                "data": data,
                "exhibit_id": exhibit_id,
                "name": name,
                "media_type": media_type,
                "source_commitment": source_commitment,
                "stop_on": sorted(stop_on),
                "specs": [encode_spec(spec) for spec in specs],
                "names": sorted(names),
                "register": encode_register(register),
            }
        )
        stopped_by = tuple(str(entity) for entity in answer["stopped_by"])
        if stopped_by:
            return Redacted((), stopped_by)
        wanted = {(spec.view.name, spec.audience) for spec in specs}
        renditions = []
        for i, item in enumerate(answer["renditions"]):
            rendition = CleanRendition(
                view=_text(item, "view"),
                audience=_text(item, "audience"),
                name=_text(item, "name"),
                media_type=media_type,
                data=answer[f"data{i}"],
                report=item["report"],
                lowest_confidence=float(item["lowest_confidence"]),
            )
            # The child saw hostile bytes; what it says is held against what it was asked.
            if (rendition.view, rendition.audience) not in wanted or not isinstance(rendition.data, bytes):
                raise _unexpected()
            wanted.discard((rendition.view, rendition.audience))
            renditions.append(rendition)
        if wanted:
            raise _unexpected()
        return Redacted(tuple(renditions), ())

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
