"""Builders of audit events: what they make is always something the log accepts."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import get_args

import pytest

from gateway.errors import Conflict, Denied, NotFound
from gateway.evidence.duty import Duty
from gateway.evidence.hold import Hold, HoldScope
from gateway.evidence.lifecycle import ExhibitState
from gateway.evidence.package import AgreementRef, Principal
from gateway.exchange.record import KINDS, Recorded, denied, event, listed, move, refusal, unknown
from gateway.policy.decision import deny
from gateway.translog.commitment import commit
from gateway.translog.entry import NO_PREVIOUS, pending, place
from tests.fakes import seeds

NOW = datetime(2026, 3, 1, tzinfo=UTC)
PRINCIPAL = Principal("p-7", "ico-uk", frozenset({"investigator"}))
AGREEMENT = AgreementRef("eu-uk", 3, "ab" * 32)
CASE = seeds.case(id="c-1")
PACKAGE = seeds.package(CASE, AGREEMENT, id="k-1")
EXHIBIT = seeds.exhibit(PACKAGE, id="x-1")


class Colour(StrEnum):
    RED = "red"


def test_an_event_of_a_person() -> None:
    made = event(
        "package.create",
        "done",
        NOW,
        ("exhibit", "x-1"),
        actor=PRINCIPAL,
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
    made = event("package.examine", "done", NOW, ("package", "k-1"), actor=None)
    assert made.actor == {"system": "worker"}
    assert (made.agreement, made.clause, made.reason) == ({}, "", "")


def test_a_refusal_carries_its_event_and_no_sentence_of_it() -> None:
    about = ("release", "r-1")
    error = Denied("role-missing", "Jane Doe may not.", clause="/roles/investigator", where="jane.pdf")
    assert refusal(error, "release.pull", NOW, about, actor=PRINCIPAL) is error
    assert (error.audit.outcome, error.audit.reason, error.audit.clause) == (
        "deny",
        "role-missing",
        "/roles/investigator",
    )
    assert "jane" not in repr(error.audit).lower()
    decision = deny("role-missing", "/roles/investigator", "no role", "no right")
    made = denied("You may not read this", decision, "release.pull", NOW, about, remedy="Ask.", actor=PRINCIPAL)
    assert str(made) == "You may not read this: no role; no right. Ask."
    assert (made.code, made.detail, made.audit) == (decision.code, {"clause": decision.clause}, error.audit)
    elsewhere = deny("role-missing", "/roles/investigator", "no role", agreement=AGREEMENT)
    made = denied("You may not read this", elsewhere, "release.pull", NOW, about, remedy="Ask.")
    assert made.audit.agreement == AGREEMENT.as_dict()


def test_readings() -> None:
    made = listed("hold.list", PRINCIPAL, 3, NOW)
    assert (made.object, made.detail) == ({"kind": "agency", "id": "ico-uk"}, {"returned": 3})


def test_what_belongs_to_a_package_names_it_its_agreement_and_its_case() -> None:
    duty = Duty("d-1", "k-1", "c-1", AGREEMENT, "dpc-ie", "ico-uk", ("r-1",), "retention-over", NOW, NOW)
    made = event("attestation.give", "done", NOW, duty, actor=PRINCIPAL)
    assert made.object == {"kind": "duty", "id": "d-1", "package": "k-1", "case": "c-1"}
    assert (made.agreement, made.case_id) == (AGREEMENT.as_dict(), "c-1")
    made = event("package.read", "permit", NOW, PACKAGE)
    assert made.object == {"kind": "package", "id": "k-1", "case": "c-1"}
    assert (made.agreement, made.case_id) == (AGREEMENT.as_dict(), "c-1")
    made = event("exhibit.authorize", "permit", NOW, EXHIBIT, within=PACKAGE)
    assert made.object == {"kind": "exhibit", "id": "x-1", "package": "k-1", "case": "c-1"}
    assert (made.agreement, made.case_id) == (AGREEMENT.as_dict(), "c-1")


def test_what_belongs_to_a_case_names_it_and_leaves_the_agreement_to_the_caller() -> None:
    assert event("case.open", "done", NOW, CASE).object == {"kind": "case", "id": "c-1", "case": "c-1"}
    hold = Hold("h-1", AGREEMENT.id, HoldScope.CASE, "c-1", "c-1", "by order", "p-7", "ico-uk", NOW)
    made = event("hold.place", "done", NOW, hold, agreement=AGREEMENT)
    assert (made.object, made.agreement) == ({"kind": "hold", "id": "h-1", "case": "c-1"}, AGREEMENT.as_dict())


def test_every_object_has_a_kind_of_its_own() -> None:
    assert set(get_args(Recorded)) == set(KINDS)
    assert len(set(KINDS.values())) == len(KINDS)


def test_what_is_none_of_ones_business_has_neither_case_nor_agreement() -> None:
    for found, object_id in ((PACKAGE, "k-1"), (None, "")):
        error = unknown(NotFound("package-unknown", "None."), "package.read", NOW, found, PRINCIPAL)
        assert error.audit.object == {"kind": "package", "id": object_id}
        assert (error.audit.agreement, error.audit.case_id, error.audit.reason) == ({}, None, "package-unknown")


def test_a_move_is_recorded_as_lifecycle_has_it() -> None:
    assert move(PACKAGE, "submit", NOW).action == "package.submit"
    made = move(replace(EXHIBIT, state=ExhibitState.REDACTED), "quarantine", NOW, "failed", within=PACKAGE)
    assert (made.action, made.outcome) == ("exhibit.quarantine", "failed")
    with pytest.raises(Conflict) as refused:
        move(PACKAGE, "release", NOW)
    assert (refused.value.code, refused.value.detail["state"]) == ("state-conflict", "open")
