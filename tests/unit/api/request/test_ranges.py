"""Range, If-Range and If-None-Match as RFC 9110 has them."""

from __future__ import annotations

import pytest

from gateway.api.request.ranges import if_none_match_matches, if_range_matches, parse_range
from gateway.errors import InvalidInput


@pytest.mark.parametrize(
    ("header", "size", "expected"),
    [
        ("bytes=0-0", 10, (0, 1)),
        ("bytes=0-", 10, (0, 10)),
        ("bytes=3-5", 10, (3, 3)),
        ("bytes=3-500", 10, (3, 7)),
        ("bytes=-4", 10, (6, 4)),
        ("bytes=-400", 10, (0, 10)),
        ("BYTES= 1-2 ", 10, (1, 2)),
    ],
)
def test_one_range(header: str, size: int, expected: tuple[int, int]) -> None:
    asked = parse_range(header)
    assert asked is not None
    assert asked.resolve(size) == expected


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "bytes=",
        "bytes=-",
        "bytes=5-3",
        "bytes=a-b",
        "bytes=0-1,4-5",
        "items=0-1",
        "bytes=1_0-",
        "bytes=٣-",
        "bytes=" + "9" * 19 + "-",
        "bytes=0-1;x",
    ],
)
def test_ignored_as_the_standard_asks(header: str | None) -> None:
    assert parse_range(header) is None


@pytest.mark.parametrize(
    ("header", "size"), [("bytes=10-", 10), ("bytes=11-12", 10), ("bytes=-0", 10), ("bytes=0-", 0)]
)
def test_unsatisfiable(header: str, size: int) -> None:
    asked = parse_range(header)
    assert asked is not None
    with pytest.raises(InvalidInput) as caught:
        asked.resolve(size)
    assert caught.value.code == "range-not-satisfiable"
    assert caught.value.detail["size"] == size


def test_if_range_is_compared_strongly() -> None:
    assert if_range_matches(None, '"a"')
    assert if_range_matches('"a"', '"a"')
    assert not if_range_matches('W/"a"', '"a"')
    assert not if_range_matches('"b"', '"a"')
    assert not if_range_matches("Tue, 24 Nov 2026 06:00:00 GMT", '"a"')


def test_if_none_match_takes_lists_weak_tags_and_the_star() -> None:
    assert if_none_match_matches('"b", W/"a"', '"a"')
    assert if_none_match_matches("*", '"a"')
    assert not if_none_match_matches(None, '"a"')
    assert not if_none_match_matches('"b"', '"a"')
    assert not if_none_match_matches('"a"' + " " * 5000, '"a"')
