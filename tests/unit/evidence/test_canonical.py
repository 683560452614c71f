"""Strict JSON in, canonical JSON out: what an outsider sends cannot mean two things or cost much."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import InvalidInput, TooLarge
from gateway.evidence.canonical import MAX_JSON_BYTES, canonical_digest, canonical_json, parse_json

_SCALARS = (
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(st.characters(exclude_categories=["Cs"]))
)
_VALUES = st.recursive(
    _SCALARS, lambda v: st.lists(v, max_size=4) | st.dictionaries(st.text(max_size=8), v, max_size=4), max_leaves=20
)


@given(_VALUES)
def test_what_is_written_is_read_back_and_written_alike(value: object) -> None:
    try:
        written = canonical_json(value)
    except InvalidInput:
        return  # a key of lone surrogates, say
    assert parse_json(written) == value
    assert canonical_json(parse_json(written)) == written


def test_the_examples_of_rfc_8785() -> None:
    value = {
        "numbers": [333333333.33333329, 1e30, 4.50, 2e-3, 0.000000000000000000000000001],
        "literals": [None, True, False],
    }
    assert (
        canonical_json(value) == b'{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27]}'
    )
    assert canonical_json({"€": 1, "\r": 2, "1": 3, "דּ": 4, "\u0080": 5, "ö": 6}).startswith(b'{"\\r":2,"1":3')


def test_order_does_not_change_the_digest() -> None:
    assert canonical_digest({"a": 1, "b": [2]}) == canonical_digest({"b": [2], "a": 1})


@pytest.mark.parametrize(
    ("untrusted", "code"),
    [
        (b'{"a":1,"a":2}', "json-duplicate-key"),
        (b'{"a":{"b":1,"b":1}}', "json-duplicate-key"),
        (b"[NaN]", "json-invalid"),
        (b"[Infinity]", "json-invalid"),
        (b"[1e999]", "json-number-out-of-range"),
        (b"[9007199254740993]", "json-number-out-of-range"),
        (b"[" + b"9" * 5000 + b"]", "json-number-out-of-range"),
        (b'["\\ud800"]', "json-invalid"),
        (b'"\xff"', "json-invalid"),
        (b"\xef\xbb\xbf{}", "json-invalid"),
        (b"{", "json-invalid"),
        (b"[1,]", "json-invalid"),
        (b"[1] 2", "json-invalid"),
        (b"", "json-invalid"),
    ],
)
def test_what_is_not_strict_json_is_refused(untrusted: bytes, code: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        parse_json(untrusted)
    assert refusal.value.code == code
    assert refusal.value.remedy


@pytest.mark.parametrize("opening", ["[", '{"a":'])
def test_json_ten_thousand_deep_is_refused_before_it_is_parsed(opening: str) -> None:
    with pytest.raises(TooLarge) as refusal:
        parse_json((opening * 10_000).encode())
    assert refusal.value.code == "json-too-deep"


def test_brackets_in_strings_do_not_count_as_depth() -> None:
    assert parse_json(json.dumps(["[" * 100, '\\"[[[' * 20]).encode()) == ["[" * 100, '\\"[[[' * 20]


def test_the_size_is_limited() -> None:
    with pytest.raises(TooLarge) as refusal:
        parse_json(b" " * (MAX_JSON_BYTES + 1))
    assert refusal.value.code == "json-too-large"


@pytest.mark.parametrize("value", [float("nan"), float("inf"), {1: "not a text key"}, object(), 2**60, b"bytes"])
def test_what_has_no_canonical_form(value: object) -> None:
    with pytest.raises(InvalidInput) as refusal:
        canonical_json(value)
    assert refusal.value.code == "not-canonicalisable"
