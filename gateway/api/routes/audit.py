"""The officer's questions to the log: a free search, and four that are asked often.

All need the right ``audit`` under an agreement; answers hold what concerns the officer's agency or
those agreements (gateway/exchange/log/audit.py). Asking is an entry, in the transaction that answers.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Depends, Query
from pydantic import AwareDatetime, BaseModel
from starlette.responses import Response

from gateway.api.request.query import Id, known_parameters
from gateway.api.request.session import Authenticated, Session
from gateway.api.schema.about import LogEntries
from gateway.api.schema.audit import AccessBody, AccessByMonth, DenialsBody, DenialsByReason, ReaderBody, Readers
from gateway.api.schema.problem import refusals
from gateway.evidence.package import Principal
from gateway.exchange.log import audit
from gateway.exchange.ports.audit_query import MAX_FILTER_CHARS, MAX_PAGE, AuditQuery, Scope, check_period
from gateway.exchange.ports.database import Transaction

router = APIRouter(prefix="/v1/audit", tags=["log"], dependencies=[Depends(known_parameters)])

M = TypeVar("M", bound=BaseModel)
Text = Annotated[str | None, Query(min_length=1, max_length=MAX_FILTER_CHARS)]
Since = Annotated[AwareDatetime | None, Query(description="RFC 3339; included.")]
Until = Annotated[AwareDatetime | None, Query(description="RFC 3339; not included.")]


def filters(
    principal: Text = None,
    agency: Text = None,
    case: Text = None,
    package: Text = None,
    exhibit: Text = None,
    agreement: Text = None,
    clause: Text = None,
    action: Text = None,
    outcome: Text = None,
    reason: Text = None,
    since: Since = None,
    until: Until = None,
) -> AuditQuery:
    """Dependency: the filters of a search, from the query.

    Raises:
        InvalidInput: ``audit-query-invalid``.
    """
    return AuditQuery(
        principal, agency, case, package, exhibit, agreement, clause, action, outcome, reason, since, until
    ).checked()


Filters = Annotated[AuditQuery, Depends(filters)]


@router.get(
    "/entries", response_model=LogEntries, responses=refusals(403), summary="Search the log, by any combination"
)
async def search_entries(
    session: Authenticated,
    query: Filters,
    start: Annotated[int, Query(ge=0, le=2**53 - 1, description="First sequence number; `next` of a page.")] = 0,
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE)] = 100,
) -> Response:
    def work(tx: Transaction, scope: Scope) -> tuple[LogEntries, dict[str, Any]]:
        found = tx.audit.find(query, scope, start=start, limit=limit)
        return LogEntries.page(found, limit), {"filters": query.filters(), "start": start, "returned": len(found)}

    return await _answer(session, "entries", work)


@router.get(
    "/readers/{exhibit}", response_model=Readers, responses=refusals(403, 404), summary="Who has read this exhibit"
)
async def exhibit_readers(session: Authenticated, exhibit: Id) -> Response:
    def work(tx: Transaction, scope: Scope) -> tuple[Readers, dict[str, Any]]:
        readers = [ReaderBody.of(item) for item in tx.audit.readers(exhibit, scope)]
        return Readers(exhibit=exhibit, readers=readers), {"exhibit": exhibit, "returned": len(readers)}

    return await _answer(session, "readers", work)


@router.get(
    "/denials", response_model=DenialsByReason, responses=refusals(403), summary="Denials by reason, of the last week"
)
async def denials_by_reason(session: Authenticated, since: Since = None, until: Until = None) -> Response:
    begin, end = _period(session, since, until, timedelta(days=7))

    def work(tx: Transaction, scope: Scope) -> tuple[DenialsByReason, dict[str, Any]]:
        items = [DenialsBody.of(item) for item in tx.audit.denials(begin, end, scope)]
        return DenialsByReason(since=begin, until=end, denials=items), {"since": begin, "until": end}

    return await _answer(session, "denials", work)


@router.get(
    "/access", response_model=AccessByMonth, responses=refusals(403), summary="Pulls by agency and month, of a year"
)
async def access_by_month(session: Authenticated, since: Since = None, until: Until = None) -> Response:
    begin, end = _period(session, since, until, timedelta(days=365))

    def work(tx: Transaction, scope: Scope) -> tuple[AccessByMonth, dict[str, Any]]:
        items = [AccessBody.of(item) for item in tx.audit.access(begin, end, scope)]
        return AccessByMonth(since=begin, until=end, access=items), {"since": begin, "until": end}

    return await _answer(session, "access", work)


async def _answer(
    session: Session, question: str, work: Callable[[Transaction, Scope], tuple[M, dict[str, Any]]]
) -> Response:
    origin = session.gateway.settings.log_origin

    def run(tx: Transaction, principal: Principal) -> M:
        scope = audit.scope_of(tx, principal, origin, session.now)
        answer, said = work(tx, scope)
        audit.searched(tx, origin, session.now, question, said, principal)
        return answer

    return await session.answer(run)


def _period(
    session: Session, since: datetime | None, until: datetime | None, length: timedelta
) -> tuple[datetime, datetime]:
    end = until or session.now
    begin = since or end - length
    check_period(begin, end)
    return begin, end
