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
from gateway.exchange.ports.audit_query import Scope
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
    permitted, refusal = auditable(tx, principal, now)
    if permitted:
        return Scope(principal.agency, permitted)
    raise record.denied(
        "You may not read the log",
        refusal or deny("agreement-unknown", "", "your agency is party to no agreement"),
        action,
        now,
        ("log", log_origin),
        remedy="A principal with a role that may audit has to do it.",
        actor=principal,
    )


def auditable(tx: Transaction, principal: Principal, now: datetime) -> tuple[tuple[str, ...], Decision | None]:
    """Ids of the agreements of which some version lets the principal audit; and the refusal of the last that do not.

    The right outlasts a version, but mostly the newest gives it: older ones are read only where it does not.
    """
    asked = Request(action="audit", principal=principal, now=now)
    refs = tx.agreements.of_party(principal.agency)
    newest = {ref.id: ref for ref in refs}
    permitted: set[str] = set()
    refusal: Decision | None = None
    for stored in tx.agreements.read(newest.values()):
        decision = decide(asked, stored.agreement, stored.state)
        if decision.permitted:
            permitted.add(stored.agreement.id)
        else:
            refusal = decision
    older = [ref for ref in refs if ref.id not in permitted and ref != newest[ref.id]]
    for stored in tx.agreements.read(older):
        if decide(asked, stored.agreement, stored.state).permitted:
            permitted.add(stored.agreement.id)
    return tuple(sorted(permitted)), refusal


def following(found: Sequence[LoggedEntry], limit: int) -> int | None:
    """Where the next page of a search begins, given this one; None once a page is not full."""
    return found[-1].seq + 1 if len(found) == limit else None


def exported(tx: Transaction, log_origin: str, now: datetime, detail: dict[str, Any], actor: Principal) -> None:
    """Append the entry that says which bytes an extract had, by their digest.

    Raises:
        Unavailable: ``log-unavailable``.
    """
    tx.ledger.append(record.event("log.extract", "done", now, ("log", log_origin), actor=actor, detail=detail))


def searched(
    tx: Transaction, log_origin: str, now: datetime, question: str, detail: dict[str, Any], actor: Principal | None
) -> None:
    """Append the entry that says what was asked and how much was answered.

    Raises:
        Unavailable: ``log-unavailable``; then nothing may be answered.
    """
    detail = {"question": question, **detail}
    tx.ledger.append(
        record.event("log.search", "done", now, ("log", log_origin), actor=actor, detail=detail, system="operator")
    )
