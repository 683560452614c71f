"""What crosses the pipe between the gateway and a parsing child: JSON and bytes, length-prefixed.

A frame is ``uint32be json length ‖ uint32be number of blobs ‖ json ‖ (uint64be length ‖ bytes)*``.
Byte strings stand in the JSON as ``{"$bytes": i}``. Nothing is pickled in either direction: a child
that hostile evidence has taken over can send wrong values, never code. Every length is checked
against a limit before anything is read.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Mapping
from typing import Any

_HEAD = struct.Struct(">II")
_BLOB = struct.Struct(">Q")
_MAX_JSON_BYTES = 256 << 20
_MAX_BLOBS = 10_000
_KEY = "$bytes"


class FrameError(ValueError):
    """The other side sent something that is no frame, or one beyond the limits."""


def encode(value: Any) -> list[bytes]:
    """A JSON value, in which byte strings may stand, as the chunks of one frame.

    Raises:
        FrameError: The value has no such form.
    """
    blobs: list[bytes] = []

    def plain(item: Any) -> Any:
        if isinstance(item, (bytes, bytearray, memoryview)):
            blobs.append(bytes(item))
            return {_KEY: len(blobs) - 1}
        if isinstance(item, Mapping):
            if _KEY in item or not all(isinstance(key, str) for key in item):
                raise FrameError("a mapping needs string keys other than $bytes")
            return {key: plain(member) for key, member in item.items()}
        if isinstance(item, (list, tuple)):
            return [plain(member) for member in item]
        if isinstance(item, (set, frozenset)):
            return [plain(member) for member in sorted(item)]
        if item is None or isinstance(item, (str, int, float, bool)):
            return item
        raise FrameError(f"a {type(item).__name__} cannot cross the sandbox boundary")

    try:
        text = json.dumps(plain(value), ensure_ascii=True, allow_nan=False).encode("ascii")
    except (ValueError, RecursionError) as error:
        raise FrameError(str(error)) from None
    chunks = [_HEAD.pack(len(text), len(blobs)), text]
    for blob in blobs:
        chunks += (_BLOB.pack(len(blob)), blob)
    return chunks


def read(receive: Callable[[int], bytes], max_bytes: int) -> Any:
    """Read one frame.

    Args:
        receive: Returns exactly the number of bytes asked for, or raises.
        max_bytes: Most bytes that JSON and blobs may have together.

    Raises:
        FrameError: Malformed or too large.
    """
    length, count = _HEAD.unpack(receive(_HEAD.size))
    if length > min(_MAX_JSON_BYTES, max_bytes) or count > _MAX_BLOBS:
        raise FrameError("frame too large")
    text = receive(length)
    blobs: list[bytes] = []
    for _ in range(count):
        (size,) = _BLOB.unpack(receive(_BLOB.size))
        if size > max_bytes - length - sum(map(len, blobs)):
            raise FrameError("frame too large")
        blobs.append(receive(size))

    def restore(members: dict[str, Any]) -> Any:
        if members.keys() == {_KEY}:
            index = members[_KEY]
            if not isinstance(index, int) or isinstance(index, bool) or not 0 <= index < len(blobs):
                raise FrameError("no such blob")
            return blobs[index]
        return members

    try:
        return json.loads(text, object_hook=restore)
    except (ValueError, RecursionError) as error:
        raise FrameError(f"not JSON: {type(error).__name__}") from None
