"""What crosses the pipe between parent and sandboxed child, as plain values, and how each side reads it.

The child is given nothing but these values; what it answers was made from hostile bytes and is held against what
it was asked (:func:`renditions_of`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from gateway.agreements.model import View
from gateway.errors import SandboxFailure
from gateway.evidence.taxonomy import Action, Category
from gateway.exchange.ports.redaction_job import RedactionJob, RenditionSpec
from gateway.exchange.ports.secrets import SecretRegister
from gateway.exchange.ports.workbench import CleanRendition
from gateway.redaction.fingerprint import DIGEST_BYTES, Fingerprint, Kind


def encode_job(job: RedactionJob) -> dict[str, Any]:
    """A job for the way into the child."""
    return {
        "exhibit_id": job.exhibit_id,
        "name": job.name,
        "media_type": job.media_type,
        "source_commitment": job.source_commitment,
        "stop_on": sorted(job.stop_on),
        "specs": [_encode_spec(spec) for spec in job.specs],
        "names": sorted(job.names),
        "register": None if job.register is None else _encode_register(job.register),
    }


def decode_job(values: Mapping[str, Any]) -> RedactionJob:
    """The inverse of :func:`encode_job`."""
    return RedactionJob(
        exhibit_id=values["exhibit_id"],
        name=values["name"],
        media_type=values["media_type"],
        source_commitment=values["source_commitment"],
        stop_on=frozenset(values["stop_on"]),
        specs=tuple(_decode_spec(spec) for spec in values["specs"]),
        names=frozenset(values["names"]),
        register=None if values["register"] is None else _decode_register(values["register"]),
    )


def encode_renditions(renditions: Iterable[CleanRendition]) -> list[dict[str, Any]]:
    """All but the bytes of finished renditions, for the way out of the child."""
    return [
        {
            "view": each.view,
            "audience": each.audience,
            "name": each.name,
            "report": dict(each.report),
            "lowest_confidence": each.lowest_confidence,
        }
        for each in renditions
    ]


def renditions_of(answer: Mapping[str, Any], job: RedactionJob) -> tuple[CleanRendition, ...]:
    """What the child says it made: one rendition for each spec of the job, in its order.

    Raises:
        SandboxFailure: ``sandbox-answer-invalid`` for anything else.
    """
    made = tuple(
        CleanRendition(
            view=text(item, "view"),
            audience=text(item, "audience"),
            name=text(item, "name"),
            media_type=job.media_type,
            report=item["report"],
            lowest_confidence=float(item["lowest_confidence"]),
        )
        for item in answer["renditions"]
    )
    if [(each.view, each.audience) for each in made] != [(spec.view.name, spec.audience) for spec in job.specs]:
        raise unexpected()
    return made


def text(answer: Mapping[str, Any], key: str) -> str:
    """A member that has to be a text."""
    value = answer.get(key)
    if not isinstance(value, str):
        raise unexpected()
    return value


def texts(answer: Mapping[str, Any], key: str) -> tuple[str, ...]:
    """A member that has to be a list of texts."""
    values = answer.get(key)
    if not isinstance(values, list) or not all(isinstance(each, str) for each in values):
        raise unexpected()
    return tuple(values)


def data(answer: Mapping[str, Any], key: str) -> bytes:
    """A member that has to be a byte string."""
    value = answer.get(key)
    if not isinstance(value, bytes):
        raise unexpected()
    return value


def unexpected() -> SandboxFailure:
    """The refusal of an answer that does not fit."""
    return SandboxFailure(
        "sandbox-answer-invalid",
        "The child process gave an answer that does not fit the question.",
        remedy="The exhibit is quarantined; report this with the exhibit's id.",
    )


def _encode_spec(spec: RenditionSpec) -> dict[str, Any]:
    return {
        "view": spec.view.name,
        "defaults": {str(c): str(a) for c, a in spec.view.defaults.items()},
        "exceptions": {
            str(c): {entity: str(a) for entity, a in actions.items()} for c, actions in spec.view.exceptions.items()
        },
        "audience": spec.audience,
        "pseudonym_key": spec.pseudonym_key,
    }


def _decode_spec(values: Mapping[str, Any]) -> RenditionSpec:
    view = View(
        name=values["view"],
        defaults={Category(c): Action(a) for c, a in values["defaults"].items()},
        exceptions={
            Category(c): {entity: Action(a) for entity, a in actions.items()}
            for c, actions in values["exceptions"].items()
        },
    )
    return RenditionSpec(view, values["audience"], values["pseudonym_key"])


def _encode_register(register: SecretRegister) -> dict[str, Any]:
    # All digests in one byte string: a frame holds only so many of them.
    return {
        "key": register.key,
        "digests": b"".join(digest for each in register.fingerprints for digest in each.digests),
        "secrets": [
            [each.secret_id, each.kind.value, len(each.digests), list(each.lengths), each.needed]
            for each in register.fingerprints
        ],
    }


def _decode_register(values: Mapping[str, Any]) -> SecretRegister:
    digests: bytes = values["digests"]
    fingerprints, position = [], 0
    for secret_id, kind, count, lengths, needed in values["secrets"]:
        end = position + count * DIGEST_BYTES
        own = tuple(digests[i : i + DIGEST_BYTES] for i in range(position, end, DIGEST_BYTES))
        fingerprints.append(Fingerprint(secret_id, Kind(kind), own, tuple(lengths), needed))
        position = end
    return SecretRegister(values["key"], tuple(fingerprints))
