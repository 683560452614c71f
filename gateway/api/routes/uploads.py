"""The upload of one exhibit: raw bytes, encrypted as they arrive.

Three parts, so that no transaction stays open while bytes stream: the exhibit is checked to be
awaited; the body flows through the intake; the result is recorded. Receiving and encrypting overlap:
while a worker thread hashes, encrypts and writes one piece (all of which release the GIL), the event
loop collects the next. At most two pieces are held, so memory does not grow with the exhibit. Ending
any other way than recorded (a lie about size or digest, a broken connection, a lost log) leaves
neither a blob nor a row of it; if the process dies, housekeeping erases the blob, whose name was written
down before it was begun.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

from fastapi import APIRouter, Depends
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from gateway.api.request.bodies import declared_length, media_type, pieces, unsupported
from gateway.api.request.query import Id, known_parameters
from gateway.api.request.session import Authenticated, Session
from gateway.api.schema.package import ExhibitBody
from gateway.api.schema.problem import refusals
from gateway.envelope.header import new_file_key
from gateway.errors import DigestMismatch, InvalidInput, TooLarge
from gateway.evidence.package import Exhibit, Principal
from gateway.exchange import receive
from gateway.exchange.intake import Intake, Received
from gateway.exchange.ports.database import Transaction

PIECE_BYTES = 1 << 20

router = APIRouter(prefix="/v1/packages", tags=["packages"], dependencies=[Depends(known_parameters)])


@router.put(
    "/{package_id}/exhibits/{exhibit_id}/content",
    response_model=ExhibitBody,
    responses=refusals(404, 408, 409, 413, 415, 422),
    openapi_extra={
        "requestBody": {
            "required": True,
            "description": "The plain bytes of the exhibit. They are encrypted before they reach the disk.",
            "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
        }
    },
    summary="Upload the bytes of an exhibit",
)
async def upload_content(request: Request, session: Authenticated, package_id: Id, exhibit_id: Id) -> Response:
    _check_coding(request)

    blob = f"originals/{session.gateway.new_id()}"

    def begin(tx: Transaction, principal: Principal) -> Exhibit:
        return receive.begin_upload(tx, principal, package_id, exhibit_id, blob, session.now)

    exhibit = await run_in_threadpool(session.run, begin)
    _check_length(request, exhibit)
    received = await _take_in(request, session, exhibit, blob)

    def complete(tx: Transaction, principal: Principal) -> Exhibit:
        gateway = session.gateway
        return receive.complete_upload(
            tx, gateway.keyring, principal, package_id, exhibit_id, received, gateway.new_id, gateway.clock()
        )

    try:
        stored = await run_in_threadpool(session.run, complete)
    except BaseException:
        # The body is durable but no row names it: a twin was faster, or the log is away.
        await asyncio.shield(run_in_threadpool(session.gateway.blobs.delete, received.blob))
        raise
    return Response(ExhibitBody.of(stored).model_dump_json(), media_type="application/json")


async def _take_in(request: Request, session: Session, exhibit: Exhibit, blob: str) -> Received:
    writer = await run_in_threadpool(session.gateway.blobs.create, blob)
    try:
        intake = await run_in_threadpool(Intake, exhibit, writer, blob, new_file_key())
        await feed_overlapping(pieces(request), intake.feed)
        return await run_in_threadpool(intake.finish)
    except BaseException:
        # Cancellation included: a client that goes away must not leave half a blob. Shielded, because
        # the cancelled task would otherwise be cancelled again inside this await.
        await asyncio.shield(run_in_threadpool(writer.abort))
        raise


async def feed_overlapping(
    source: AsyncIterator[bytes], feed: Callable[[memoryview], None], piece_bytes: int = PIECE_BYTES
) -> None:
    """Feed all of ``source``, in order and in pieces of ``piece_bytes``, while more is being received.

    Two buffers take turns: one is filled here while a thread works on the other. They are made once,
    because fresh memory for every piece costs as much as hashing it. ``feed`` is never called twice at a
    time, must not keep what it is given, and has ended when this returns or raises.
    """
    filling, feeding = bytearray(piece_bytes), bytearray(piece_bytes)
    filled = 0
    running: asyncio.Future[None] | None = None
    try:
        async for data in source:
            taken = 0
            while taken < len(data):
                count = min(len(data) - taken, piece_bytes - filled)
                filling[filled : filled + count] = memoryview(data)[taken : taken + count]
                taken += count
                filled += count
                if filled == piece_bytes:
                    if running is not None:
                        await running
                    running = asyncio.ensure_future(run_in_threadpool(feed, memoryview(filling)))
                    filling, feeding, filled = feeding, filling, 0
        if running is not None:
            await running
        if filled:
            running = asyncio.ensure_future(run_in_threadpool(feed, memoryview(filling)[:filled]))
            await running
    except BaseException:
        if running is not None:
            # A thread cannot be cancelled: wait for it, or it would write into an aborted blob.
            await asyncio.wait([running])
            running.cancelled() or running.exception()
        raise


def _check_coding(request: Request) -> None:
    if media_type(request).startswith("multipart/") or media_type(request) == "application/x-www-form-urlencoded":
        raise unsupported("application/octet-stream")
    if request.headers.get("content-encoding", "identity").strip().lower() not in ("", "identity"):
        raise InvalidInput(
            "media-type-unsupported",
            "The body is content-encoded; size and digest are those of the plain bytes.",
            remedy="Send the bytes as they are.",
            where="header/content-encoding",
        )
    if "content-range" in request.headers:
        raise InvalidInput(
            "request-invalid", "Partial uploads are not supported.", remedy="Send the exhibit whole.",
            where="header/content-range",
        )  # fmt: skip


def _check_length(request: Request, exhibit: Exhibit) -> None:
    length = declared_length(request)
    if length is None or length == exhibit.size_bytes:
        return
    text = f"The Content-Length is {length}; the manifest declares {exhibit.size_bytes} bytes."
    remedy = "Upload the file that was declared, or declare this one in a new package."
    if length > exhibit.size_bytes:
        raise TooLarge("upload-too-long", text, remedy=remedy)
    raise DigestMismatch("upload-truncated", text, remedy=remedy)
