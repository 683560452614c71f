"""Frames between the gateway and its children: strict, bounded, never pickled."""

from __future__ import annotations

import io
import struct
from typing import Any

import pytest

from gateway.sandbox.frames import FrameError, encode, read


def decode(data: bytes, limit: int = 1 << 20) -> Any:
    stream = io.BytesIO(data)

    def receive(count: int) -> bytes:
        part = stream.read(count)
        if len(part) < count:
            raise EOFError
        return part

    return read(receive, limit)


@pytest.mark.parametrize(
    "value",
    [{}, {"a": b""}, {"a": [b"\x00" * 10, {"b": b"x"}], "é": "\u2028", "n": [1, 1.5, None, True]}, ["x"], "y", b"bare"],
)
def test_values_survive(value: Any) -> None:
    assert decode(b"".join(encode(value))) == value


def test_tuples_and_sets_become_lists() -> None:
    assert decode(b"".join(encode({"a": (1, 2), "b": frozenset({"y", "x"})}))) == {"a": [1, 2], "b": ["x", "y"]}


@pytest.mark.parametrize("value", [object(), {"a": object()}, {1: 2}, {"$bytes": 0}, float("nan"), {"a": float("inf")}])
def test_what_has_no_form_is_refused(value: Any) -> None:
    with pytest.raises(FrameError):
        encode(value)


def frame(text: bytes, *blobs: bytes, count: int | None = None) -> bytes:
    body = b"".join(struct.pack(">Q", len(blob)) + blob for blob in blobs)
    return struct.pack(">II", len(text), len(blobs) if count is None else count) + text + body


@pytest.mark.parametrize(
    "data",
    [
        frame(b"not json"),
        frame(b"[" * 100_000),
        frame(b'{"$bytes": 0}'),
        frame(b'{"$bytes": -1}', b"x"),
        frame(b'{"$bytes": true}', b"x"),
        frame(b'{"$bytes": "0"}', b"x"),
        frame(b"9" * 10_000),
        frame(b"\xff\xff"),
        frame(b"{}", count=1_000_000),
        struct.pack(">II", 1 << 31, 0),
        frame(b"{}") [:4] + struct.pack(">I", 1) + b"{}" + struct.pack(">Q", 1 << 60),
        frame(b"{}", b"x" * (1 << 20)),
    ],
    ids=["text", "deep", "no blob", "negative", "bool", "string", "long number", "not utf-8", "many blobs", "huge json",
         "huge blob", "over the limit"],
)  # fmt: skip
def test_nonsense_is_refused_before_it_is_read(data: bytes) -> None:
    with pytest.raises(FrameError):
        decode(data)
