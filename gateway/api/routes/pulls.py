"""A pull: the .age file of a release, ``header || body``, whole or in one range.

The decision and its audit entry are committed before the first byte is sent (architecture,
invariants 2 and 4), for each range anew. The bytes are stored ciphertext and go from the blob store
to the socket without passing a cipher. HEAD and "not modified" are reads, not pulls.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

from fastapi import APIRouter, Depends
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response, StreamingResponse

from gateway.api.problems import problem_response
from gateway.api.request.disposition import attachment
from gateway.api.request.guard import HEAD
from gateway.api.request.query import Id, known_parameters
from gateway.api.request.ranges import if_none_match_matches, if_range_matches, parse_range
from gateway.api.request.session import Authenticated, Session
from gateway.api.schema.problem import refusals
from gateway.api.schema.release import content_etag
from gateway.errors import IntegrityFailure, InvalidInput
from gateway.evidence.package import Principal, Release, Rendition
from gateway.exchange import deliver
from gateway.exchange.deliver import PullTicket
from gateway.exchange.ports.blobs import Blobs
from gateway.exchange.ports.database import Transaction

router = APIRouter(prefix="/v1/releases", tags=["releases"], dependencies=[Depends(known_parameters)])

_RANGE_PARAMETERS = [
    {
        "name": "Range",
        "in": "header",
        "required": False,
        "schema": {"type": "string"},
        "description": "One range, for example `bytes=1048576-`.",
    },
    {
        "name": "If-Range",
        "in": "header",
        "required": False,
        "schema": {"type": "string"},
        "description": "The ETag of the part already held.",
    },
    {"name": "If-None-Match", "in": "header", "required": False, "schema": {"type": "string"}},
]
_AGE_FILE = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}
_HEADERS = {
    "ETag": {"schema": {"type": "string"}, "description": "Strong; of header and body digests."},
    "Accept-Ranges": {"schema": {"type": "string"}},
    "Content-Disposition": {"schema": {"type": "string"}},
}


@dataclass(frozen=True, slots=True)
class _Plan:
    """What to answer: which bytes, and the ticket that allows them; no ticket where none are sent."""

    etag: str
    size_bytes: int
    start: int = 0
    length: int = 0
    partial: bool = False
    ticket: PullTicket | None = None
    file_name: str = ""
    refusal: InvalidInput | None = None


@router.get(
    "/{release_id}/content",
    response_class=Response,
    responses={
        **refusals(403, 404, 416),
        200: {"description": "The whole .age file.", "content": _AGE_FILE, "headers": _HEADERS},
        206: {"description": "The range that was asked for.", "content": _AGE_FILE, "headers": _HEADERS},
        304: {"description": "The copy that If-None-Match names is current."},
    },
    openapi_extra={"parameters": _RANGE_PARAMETERS},
    summary="Pull the exhibit, encrypted to your agency, as an .age file",
)
async def pull_content(session: Authenticated, release_id: Id) -> Response:
    plan = await run_in_threadpool(session.run, lambda tx, who: _decide(tx, who, release_id, session))
    headers = {"ETag": plan.etag, "Accept-Ranges": "bytes", "Cache-Control": "private, no-cache"}
    if plan.refusal is not None:
        return problem_response(plan.refusal, headers={"Content-Range": f"bytes */{plan.size_bytes}"})
    if plan.ticket is None and not session.request.scope.get(HEAD):
        return Response(status_code=304, headers=headers)
    headers["Content-Length"] = str(plan.length)
    headers["Content-Disposition"] = attachment(plan.file_name)
    if plan.partial:
        headers["Content-Range"] = f"bytes {plan.start}-{plan.start + plan.length - 1}/{plan.size_bytes}"
    if plan.ticket is None:
        return Response(None, 200, headers=headers, media_type="application/octet-stream")
    await run_in_threadpool(_check_body, session.gateway.blobs, plan.ticket)
    return StreamingResponse(
        content(session.gateway.blobs, plan.ticket, plan.start, plan.length),
        206 if plan.partial else 200,
        headers=headers,
        media_type="application/octet-stream",
    )


def _decide(tx: Transaction, principal: Principal, release_id: str, session: Session) -> _Plan:
    request = session.request
    untrusted_range, untrusted_tags = request.headers.get("range"), request.headers.get("if-none-match")
    asked = parse_range(untrusted_range)
    start: int | None = None
    length = 0
    if request.scope.get(HEAD) or asked is not None or untrusted_tags is not None:
        # What these ask for depends on the file, which may be looked at only once that is permitted.
        item = deliver.read_release(tx, principal, release_id, session.now)
        etag, size = _identify(item.release, item.rendition)
        if request.scope.get(HEAD):
            return _Plan(etag, size, 0, size, file_name=f"{item.rendition.name}.age")
        if if_none_match_matches(untrusted_tags, etag):
            return _Plan(etag, size)
        if asked is not None and if_range_matches(request.headers.get("if-range"), etag):
            try:
                start, length = asked.resolve(size)
            except InvalidInput as refusal:
                return _Plan(etag, size, refusal=refusal)
    span = None if start is None else (start, start + length - 1)
    ticket = deliver.pull(tx, principal, release_id, session.now, span)
    etag, size = _identify(ticket.release, ticket.rendition)
    if start is None:
        return _Plan(etag, size, 0, size, False, ticket, ticket.file_name)
    return _Plan(etag, size, start, length, True, ticket, ticket.file_name)


def _identify(release: Release, rendition: Rendition) -> tuple[str, int]:
    size = len(release.header) + rendition.body_size_bytes
    return content_etag(release.header_sha256, rendition.body_sha256), size


def _check_body(blobs: Blobs, ticket: PullTicket) -> None:
    # Found out before the status line, a damaged store is a clear 500 and not a file that ends early.
    if blobs.size(ticket.blob) != ticket.body_size_bytes:
        raise IntegrityFailure(
            "blob-size-mismatch",
            "The stored body does not have the size it was sealed with.",
            remedy="The operator must check the blob store.",
        )


async def content(blobs: Blobs, ticket: PullTicket, start: int, length: int) -> AsyncIterator[bytes]:
    """``length`` bytes of ``header || body`` from ``start``, in the pieces that the store delivers."""
    header_size = len(ticket.header)
    if start < header_size:
        part = ticket.header[start : start + length]
        length -= len(part)
        start += len(part)
        yield part
    if length == 0:
        return
    async for piece in blobs.stream_async(ticket.blob, start - header_size, length):
        length -= len(piece)
        yield piece
    if length != 0:
        raise IntegrityFailure("blob-truncated", "The stored body ended before the length it was sealed with.")
