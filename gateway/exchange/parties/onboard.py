"""Onboard: agencies, their principals and their public keys, entered by the gateway's operator.

Private keys never come here. Every change is an audit entry whose object is what was changed.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from gateway.envelope.recipient import parse_recipient
from gateway.envelope.signature import load_public_key
from gateway.errors import Conflict, InvalidInput, NotFound
from gateway.evidence.agency import Agency, RegisteredKey
from gateway.evidence.canonical import sha256_hex
from gateway.evidence.names import check_identifier
from gateway.evidence.package import Principal
from gateway.exchange import record
from gateway.exchange.ports.database import Transaction


def add_agency(tx: Transaction, agency: Agency) -> None:
    """Register an agency.

    Raises:
        InvalidInput: ``identifier-invalid``.
        Conflict: ``agency-exists``.
    """
    check_identifier(agency.id, what="agency")
    if tx.directory.agency(agency.id) is not None:
        raise Conflict("agency-exists", f"The agency '{agency.id}' is already registered.", remedy="Use another id.")
    after = {"jurisdiction": agency.jurisdiction, "name": agency.name}
    detail = {"jurisdiction": agency.jurisdiction, **record.digests(None, after)}
    tx.directory.add_agency(
        agency, record.event("agency.add", "done", agency.created_at, agency, detail=detail, system="operator")
    )


def put_principal(tx: Transaction, principal: Principal, now: datetime) -> None:
    """Add a principal of a registered agency, or replace its roles and attributes.

    Raises:
        NotFound: ``agency-unknown``.
        Conflict: ``principal-exists`` under another agency.
    """
    check_identifier(principal.id, what="principal")
    for name in (*principal.roles, *principal.attributes):
        check_identifier(name, what="role or attribute")
    _agency(tx, principal.agency)
    known = tx.directory.principal(principal.id)
    if known is not None and known.agency != principal.agency:
        raise Conflict(
            "principal-exists",
            f"The principal '{principal.id}' belongs to another agency.",
            remedy="Use another id, for example one that begins with the agency's.",
        )
    detail = {
        "agency": principal.agency,
        "roles": principal.roles,
        "attributes": principal.attributes,
        "roles_before": known.roles if known else None,
        "attributes_before": known.attributes if known else None,
        **record.digests(_state(known), _state(principal)),
    }
    event = record.event("principal.put", "done", now, principal, detail=detail, system="operator")
    tx.directory.put_principal(principal, event)


def register_key(tx: Transaction, key: RegisteredKey, now: datetime) -> None:
    """Register a public key of an agency, or of a principal for authentication.

    Raises:
        InvalidInput: ``key-unsuitable`` if the material does not fit its use.
        NotFound: ``agency-unknown``, ``principal-unknown``.
        Conflict: ``key-exists``.
    """
    check_identifier(key.id, what="key")
    _agency(tx, key.agency)
    if tx.directory.key(key.id) is not None:
        raise Conflict("key-exists", f"A key '{key.id}' is already registered.", remedy="Give the key another id.")
    if (key.use == "authentication") != (key.principal is not None):
        raise InvalidInput(
            "key-unsuitable",
            "Authentication keys belong to a principal, all others to the agency.",
            remedy="Name a principal for an authentication key and only then.",
        )
    if key.principal is not None:
        principal = tx.directory.principal(key.principal)
        if principal is None or principal.agency != key.agency:
            raise NotFound(
                "principal-unknown", f"The agency has no principal '{key.principal}'.", remedy="Add it first."
            )
    check_material(key)
    detail = {
        "agency": key.agency,
        "principal": key.principal,
        "use": key.use,
        "material_sha256": sha256_hex(key.material.encode()),
        "valid_from": key.valid_from,
        "valid_until": key.valid_until,
        **record.digests(None, _key_state(key)),
    }
    tx.directory.add_key(key, record.event("key.register", "done", now, key, detail=detail, system="operator"))


def revoke_key(tx: Transaction, key_id: str, now: datetime) -> None:
    """Revoke a key at once. Raises NotFound ``key-unknown``; revoking twice changes nothing."""
    key = tx.directory.key(key_id)
    if key is None:
        raise NotFound("key-unknown", f"There is no key '{key_id}'.", remedy="List the keys.")
    if key.revoked_at is None:
        changed = record.digests(_key_state(key), _key_state(replace(key, revoked_at=now)))
        detail = {"agency": key.agency, "use": key.use, **changed}
        event = record.event("key.revoke", "done", now, key, detail=detail, system="operator")
        tx.directory.revoke_key(key_id, now, event)


def check_material(key: RegisteredKey) -> None:
    """Refuse key material that does not fit the key's use. Raises InvalidInput ``key-unsuitable``."""
    if key.use == "receiving":
        parse_recipient(key.material)
        return
    curve = load_public_key(key.material).curve.name
    allowed = {"secp256r1"} if key.use == "authentication" else {"secp256r1", "secp384r1"}
    if curve not in allowed:
        raise InvalidInput(
            "key-unsuitable",
            f"A key on {curve} cannot be used for {key.use}.",
            remedy=f"Generate one with 'evidence-gateway keys generate --use {key.use}'.",
        )


def _state(principal: Principal | None) -> dict[str, object] | None:
    if principal is None:
        return None
    return {"agency": principal.agency, "roles": principal.roles, "attributes": principal.attributes}


def _key_state(key: RegisteredKey) -> dict[str, object]:
    return {
        "agency": key.agency,
        "principal": key.principal,
        "use": key.use,
        "material": key.material,
        "valid_from": key.valid_from,
        "valid_until": key.valid_until,
        "revoked_at": key.revoked_at,
    }


def _agency(tx: Transaction, agency_id: str) -> Agency:
    agency = tx.directory.agency(agency_id)
    if agency is None:
        raise NotFound("agency-unknown", f"There is no agency '{agency_id}'.", remedy="Add the agency first.")
    return agency
