"""Directory and Agreements: the same assertions on the fake and on PostgreSQL."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.agreements.model import AgreementState
from gateway.errors import Conflict, NotFound
from gateway.exchange.ports.database import Database
from gateway.exchange.ports.parties import AgreementRecord, AgreementSignature
from tests.contract import world
from tests.fakes import seeds

pytest_plugins = ("tests.fakes.postgres",)


def test_agencies_and_principals_come_back_as_they_went_in(database: Database) -> None:
    agency = seeds.agency("cnil-fr", "FR")
    person = replace(seeds.principal("cnil-fr-counsel", "cnil-fr", "ring-counsel"), attributes=frozenset({"order"}))
    with database.transaction() as tx:
        tx.directory.add_agency(agency, seeds.event("agency.add"))
        tx.directory.put_principal(person, seeds.event("principal.put"))
    with database.transaction() as tx:
        assert tx.directory.agency("cnil-fr") == agency
        assert list(tx.directory.agencies()) == [agency]
        assert tx.directory.principal("cnil-fr-counsel") == person
        assert list(tx.directory.principals("cnil-fr")) == [person]
        assert tx.directory.agency("nobody") is None
        assert tx.directory.principal("nobody") is None
        assert list(tx.directory.principals("nobody")) == []


def test_an_agency_is_added_once(database: Database) -> None:
    with database.transaction() as tx:
        tx.directory.add_agency(seeds.agency("cnil-fr", "FR"), seeds.event("agency.add"))
    with database.transaction() as tx:
        with pytest.raises(Conflict, match="exists already") as refusal:
            tx.directory.add_agency(seeds.agency("cnil-fr", "DE"), seeds.event("agency.add"))
        # The refusal leaves the transaction usable.
        found = tx.directory.agency("cnil-fr")
    assert refusal.value.code == "agency-exists"
    assert found is not None
    assert found.jurisdiction == "FR"


def test_putting_a_principal_again_replaces_roles_but_never_its_agency(database: Database) -> None:
    with database.transaction() as tx:
        tx.directory.add_agency(seeds.agency("cnil-fr", "FR"), seeds.event("agency.add"))
        tx.directory.add_agency(seeds.agency("ico-uk", "GB"), seeds.event("agency.add"))
        tx.directory.put_principal(seeds.principal("someone", "cnil-fr", "investigator"), seeds.event())
        tx.directory.put_principal(seeds.principal("someone", "cnil-fr", "reviewer"), seeds.event())
        with pytest.raises(Conflict) as refusal:
            tx.directory.put_principal(seeds.principal("someone", "ico-uk", "reviewer"), seeds.event())
        found = tx.directory.principal("someone")
    assert refusal.value.code == "principal-exists"
    assert found == seeds.principal("someone", "cnil-fr", "reviewer")


def test_a_principal_needs_an_agency(database: Database) -> None:
    with database.transaction() as tx, pytest.raises(NotFound) as refusal:
        tx.directory.put_principal(seeds.principal("someone", "nobody"), seeds.event())
    assert refusal.value.code == "agency-missing"


def test_keys_are_listed_by_use_newest_first_revoked_ones_included(database: Database) -> None:
    old = seeds.key("old", "ico-uk", "signing")
    new = seeds.key("new", "ico-uk", "signing", valid_from=seeds.NOW, valid_until=seeds.NOW + timedelta(days=9))
    login = seeds.key("login", "ico-uk", "authentication", principal="ico-uk-submitter")
    with database.transaction() as tx:
        tx.directory.add_agency(seeds.agency(), seeds.event("agency.add"))
        tx.directory.put_principal(seeds.principal(), seeds.event())
        tx.directory.put_principal(seeds.principal("other"), seeds.event())
        for key in (old, new, login):
            tx.directory.add_key(key, seeds.event("key.add"))
        tx.directory.revoke_key("old", seeds.NOW, seeds.event("key.revoke"))
    with database.transaction() as tx:
        revoked = replace(old, revoked_at=seeds.NOW)
        assert list(tx.directory.keys("ico-uk", "signing")) == [new, revoked]
        assert list(tx.directory.keys("ico-uk", "authentication")) == [login]
        assert list(tx.directory.keys("ico-uk", "authentication", "ico-uk-submitter")) == [login]
        assert list(tx.directory.keys("ico-uk", "authentication", "other")) == []
        assert tx.directory.key("old") == revoked
        assert tx.directory.key("nothing") is None


def test_keys_are_refused_that_would_mix_agencies_or_uses(database: Database) -> None:
    with database.transaction() as tx:
        tx.directory.add_agency(seeds.agency("cnil-fr", "FR"), seeds.event("agency.add"))
        tx.directory.add_agency(seeds.agency("ico-uk", "GB"), seeds.event("agency.add"))
        tx.directory.put_principal(seeds.principal(), seeds.event())
        stolen = seeds.key("k", "cnil-fr", "authentication", principal="ico-uk-submitter")
        with pytest.raises(NotFound) as foreign:
            tx.directory.add_key(stolen, seeds.event("key.add"))
        with pytest.raises(ValueError, match="authentication keys belong to a principal"):
            tx.directory.add_key(seeds.key("k", "ico-uk", "authentication"), seeds.event("key.add"))
        personal = seeds.key("k", "ico-uk", "signing", principal="ico-uk-submitter")
        with pytest.raises(ValueError, match="authentication keys belong to a principal"):
            tx.directory.add_key(personal, seeds.event("key.add"))
        tx.directory.add_key(seeds.key("k"), seeds.event("key.add"))
        with pytest.raises(Conflict) as twice:
            tx.directory.add_key(seeds.key("k"), seeds.event("key.add"))
    assert foreign.value.code == "principal-missing"
    assert twice.value.code == "key-exists"


def test_a_key_is_revoked_once(database: Database) -> None:
    with database.transaction() as tx:
        tx.directory.add_agency(seeds.agency(), seeds.event("agency.add"))
        tx.directory.add_key(seeds.key("k"), seeds.event("key.add"))
        tx.directory.revoke_key("k", seeds.NOW, seeds.event("key.revoke"))
        with pytest.raises(Conflict) as twice:
            tx.directory.revoke_key("k", seeds.NOW + timedelta(days=1), seeds.event("key.revoke"))
        with pytest.raises(NotFound) as unknown:
            tx.directory.revoke_key("nothing", seeds.NOW, seeds.event("key.revoke"))
        key = tx.directory.key("k")
    assert (twice.value.code, unknown.value.code) == ("key-revoked", "key-missing")
    assert key is not None
    assert key.revoked_at == seeds.NOW


def test_an_agreement_becomes_active_when_all_have_signed(database: Database) -> None:
    agreement, source = world.sample_agreement()
    with database.transaction() as tx:
        world.onboard(tx, agreement)
        world.propose(tx, agreement, source)
        assert tx.agreements.active(agreement.id) is None
        with pytest.raises(Conflict) as unsigned:
            world.activate(tx, agreement)
        world.sign_all(tx, agreement)
        world.activate(tx, agreement)
    assert unsigned.value.code == "agreement-not-signed"
    assert unsigned.value.detail["missing"] == sorted(agreement.parties)
    expected = AgreementRecord(agreement, source, AgreementState.ACTIVE, frozenset(agreement.parties), seeds.NOW)
    with database.transaction() as tx:
        assert tx.agreements.active(agreement.id) == expected
        assert tx.agreements.version(agreement.id, agreement.version) == expected
        assert tx.agreements.newest(agreement.id) == expected
        signatures = tx.agreements.signatures(agreement.id, agreement.version)
        assert {(s.agency, s.key_id, s.signature, s.signed_at) for s in signatures} == {
            (agency, f"{agency}-signing", b"signature", seeds.NOW) for agency in agreement.parties
        }
        assert tx.agreements.version(agreement.id, agreement.version + 1) is None


def test_versions_are_found_by_agreement_party_and_state_and_read_one_by_one(database: Database) -> None:
    first, source = world.sample_agreement()
    proposed, active, superseded = AgreementState.PROPOSED, AgreementState.ACTIVE, AgreementState.SUPERSEDED
    texts = {
        (agreement, version): source.replace(f"agreement: {first.id}", f"agreement: {agreement}")
        .replace(f"version: {first.version}", f"version: {version}")
        .replace("agency: cnil-fr", f"agency: {party}")
        for agreement, version, party in (("a", 1, "cnil-fr"), ("a", 2, "aisi"), ("a", 10, "aisi"), ("b", 1, "aisi.x"))
    }
    of = {place: world.parse_agreement(text.encode()) for place, text in texts.items()}
    refs = {place: agreement.ref for place, agreement in of.items()}
    with database.transaction() as tx:
        world.onboard(tx, first)
        for agency in ("aisi", "aisi.x"):
            tx.directory.add_agency(seeds.agency(agency, "FR"), seeds.event("agency.add"))
            tx.directory.add_key(seeds.key(f"{agency}-signing", agency, "signing"), seeds.event("key.add"))
        for place in reversed(texts):
            world.propose(tx, of[place], texts[place])
        for place in (("a", 1), ("a", 2)):
            world.sign_all(tx, of[place])
            world.activate(tx, of[place])
            if place == ("a", 1):
                tx.agreements.set_state("a", 1, superseded, seeds.NOW, seeds.event("agreement.supersede"))
    with database.transaction() as tx:
        assert list(tx.agreements.versions("a")) == [refs["a", 1], refs["a", 2], refs["a", 10]]
        assert list(tx.agreements.versions("a", proposed, superseded)) == [refs["a", 1], refs["a", 10]]
        assert list(tx.agreements.versions("c")) == []
        assert list(tx.agreements.of_party("ico-uk")) == list(refs.values())
        assert list(tx.agreements.of_party("aisi")) == [refs["a", 2], refs["a", 10]]
        assert list(tx.agreements.of_party("aisi", active)) == [refs["a", 2]]
        # What is no party's name, or only part of one, or a pattern that one fits.
        for other in ("submitter", "ico", "aisi.", "aisi%", "aisi_x", 'aisi"'):
            assert list(tx.agreements.of_party(other)) == []
        assert list(tx.agreements.in_state(proposed)) == [refs["a", 10], refs["b", 1]]
        assert list(tx.agreements.in_state(active, superseded)) == [refs["a", 1], refs["a", 2]]
        newest = tx.agreements.newest("a")
        assert newest == AgreementRecord(of["a", 10], texts["a", 10], proposed, frozenset(), seeds.NOW)
        assert tx.agreements.newest("c") is None
        expected = AgreementRecord(of["a", 2], texts["a", 2], active, frozenset({"ico-uk", "aisi"}), seeds.NOW)
        assert list(tx.agreements.read([refs["a", 10], refs["a", 2]])) == [newest, expected]
        assert list(tx.agreements.read([])) == []
        assert tx.agreements.version("a", 2) == expected


def test_a_version_is_proposed_once_unsigned_and_never_active(database: Database) -> None:
    agreement, source = world.sample_agreement()
    record = AgreementRecord(agreement, source, AgreementState.PROPOSED, frozenset(), seeds.NOW)
    with database.transaction() as tx:
        world.onboard(tx, agreement)
        for wrong in (
            replace(record, state=AgreementState.ACTIVE),
            replace(record, signed_by=frozenset({next(iter(agreement.parties))})),
        ):
            with pytest.raises(Conflict) as refusal:
                tx.agreements.propose(wrong, seeds.event("agreement.propose"))
            assert refusal.value.code == "state-conflict"
        world.propose(tx, agreement, source)
        with pytest.raises(Conflict) as twice:
            world.propose(tx, agreement, source)
    assert twice.value.code == "agreement-version-exists"


def test_only_parties_sign_once_and_only_a_proposal(database: Database) -> None:
    agreement, source = world.sample_agreement()
    party = sorted(agreement.parties)[0]

    def sign(agency: str) -> None:
        signature = AgreementSignature(agency, f"{party}-signing", b"signature", seeds.NOW)
        tx.agreements.sign(agreement.id, agreement.version, signature, seeds.event("agreement.sign"))

    codes = []
    with database.transaction() as tx:
        world.onboard(tx, agreement)
        tx.directory.add_agency(seeds.agency("outsider", "DE"), seeds.event("agency.add"))
        with pytest.raises(NotFound) as unknown:
            sign(party)
        world.propose(tx, agreement, source)
        sign(party)
        for agency in (party, "outsider"):
            with pytest.raises(Conflict) as refusal:
                sign(agency)
            codes.append(refusal.value.code)
        for other in set(agreement.parties) - {party}:
            sign(other)
        world.activate(tx, agreement)
        with pytest.raises(Conflict) as late:
            sign("outsider")
        codes.append(late.value.code)
    assert unknown.value.code == "agreement-version-missing"
    assert codes == ["agreement-signature-exists", "signer-not-a-party", "state-conflict"]


def test_one_version_is_active_at_a_time_and_what_ended_stays_ended(database: Database) -> None:
    first, source = world.sample_agreement()
    newer_source = source.replace(f"version: {first.version}", f"version: {first.version + 1}")
    newer = world.parse_agreement(newer_source.encode())
    assert newer.version == first.version + 1

    def set_state(version: int, state: AgreementState) -> None:
        tx.agreements.set_state(first.id, version, state, seeds.NOW, seeds.event("agreement.change"))

    with database.transaction() as tx:
        world.onboard(tx, first)
        for agreement, text in ((first, source), (newer, newer_source)):
            world.propose(tx, agreement, text)
            world.sign_all(tx, agreement)
        world.activate(tx, first)
        with pytest.raises(Conflict) as second:
            world.activate(tx, newer)
        set_state(first.version, AgreementState.SUPERSEDED)
        world.activate(tx, newer)
        with pytest.raises(Conflict) as ended:
            world.activate(tx, first)
        set_state(newer.version, AgreementState.SUSPENDED)
        nothing = tx.agreements.active(first.id)
        set_state(newer.version, AgreementState.ACTIVE)
        active = tx.agreements.active(first.id)
        with pytest.raises(NotFound):
            set_state(77, AgreementState.ENDED)
    assert second.value.code == "active-agreement-exists"
    assert ended.value.code == "state-conflict"
    assert nothing is None
    assert active is not None
    assert active.agreement.version == newer.version
