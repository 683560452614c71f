"""Register of secrets over HTTP: register under a label, list labels, retire.

A label takes the place of an Idempotency-Key: the same secret put twice is registered once. Answers and
request digests are not stored here, as a digest of a short secret would betray it.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import Response

from gateway.api.request.bodies import taken
from gateway.api.request.query import PagingByLabel, known_parameters
from gateway.api.request.session import Authenticated
from gateway.api.schema.problem import refusals
from gateway.api.schema.secret import SecretBody, SecretMaterial, Secrets
from gateway.evidence.package import Principal
from gateway.exchange.parties import secret_register
from gateway.exchange.ports.database import Transaction

router = APIRouter(prefix="/v1/secrets", tags=["secrets"], dependencies=[Depends(known_parameters)])

_EXAMPLE = {"kind": "record", "fields": ["Orbitex GmbH", "450 kg", "Hamburg"], "needed": 2}


@router.get("", response_model=Secrets, responses=refusals(403), summary="Labels of your agency's secrets")
async def list_secrets(session: Authenticated, page: PagingByLabel) -> Response:
    def work(tx: Transaction, principal: Principal) -> Secrets:
        found = secret_register.listed(tx, principal, session.now, after=page.after or "", limit=page.limit)
        secrets = [SecretBody.of(secret) for secret in found]
        return Secrets(secrets=secrets, next=page.next([secret.label for secret in found]))

    return await session.answer(work)


@router.put(
    "/{label}",
    response_model=SecretBody,
    responses=refusals(403, 409, 413, 415),
    summary="Register a secret: your agency's exhibits are searched for it from now on",
)
async def register_secret(
    session: Authenticated, label: str, body: Annotated[SecretMaterial, taken(SecretMaterial, _EXAMPLE)]
) -> Response:
    def work(tx: Transaction, principal: Principal) -> SecretBody:
        gateway = session.gateway
        secret = secret_register.register(
            tx, gateway.keyring, principal, label, body.material, gateway.new_id(), session.now
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
    return await session.answer(lambda tx, who: SecretBody.of(secret_register.retire(tx, who, label, session.now)))
