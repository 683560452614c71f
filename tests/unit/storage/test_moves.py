"""Moves and refusals: the rules that the stores and their fakes share."""

from __future__ import annotations

import itertools

import pytest

from gateway.agreements.model import AgreementState
from gateway.errors import Conflict, NotFound
from gateway.evidence.lifecycle import TRANSITIONS, ExhibitState, PackageState, ReleaseState, RenditionState
from gateway.storage.moves import check_changes, check_signed, moved
from gateway.storage.parties.agreement_states import SUCCESSORS, check_state_change
from gateway.storage.refusals import exists, missing
from tests.fakes import seeds

STATES = [*PackageState, *ExhibitState, *RenditionState, *ReleaseState]
EVENTS = sorted({step.event for step in TRANSITIONS})


def test_every_lawful_move_and_no_other_is_made() -> None:
    tried = 0
    for state, name in itertools.product(STATES, EVENTS):
        tried += 1
        step = next((t for t in TRANSITIONS if t.source is state and t.event == name), None)
        if step is None:
            with pytest.raises(Conflict) as refusal:
                moved(state, name, seeds.event())
            assert refusal.value.code == "state-conflict"
        else:
            reached = moved(state, name, seeds.event(step.action))
            assert reached is step.target
            assert type(reached) is type(state)
    assert tried > 300


@pytest.mark.parametrize("step", TRANSITIONS, ids=lambda step: f"{step.action}-{step.source}")
def test_a_move_is_recorded_under_its_own_action(step: object) -> None:
    with pytest.raises(ValueError, match="recorded as"):
        moved(step.source, step.event, seeds.event("something.else"))  # type: ignore[attr-defined]


def test_only_listed_members_may_change() -> None:
    check_changes({"deadline": 1}, frozenset({"deadline", "manifest"}))
    with pytest.raises(TypeError, match="header, state"):
        check_changes({"state": 1, "header": 1, "deadline": 1}, frozenset({"deadline"}))


@pytest.mark.parametrize(
    ("manifest", "signature"), [(None, None), (b"{}", None), (None, b"s"), (b"", b"s"), (b"{}", b"")]
)
def test_no_release_is_available_unsigned(manifest: bytes | None, signature: bytes | None) -> None:
    members = {"manifest": manifest, "manifest_signature": signature}
    check_signed(ReleaseState.WITHDRAWN, members)
    with pytest.raises(ValueError, match="signed manifest"):
        check_signed(ReleaseState.AVAILABLE, members)


def test_what_ended_stays_ended_and_every_other_state_has_a_way_on() -> None:
    assert set(SUCCESSORS) == set(AgreementState)
    final = {state for state, successors in SUCCESSORS.items() if not successors}
    assert final == {AgreementState.SUPERSEDED, AgreementState.ENDED}
    for present, wanted in itertools.product(AgreementState, AgreementState):
        if wanted in SUCCESSORS[present]:
            check_state_change(present, wanted)
        else:
            with pytest.raises(Conflict) as refusal:
                check_state_change(present, wanted)
            assert refusal.value.code == "state-conflict"


def test_refusals_follow_one_pattern() -> None:
    assert isinstance(missing("file-key"), NotFound)
    assert missing("file-key").code == "file-key-missing"
    assert "file key" in str(missing("file-key"))
    assert isinstance(exists("case"), Conflict)
    assert exists("case").code == "case-exists"
