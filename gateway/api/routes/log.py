"""Reading the audit log: checkpoint, hash tiles, and the entries that the caller may see.

Checkpoint and hash tiles hold no entry, only hashes; any registered principal may fetch them, to
follow the log as a monitor or witness does. Entries need the right ``audit`` under an agreement
that is in force; only those that concern the caller's agency or those agreements are returned, and
reading them is itself an entry. Entry bundles, which would show everybody everything, are not served.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from gateway.api.request.query import known_parameters
from gateway.api.request.session import Authenticated
from gateway.api.schema.about import LogEntries
from gateway.api.schema.base import file_answer
from gateway.api.schema.problem import refusals
from gateway.errors import InvalidInput, NotFound
from gateway.evidence.package import Principal
from gateway.exchange import record
from gateway.exchange.log import audit
from gateway.exchange.ports.audit_query import AuditQuery
from gateway.exchange.ports.database import Transaction
from gateway.translog.tiles import parse_path

router = APIRouter(prefix="/v1/log", tags=["log"], dependencies=[Depends(known_parameters)])


@router.get(
    "/checkpoint",
    response_class=Response,
    responses={**refusals(404), 200: file_answer("Signed checkpoint (c2sp.org/tlog-checkpoint).", "text/plain")},
    summary="The latest signed tree head",
)
async def read_checkpoint(session: Authenticated) -> Response:
    await run_in_threadpool(session.run, registered)
    checkpoint = await run_in_threadpool(session.gateway.log_reader.checkpoint)
    return Response(checkpoint, media_type="text/plain; charset=utf-8")


@router.get(
    "/tile/{path:path}",
    response_class=Response,
    responses={**refusals(404), 200: file_answer("Up to 256 hashes of 32 bytes (c2sp.org/tlog-tiles).")},
    summary="A tile of hashes; entry bundles are not served",
)
async def read_tile(session: Authenticated, path: str) -> Response:
    try:
        tile = parse_path(f"tile/{path}")
    except InvalidInput:
        tile = None
    if tile is None or tile.level is None:
        raise _no_tile()
    await run_in_threadpool(session.run, registered)
    data = await run_in_threadpool(session.gateway.log_store.read, tile.path)
    if data is None:
        raise _no_tile()
    # A path is written once and never changes (formats.md §2).
    headers = {"Cache-Control": "private, max-age=31536000, immutable"}
    return Response(data, headers=headers, media_type="application/octet-stream")


@router.get(
    "/entries",
    response_model=LogEntries,
    responses=refusals(403),
    summary="Entries that concern your agency or the agreements you audit",
)
async def read_entries(
    session: Authenticated,
    start: Annotated[int, Query(ge=0, le=2**53 - 1, description="First sequence number.")] = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> Response:
    def work(tx: Transaction, principal: Principal) -> LogEntries:
        origin = session.gateway.settings.log_origin
        scope = audit.scope_of(tx, principal, origin, session.now, "log.read")
        found = tx.audit.find(AuditQuery(), scope, start=start, limit=limit)
        detail = {"start": start, "returned": len(found), "agreements": scope.agreements}
        tx.ledger.append(record.event("log.read", "done", session.now, ("log", origin), actor=principal, detail=detail))
        return LogEntries.page(found, limit)

    return await session.answer(work)


def registered(_tx: Transaction, _principal: Principal) -> None:
    """Nothing more to ask than what the session has asked: is the principal still registered?"""


def _no_tile() -> NotFound:
    return NotFound("tile-unknown", "There is no such tile.", remedy="Ask for tiles that the checkpoint covers.")
