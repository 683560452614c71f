"""Forget a case: what persons typed about a case is forgotten, under two persons and a legal basis.

The log holds commitments only, so every root and proof stays as it is; what goes is what the
commitments were made from (value, salt, and the case's key), and the same texts where the gateway
kept them to work with: the case's reference, the names of exhibits, manifests, policies, answers that
were stored to be repeated. Only a case of which nothing is live can be erased, for its texts are
needed until then, and none that a legal hold covers. At the end of a case's retention the same is
done without persons, by the step that disposes (:func:`forget`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

from gateway.errors import Conflict, Denied, InvalidInput, NotFound
from gateway.evidence.erasure import ErasableEntry
from gateway.evidence.package import Case, Principal
from gateway.exchange import record
from gateway.exchange.parties.standing import latest
from gateway.exchange.ports.custody import Erasures
from gateway.exchange.ports.database import Transaction
from gateway.policy.decide import decide
from gateway.policy.decision import Request

#: A provision of law, not a story: the basis stands in the log for ever.
_BASIS = re.compile(r"[A-Za-z0-9§][A-Za-z0-9§ ().,/:\-]{2,119}")


def check_basis(untrusted: str) -> str:
    """The legal basis, if it looks like a reference to a provision.

    Raises:
        InvalidInput: ``legal-basis-invalid``.
    """
    if not _BASIS.fullmatch(untrusted):
        raise InvalidInput(
            "legal-basis-invalid",
            "The legal basis is not a short reference to a provision of law.",
            remedy="Write it like 'UK GDPR Art. 17(1)(a)': 3 to 120 letters, digits and § ( ) . , / : -.",
            where="legal_basis",
        )
    return untrusted


def erase_case(
    tx: Transaction, erasures: Erasures, case_id: str, persons: Sequence[str], basis: str, now: datetime
) -> int:
    """Erase a case, in this transaction; how many values of the log were deleted.

    Args:
        persons: Ids of the principals who ask for it: two, each with the right to audit.

    Raises:
        NotFound: ``case-unknown``, ``principal-unknown``.
        Denied: ``two-persons-required``, or the policy's code. Conflict: ``case-live``, ``case-held``.
        InvalidInput: ``legal-basis-invalid``.
    """
    check_basis(basis)
    case = _checked(tx, case_id, persons, now)
    if erasures.live(case_id):
        raise Conflict(
            "case-live",
            "Something of this case is not disposed of yet, and its texts are needed until then.",
            remedy="Dispose of it first, or wait for the end of retention.",
        )
    _refuse_held(erasures, case_id, now)
    return forget(tx, erasures, case, now, basis, {"approved_by": sorted(set(persons))})


def erase_entry(
    tx: Transaction, seq: int, fields: Sequence[str], persons: Sequence[str], basis: str, now: datetime
) -> int:
    """Erase fields of one entry of the log (all if none is named), in this transaction; how many went.

    Only what the log's commitments were made from goes. Where the gateway still works with the same text
    (the name of an exhibit that is live), it stays there until the case is disposed of or erased.

    Raises:
        As :func:`erase_case`, but for ``case-live``; NotFound: ``entry-unknown``.
        InvalidInput: ``erasure-field-unknown``.
    """
    check_basis(basis)
    entry = erasable_entry(tx, seq, fields)
    case = _checked(tx, entry.case_id, persons, now)
    _refuse_held(tx.erasures, case.id, now)
    newest = latest(tx, case.agreement)
    gone = sorted(set(fields)) or list(entry.fields)
    event = record.event(
        "log.erase",
        "done",
        now,
        ("entry", str(seq)),
        agreement=newest.agreement.ref if newest else None,
        reason="erasure",
        detail={"legal_basis": basis, "fields": gone, "approved_by": sorted(set(persons))},
        case_id=case.id,
    )
    return tx.ledger.erase_entry(entry.entry_id, gone, event)


def erasable_entry(tx: Transaction, seq: int, fields: Sequence[str]) -> ErasableEntry:
    """The entry, if it belongs to a case and has all these fields.

    Raises:
        NotFound: ``entry-unknown``. InvalidInput: ``erasure-field-unknown``.
    """
    entry = tx.erasures.entry(seq)
    if entry is None or not entry.fields:
        raise NotFound(
            "entry-unknown",
            "There is no such entry with something that can be erased.",
            remedy="Give the sequence number of an entry that has commitments; they may be erased already.",
        )
    if not set(fields) <= set(entry.fields):
        raise InvalidInput(
            "erasure-field-unknown",
            "The entry has no such field that can be erased.",
            remedy="Name members of the entry's commitments, or none for all of them.",
            where="fields",
        )
    return entry


def _checked(tx: Transaction, case_id: str, persons: Sequence[str], now: datetime) -> Case:
    """The case, locked so that no hold is placed meanwhile, once two persons with the right have asked."""
    case = tx.cases.get(case_id, lock=True)
    if case is None:
        raise _unknown()
    for person in sorted(set(persons)):
        principal = tx.directory.principal(person)
        if principal is None:
            raise NotFound("principal-unknown", "A person who asks is not registered.", remedy="Name registered ones.")
        check_may_erase(tx, principal, case, now)
    if len(set(persons)) < 2:
        raise Denied(
            "two-persons-required",
            "To erase, two different persons must ask for it.",
            remedy="Name two registered principals.",
        )
    return case


def _refuse_held(erasures: Erasures, case_id: str, now: datetime) -> None:
    if erasures.held(case_id, now):
        raise Conflict("case-held", "A legal hold covers this case.", remedy="Erase after the hold has been lifted.")


def forget(
    tx: Transaction,
    erasures: Erasures,
    case: Case,
    now: datetime,
    basis: str,
    detail: dict[str, object] | None = None,
    *,
    reason: str = "erasure",
) -> int:
    """Delete what is known of a case in words, and say so in the log; how many values of the log went.

    The caller has made sure that nothing needs them any more. Safe to repeat.
    """
    texts = erasures.scrub(case.id)
    newest = latest(tx, case.agreement)
    event = record.event(
        "log.erase",
        "done",
        now,
        case,
        agreement=newest.agreement.ref if newest else None,
        reason=reason,
        detail={"legal_basis": basis, "rows_scrubbed": texts, **(detail or {})},
    )
    gone = tx.ledger.erase_case(case.id, now, event)
    if texts and not gone:
        tx.ledger.append(event)
    return gone


def check_may_erase(tx: Transaction, principal: Principal, case: Case, now: datetime) -> None:
    """Refuse a person who may not audit under the case's agreement.

    Raises:
        NotFound: ``case-unknown`` for an agency that is no party to it.
        Denied: The policy's code.
    """
    newest = latest(tx, case.agreement)
    if newest is None or principal.agency not in newest.agreement.parties:
        raise _unknown()
    decision = decide(Request(action="audit", principal=principal, now=now), newest.agreement, newest.state)
    if decision.permitted:
        return
    raise record.denied(
        "This person may not ask for an erasure",
        decision,
        "log.erase",
        now,
        case,
        remedy="A principal with a role that may audit has to do it.",
        actor=principal,
        agreement=newest.agreement.ref,
    )


def _unknown() -> NotFound:
    return NotFound("case-unknown", "There is no such case for your agency.", remedy="Give the id of a case.")
