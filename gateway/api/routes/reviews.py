"""Reviews: what waits for a person's approval, and that person's answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import Response

from gateway.api.request.bodies import taken
from gateway.api.request.idempotency import answer_once
from gateway.api.request.query import Id, Paging, known_parameters
from gateway.api.request.session import Authenticated, Session
from gateway.api.schema.problem import refusals
from gateway.api.schema.release import ReviewBody, ReviewNote, Reviews
from gateway.evidence.package import Principal, Rendition
from gateway.exchange import review
from gateway.exchange.ports.database import Transaction

router = APIRouter(prefix="/v1/reviews", tags=["reviews"], dependencies=[Depends(known_parameters)])

Note = Annotated[ReviewNote, taken(ReviewNote, {"note": "Names on page 2 checked by hand."}, required=False)]


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
async def read_review(session: Authenticated, rendition_id: Id) -> Response:
    return await session.answer(lambda tx, who: ReviewBody.pending(review.read(tx, who, rendition_id, session.now)))


@router.post(
    "/{rendition_id}/approve",
    response_model=ReviewBody,
    responses=refusals(403, 404, 409, 415, 422),
    summary="Approve a rendition for release",
)
async def approve(session: Authenticated, rendition_id: Id, body: Note) -> Response:
    return await _answer(session, rendition_id, body.note, review.approve)


@router.post(
    "/{rendition_id}/reject",
    response_model=ReviewBody,
    responses=refusals(403, 404, 409, 415, 422),
    summary="Keep a rendition from being released",
)
async def reject(session: Authenticated, rendition_id: Id, body: Note) -> Response:
    return await _answer(session, rendition_id, body.note, review.reject)


async def _answer(session: Session, rendition_id: str, note: str, step: Callable[..., Rendition]) -> Response:
    return await answer_once(
        session, lambda tx, who: ReviewBody.decided(step(tx, who, rendition_id, session.now, note))
    )
