"""Builders of audit events: what they make is always something the log accepts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from enum import StrEnum

from gateway.errors import Denied
from gateway.evidence.package import AgreementRef, Principal
from gateway.exchange.record import decided, event, failed, read, refused
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


def test_refusals_failures_and_readings() -> None:
    members = {"actor": PRINCIPAL, "object_kind": "release", "object_id": "r-1"}
    error = Denied("role-missing", "Jane Doe may not.", clause="/roles/investigator", where="jane.pdf")
    assert (refused("release.pull", error, NOW, **members).outcome, "deny") == ("deny", "deny")
    made = failed("exhibit.redact", error, NOW, **members)
    assert (made.outcome, made.reason, made.clause) == ("failed", "role-missing", "/roles/investigator")
    assert "jane" not in repr(made).lower()
    assert read("report", "x", NOW, actor=PRINCIPAL).action == "report.read"
