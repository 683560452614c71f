"""What an officer may see of the log: the right to audit outlasts a version, and the refusal names the last one."""

from __future__ import annotations

import pytest

from gateway.agreements.model import AgreementState
from gateway.errors import Denied
from gateway.evidence.package import Principal
from gateway.exchange.log.audit import scope_of
from tests.contract import world
from tests.fakes import seeds
from tests.fakes.database import FakeDatabase

OFFICER = Principal("ico-uk.officer", "ico-uk", frozenset({"compliance-officer"}))
NO_AUDIT = ("compliance-officer: {may: [audit, hold]}", "compliance-officer: {may: [hold]}")


@pytest.fixture
def database() -> FakeDatabase:
    database = FakeDatabase()
    with database.transaction() as tx:
        world.onboard(tx, world.sample_agreement()[0])
    return database


def store(database: FakeDatabase, name: str, version: int, state: AgreementState, *changes: tuple[str, str]) -> None:
    """A version of the sample, changed, in a state."""
    _, source = world.sample_agreement()
    for old, new in (("eu-uk-ai-incidents", name), ("version: 3", f"version: {version}"), *changes):
        assert old in source
        source = source.replace(old, new)
    agreement = world.parse_agreement(source.encode())
    with database.transaction() as tx:
        world.propose(tx, agreement, source)
        if state is not AgreementState.PROPOSED:
            tx.agreements.set_state(name, version, state, seeds.NOW, seeds.event("agreement.change"))


def scope(database: FakeDatabase, officer: Principal = OFFICER) -> tuple[str, ...]:
    with database.transaction() as tx:
        return scope_of(tx, officer, "gateway.example/log", seeds.NOW).agreements


def test_an_older_version_gives_the_right_where_the_newest_does_not(database: FakeDatabase) -> None:
    store(database, "b", 1, AgreementState.ENDED)
    store(database, "b", 2, AgreementState.PROPOSED)
    store(database, "a", 1, AgreementState.ENDED)
    store(database, "a", 2, AgreementState.ENDED, NO_AUDIT)
    store(database, "c", 1, AgreementState.ENDED, NO_AUDIT)
    store(database, "d", 1, AgreementState.ENDED, ("agency: ico-uk", "agency: aisi-uk"))
    assert scope(database) == ("a", "b")


def test_a_refusal_is_that_of_the_last_version_of_the_last_agreement(database: FakeDatabase) -> None:
    with pytest.raises(Denied) as none:
        scope(database)
    assert none.value.code == "agreement-unknown"
    store(database, "a", 1, AgreementState.PROPOSED)
    store(database, "b", 1, AgreementState.ENDED, NO_AUDIT)
    store(database, "b", 2, AgreementState.PROPOSED)
    store(database, "c", 1, AgreementState.PROPOSED, ("agency: ico-uk", "agency: aisi-uk"))
    with pytest.raises(Denied) as refusal:
        scope(database)
    assert refusal.value.code == "agreement-not-active"
    assert "version 2 is proposed" in str(refusal.value)
    store(database, "b", 3, AgreementState.ENDED, NO_AUDIT)
    with pytest.raises(Denied) as other:
        scope(database)
    assert other.value.code == "role-may-not-audit"
