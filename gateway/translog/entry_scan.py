"""Checking entries fast: what the audit needs of a leaf, without building the whole entry.

Most leaves are plain: ASCII, no escapes, flat objects of texts. For those one regular expression
and a few comparisons show that :func:`~gateway.translog.entry.parse_entry` would accept the bytes, at
a fraction of its cost. Whatever does not look plain is handed to it; so nothing passes here that would
not pass there (a property test holds the two together), and only the time differs.
"""

from __future__ import annotations

import re
from datetime import datetime
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from gateway.errors import GatewayError
from gateway.translog.entry import MAX_ENTRY_BYTES, format_time, is_reference, is_texts, parse_canonical, parse_entry

# The characters of a text that need no escape and are their own bytes.
_CHAR = r"[ !#-\[\]-~]"
_TEXT = rf'"{_CHAR}*"'
# A detail may hold anything that is canonical; that is checked on its own bytes. Braces within texts
# make a leaf not plain, which costs time only.
_LEAF = re.compile(
    (
        r'\{"action":"[a-z][a-z0-9-]*(?:\.[a-z0-9][a-z0-9-]*)+"'
        r',"actor":(\{[^{}\\]*\}),"agreement":(\{[^{}\\]*\})'
        rf',"clause":"(?:/{_CHAR}*)?","commitments":\{{\}}'
        r',"detail":(\{.*\}),"object":(\{[^{}\\]*\})'
        r',"outcome":"(?:permit|deny|done|failed)","prev":"([0-9a-f]{64})"'
        rf',"reason":"{_CHAR}{{0,1000}}","seq":(0|[1-9][0-9]{{0,14}})'
        r',"time":"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z)","v":1\}'
    ).encode()
)
_FLAT = re.compile(rf"\{{{_TEXT}:{_TEXT}(?:,{_TEXT}:{_TEXT})*\}}".encode())
_MAX_BRACKETS = 16


class Scanned(NamedTuple):
    """What the audit needs of an entry; ``time`` is its text, which sorts as the time does."""

    seq: int
    prev: str
    time: str


def scan_entry(leaf: bytes) -> Scanned:
    """Check a leaf as :func:`parse_entry` does, and give number, link and time.

    Raises:
        InvalidInput, TooLarge: As :func:`parse_entry`.
    """
    match = _LEAF.fullmatch(leaf) if len(leaf) <= MAX_ENTRY_BYTES else None
    if match is not None:
        actor, agreement, detail, subject, prev, seq, time = match.groups()
        if (
            _is_actor(actor)
            and _is_agreement(agreement)
            and (detail == b"{}" or _is_detail(detail))
            and _is_subject(subject)
            and (text := time.decode("ascii")) == _checked_time(text)
        ):
            return Scanned(int(seq), prev.decode("ascii"), text)
    entry = parse_entry(leaf)
    return Scanned(entry.seq, entry.prev, format_time(entry.time))


@lru_cache(maxsize=4096)
def _is_actor(data: bytes) -> bool:
    actor = _canonical(data)
    return is_texts(actor) and ("agency" in actor or "system" in actor)


@lru_cache(maxsize=4096)
def _is_agreement(data: bytes) -> bool:
    agreement = _canonical(data)
    return isinstance(agreement, dict) and (not agreement or is_reference(agreement))


def _is_detail(data: bytes) -> bool:
    return data.count(b"{") + data.count(b"[") <= _MAX_BRACKETS and isinstance(_canonical(data), dict)


def _is_subject(data: bytes) -> bool:
    if not _FLAT.fullmatch(data):
        return False
    # Without escapes every quote is a delimiter, so each fourth piece is a name.
    names = data.split(b'"')[1::4]
    return b"id" in names and b"kind" in names and all(a < b for a, b in pairwise(names))


def _canonical(data: bytes) -> object:
    try:
        return parse_canonical(data)
    except GatewayError:
        return None


def _checked_time(text: str) -> str | None:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return None
    return text
