"""A party's register of secrets on its way into the sandboxed child, and what the child makes of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gateway.exchange.ports.secrets import SecretRegister
from gateway.redaction.fingerprint import DIGEST_BYTES, Fingerprint, Kind, Register


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
