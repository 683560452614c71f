"""Redactions by rule under an agreement, for officers who tune it. Asking is an entry of the log."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from starlette.responses import Response

from gateway.api.request.query import known_parameters
from gateway.api.request.session import Authenticated
from gateway.api.schema.problem import refusals
from gateway.api.schema.redaction import RedactionCounts, RuleCountsBody
from gateway.errors import NotFound
from gateway.evidence.package import Principal
from gateway.exchange import record
from gateway.exchange.log import audit, redaction_explained
from gateway.exchange.ports.database import Transaction

router = APIRouter(prefix="/v1/audit/redactions", tags=["log"], dependencies=[Depends(known_parameters)])


@router.get(
    "",
    response_model=RedactionCounts,
    responses=refusals(403, 404),
    summary="Redactions by rule over the newest reports under an agreement",
)
async def redaction_counts(
    session: Authenticated, agreement: Annotated[str, Query(min_length=1, max_length=64)]
) -> Response:
    origin = session.gateway.settings.log_origin

    def work(tx: Transaction, principal: Principal) -> RedactionCounts:
        scope = audit.scope_of(tx, principal, origin, session.now)
        if agreement not in scope.agreements:
            error = NotFound(
                "agreement-unknown", "There is no such agreement that you may audit.", remedy="Check its identifier."
            )
            raise record.refusal(error, "log.search", session.now, ("log", origin), actor=principal)
        found = redaction_explained.statistics_of(tx, agreement)
        said = {"agreement": agreement, "returned": found.reports}
        audit.searched(tx, origin, session.now, "redactions", said, principal)
        rules = [RuleCountsBody.of(rule) for rule in found.rules]
        return RedactionCounts(agreement=agreement, reports=found.reports, complete=found.complete, rules=rules)

    return await session.answer(work)
