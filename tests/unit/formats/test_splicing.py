"""Replacements that begin, end or lie across the borders of parts."""

from __future__ import annotations

import pytest

from gateway.errors import Unparsable
from gateway.formats import limits
from gateway.formats.place_names import column_name, pointer_token
from gateway.formats.splicing import CanonicalBuilder, Span, Splicer
from gateway.redaction.document import CanonicalText, Replacement


def three_parts() -> tuple[CanonicalText, list[Span]]:
    builder = CanonicalBuilder("test")
    spans = [builder.add("one two", "a", flow=1), builder.add("", "b"), builder.add("three", "c", flow=1)]
    spans.append(builder.add("four", "d", flow=1, separator=""))
    return builder.build(), spans


def render(replacements: list[Replacement]) -> list[str]:
    canonical, spans = three_parts()
    splicer = Splicer(canonical, replacements)
    return [splicer.text(span.start, span.end) for span in spans]


def test_building() -> None:
    canonical, _ = three_parts()
    assert canonical.text == "one two\nthreefour"
    assert [(s.start, s.end, s.place) for s in canonical.segments] == [(0, 7, "a"), (8, 13, "c"), (13, 17, "d")]


@pytest.mark.parametrize(
    ("replacements", "parts"),
    [
        ([], ["one two", "", "three", "four"]),
        ([Replacement(4, 7, "X")], ["one X", "", "three", "four"]),
        ([Replacement(4, 13, "X")], ["one X", "", "", "four"]),
        ([Replacement(4, 15, "X")], ["one X", "", "", "ur"]),
        ([Replacement(7, 10, "X")], ["one two", "", "Xree", "four"]),
        ([Replacement(7, 8, "X")], ["one two", "", "three", "four"]),
        ([Replacement(0, 17, "X")], ["X", "", "", ""]),
        ([Replacement(0, 3, ""), Replacement(3, 4, "-"), Replacement(12, 14, "Y")], ["-two", "", "threY", "our"]),
    ],
)
def test_every_replacement_appears_once_where_it_begins(replacements: list[Replacement], parts: list[str]) -> None:
    assert render(replacements) == parts


def test_pieces_tell_kept_from_replaced() -> None:
    canonical, spans = three_parts()
    pieces = list(Splicer(canonical, [Replacement(4, 10, "X")]).pieces(spans[2].start, spans[2].end))
    assert [(p.text, p.start, p.end, p.replaced) for p in pieces] == [("", 8, 10, True), ("ree", 10, 13, False)]


def test_embedded_texts_keep_their_places_and_flows() -> None:
    inner, _ = three_parts()
    builder = CanonicalBuilder("test")
    builder.add("head", "h", flow=4)
    offset, flow = builder.embed(inner, "x ▸ ", flow_base=4)
    outer = builder.build()
    assert (offset, flow) == (5, 5)
    assert [(outer.text[s.start : s.end], s.place, s.flow) for s in outer.segments] == [
        ("head", "h", 4), ("one two", "x ▸ a", 5), ("three", "x ▸ c", 5), ("four", "x ▸ d", 5),
    ]  # fmt: skip
    splicer = Splicer(outer, [Replacement(2, 8, "X"), Replacement(9, 10, "Y")])
    assert splicer.text(0, 4) == "heX"
    assert splicer.part(offset, inner) == [Replacement(0, 3, "…"), Replacement(4, 5, "Y")]


def test_text_has_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_CANONICAL_CHARS", 10)
    with pytest.raises(Unparsable) as refusal:
        three_parts()
    assert refusal.value.code == "text-too-long"


@pytest.mark.parametrize("key", ["jane@example.org", "Jane Roe", "", "a/b", "x" * 50, "1970-01-02", "Zoë", "id123456"])
def test_only_identifiers_are_quoted_in_places(key: str) -> None:
    assert pointer_token(key, 3) == "*3"


def test_plain_names_are_quoted() -> None:
    assert [pointer_token(key, 1) for key in ("name", "user_id", "x-forwarded", "$ref", "item12")] == [
        "name", "user_id", "x-forwarded", "$ref", "item12",
    ]  # fmt: skip
    assert column_name("E-mail address", 2) == "column E-mail address"
    assert column_name("jane@x.org", 2) == "column 2"
    assert column_name("1234567", 4) == "column 4"
