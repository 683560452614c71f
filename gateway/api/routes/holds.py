"""Legal holds: place, list, lift. Lifting takes as many persons as the agreement says, one request each."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import Response

from gateway.api.request.bodies import NoBody, taken
from gateway.api.request.idempotency import answer_once
from gateway.api.request.query import Id, known_parameters
from gateway.api.request.session import Authenticated
from gateway.api.schema.custody import HoldBody, HoldPlacement, Holds
from gateway.api.schema.problem import refusals
from gateway.evidence.package import Principal
from gateway.exchange.custody import hold
from gateway.exchange.ports.database import Transaction

router = APIRouter(prefix="/v1/holds", tags=["holds"], dependencies=[Depends(known_parameters)])

_EXAMPLE = {
    "agreement": "eu-uk-ai-incidents",
    "case": "2026-0042",
    "reason": "Order of the Tribunal judiciaire de Paris, 26/01234",
    "expires_at": "2027-06-30T00:00:00Z",
}


@router.get("", response_model=Holds, responses=refusals(), summary="Holds in force on what concerns your agency")
async def list_holds(session: Authenticated) -> Response:
    return await session.answer(
        lambda tx, who: Holds(holds=[HoldBody.of(found) for found in hold.list_holds(tx, who, session.now)])
    )


@router.post(
    "",
    status_code=201,
    response_model=HoldBody,
    responses=refusals(403, 404, 409, 413, 415, 422),
    summary="Place a hold on a case, package or exhibit: nothing of it is disposed of until it is lifted",
)
async def place_hold(
    session: Authenticated, body: Annotated[HoldPlacement, taken(HoldPlacement, _EXAMPLE)]
) -> Response:
    def work(tx: Transaction, principal: Principal) -> HoldBody:
        hold_id = session.gateway.new_id()
        placed = hold.place(tx, principal, body.target, body.reason, body.expires_at, hold_id, session.now)
        return HoldBody.of(placed)

    return await answer_once(session, work, status=201)


@router.post(
    "/{hold_id}/lift",
    response_model=HoldBody,
    responses=refusals(403, 404, 409, 415, 422),
    summary="Ask to lift a hold; it is lifted with the last person that the agreement requires",
)
async def lift_hold(session: Authenticated, hold_id: Id, nothing: NoBody) -> Response:
    return await answer_once(session, lambda tx, who: HoldBody.of(hold.lift(tx, who, hold_id, session.now)))
