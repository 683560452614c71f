"""Register of secrets: what a party wants found in its exhibits, kept as keyed fingerprints only.

A person who may push for an agency registers terms, records and documents under labels of the agency's
own, and retires them. The text is turned into fingerprints under a key of the agency at once and is kept
nowhere; retiring empties the row. Every exhibit that the agency pushes is searched for all live ones
(:mod:`gateway.workbench.redact_whole`). A register that cannot be read in full stops redaction: nothing
passes unsearched.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from gateway.agreements.model import AgreementState
from gateway.envelope.wrapping import WrappedKey
from gateway.errors import Conflict, Denied, IntegrityFailure, InvalidInput, NotFound, TooLarge
from gateway.evidence.names import check_identifier
from gateway.evidence.package import Principal
from gateway.exchange import record
from gateway.exchange.ports.database import Transaction
from gateway.exchange.ports.keys import Keyring
from gateway.exchange.ports.secrets import RegisteredSecret, SecretRegister
from gateway.policy.decide import decide
from gateway.policy.decision import Request
from gateway.redaction.fingerprint import DIGEST_BYTES, Fingerprint, Fingerprinter, Kind

MAX_SECRETS = 20_000
#: 500,000 fingerprints: about three million words of registered documents.
MAX_DIGEST_BYTES = 500_000 * DIGEST_BYTES
MAX_FIELDS = 32
_USE = "registered-secret"
_CHECKSUM_BYTES = 32


@dataclass(frozen=True, slots=True)
class Material:
    """A secret as it comes in. ``texts`` are the fields of a record, else one text; never stored, never logged.

    Attributes:
        needed: How many fields of a record must stand near each other.
    """

    kind: Kind
    texts: tuple[str, ...] = field(repr=False)
    needed: int = 2


def register(
    tx: Transaction, keyring: Keyring, principal: Principal, label: str, material: Material, secret_id: str,
    now: datetime,
) -> RegisteredSecret:  # fmt: skip
    """Register a secret of the principal's agency. The same again under the same label changes nothing.

    Raises:
        Denied: ``secrets-not-permitted``.
        InvalidInput: ``identifier-invalid``, ``secret-too-short``, ``secret-too-long``, ``record-fields``.
        Conflict: ``secret-label-taken``.
        TooLarge: ``secret-register-full``.
    """
    _check_may(tx, principal, "secret.register", now)
    check_identifier(label, what="label")
    key = keyring.secret_register_key(principal.agency)
    fingerprint = _fingerprint(Fingerprinter(key), secret_id, material)
    digests = b"".join(fingerprint.digests)
    known = tx.secrets.find(principal.agency, label, lock=True)
    if known is not None:
        if known.retired_at is None and known.kind is material.kind and hmac.compare_digest(known.digests, digests):
            return known
        raise Conflict(
            "secret-label-taken",
            "Another secret was registered under this label, or one that is retired.",
            remedy="Use a label that was never used.",
        )
    count, size = tx.secrets.totals(principal.agency)
    if count >= MAX_SECRETS or size + len(digests) > MAX_DIGEST_BYTES:
        raise TooLarge(
            "secret-register-full",
            f"The register takes {MAX_SECRETS} secrets and {MAX_DIGEST_BYTES // DIGEST_BYTES} fingerprints an agency.",
            remedy="Retire documents that need no protection any more, or register only their telling parts.",
        )
    wrapped = keyring.wrap_secret(_packed(fingerprint, digests), use=_USE, owner=secret_id, now=now)
    secret = RegisteredSecret(
        id=secret_id,
        agency=principal.agency,
        label=label,
        kind=material.kind,
        digests=digests,
        shape=wrapped.wrapped,
        kek_id=wrapped.kek_id,
        kek_version=wrapped.kek_version,
        registered_by=principal.id,
        registered_at=now,
    )
    detail = {"kind": material.kind}
    tx.secrets.add(secret, record.event("secret.register", "done", now, secret, actor=principal, detail=detail))
    return secret


def listed(
    tx: Transaction, principal: Principal, now: datetime, *, after: str = "", limit: int = 100
) -> Sequence[RegisteredSecret]:
    """A page of the agency's secrets by label, retired ones included. Raises Denied ``secrets-not-permitted``."""
    _check_may(tx, principal, "secret.list", now)
    return tx.secrets.page(principal.agency, after=after, limit=limit)


def retire(tx: Transaction, principal: Principal, label: str, now: datetime) -> RegisteredSecret:
    """Stop looking for a secret, and empty its row; retiring twice changes nothing.

    Raises:
        Denied: ``secrets-not-permitted``. NotFound: ``secret-unknown``.
    """
    _check_may(tx, principal, "secret.retire", now)
    secret = tx.secrets.find(principal.agency, label, lock=True)
    if secret is None:
        raise NotFound("secret-unknown", "Your agency has no secret of this label.", remedy="List them.")
    if secret.retired_at is not None:
        return secret
    event = record.event("secret.retire", "done", now, secret, actor=principal, detail={"kind": secret.kind})
    tx.secrets.retire(secret.id, now, event)
    return replace(secret, digests=b"", shape=b"", retired_at=now)


def register_of(tx: Transaction, keyring: Keyring, agency_id: str) -> SecretRegister | None:
    """The live secrets of an agency, ready to search with; None if it has none.

    Raises:
        IntegrityFailure: ``key-unwrap-failed``, ``secret-register-changed``: nothing may be redacted then.
    """
    live = tx.secrets.live(agency_id)
    if not live:
        return None
    opened = tuple(_opened(keyring, secret) for secret in live)
    return SecretRegister(keyring.secret_register_key(agency_id), opened)


def _fingerprint(maker: Fingerprinter, secret_id: str, material: Material) -> Fingerprint:
    if material.kind is Kind.RECORD:
        if len(material.texts) > MAX_FIELDS:
            raise InvalidInput(
                "record-fields", f"A record has at most {MAX_FIELDS} fields.", remedy="Register the telling ones."
            )
        return maker.record(secret_id, material.texts, material.needed)
    (text,) = material.texts
    return maker.term(secret_id, text) if material.kind is Kind.TERM else maker.document(secret_id, text)


def _packed(fingerprint: Fingerprint, digests: bytes) -> bytes:
    """checksum(32) || needed(1) || lengths, one byte each, padded to 32: always 65 bytes, so that size says nothing."""
    lengths = bytes(fingerprint.lengths).ljust(MAX_FIELDS, b"\x00")
    return hashlib.sha256(digests).digest() + bytes([fingerprint.needed]) + lengths


def _opened(keyring: Keyring, secret: RegisteredSecret) -> Fingerprint:
    wrapped = WrappedKey(secret.id, secret.shape, secret.kek_id, secret.kek_version, b"", secret.registered_at)
    shape = keyring.unwrap_secret(wrapped, use=_USE)
    size = len(secret.digests)
    if shape[:_CHECKSUM_BYTES] != hashlib.sha256(secret.digests).digest() or size % DIGEST_BYTES:
        raise IntegrityFailure(
            "secret-register-changed",
            "A registered secret is not what was registered.",
            remedy="Treat the database as tampered with; nothing of this agency is redacted until it is retired.",
        )
    digests = tuple(secret.digests[i : i + DIGEST_BYTES] for i in range(0, size, DIGEST_BYTES))
    lengths = tuple(length for length in shape[_CHECKSUM_BYTES + 1 :] if length)
    return Fingerprint(secret.id, secret.kind, digests, lengths, shape[_CHECKSUM_BYTES])


def _check_may(tx: Transaction, principal: Principal, action: str, now: datetime) -> None:
    asked = Request(action="push", principal=principal, now=now)
    for stored in tx.agreements.read(tx.agreements.of_party(principal.agency, AgreementState.ACTIVE)):
        if decide(asked, stored.agreement, stored.state).permitted:
            return
    error = Denied(
        "secrets-not-permitted",
        "No agreement in force lets this person push for the agency, so its secrets are not hers to manage.",
        remedy="Ask somebody whose role may push.",
    )
    raise record.refusal(error, action, now, ("secret", ""), actor=principal)
