"""Entries have one form; everything else is refused with a code."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from gateway.errors import InvalidInput, TooLarge
from gateway.translog.entry import (
    MAX_ENTRY_BYTES,
    NO_PREVIOUS,
    format_time,
    parse_entry,
    pending,
    place,
)
from gateway.translog.event import AuditEvent

NOW = datetime(2026, 3, 1, 12, 0, 0, 5, tzinfo=UTC)
EVENT = AuditEvent(
    action="release.pull",
    outcome="permit",
    time=NOW,
    actor={"agency": "ico-uk", "principal": "p-7"},
    object={"kind": "release", "id": "r-1", "package": "k-1"},
    agreement={"id": "eu-uk", "version": 3, "digest": "ab" * 32},
    clause="/roles/investigator",
    reason="permitted",
    detail={"size": 12, "names": ["é", "\u2028"], "nested": {"b": None, "a": True}},
    case_id="c-1",
)
LEAF = (
    '{"action":"release.pull","actor":{"agency":"ico-uk","principal":"p-7"},'
    '"agreement":{"digest":"' + "ab" * 32 + '","id":"eu-uk","version":3},'
    '"clause":"/roles/investigator","commitments":{},'
    '"detail":{"names":["é","\u2028"],"nested":{"a":true,"b":null},"size":12},'
    '"object":{"case":"c-1","id":"r-1","kind":"release","package":"k-1"},"outcome":"permit",'
    '"prev":"' + NO_PREVIOUS + '","reason":"permitted","seq":0,"time":"2026-03-01T12:00:00.000005Z","v":1}'
).encode()


def test_the_bytes_of_a_leaf() -> None:
    """The example of docs/spec/log.md, to the byte."""
    entry, leaf = place(pending(EVENT, {}), 0, NO_PREVIOUS)
    assert leaf == LEAF
    assert parse_entry(leaf) == entry
    assert entry.time == NOW


def test_a_time_has_one_text() -> None:
    elsewhere = datetime(2026, 3, 1, 14, 0, 0, 5, tzinfo=timezone(timedelta(hours=2)))
    assert format_time(elsewhere) == format_time(NOW) == "2026-03-01T12:00:00.000005Z"
    assert format_time(datetime(1, 1, 1, tzinfo=UTC)) == "0001-01-01T00:00:00.000000Z"
    with pytest.raises(InvalidInput):
        format_time(datetime(2026, 3, 1))  # noqa: DTZ001 - the point of the test


BAD_LEAVES = {
    "space": LEAF.replace(b'"v":1', b'"v": 1'),
    "newline at the end": LEAF + b"\n",
    "order": LEAF.replace(b'"seq":0,', b"").replace(b'{"action"', b'{"seq":0,"action"'),
    "duplicate": LEAF.replace(b'"v":1', b'"v":1,"v":1'),
    "unknown member": LEAF.replace(b'"v":1', b'"v":1,"w":1'),
    "missing member": LEAF.replace(b'"seq":0,', b""),
    "escaped letter": LEAF.replace(b'"permit"', b'"\\u0070ermit"'),
    "escaped slash": LEAF.replace(b'"/roles/', b'"\\/roles/'),
    "upper-case escape": LEAF.replace(b'"permitted"', b'"\\u001F"'),
    "float": LEAF.replace(b'"size":12', b'"size":12.0'),
    "exponent": LEAF.replace(b'"size":12', b'"size":1e1'),
    "minus zero": LEAF.replace(b'"size":12', b'"size":-0'),
    "NaN": LEAF.replace(b'"size":12', b'"size":NaN'),
    "huge number": LEAF.replace(b'"size":12', b'"size":9007199254740992'),
    "number of 10,000 digits": LEAF.replace(b'"size":12', b'"size":' + b"9" * 10_000),
    "lone surrogate": LEAF.replace(b'"permitted"', b'"\\ud800"'),
    "not UTF-8": LEAF.replace("é".encode(), b"\xff"),
    "name not ASCII": LEAF.replace(b'"size":12', '"sizé":12'.encode()),
    "deep": LEAF.replace(b'"size":12', b'"size":' + b"[" * 40 + b"]" * 40),
    "bottomless": LEAF.replace(b'"size":12', b'"size":' + b"[" * 30_000 + b"]" * 30_000),
    "version": LEAF.replace(b'"v":1', b'"v":2'),
    "version true": LEAF.replace(b'"v":1', b'"v":true'),
    "seq false": LEAF.replace(b'"seq":0', b'"seq":false'),
    "seq negative": LEAF.replace(b'"seq":0', b'"seq":-1'),
    "seq text": LEAF.replace(b'"seq":0', b'"seq":"0"'),
    "prev short": LEAF.replace(b'"prev":"0', b'"prev":"'),
    "prev upper case": LEAF.replace(b'"prev":"0', b'"prev":"A'),
    "time without Z": LEAF.replace(b"000005Z", b"000005"),
    "time short": LEAF.replace(b".000005Z", b"Z"),
    "time that is not": LEAF.replace(b"-03-01T", b"-02-30T"),
    "time digits": LEAF.replace(b"2026-", "２026-".encode()),
    "outcome": LEAF.replace(b'"permit"', b'"maybe"'),
    "outcome list": LEAF.replace(b'"permit"', b"[]"),
    "action": LEAF.replace(b'"release.pull"', b'"Release pull"'),
    "actor of nobody": LEAF.replace(b'"agency":"ico-uk",', b""),
    "actor number": LEAF.replace(b'"p-7"', b"7"),
    "actor with NUL": LEAF.replace(b'"p-7"', b'"p\\u0000"'),
    "object without kind": LEAF.replace(b'"kind":"release",', b""),
    "agreement": LEAF.replace(b'"id":"eu-uk",', b""),
    "agreement version": LEAF.replace(b'"version":3', b'"version":"3"'),
    "clause": LEAF.replace(b'"/roles/', b'"roles/'),
    "detail": LEAF.replace(b'"detail":{', b'"detail":[{').replace(b'"size":12}', b'"size":12}]'),
    "commitment": LEAF.replace(b'"commitments":{}', b'"commitments":{"name":"x"}'),
    "commitment's field": LEAF.replace(b'"commitments":{}', b'"commitments":{"A":"' + b"0" * 64 + b'"}'),
    "not an object": b"[]",
    "nothing": b"",
}


@pytest.mark.parametrize("name", BAD_LEAVES)
def test_any_other_form_is_refused(name: str) -> None:
    assert BAD_LEAVES[name] != LEAF
    with pytest.raises(InvalidInput) as caught:
        parse_entry(BAD_LEAVES[name])
    assert caught.value.code in ("log-entry-invalid", "log-entry-too-large")


@pytest.mark.parametrize(
    "change",
    [
        {"action": "Pull"},
        {"outcome": "ok"},
        {"actor": {}},
        {"object": {"kind": "x"}},
        {"object": {"kind": "x", "id": "y\0"}},
        {"object": {"kind": "release", "id": "r-1", "case": "another"}},
        {"agreement": {"id": "x"}},
        {"clause": "no-pointer"},
        {"reason": "x" * 1001},
        {"detail": {"confidence": 0.5}},
        {"detail": {"count": 2**53}},
        {"detail": {"bytes": b"x"}},
        {"detail": {1: "x"}},
        {"detail": {"text": "\ud800"}},
        {"erasable": {"name": "x"}},
    ],
)
def test_an_event_without_a_form_is_refused_before_it_is_stored(change: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput) as caught:
        pending(replace(EVENT, **change), {})
    assert caught.value.code == "log-entry-invalid"


def test_what_fits_when_appended_fits_with_its_place() -> None:
    room = MAX_ENTRY_BYTES - 128 - len(pending(replace(EVENT, detail={"x": ""}), {}))
    waiting = pending(replace(EVENT, detail={"x": "y" * room}), {})
    _, leaf = place(waiting, 2**53 - 1, "f" * 64)
    assert MAX_ENTRY_BYTES - 128 < len(leaf) <= MAX_ENTRY_BYTES
    with pytest.raises(TooLarge) as caught:
        pending(replace(EVENT, detail={"x": "y" * (room + 1)}), {})
    assert caught.value.code == "log-entry-too-large"


def test_a_waiting_row_that_was_changed_is_refused() -> None:
    waiting = pending(EVENT, {})
    for changed in (waiting + b" ", waiting[:-1], waiting.replace(b"permit", b"maybe"), LEAF, b"{}"):
        with pytest.raises(InvalidInput):
            place(changed, 0, NO_PREVIOUS)
