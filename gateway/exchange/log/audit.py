"""Audit: what an officer may ask of the log, and the entry that says that it was asked.

A search names any of: actor, agency, case, package, exhibit, agreement, clause, action, outcome,
reason, time. Answers run along the sequence number, so a page stays what it is while the log grows,
and the next one begins where it ended. An officer sees what concerns the own agency, or agreements
under which the officer may audit; the operator sees everything. The search is an entry as well,
with its filters as they were, for they are identifiers and codes.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from gateway.evidence.package import Principal
from gateway.exchange import record
from gateway.exchange.audit_query import Scope
from gateway.exchange.ports.database import Transaction
from gateway.exchange.ports.log import LoggedEntry
from gateway.policy.decide import decide
from gateway.policy.decision import Decision, Request, deny


def scope_of(
    tx: Transaction, principal: Principal, log_origin: str, now: datetime, action: str = "log.search"
) -> Scope:
    """What the officer may see; ``action`` is what a refusal is recorded as.

    Raises:
        Denied: The policy's code for the agreement that came nearest; recorded by the face.
    """
    permitted: set[str] = set()
    nearest: Decision = deny("agreement-unknown", "", "your agency is party to no agreement")
    for stored in tx.agreements.all():
        if principal.agency not in stored.agreement.parties:
            continue
        decision = decide(Request(action="audit", principal=principal, now=now), stored.agreement, stored.state)
        if decision.permitted:
            permitted.add(stored.agreement.id)
        else:
            nearest = decision
    if permitted:
        return Scope(principal.agency, tuple(sorted(permitted)))
    raise record.denied(
        "You may not read the log",
        nearest,
        action,
        now,
        remedy="A principal with a role that may audit has to do it.",
        actor=principal,
        object_kind="log",
        object_id=log_origin,
    )


def following(found: Sequence[LoggedEntry], limit: int) -> int | None:
    """Where the next page of a search begins, given this one; None once a page is not full."""
    return found[-1].seq + 1 if len(found) == limit else None


def exported(tx: Transaction, log_origin: str, now: datetime, detail: dict[str, Any], actor: Principal) -> None:
    """Append the entry that says which bytes an extract had, by their digest.

    Raises:
        Unavailable: ``log-unavailable``.
    """
    tx.ledger.append(
        record.event("log.extract", "done", now, actor=actor, object_kind="log", object_id=log_origin, detail=detail)
    )


def searched(
    tx: Transaction, log_origin: str, now: datetime, question: str, detail: dict[str, Any], actor: Principal | None
) -> None:
    """Append the entry that says what was asked and how much was answered.

    Raises:
        Unavailable: ``log-unavailable``; then nothing may be answered.
    """
    tx.ledger.append(
        record.event(
            "log.search",
            "done",
            now,
            actor=actor,
            object_kind="log",
            object_id=log_origin,
            detail={"question": question, **detail},
            system="operator",
        )
    )
