"""Builders of audit events: what they make is always something the log accepts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from enum import StrEnum

from gateway.errors import Denied
from gateway.evidence.duty import Duty
from gateway.evidence.package import AgreementRef, Principal
from gateway.exchange.record import decided, denied, event, listed, read, refusal
from gateway.policy.decision import Obligation, deny, permit
from gateway.translog.commitment import commit
from gateway.translog.entry import NO_PREVIOUS, pending, place

NOW = datetime(2026, 3, 1, tzinfo=UTC)
PRINCIPAL = Principal("p-7", "ico-uk", frozenset({"investigator"}))
AGREEMENT = AgreementRef("eu-uk", 3, "ab" * 32)


class Colour(StrEnum):
    RED = "red"


def test_an_event_of_a_person() -> None:
    made = event(
        "package.create",
        "done",
        NOW,
        actor=PRINCIPAL,
        object_kind="exhibit",
        object_id="x-1",
        agreement=AGREEMENT,
        detail={"confidence": 0.5, "until": NOW, "kinds": {Colour.RED}, "none": None, "keep": timedelta(days=1)},
        erasable={"case_reference": "18403/91", "exhibit_name": None},
        case_id="c-1",
        package_id="k-1",
        release=None,
    )
    assert made.actor == {"agency": "ico-uk", "principal": "p-7"}
    assert made.object == {"kind": "exhibit", "id": "x-1", "package": "k-1", "case": "c-1"}
    assert made.detail == {
        "confidence": "0.5",
        "until": "2026-03-01T00:00:00.000000Z",
        "kinds": ["red"],
        "keep": "PT86400S",
    }
    assert made.erasable == {"case_reference": "18403/91"}
    commitment = commit("case_reference", bytes(32), "18403/91")
    entry, leaf = place(pending(made, {"case_reference": commitment}), 0, NO_PREVIOUS)
    assert b"18403" not in leaf
    assert entry.commitments == {"case_reference": commitment}


def test_an_event_of_the_gateway() -> None:
    made = event("package.examine", "done", NOW, actor=None, object_kind="package", object_id="k-1")
    assert made.actor == {"system": "worker"}
    assert (made.agreement, made.clause, made.reason) == ({}, "", "")


def test_a_decision_brings_outcome_clause_and_code_but_no_sentence() -> None:
    members = {"actor": PRINCIPAL, "object_kind": "package", "object_id": "k-1"}
    denied = decided("package.create", deny("type-forbidden", "/evidence/x", "Jane Doe's file"), NOW, **members)
    assert (denied.outcome, denied.reason, denied.clause) == ("deny", "type-forbidden", "/evidence/x")
    assert "Jane" not in repr(denied)
    obligation = Obligation("retain", "/retention/default", (("until", NOW),))
    permitted = decided("release.pull", permit("/roles/x", "fine", obligations=(obligation,)), NOW, **members)
    assert permitted.outcome == "permit"
    assert permitted.detail == {"obligations": [{"kind": "retain", "clause": "/retention/default"}]}
    for made in (denied, permitted):
        place(pending(made, {}), 0, NO_PREVIOUS)


def test_a_refusal_carries_its_event_and_no_sentence_of_it() -> None:
    members = {"actor": PRINCIPAL, "object_kind": "release", "object_id": "r-1"}
    error = Denied("role-missing", "Jane Doe may not.", clause="/roles/investigator", where="jane.pdf")
    assert refusal(error, "release.pull", NOW, **members) is error
    assert (error.audit.outcome, error.audit.reason, error.audit.clause) == (
        "deny",
        "role-missing",
        "/roles/investigator",
    )
    assert "jane" not in repr(error.audit).lower()
    decision = deny("role-missing", "/roles/investigator", "no role", "no right")
    made = denied("You may not read this", decision, "release.pull", NOW, remedy="Ask.", **members)
    assert str(made) == "You may not read this: no role; no right. Ask."
    assert (made.code, made.detail, made.audit) == (decision.code, {"clause": decision.clause}, error.audit)


def test_readings() -> None:
    assert read("report", "x", NOW, actor=PRINCIPAL).action == "report.read"
    made = listed("hold.list", PRINCIPAL, 3, NOW)
    assert (made.object, made.detail) == ({"kind": "agency", "id": "ico-uk"}, {"returned": 3})


def test_what_belongs_to_a_package_names_it_its_agreement_and_its_case() -> None:
    duty = Duty("d-1", "k-1", "c-1", AGREEMENT, "dpc-ie", "ico-uk", ("r-1",), "retention-over", NOW, NOW)
    made = event("attestation.give", "done", NOW, actor=PRINCIPAL, object_kind="duty", object_id="d-1", within=duty)
    assert made.object == {"kind": "duty", "id": "d-1", "package": "k-1", "case": "c-1"}
    assert (made.agreement, made.case_id) == (AGREEMENT.as_dict(), "c-1")
    made = event("package.read", "permit", NOW, object_kind="package", object_id="k-1", within=duty)
    assert "package" not in made.object
