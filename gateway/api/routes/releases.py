"""Releases, as their receiver finds them, reads their signed manifest and acknowledges them."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from gateway.api.request.bodies import taken
from gateway.api.request.idempotency import answer_once
from gateway.api.request.query import Id, Paging, known_parameters
from gateway.api.request.session import Authenticated, Session
from gateway.api.schema.base import DETACHED_SIGNATURE, SIGNED_DOCUMENT
from gateway.api.schema.problem import refusals
from gateway.api.schema.release import AcknowledgementBody, Inbox, RedactionReport, ReleaseBody
from gateway.errors import NotFound
from gateway.evidence.package import Principal
from gateway.exchange import deliver
from gateway.exchange.ports.database import Transaction

router = APIRouter(prefix="/v1", tags=["releases"], dependencies=[Depends(known_parameters)])

_EXAMPLE = {"acknowledgement": "eyJtYW5pZmVzdF9kaWdlc3QiOi…", "signature": "MGUCMQDs…", "key_id": "0b7f3c9e-…"}


@router.get(
    "/inbox", response_model=Inbox, responses=refusals(), summary="Releases that you may pull now, newest first"
)
async def read_inbox(session: Authenticated, page: Paging) -> Response:
    def work(tx: Transaction, principal: Principal) -> Inbox:
        items, available = deliver.inbox(tx, principal, after=page.after, limit=page.limit, now=session.now)
        return Inbox(releases=[ReleaseBody.described(item) for item in items], next=page.next(available))

    return await session.answer(work)


@router.get(
    "/releases/{release_id}", response_model=ReleaseBody, responses=refusals(403, 404), summary="Describe a release"
)
async def read_release(session: Authenticated, release_id: Id) -> Response:
    return await session.answer(
        lambda tx, who: ReleaseBody.described(deliver.read_release(tx, who, release_id, session.now))
    )


@router.get(
    "/releases/{release_id}/manifest",
    response_class=Response,
    responses={**refusals(403, 404), 200: SIGNED_DOCUMENT},
    summary="The signed release manifest",
)
async def read_manifest(session: Authenticated, release_id: Id) -> Response:
    manifest, _ = await _signed(session, release_id)
    return Response(manifest, media_type="application/json")


@router.get(
    "/releases/{release_id}/manifest.sig",
    response_class=Response,
    responses={**refusals(403, 404), 200: DETACHED_SIGNATURE},
    summary="The gateway's signature over the release manifest",
)
async def read_manifest_signature(session: Authenticated, release_id: Id) -> Response:
    _, signature = await _signed(session, release_id)
    return Response(signature, media_type="application/octet-stream")


@router.post(
    "/releases/{release_id}/acknowledgement",
    response_model=ReleaseBody,
    status_code=201,
    responses=refusals(403, 404, 409, 413, 415, 422),
    summary="Acknowledge a release with your agency's signature",
)
async def acknowledge(
    session: Authenticated, release_id: Id, body: Annotated[AcknowledgementBody, taken(AcknowledgementBody, _EXAMPLE)]
) -> Response:
    def work(tx: Transaction, principal: Principal) -> ReleaseBody:
        item = deliver.acknowledge(
            tx, principal, release_id, body.acknowledgement, body.signature, body.key_id, session.now
        )
        return ReleaseBody.described(item)

    return await answer_once(session, work, status=201)


@router.get(
    "/renditions/{rendition_id}/report",
    response_model=RedactionReport,
    responses=refusals(404),
    summary="The redaction report, for the sender and for receivers of the rendition",
)
async def read_report(session: Authenticated, rendition_id: Id) -> Response:
    found = await run_in_threadpool(session.run, lambda tx, who: deliver.report(tx, who, rendition_id, session.now))
    return Response(found.report, media_type="application/json")


async def _signed(session: Session, release_id: str) -> tuple[bytes, bytes]:
    found = await run_in_threadpool(session.run, lambda tx, who: deliver.read_release(tx, who, release_id, session.now))
    release = found.release
    if release.manifest is None or release.manifest_signature is None:
        raise NotFound("release-unknown", "The release has no signed manifest yet.", remedy="Try again shortly.")
    return release.manifest, release.manifest_signature
