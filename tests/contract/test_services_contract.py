"""Transactions and the small stores around the evidence: the same assertions on the fake and PostgreSQL."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.errors import Conflict, NotFound
from gateway.exchange.ports.audit_query import AuditQuery, Scope
from gateway.exchange.ports.database import Database
from gateway.exchange.ports.requests import StoredAnswer
from tests.fakes import seeds

pytest_plugins = ("tests.fakes.postgres",)


def test_an_exception_leaves_nothing_behind(database: Database) -> None:
    def fail() -> None:
        with database.transaction() as tx:
            tx.directory.add_agency(seeds.agency(), seeds.event("agency.add"))
            tx.replays.first_use("issuer", "jti", seeds.NOW)
            raise LookupError("later")

    with pytest.raises(LookupError):
        fail()
    with database.transaction() as tx:
        assert tx.directory.agency("ico-uk") is None
        assert tx.replays.first_use("issuer", "jti", seeds.NOW)


def test_a_transaction_sees_what_it_wrote(database: Database) -> None:
    with database.transaction() as tx:
        tx.directory.add_agency(seeds.agency(), seeds.event("agency.add"))
        assert tx.directory.agency("ico-uk") is not None


def test_a_destroyed_key_keeps_its_row_and_loses_its_ciphertext(database: Database) -> None:
    key = seeds.file_key()
    with database.transaction() as tx:
        tx.file_keys.add(key, seeds.event("key.add"))
        with pytest.raises(Conflict) as twice:
            tx.file_keys.add(key)
        assert tx.file_keys.get(key.id) == key
        tx.file_keys.destroy(key.id, seeds.NOW, seeds.event("key.destroy"))
        # Disposal is repeated after a crash: the first time counts.
        tx.file_keys.destroy(key.id, seeds.NOW + timedelta(days=1), seeds.event("key.destroy"))
        with pytest.raises(NotFound) as unknown:
            tx.file_keys.destroy("nothing", seeds.NOW, seeds.event("key.destroy"))
    assert (twice.value.code, unknown.value.code) == ("file-key-exists", "file-key-missing")
    with database.transaction() as tx:
        assert tx.file_keys.get(key.id) == replace(key, wrapped=b"", destroyed_at=seeds.NOW)
        assert tx.file_keys.get("nothing") is None


def test_a_token_id_is_used_once_for_each_issuer(database: Database) -> None:
    with database.transaction() as tx:
        assert tx.replays.first_use("ico-uk-submitter", "one", seeds.NOW)
        assert not tx.replays.first_use("ico-uk-submitter", "one", seeds.NOW)
        assert tx.replays.first_use("cnil-fr-submitter", "one", seeds.NOW)
    with database.transaction() as tx:
        assert not tx.replays.first_use("ico-uk-submitter", "one", seeds.NOW + timedelta(days=1))


def test_a_blob_is_either_finished_or_given_up(database: Database) -> None:
    later = seeds.NOW + timedelta(days=1)
    with database.transaction() as tx:
        for name, at in (("originals/quick", seeds.NOW), ("originals/slow", seeds.NOW), ("originals/young", later)):
            tx.unfinished.begin(name, at)
        tx.unfinished.finish("originals/quick")
    with database.transaction() as tx:
        assert tx.unfinished.give_up(later, later, 10) == ["originals/slow"]
        for name in ("originals/slow", "originals/quick", "originals/unheard-of"):
            with pytest.raises(Conflict) as refusal:
                tx.unfinished.finish(name)
            assert refusal.value.code == "blob-given-up"
    with database.transaction() as tx:
        # Named again until it is said to be erased, for whoever erases may die.
        assert tx.unfinished.give_up(later, later, 10) == ["originals/slow"]
        tx.unfinished.forget(["originals/slow", "originals/young"])
    with database.transaction() as tx:
        assert tx.unfinished.give_up(later, later, 10) == []
        tx.unfinished.finish("originals/young")


def test_what_is_abandoned_is_named_until_it_is_erased(database: Database) -> None:
    with database.transaction() as tx:
        for _ in range(2):
            tx.unfinished.abandon(["originals/disposed"], seeds.NOW)
        tx.unfinished.abandon([], seeds.NOW)
    with database.transaction() as tx:
        assert tx.unfinished.give_up(seeds.NOW, seeds.NOW, 10) == ["originals/disposed"]
        tx.unfinished.forget(["originals/disposed"])
        assert tx.unfinished.give_up(seeds.NOW, seeds.NOW, 10) == []


def test_the_first_answer_under_a_key_is_kept_for_its_principal(database: Database) -> None:
    answer = StoredAnswer(seeds.digest("request"), 201, b'{"id":"1"}')
    with database.transaction() as tx:
        assert tx.idempotency.find("someone", "key") is None
        tx.idempotency.store("someone", "key", answer, seeds.NOW)
        with pytest.raises(Conflict) as twice:
            tx.idempotency.store("someone", "key", answer, seeds.NOW)
    assert twice.value.code == "idempotency-key-exists"
    with database.transaction() as tx:
        assert tx.idempotency.find("someone", "key") == answer
        assert tx.idempotency.find("someone else", "key") is None


def test_an_appended_entry_has_no_place_before_the_sequencer_gives_it_one(database: Database) -> None:
    with database.transaction() as tx:
        entry = tx.ledger.append(seeds.event("log.read"))
    with database.transaction() as tx:
        assert tx.ledger.position(entry) is None
        assert list(tx.audit.find(AuditQuery(), Scope("ico-uk", ()), start=0, limit=10)) == []
