"""Values of INSERT statements are labelled with their columns."""

from __future__ import annotations

import pytest

from gateway.detectors.structure.labels import find_labelled
from gateway.detectors.structure.sql_values import sql_values

DUMP = (
    "INSERT INTO `customers` (id, first_name, `last_name`, note) VALUES (1, 'Maren', 'O''Kafor', 'said, (twice)'),"
    "\n(2, 'Wren', 'Tamarin', NULL);\nSELECT 1;"
)


def test_each_value_bears_its_column() -> None:
    values = [(each.label, DUMP[each.start : each.end]) for each in sql_values(DUMP)]
    assert values == [
        ("id", "1"), ("first_name", "Maren"), ("last_name", "O''Kafor"), ("note", "said, (twice)"),
        ("id", "2"), ("first_name", "Wren"), ("last_name", "Tamarin"), ("note", "NULL"),
    ]  # fmt: skip
    persons = {DUMP[f.start : f.end] for f in find_labelled(DUMP, ()) if f.entity == "PERSON"}
    assert persons == {"Maren", "O''Kafor", "Wren", "Tamarin"}


@pytest.mark.parametrize(
    "text",
    [
        "insert into t values (1)",
        "insert into t (a) values",
        "insert into t (a) values (" + "'x" * 50_000,
        "(" * 50_000,
        "insert into t (a) values (" + "a   , " * 10_000,
    ],
)
def test_what_is_no_whole_statement_ends(text: str) -> None:
    assert list(sql_values(text)) == []
