"""The lifecycle is whole: every state can be reached, is left by somebody or is final, and is unambiguous."""

from __future__ import annotations

from enum import StrEnum

import pytest

from gateway.errors import Conflict
from gateway.evidence.lifecycle import (
    NEXT_STEP,
    TRANSITIONS,
    ExhibitState,
    PackageState,
    ReleaseState,
    RenditionState,
    transition,
)

INITIAL = {
    PackageState: {PackageState.OPEN},
    ExhibitState: {ExhibitState.DECLARED, ExhibitState.REFUSED},
    RenditionState: {RenditionState.REDACTED},
    ReleaseState: {ReleaseState.SEALED},
}
FINAL = {
    PackageState: {PackageState.DISPOSED},
    ExhibitState: {ExhibitState.REFUSED, ExhibitState.DISPOSED},
    RenditionState: {RenditionState.DISPOSED},
    ReleaseState: {ReleaseState.DISPOSED},
}


@pytest.mark.parametrize("kind", INITIAL)
def test_every_state_is_reachable_and_left_or_final(kind: type[StrEnum]) -> None:
    moves = [t for t in TRANSITIONS if type(t.source) is kind]
    reached = {t.target for t in moves} | INITIAL[kind]
    assert reached == set(kind)
    assert {t.source for t in moves} | FINAL[kind] == set(kind)
    assert not {t.source for t in moves} & FINAL[kind]


def test_an_event_in_a_state_has_one_outcome() -> None:
    moves = [(type(t.source), t.source, t.event) for t in TRANSITIONS]
    assert len(moves) == len(set(moves))


def test_a_transition_stays_within_its_kind_and_is_recorded() -> None:
    for t in TRANSITIONS:
        assert type(t.source) is type(t.target)
        assert t.action.count(".") == 1


def test_every_step_that_a_worker_resumes_has_a_transition_by_the_worker() -> None:
    for state in NEXT_STEP:
        assert any(t.source is state and t.actor == "worker" for t in TRANSITIONS)


def test_an_unlawful_move_says_what_is_lawful() -> None:
    with pytest.raises(Conflict) as refusal:
        transition(PackageState.DISPOSED, "submit")
    assert refusal.value.code == "state-conflict"
    assert "final" in refusal.value.remedy
    with pytest.raises(Conflict) as refusal:
        transition(PackageState.OPEN, "release")
    assert "submit" in refusal.value.remedy
