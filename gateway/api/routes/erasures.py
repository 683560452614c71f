"""Erasures over HTTP: one officer asks, another confirms, each with a login of her own."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import Response

from gateway.api.request.bodies import NoBody, taken
from gateway.api.request.idempotency import answer_once
from gateway.api.request.query import Id, known_parameters
from gateway.api.request.session import Authenticated
from gateway.api.schema.erasure import ErasureBody, ErasureRequest, Erasures
from gateway.api.schema.problem import refusals
from gateway.evidence.package import Principal
from gateway.exchange.custody import erasure_requests
from gateway.exchange.ports.database import Transaction

router = APIRouter(prefix="/v1/audit/erasures", tags=["log"], dependencies=[Depends(known_parameters)])

_EXAMPLE = {"case": "0b8e2f6a-3f64-4b0e-9f0a-1d1f5f0c6a11", "legal_basis": "UK GDPR Art. 17(1)(a)"}


@router.get("", response_model=Erasures, responses=refusals(), summary="Erasures that wait for a second officer")
async def list_erasures(session: Authenticated) -> Response:
    def work(tx: Transaction, principal: Principal) -> Erasures:
        return Erasures(
            erasures=[
                ErasureBody.of(found, values=None) for found in erasure_requests.waiting(tx, principal, session.now)
            ]
        )

    return await session.answer(work)


@router.post(
    "",
    status_code=201,
    response_model=ErasureBody,
    responses=refusals(403, 404, 409, 413, 415, 422),
    summary="Ask that what persons typed about a case, or in one entry, be erased",
)
async def ask_erasure(
    session: Authenticated, body: Annotated[ErasureRequest, taken(ErasureRequest, _EXAMPLE)]
) -> Response:
    def work(tx: Transaction, principal: Principal) -> ErasureBody:
        new_id = session.gateway.new_id()
        asked = erasure_requests.ask(
            tx, principal, body.case, body.entry, body.fields or [], body.legal_basis, new_id, session.now
        )
        return ErasureBody.of(asked, values=None)

    return await answer_once(session, work, status=201)


@router.post(
    "/{erasure_id}/confirm",
    response_model=ErasureBody,
    responses=refusals(403, 404, 409, 415, 422),
    summary="Confirm, as a second officer: it is erased with the answer",
)
async def confirm_erasure(session: Authenticated, erasure_id: Id, nothing: NoBody) -> Response:
    def work(tx: Transaction, principal: Principal) -> ErasureBody:
        confirmed, values = erasure_requests.confirm(tx, principal, erasure_id, session.now)
        return ErasureBody.of(confirmed, values=values)

    return await answer_once(session, work)
