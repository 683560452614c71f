"""Extracts of the log over HTTP: JSON Lines with proofs, CSV, OCSF, and a signed PDF report.

Role-checked like every question to the log, and streamed. The entry that says what is taken is committed
before the first byte; a second one, with the SHA-256 of all bytes, before the last piece is sent. So an
answer that ends properly is one whose digest stands in the log, and one that breaks off has none.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response, StreamingResponse

from gateway.api.request.disposition import attachment
from gateway.api.request.guard import HEAD
from gateway.api.request.query import known_parameters
from gateway.api.request.session import Authenticated, Session, in_transaction
from gateway.api.routes.audit import Filters
from gateway.api.schema.problem import refusals
from gateway.bootstrap.log_extract import FORMS, Extract, given, open_extract
from gateway.evidence.package import Principal
from gateway.exchange.log import audit
from gateway.exchange.ports.database import Transaction

router = APIRouter(prefix="/v1/audit", tags=["log"], dependencies=[Depends(known_parameters)])

_PIECE_BYTES = 262_144
_BINARY = {"schema": {"type": "string", "format": "binary"}}


@router.get(
    "/export",
    response_class=Response,
    responses={
        **refusals(403, 404, 413),
        200: {
            "description": "The extract. Its SHA-256 stands in the log, in an entry `log.extract`.",
            "content": {media_type.split(";")[0]: _BINARY for media_type in FORMS.values()},
        },
    },
    summary="Everything that a search finds, as JSON Lines with proofs, CSV, OCSF events, or a signed PDF report",
)
async def export_entries(
    session: Authenticated,
    query: Filters,
    form: Annotated[Literal["jsonl", "csv", "ocsf", "pdf"], Query(description="The form of the extract.")],
) -> Response:
    origin = session.gateway.settings.log_origin

    def begin(tx: Transaction, principal: Principal) -> tuple[Extract, Principal]:
        scope = audit.scope_of(tx, principal, origin, session.now)
        who = f"{principal.id} ({principal.agency})"
        extract = open_extract(session.gateway, tx, query, scope, form, session.now, actor=principal, asked_by=who)
        return extract, principal

    extract, principal = await run_in_threadpool(session.run, begin)
    headers = {
        "Content-Disposition": attachment(f"log-extract.{form}"),
        "Evidence-Entries": str(extract.count),
        "Evidence-Log-Size": str(extract.size),
    }
    if session.request.scope.get(HEAD):
        return Response(None, headers=headers, media_type=FORMS[form])
    pieces = _recorded(session, extract, principal)
    # Found out before the status line, what is wrong is an error and not an answer that ends early.
    first = await run_in_threadpool(next, pieces)
    return StreamingResponse(_joined(first, pieces), headers=headers, media_type=FORMS[form])


def _recorded(session: Session, extract: Extract, principal: Principal) -> Iterator[bytes]:
    """The bytes in larger pieces, at least one; the last only once its entry is committed."""
    digest, size, waiting = hashlib.sha256(), 0, bytearray()
    for piece in extract.pieces():
        digest.update(piece)
        size += len(piece)
        if len(waiting) >= _PIECE_BYTES:
            yield bytes(waiting)
            waiting.clear()
        waiting += piece
    sha256 = digest.hexdigest()
    in_transaction(
        session.gateway, lambda tx: given(tx, extract, sha256, size, session.gateway.clock(), actor=principal)
    )
    yield bytes(waiting)


def _joined(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest
