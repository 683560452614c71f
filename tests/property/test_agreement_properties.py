"""Whatever bytes come in: an agreement, or a refusal with lines; never anything else."""

from __future__ import annotations

import json
import random
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.agreements.diff import compare_agreements
from gateway.agreements.durations import Duration, parse_duration
from gateway.agreements.explain import explain_agreement
from gateway.agreements.finding import AgreementFinding, AgreementInvalid
from gateway.agreements.lint import lint_agreement
from gateway.agreements.text.parsing import parse_agreement
from gateway.errors import InvalidInput

POLICIES = sorted((Path(__file__).parents[2] / "policies" / "agreements").glob("*.yaml"))
SOURCES = [path.read_bytes() for path in POLICIES]
TODAY = date(2026, 11, 24)
SCRAPS = [
    *(text.encode() for text in ("", " ", "\n", "{", "}", "[", "]", ":", ": ", "- ", "'", '"', "#", "|", "? ", "\\")),
    *(text.encode() for text in ("&a ", "*a", "!!str ", "<<: ", "---\n", "%YAML 1.1\n", "null", "1", "default")),
    *(b"\x00", b"\xff", b"\xe2\x80\xae"),
]


def _either_way(source: bytes) -> None:
    errors: tuple[AgreementFinding, ...] = ()
    try:
        agreement = parse_agreement(source)
    except AgreementInvalid as error:
        errors = error.findings or pytest.fail("an error without findings")
    if errors:
        lines = source.count(b"\n") + 1
        assert all(1 <= f.line <= lines and f.message and f.remedy and f.code for f in errors)
        return
    # What parses can be written as JSON and read back as the same agreement, explained and compared.
    again = parse_agreement(json.dumps(agreement.document).encode())
    assert again == agreement
    assert compare_agreements(agreement, again) == ()
    assert agreement.title in explain_agreement(agreement)
    assert all(f.severity == "warning" for f in lint_agreement(source, TODAY))


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=200) | st.text(max_size=200).map(lambda t: t.encode("utf-8", "surrogatepass")))
def test_noise_is_refused_with_a_line(noise: bytes) -> None:
    with pytest.raises(AgreementInvalid) as caught:
        parse_agreement(noise)
    assert caught.value.findings


@settings(max_examples=120, deadline=None)
@given(st.integers(0, 2**32))
def test_a_mutilated_agreement_is_one_or_is_refused(seed: int) -> None:
    rng = random.Random(seed)
    source = bytearray(rng.choice(SOURCES))
    for _ in range(rng.randint(1, 3)):
        start = rng.randrange(len(source))
        source[start : start + rng.choice([0, 1, 1, 5, 40])] = rng.choice(SCRAPS)
    _either_way(bytes(source))


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32))
def test_a_document_with_values_exchanged_is_one_or_is_refused(seed: int) -> None:
    rng = random.Random(seed)
    document = json.loads(json.dumps(parse_agreement(rng.choice(SOURCES)).document))
    places: list[tuple[dict[str, object] | list[object], str | int]] = []
    waiting = [document]
    while waiting:
        value = waiting.pop()
        members = list(value.items() if isinstance(value, dict) else enumerate(value))
        places.extend((value, key) for key, _ in members)
        waiting.extend(member for _, member in members if isinstance(member, (dict, list)))
    (holder, key), (other, other_key) = rng.choice(places), rng.choice(places)
    value = other[other_key]  # type: ignore[index]  # each key belongs to its holder
    holder[key] = json.loads(json.dumps(value))  # type: ignore[index]
    _either_way(json.dumps(document, indent=1).encode())


@given(st.integers(0, 600), st.integers(0, 10**6), st.integers(0, 86399))
def test_a_duration_writes_back_or_is_out_of_range(months: int, days: int, seconds: int) -> None:
    duration = Duration(months, timedelta(days=days % 20000, seconds=seconds))
    if timedelta(0) < duration.nominal <= timedelta(days=18263):
        assert parse_duration(str(duration)) == duration
    else:
        with pytest.raises(InvalidInput, match=r"longer than fifty years"):
            parse_duration(str(duration))


@given(
    st.integers(0, 5 * 10**9),
    st.integers(0, 600),
    st.integers(0, 600),
    st.integers(0, 1000),
)
def test_a_longer_duration_never_ends_earlier(start: int, months: int, more: int, days: int) -> None:
    moment = datetime.fromtimestamp(start, UTC)
    shorter, longer = Duration(months, timedelta(days=days)), Duration(months + more, timedelta(days=days))
    assert moment <= shorter.after(moment) <= longer.after(moment)
