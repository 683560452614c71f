"""Reviews: what waits for a person's approval, and that person's answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from gateway.api.request import idempotency
from gateway.api.request.bodies import JsonOrNothing
from gateway.api.request.idempotency import Answer, answer_once
from gateway.api.request.members import members, text
from gateway.api.request.query import Paging, known_parameters, object_id
from gateway.api.request.session import Authenticated, Session
from gateway.api.schema.base import body_schema
from gateway.api.schema.problem import refusals
from gateway.api.schema.release import ReviewBody, ReviewNote, Reviews
from gateway.evidence.package import Principal, Rendition
from gateway.exchange import review
from gateway.exchange.ports.database import Transaction

router = APIRouter(prefix="/v1/reviews", tags=["reviews"], dependencies=[Depends(known_parameters)])

_NOTE = {
    **body_schema(ReviewNote, {"note": "Names on page 2 checked by hand."}, required=False),
    **idempotency.DESCRIPTION,
}


@router.get(
    "",
    response_model=Reviews,
    responses=refusals(),
    summary="Renditions of your agency that wait for review, oldest first",
)
async def pending_reviews(session: Authenticated, page: Paging) -> Response:
    def work(tx: Transaction, principal: Principal) -> Reviews:
        found = review.pending(tx, principal, session.now, after=page.after, limit=page.limit)
        reviews = [ReviewBody.pending(item) for item in found]
        return Reviews(reviews=reviews, next=page.next([item.rendition.id for item in found]))

    return await session.answer(work)


@router.get(
    "/{rendition_id}",
    response_model=ReviewBody,
    responses=refusals(403, 404),
    summary="One rendition in review; its redaction report is at `report`",
)
async def read_review(session: Authenticated, rendition_id: str) -> Response:
    rendition_id = object_id(rendition_id)

    def work(tx: Transaction, principal: Principal) -> ReviewBody:
        return ReviewBody.pending(review.read(tx, principal, rendition_id, session.now))

    return await session.answer(work)


@router.post(
    "/{rendition_id}/approve",
    response_model=ReviewBody,
    responses=refusals(403, 404, 409, 415, 422),
    openapi_extra=_NOTE,
    summary="Approve a rendition for release",
)
async def approve(request: Request, session: Authenticated, rendition_id: str, untrusted: JsonOrNothing) -> Response:
    return await _answer(request, session, rendition_id, untrusted, review.approve)


@router.post(
    "/{rendition_id}/reject",
    response_model=ReviewBody,
    responses=refusals(403, 404, 409, 415, 422),
    openapi_extra=_NOTE,
    summary="Keep a rendition from being released",
)
async def reject(request: Request, session: Authenticated, rendition_id: str, untrusted: JsonOrNothing) -> Response:
    return await _answer(request, session, rendition_id, untrusted, review.reject)


async def _answer(
    request: Request,
    session: Session,
    rendition_id: str,
    untrusted: Any,
    step: Callable[..., Rendition],
) -> Response:
    body = members(untrusted, required=(), optional=("note",))
    note = text(body.get("note", ""), "/note", max_chars=500)
    rendition_id = object_id(rendition_id)

    def work(tx: Transaction, principal: Principal) -> Answer:
        return Answer(200, ReviewBody.of(step(tx, principal, rendition_id, session.now, note)))

    return await answer_once(request, session, work)


#: Models that only ``openapi_extra`` refers to.
DESCRIBED = (ReviewNote,)
