"""Authorize: may this principal push this package under the agreement it names?

Asked once for the package as a whole and once for each exhibit as declared; examine asks again when
the bytes are known. An agency that is no party to an agreement is told that there is no such
agreement (invariant 7), and the attempt is recorded all the same.
"""

from __future__ import annotations

from datetime import datetime

from gateway.agreements.model import Agreement
from gateway.errors import Conflict, Denied, NotFound
from gateway.evidence.manifest import PackageManifest
from gateway.evidence.package import Principal
from gateway.exchange import record
from gateway.exchange.parties.standing import latest
from gateway.exchange.ports.database import Transaction
from gateway.policy.authorization import PackageAuthorization
from gateway.policy.decide import decide
from gateway.policy.decision import Decision, Request


def authorize_package(
    tx: Transaction, principal: Principal, manifest: PackageManifest, now: datetime
) -> PackageAuthorization:
    """Decide over a package before a byte of it is sent.

    Raises:
        NotFound: ``agreement-unknown``, also where the agency is not a party.
        Denied: the policy's code, or ``no-exhibit-permitted`` if nothing would be left.
        Conflict: ``case-purpose-mismatch`` if the case was opened for another purpose.
    """
    current = latest(tx, manifest.agreement)
    if current is None or principal.agency not in current.agreement.parties:
        raise record.refusal(
            NotFound(
                "agreement-unknown",
                f"There is no agreement '{manifest.agreement}' for your agency.",
                remedy="Check the agreement's id; an admin must have put it into force.",
                where="/agreement",
            ),
            "package.create",
            now,
            ("package", ""),
            actor=principal,
            detail={"manifest_digest": manifest.digest()},
        )
    agreement = current.agreement
    decision = decide(_request(principal, manifest, now), agreement, current.state)
    if not decision.permitted:
        raise _denied(decision, principal, agreement, manifest, now)
    case = tx.cases.find(agreement.id, manifest.case)
    if case is not None and case.purpose != manifest.purpose:
        raise Conflict(
            "case-purpose-mismatch",
            "The case was opened for another purpose, and a case has one purpose.",
            remedy="Use the purpose of the case, or open another case.",
            where="/purpose",
        )
    if case is not None and case.closed_at is not None:
        raise Conflict(
            "case-closed",
            "The case is closed; nothing more is taken into it.",
            remedy="Open another case.",
            where="/case",
        )
    exhibits = tuple(
        decide(
            Request(
                action="push",
                principal=principal,
                now=now,
                purpose=manifest.purpose,
                evidence_type=exhibit.evidence_type,
                media_type=exhibit.media_type,
                size_bytes=exhibit.size_bytes,
                urgency=manifest.urgency,
            ),
            agreement,
            current.state,
        )
        for exhibit in manifest.exhibits
    )
    if not any(d.permitted for d in exhibits):
        first = exhibits[0]
        nothing = Decision(False, "no-exhibit-permitted", first.clause, first.reasons)
        denied = _denied(nothing, principal, agreement, manifest, now)
        denied.detail["exhibits"] = [d.as_dict() for d in exhibits]
        raise denied
    return PackageAuthorization(agreement, decision, exhibits)


def _request(principal: Principal, manifest: PackageManifest, now: datetime) -> Request:
    return Request(action="push", principal=principal, now=now, purpose=manifest.purpose, urgency=manifest.urgency)


def _denied(
    decision: Decision, principal: Principal, agreement: Agreement, manifest: PackageManifest, now: datetime
) -> Denied:
    error = record.denied(
        "The agreement does not permit this package",
        decision,
        "package.create",
        now,
        ("package", ""),
        remedy="Read the clause that decided; if it should permit this, the parties must change the agreement.",
        actor=principal,
        agreement=agreement.ref,
        detail={"manifest_digest": manifest.digest()},
    )
    error.detail["agreement"] = agreement.ref.as_dict()
    return error
