"""Secrets: the same assertions on the fake and on PostgreSQL."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.errors import Conflict, NotFound
from gateway.exchange.ports.database import Database
from gateway.redaction.fingerprint import Kind
from tests.contract import world
from tests.fakes import seeds

pytest_plugins = ("tests.fakes.postgres",)


def test_a_secret_comes_back_and_its_label_is_used_once(database: Database) -> None:
    here = world.build(database)
    secret = seeds.secret(here.package, "blue", Kind.DOCUMENT, 36)
    with database.transaction() as tx:
        tx.secrets.add(secret, seeds.event("secret.register"))
        with pytest.raises(Conflict) as taken:
            tx.secrets.add(seeds.secret(here.package, "blue"), seeds.event("secret.register"))
    with database.transaction() as tx:
        assert tx.secrets.find(secret.agency, "blue", lock=True) == secret
        assert tx.secrets.find("other", "blue") is None
        assert list(tx.secrets.live(secret.agency)) == [secret]
        assert list(tx.secrets.live("other")) == []
        assert tx.secrets.totals(secret.agency) == (1, 36)
        assert tx.secrets.totals("other") == (0, 0)
    assert taken.value.code == "secret-exists"


def test_pages_are_by_label(database: Database) -> None:
    here = world.build(database)
    with database.transaction() as tx:
        for label in ("b", "a-1", "a.1", "a"):
            tx.secrets.add(seeds.secret(here.package, label), seeds.event("secret.register"))
        agency = here.package.agency
        assert [s.label for s in tx.secrets.page(agency, after="", limit=3)] == ["a", "a-1", "a.1"]
        assert [s.label for s in tx.secrets.page(agency, after="a.1", limit=3)] == ["b"]


def test_a_retired_secret_is_empty_and_stays(database: Database) -> None:
    here = world.build(database)
    secret = seeds.secret(here.package, "blue")
    with database.transaction() as tx:
        tx.secrets.add(secret, seeds.event("secret.register"))
        tx.secrets.retire(secret.id, seeds.NOW + timedelta(days=1), seeds.event("secret.retire"))
        with pytest.raises(Conflict) as twice:
            tx.secrets.retire(secret.id, seeds.NOW, seeds.event("secret.retire"))
        with pytest.raises(NotFound) as unknown:
            tx.secrets.retire(seeds.new_id(), seeds.NOW, seeds.event("secret.retire"))
    with database.transaction() as tx:
        found = tx.secrets.find(secret.agency, "blue")
        assert found == replace(secret, digests=b"", shape=b"", retired_at=seeds.NOW + timedelta(days=1))
        assert list(tx.secrets.live(secret.agency)) == []
        assert tx.secrets.totals(secret.agency) == (1, 0)
    assert (twice.value.code, unknown.value.code) == ("secret-settled", "secret-missing")
