"""Register of secrets over HTTP: register under a label, list labels, retire.

A label takes the place of an Idempotency-Key: the same secret put twice is registered once. Answers and
request digests are not stored here, as a digest of a short secret would betray it.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from starlette.responses import Response

from gateway.api.request.bodies import Json
from gateway.api.request.members import invalid, members, text
from gateway.api.request.query import known_parameters
from gateway.api.request.session import Authenticated
from gateway.api.schema.base import body_schema
from gateway.api.schema.problem import refusals
from gateway.api.schema.secret import SecretBody, SecretMaterial, Secrets
from gateway.evidence.canonical import MAX_JSON_BYTES
from gateway.evidence.package import Principal
from gateway.exchange.parties import secret_register
from gateway.exchange.parties.secret_register import Material
from gateway.exchange.ports.database import Transaction
from gateway.redaction.fingerprint import Kind

router = APIRouter(prefix="/v1/secrets", tags=["secrets"], dependencies=[Depends(known_parameters)])

_MAX_FIELD_CHARS = 400
_EXAMPLE = {"kind": "record", "fields": ["Orbitex GmbH", "450 kg", "Hamburg"], "needed": 2}


@router.get("", response_model=Secrets, responses=refusals(403), summary="Labels of your agency's secrets")
async def list_secrets(
    session: Authenticated,
    after: Annotated[str | None, Query(max_length=64)] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> Response:
    def work(tx: Transaction, principal: Principal) -> Secrets:
        found = secret_register.listed(tx, principal, session.now, after=after or "", limit=limit)
        following = found[-1].label if len(found) == limit else None
        return Secrets(secrets=[SecretBody.of(secret) for secret in found], next=following)

    return await session.answer(work)


@router.put(
    "/{label}",
    response_model=SecretBody,
    responses=refusals(403, 409, 413, 415),
    openapi_extra=body_schema(SecretMaterial, _EXAMPLE),
    summary="Register a secret: your agency's exhibits are searched for it from now on",
)
async def register_secret(session: Authenticated, label: str, untrusted: Json) -> Response:
    material = _material(untrusted)

    def work(tx: Transaction, principal: Principal) -> SecretBody:
        gateway = session.gateway
        secret = secret_register.register(
            tx, gateway.keyring, principal, label, material, gateway.new_id(), session.now
        )
        return SecretBody.of(secret)

    return await session.answer(work)


@router.delete(
    "/{label}",
    response_model=SecretBody,
    responses=refusals(403, 404),
    summary="Retire a secret: it is looked for no more, and its fingerprints are deleted",
)
async def retire_secret(session: Authenticated, label: str) -> Response:
    def work(tx: Transaction, principal: Principal) -> SecretBody:
        return SecretBody.of(secret_register.retire(tx, principal, label, session.now))

    return await session.answer(work)


def _material(untrusted: Any) -> Material:
    body = members(untrusted, required=("kind",), optional=("text", "fields", "needed"))
    kind = body["kind"]
    if kind not in list(Kind):
        raise invalid(f"the kind is one of {', '.join(Kind)}", "/kind")
    if kind != Kind.RECORD:
        if "fields" in body or "needed" in body:
            raise invalid("only a record has fields", "/")
        return Material(Kind(kind), (text(body.get("text"), "/text", max_chars=MAX_JSON_BYTES),))
    fields, needed = body.get("fields"), body.get("needed", 2)
    if "text" in body or not isinstance(fields, list) or not 2 <= len(fields) <= secret_register.MAX_FIELDS:
        raise invalid(f"a record has 2 to {secret_register.MAX_FIELDS} fields and no text", "/fields")
    if type(needed) is not int:
        raise invalid("a number is expected", "/needed")
    texts = tuple(text(field, f"/fields/{i}", max_chars=_MAX_FIELD_CHARS) for i, field in enumerate(fields))
    return Material(Kind.RECORD, texts, needed)


#: Models that only ``openapi_extra`` refers to.
DESCRIBED = (SecretMaterial,)
