"""Each contract test runs on the fake and on the real adapter."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from gateway.exchange.ports.database import Database
from gateway.storage.database import PostgresDatabase
from tests.fakes.database import FakeDatabase


@pytest.fixture(params=["fake", "postgres"])
def database(request: pytest.FixtureRequest) -> Iterator[Database]:
    if request.param == "fake":
        yield FakeDatabase()
        return
    real = PostgresDatabase(request.getfixturevalue("postgres_url"))
    yield real
    real.close()
