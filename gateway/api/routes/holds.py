"""Legal holds: place, list, lift. Lifting takes as many persons as the agreement says, one request each."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from gateway.api.request import idempotency
from gateway.api.request.bodies import Json, JsonOrNothing
from gateway.api.request.idempotency import Answer, answer_once
from gateway.api.request.members import members, text
from gateway.api.request.query import known_parameters, object_id
from gateway.api.request.session import Authenticated
from gateway.api.schema.base import body_schema
from gateway.api.schema.custody import HoldBody, HoldPlacement, Holds
from gateway.api.schema.problem import refusals
from gateway.errors import InvalidInput
from gateway.evidence.hold import HoldScope
from gateway.evidence.names import check_identifier
from gateway.evidence.package import Principal
from gateway.exchange.custody import hold
from gateway.exchange.custody.hold import Target
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
    def work(tx: Transaction, principal: Principal) -> Holds:
        return Holds(holds=[HoldBody.of(found) for found in hold.list_holds(tx, principal, session.now)])

    return await session.answer(work)


@router.post(
    "",
    status_code=201,
    response_model=HoldBody,
    responses=refusals(403, 404, 409, 413, 415, 422),
    openapi_extra={**body_schema(HoldPlacement, _EXAMPLE), **idempotency.DESCRIPTION},
    summary="Place a hold on a case, package or exhibit: nothing of it is disposed of until it is lifted",
)
async def place_hold(request: Request, session: Authenticated, untrusted: Json) -> Response:
    body = members(untrusted, required=("reason",), optional=("agreement", "case", "package", "exhibit", "expires_at"))
    target = _target(body)
    reason = text(body["reason"], "/reason", max_chars=hold.MAX_REASON_CHARS)
    expires_at = _time(body.get("expires_at"))

    def work(tx: Transaction, principal: Principal) -> Answer:
        hold_id = session.gateway.new_id()
        placed = hold.place(tx, principal, target, reason, expires_at, hold_id, session.now)
        return Answer(201, HoldBody.of(placed))

    return await answer_once(request, session, work)


@router.post(
    "/{hold_id}/lift",
    response_model=HoldBody,
    responses=refusals(403, 404, 409, 415, 422),
    openapi_extra=idempotency.DESCRIPTION,
    summary="Ask to lift a hold; it is lifted with the last person that the agreement requires",
)
async def lift_hold(request: Request, session: Authenticated, hold_id: str, untrusted: JsonOrNothing) -> Response:
    members(untrusted, required=())
    hold_id = object_id(hold_id)

    def work(tx: Transaction, principal: Principal) -> Answer:
        return Answer(200, HoldBody.of(hold.lift(tx, principal, hold_id, session.now)))

    return await answer_once(request, session, work)


def _target(body: dict[str, Any]) -> Target:
    named = [name for name in ("case", "package", "exhibit") if body.get(name) is not None]
    if len(named) != 1 or (named == ["case"]) != (body.get("agreement") is not None):
        raise InvalidInput(
            "request-invalid",
            "The request must name either a case and its agreement, or a package, or an exhibit.",
            remedy="Compare it with /v1/openapi.json.",
            where="/",
        )
    if named == ["case"]:
        agreement = check_identifier(body["agreement"], what="agreement")
        return Target(HoldScope.CASE, agreement=agreement, case_reference=check_identifier(body["case"], what="case"))
    return Target(HoldScope(named[0]), object_id(text(body[named[0]], f"/{named[0]}", max_chars=64)))


def _time(untrusted: Any) -> datetime | None:
    if untrusted is None:
        return None
    try:
        moment = datetime.fromisoformat(text(untrusted, "/expires_at", max_chars=40))
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise InvalidInput(
            "request-invalid",
            "expires_at is not an RFC 3339 time with a zone.",
            remedy="Write it like 2027-06-30T00:00:00Z.",
            where="/expires_at",
        )
    return moment


#: Models that only ``openapi_extra`` refers to.
DESCRIBED = (HoldPlacement,)
