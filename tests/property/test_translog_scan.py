"""The fast check of entries accepts exactly what the strict parser accepts."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.errors import GatewayError
from gateway.translog.entry import format_time, parse_entry, pending, place
from gateway.translog.entry_scan import scan_entry
from gateway.translog.event import AuditEvent

texts = st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), max_size=12)
names = st.text("abyz", min_size=1, max_size=4)
details = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
    max_leaves=6,
)
events = st.builds(
    AuditEvent,
    action=st.sampled_from(["a.b", "release.pull", "log.x-1"]),
    outcome=st.sampled_from(["permit", "deny", "done", "failed"]),
    time=st.datetimes(timezones=st.just(UTC)),
    actor=st.fixed_dictionaries({"agency": texts}, optional={"principal": texts})
    | st.fixed_dictionaries({"system": texts}),
    object=st.builds(
        lambda more, kind, key: {**more, "kind": kind, "id": key}, st.dictionaries(names, texts), texts, texts
    ),
    agreement=st.just({})
    | st.builds(lambda i, v: {"id": i, "version": v, "digest": "ab" * 32}, texts, st.integers(0, 9)),
    clause=st.sampled_from(["", "/", "/roles/a"]),
    reason=texts,
    detail=st.dictionaries(names, details, max_size=3),
)


def verdict(leaf: bytes) -> tuple[int, str, str] | None:
    try:
        entry = parse_entry(leaf)
    except GatewayError:
        return None
    return entry.seq, entry.prev, format_time(entry.time)


def scanned(leaf: bytes) -> tuple[int, str, str] | None:
    try:
        return tuple(scan_entry(leaf))  # type: ignore[return-value]
    except GatewayError:
        return None


@given(events, st.integers(0, 2**53 - 1))
@settings(max_examples=300)
def test_good_entries_pass(event: AuditEvent, seq: int) -> None:
    _, leaf = place(pending(event, {}), seq, "cd" * 32)
    assert scanned(leaf) == verdict(leaf) == (seq, "cd" * 32, format_time(event.time))


@given(events, st.data())
@settings(max_examples=1000)
def test_altered_entries_are_judged_alike(event: AuditEvent, data: st.DataObject) -> None:
    leaf = bytearray(place(pending(event, {}), 7, "cd" * 32)[1])
    for _ in range(data.draw(st.integers(1, 3))):
        place_ = data.draw(st.integers(0, len(leaf) - 1))
        what = data.draw(st.sampled_from(["flip", "drop", "twice", "char"]))
        if what == "flip":
            leaf[place_] ^= 1 << data.draw(st.integers(0, 7))
        elif what == "drop" and len(leaf) > 1:
            del leaf[place_]
        elif what == "twice":
            leaf[place_:place_] = leaf[place_ : place_ + data.draw(st.integers(1, 20))]
        else:
            leaf[place_] = data.draw(st.sampled_from(b'"{}[],:\\ 019a-+.eE'))
    assert scanned(bytes(leaf)) == verdict(bytes(leaf))


PLAIN = place(
    pending(
        AuditEvent(
            "a.b", "done", datetime(2026, 1, 1, tzinfo=UTC), {"agency": "x"}, {"kind": "k", "id": "i"}, detail={"n": 1}
        ),
        {},
    ),
    7,
    "cd" * 32,
)[1]


def test_every_byte_of_a_plain_entry() -> None:
    for position in range(len(PLAIN)):
        for bit in range(8):
            leaf = bytearray(PLAIN)
            leaf[position] ^= 1 << bit
            assert scanned(bytes(leaf)) == verdict(bytes(leaf))


def test_what_could_fool_a_pattern() -> None:
    for old, new in (
        (b'"detail":{"n":1}', b'"detail":{"n":1},"object":{"id":"i","kind":"k"}'),
        (b'"detail":{"n":1}', b'"detail":{"n":01}'),
        (b'"detail":{"n":1}', b'"detail":{"n":1.0}'),
        (b'"detail":{"n":1}', b'"detail":{"n":-0}'),
        (b'"detail":{"n":1}', b'"detail":{"n":9007199254740993}'),
        (b'"detail":{"n":1}', b'"detail":{"n":1,"n":1}'),
        (b'"detail":{"n":1}', b'"detail":{"n":"\x7f"}'),
        (b'"detail":{"n":1}', b'"detail":' + b'{"n":' * 31 + b"1" + b"}" * 31),
        (b'"detail":{"n":1}', b'"detail":' + b'{"n":' * 32 + b"1" + b"}" * 32),
        (b'"id":"i","kind":"k"', b'"kind":"k","id":"i"'),
        (b'"id":"i","kind":"k"', b'"id":"i","id":"i","kind":"k"'),
        (b'"id":"i","kind":"k"', b'"id":"i"'),
        (b'"id":"i","kind":"k"', b'"id":"\x7f","kind":"k"'),
        (b'"2026-01-01T', b'"2026-02-30T'),
        (b'"2026-01-01T', b'"0000-01-01T'),
        (b'"seq":7', b'"seq":007'),
        (b'"seq":7', b'"seq":-7'),
        (b'"agency":"x"', b'"principal":"x"'),
        (b'"agency":"x"', b'"agency":"x","agency":"x"'),
        (b"{}", b'{"a":"b"}'),
        (b"}", b"}\n"),
    ):
        leaf = PLAIN.replace(old, new)
        assert leaf != PLAIN
        assert scanned(leaf) == verdict(leaf), new
