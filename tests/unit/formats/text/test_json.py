"""JSON and JSON Lines: everything is text, nothing is lost or ambiguous."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from gateway.errors import Unparsable
from gateway.formats import limits
from gateway.formats.text.jsonlines import JsonLinesFormat
from gateway.formats.text.jsontext import JsonFormat
from gateway.redaction.document import CanonicalText, Replacement

FORMAT = JsonFormat()
LINES = JsonLinesFormat()
Replace = Callable[[CanonicalText, str, str], list[Replacement]]


def test_values_numbers_and_keys_are_text_with_their_place() -> None:
    document = FORMAT.parse(b'{"user": {"name": "Jane \\"J\\" Roe", "age": 41.50}, "ids": [7, null, true, "x"], "": 1}')
    canonical = document.canonical
    found = {s.place: (canonical.text[s.start : s.end], s.label) for s in canonical.segments}
    assert found["/user/name"] == ('Jane "J" Roe', "name")
    assert found["/user/age"] == ("41.50", "age")
    assert found["/ids/0"] == ("7", "ids")
    assert found["/user (key)"] == ("user", "")
    assert found["/*3"] == ("1", "")


def test_order_numbers_and_structure_stay() -> None:
    data = b'{"z": 1.500, "a": [1e400, -0, 12345678901234567890123, {}, []], "m": {"b": false, "a": null}}\n'
    assert FORMAT.parse(data).render([]) == data
    pretty = b'{\n  "z": [\n    1,\n    {\n      "a": "\xc3\xa9"\n    }\n  ]\n}\n'
    assert FORMAT.parse(pretty).render([]) == pretty


def test_white_space_and_escapes_are_made_anew() -> None:
    document = FORMAT.parse(b'{ "a" \t:\n\n "\\u0041\\u00e9\\/\\ud83d\\ude00" }')
    assert json.loads(document.render([])) == {"a": "Aé/😀"}


def test_a_touched_number_becomes_a_string(replace_all: Replace) -> None:
    document = FORMAT.parse(b'{"phone": 33123456789, "other": 5}')
    out = document.render(replace_all(document.canonical, "33123456789", "[PHONE-1 é]"))
    assert json.loads(out) == {"phone": "[PHONE-1 é]", "other": 5}


def test_a_key_stands_once_in_the_text_and_is_replaced_everywhere(replace_all: Replace) -> None:
    document = LINES.parse(b'{"Jane Roe": 1}\n\n{"x": {"Jane Roe": 2}}\n')
    assert document.canonical.text.count("Jane Roe") == 1
    out = document.render(replace_all(document.canonical, "Jane Roe", "[P-1]"))
    assert [json.loads(line) for line in out.splitlines()] == [{"[P-1]": 1}, {"x": {"[P-1]": 2}}]


def test_two_keys_under_one_marker_stay_two() -> None:
    document = FORMAT.parse(b'{"Jane": 1, "Bob": 2, "[P]": 3}')
    text = document.canonical.text
    replacements = [Replacement(text.index(n), text.index(n) + len(n), "[P]") for n in ("Jane", "Bob")]
    assert sorted(json.loads(document.render(replacements)).values()) == [1, 2, 3]


def test_a_key_that_is_personal_data_is_not_quoted_as_a_place() -> None:
    document = FORMAT.parse(b'{"jane@example.org": {"a": 1}, "Jane Roe": 2, "ok_key": 3}')
    places = [s.place for s in document.canonical.segments]
    assert not any("ane" in place for place in places)
    assert {"/*1/a", "/*2", "/ok_key"} <= set(places)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b'{"a": 1, "a": 2}', "json-duplicate-key"),
        (b'{"a": 1, "\\u0061": 2}', "json-duplicate-key"),
        (b'{"a": 1, "a\\u200b": 2}', "json-duplicate-key"),
        (b"[" * 10_000, "json-too-deep"),
        (b"[" * 10_000 + b"]" * 10_000, "json-too-deep"),
        (b'{"a":' * 70 + b"1" + b"}" * 70, "json-too-deep"),
        (b"NaN", "json-invalid"),
        (b"[Infinity]", "json-invalid"),
        (b'["\\ud800"]', "json-invalid"),
        (b'{"a": "secret}', "json-invalid"),
        (b"[1,]", "json-invalid"),
        (b"", "json-invalid"),
        (b"{}{}", "json-invalid"),
        (b'["a\x00b"]', "text-binary"),
        (b'"' + b'\\"' * 200_000, "json-invalid"),
    ],
)
def test_ambiguous_or_broken_json_is_refused(data: bytes, code: str) -> None:
    with pytest.raises(Unparsable) as refusal:
        FORMAT.parse(data)
    assert refusal.value.code == code
    assert "secret" not in str(refusal.value)


def test_too_many_values(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_JSON_VALUES", 10)
    with pytest.raises(Unparsable) as refusal:
        FORMAT.parse(b"[1,2,3,4,5,6,7,8,9,10]")
    assert refusal.value.code == "json-too-many-values"


def test_a_bad_line_is_named() -> None:
    with pytest.raises(Unparsable) as refusal:
        LINES.parse(b'{"a": 1}\n{"a": \n')
    assert (refusal.value.code, refusal.value.where) == ("json-invalid", "line 2")


def test_layers_undo_escapes() -> None:
    layers = list(FORMAT.layers(b'{"J\\u0061ne": "R\\u006fe", "n": 12}'))
    text = next(layer for layer in layers if layer.name == "keys and values").text
    assert text.split("\n") == ["Jane", "n", "Roe", "12"]
    assert any(layer.raw and "Jane" in layer.text for layer in layers)
