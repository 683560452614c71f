"""Members of JSON bodies: known keys, right types, canonical base64."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from gateway.api.request.members import members, octets, text
from gateway.errors import InvalidInput


def test_takes_what_it_knows() -> None:
    assert members({"a": 1, "b": 2}, required=("a",), optional=("b",)) == {"a": 1, "b": 2}
    assert text("abc", "/a", max_chars=3) == "abc"
    assert octets(base64.b64encode(b"signature").decode(), "/s") == b"signature"


@pytest.mark.parametrize(
    ("body", "where"), [([], "/"), (None, "/"), ("a", "/"), ({"a": 1, "c": 1}, "/c"), ({}, "/a"), ({"b": 1}, "/a")]
)
def test_refuses_unknown_and_missing_members(body: Any, where: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        members(body, required=("a",), optional=("b",))
    assert caught.value.code == "request-invalid"
    assert caught.value.where == where


@pytest.mark.parametrize(
    ("value", "why"),
    [
        (None, "not text"),
        (7, "not text"),
        ("", "empty"),
        ("YQ", "no padding"),
        ("YR==", "bits that decode to nothing"),
        ("YQ==\n", "a line feed"),
        ("Y Q=", "a space"),
        ("YQ-_", "the other alphabet"),
        ("é===", "not ASCII"),
        (base64.b64encode(b"x" * 161).decode(), "longer than a signature"),
    ],
)
def test_refuses_what_is_not_canonical_base64(value: Any, why: str) -> None:
    with pytest.raises(InvalidInput):
        octets(value, "/signature")
