"""Erasure: asked for by one officer, confirmed by another, each logged in as herself.

Both need the right to audit under the case's agreement, at the time of their own act; the second is
checked, and the first again, when the second confirms. Until then nothing is erased. What is
erased, and when it may be, is :mod:`gateway.exchange.custody.forget_case`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from gateway.errors import Conflict, Denied, NotFound
from gateway.evidence.erasure import Erasure
from gateway.evidence.package import Case, Principal
from gateway.exchange import record
from gateway.exchange.custody.forget_case import check_basis, check_may_erase, erasable_entry, erase_case, erase_entry
from gateway.exchange.log.audit import auditable
from gateway.exchange.ports.database import Transaction
from gateway.translog.event import AuditEvent


def ask(
    tx: Transaction,
    principal: Principal,
    case_id: str | None,
    entry_seq: int | None,
    fields: Sequence[str],
    basis: str,
    erasure_id: str,
    now: datetime,
) -> Erasure:
    """Ask for an erasure of a case, or of fields of one entry.

    Args:
        fields: Of the entry; empty: all that it has.

    Raises:
        NotFound: ``case-unknown``, ``entry-unknown``, also for another agency's. Denied: the policy's code.
        InvalidInput: ``legal-basis-invalid``, ``erasure-field-unknown``.
    """
    check_basis(basis)
    if entry_seq is not None:
        entry = erasable_entry(tx, entry_seq, fields)
        case_id = entry.case_id
    case = _case(tx, principal, case_id or "", now)
    erasure = Erasure(
        erasure_id, case.id, case.agreement, entry_seq, tuple(sorted(set(fields))), basis, principal.id, now
    )
    tx.erasures.ask(erasure, _event("erasure.ask", erasure, principal, now))
    return erasure


def confirm(tx: Transaction, principal: Principal, erasure_id: str, now: datetime) -> tuple[Erasure, int]:
    """Confirm what another officer has asked for: it is erased now. With it, how many values of the log went.

    Raises:
        NotFound: ``erasure-unknown``. Denied: ``two-persons-required``, the policy's code.
        Conflict: ``erasure-done``, ``erasure-expired``, ``case-live``, ``case-held``.
    """
    erasure = tx.erasures.get(erasure_id, lock=True)
    if erasure is None:
        raise _unknown(principal, None, now)
    try:
        _case(tx, principal, erasure.case_id, now)
    except NotFound:
        raise _unknown(principal, erasure, now) from None
    if erasure.confirmed_at is not None:
        raise Conflict("erasure-done", "This erasure was confirmed already.", remedy="Nothing is left to do.")
    if not erasure.waiting(now):
        raise Conflict(
            "erasure-expired", "This erasure was asked for too long ago.", remedy="Ask for it again, then confirm."
        )
    if erasure.asked_by == principal.id:
        error = Denied(
            "two-persons-required",
            "The person who asked for an erasure cannot confirm it.",
            remedy="Another officer has to confirm it.",
        )
        raise record.refusal(error, "erasure.confirm", now, erasure, actor=principal)
    persons = (erasure.asked_by, principal.id)
    confirmed = replace(erasure, confirmed_by=principal.id, confirmed_at=now)
    tx.erasures.confirm(confirmed, _event("erasure.confirm", confirmed, principal, now))
    if erasure.entry_seq is None:
        return confirmed, erase_case(tx, tx.erasures, erasure.case_id, persons, erasure.legal_basis, now)
    return confirmed, erase_entry(tx, erasure.entry_seq, erasure.fields, persons, erasure.legal_basis, now)


def waiting(tx: Transaction, principal: Principal, now: datetime) -> list[Erasure]:
    """Erasures that the officer may confirm, or has asked for, oldest first."""
    agreements, _ = auditable(tx, principal, now)
    return [found for found in tx.erasures.waiting(agreements) if found.waiting(now)]


def _case(tx: Transaction, principal: Principal, case_id: str, now: datetime) -> Case:
    case = tx.cases.get(case_id)
    try:
        if case is None:
            raise NotFound("case-unknown", "There is no such case for your agency.", remedy="Give the id of a case.")
        check_may_erase(tx, principal, case, now)
    except NotFound as error:
        record.unknown(error, "log.erase", now, case, principal)
        raise
    return case


def _event(action: str, erasure: Erasure, principal: Principal, now: datetime) -> AuditEvent:
    detail = {"entry": erasure.entry_seq, "fields": list(erasure.fields), "legal_basis": erasure.legal_basis}
    return record.event(action, "done", now, erasure, actor=principal, detail=detail)


def _unknown(principal: Principal, erasure: Erasure | None, now: datetime) -> NotFound:
    error = NotFound("erasure-unknown", "There is no such erasure for your agency.", remedy="List those that wait.")
    return record.unknown(error, "erasure.confirm", now, erasure, principal)
