"""What crosses the pipe between parent and sandboxed child, as plain values, and what each side makes of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gateway.agreements.model import View
from gateway.evidence.taxonomy import Action, Category
from gateway.exchange.ports.secrets import SecretRegister
from gateway.exchange.ports.workbench import RenditionSpec
from gateway.redaction.fingerprint import DIGEST_BYTES, Fingerprint, Kind, Register


def encode_spec(spec: RenditionSpec) -> dict[str, Any]:
    """A rendition spec as plain values, for the way into the child."""
    return {
        "view": spec.view.name,
        "defaults": {str(c): str(a) for c, a in spec.view.defaults.items()},
        "exceptions": {
            str(c): {entity: str(a) for entity, a in actions.items()} for c, actions in spec.view.exceptions.items()
        },
        "audience": spec.audience,
        "pseudonym_key": spec.pseudonym_key.hex(),
    }


def decode_spec(values: Mapping[str, Any]) -> RenditionSpec:
    """The inverse of :func:`encode_spec`."""
    view = View(
        name=values["view"],
        defaults={Category(c): Action(a) for c, a in values["defaults"].items()},
        exceptions={
            Category(c): {entity: Action(a) for entity, a in actions.items()}
            for c, actions in values["exceptions"].items()
        },
    )
    return RenditionSpec(view, values["audience"], bytes.fromhex(values["pseudonym_key"]))


def encode_register(register: SecretRegister | None) -> dict[str, Any] | None:
    """The register as values that may cross the pipe; all digests in one byte string."""
    if register is None:
        return None
    return {
        "key": register.key,
        "digests": b"".join(digest for each in register.fingerprints for digest in each.digests),
        "secrets": [
            [each.secret_id, each.kind.value, len(each.digests), list(each.lengths), each.needed]
            for each in register.fingerprints
        ],
    }


def decode_register(values: Mapping[str, Any] | None) -> Register | None:
    """What the child searches with; the inverse of :func:`encode_register`."""
    if values is None:
        return None
    digests: bytes = values["digests"]
    fingerprints, position = [], 0
    for secret_id, kind, count, lengths, needed in values["secrets"]:
        end = position + count * DIGEST_BYTES
        own = tuple(digests[i : i + DIGEST_BYTES] for i in range(position, end, DIGEST_BYTES))
        fingerprints.append(Fingerprint(secret_id, Kind(kind), own, tuple(lengths), needed))
        position = end
    return Register(values["key"], fingerprints)
