"""Texts with one kind of escape undone, and the way back to the places of the text as it stands.

A log holds ``Jane%20Roe``, a JSON string the source of a page with ``Jane&nbsp;Roe`` or ``J<b>a</b>ne``.
The plan looks for removed values and the names of a package in each of these readings and takes the
escaped stretch out where it stands: HTML and XML character references, tags, percent (RFC 3986),
quoted-printable (RFC 2045 6.7), backslashes of JSON and programming languages. One kind at a time: what
is escaped in two ways at once (``%26amp;``) is not undone. The residue check undoes these kinds by code
of its own (residue.py); a property test holds that it finds nothing then.
"""

from __future__ import annotations

import html
import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from gateway.redaction.propagation import Recurrences, RemovedValue

_REFERENCE = r"&(?:#[0-9]{1,64};?|#[xX][0-9a-fA-F]{1,64};?|[^\t\n\f <&#;]{1,32};?)"
_REFERENCES = re.compile(_REFERENCE)
_TAG = r"<[^<>]{1,400}>"
#: Not "<jane.roe@host>" or "<https://host>".
_NAMED_TAG = r"</?[A-Za-z][A-Za-z0-9:-]{0,40}(?:\s[^<>]{0,400})?/?>"
_TAGS = re.compile(rf"(?P<inside>(?<=\w)(?:{_TAG}){{1,8}}(?=\w))|{_NAMED_TAG}|{_REFERENCE}")
_PERCENT = re.compile(r"(?:%[0-9A-Fa-f]{2})+")
_QUOTED_PRINTABLE = re.compile(r"(?:=[0-9A-Fa-f]{2}|=[ \t]*\r?\n)+")
_SOFT_BREAK = re.compile(r"=[ \t]*\r?\n")
_BACKSLASH = re.compile(r"(?:\\+u\{?[0-9A-Fa-f]{4}\}?)+|(?:\\+x[0-9A-Fa-f]{2})+|\\+[nrt\"'/]|\\\\+")
_UNIT = re.compile(r"[0-9A-Fa-f]{4}")
_CONTROLS = {"n": "\n", "r": "\r", "t": "\t"}
_TAKEN = "\ue000"  # stands for a character that is taken out
_MOST_ROUNDS = 4


@dataclass(frozen=True, slots=True)
class Undone:
    """A text with the escapes of one kind undone.

    Attributes:
        text: What it says.
        out: Where each piece begins in :attr:`text`, ascending.
        taken: For each piece the characters of the original that it stands for, and whether it stands
            for them one by one.
    """

    text: str
    out: tuple[int, ...]
    taken: tuple[tuple[int, int, bool], ...]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The stretch of the original that a stretch of :attr:`text` (not empty) stands for, whole escapes."""
        first, last = bisect_right(self.out, start) - 1, bisect_right(self.out, end - 1) - 1
        begin, _, alike = self.taken[first]
        origin, stop, plain = self.taken[last]
        return (
            begin + (start - self.out[first] if alike else 0),
            origin + (end - self.out[last]) if plain else stop,
        )


def readings(text: str) -> Iterator[Undone]:
    """The text with each kind of escape that it contains undone; tags together with references."""
    if "<" in text:
        yield from _undone(text, _TAGS, _tag)
    if "&" in text:
        yield from _undone(text, _REFERENCES, _reference)
    if "%" in text:
        yield from _undone(text, _PERCENT, _percent)
    if "=" in text:
        yield from _undone(text, _QUOTED_PRINTABLE, _quoted_printable)
    if "\\" in text:
        yield from _undone(text, _BACKSLASH, _backslash)


def escaped_recurrences(
    text: str, values: Sequence[RemovedValue], known: Iterable[tuple[int, int]]
) -> Iterator[tuple[RemovedValue, int, int]]:
    """Where values stand written with escapes: each with the characters of the text to take out.

    A value that is taken out can set another one free that ran into it ("R%6Fe&#82;oe"), so it goes on
    for a few rounds until nothing is found; what these leave stops the exhibit at the residue check.

    Args:
        known: Places that are taken out already.
    """
    taken, masked = set(known), text
    index = Recurrences(values)
    for _ in range(_MOST_ROUNDS):
        found: dict[tuple[int, int], RemovedValue] = {}
        for reading in readings(masked):
            for value, where in index.find(reading.text):
                found.setdefault(reading.span(where.start, where.end), value)
        new = sorted(place for place in found if place not in taken)
        if not new:
            return
        for place in new:
            yield found[place], *place
        taken.update(new)
        masked = _masked(text, sorted(taken))


def _masked(text: str, places: Iterable[tuple[int, int]]) -> str:
    pieces: list[str] = []
    at = 0
    for start, end in places:
        if end > at:
            pieces += (text[at:start], _TAKEN * (end - max(at, start)))
            at = end
    pieces.append(text[at:])
    return "".join(pieces)


def _undone(text: str, pattern: re.Pattern[str], undo: Callable[[re.Match[str]], str]) -> Iterator[Undone]:
    pieces: list[str] = []
    out: list[int] = []
    taken: list[tuple[int, int, bool]] = []
    at = length = 0

    def add(piece: str, start: int, end: int, alike: bool) -> None:
        nonlocal length
        if piece:
            pieces.append(piece)
            out.append(length)
            taken.append((start, end, alike))
            length += len(piece)

    for match in pattern.finditer(text):
        plain = undo(match)
        if plain != match.group():
            add(text[at : match.start()], at, match.start(), True)
            add(plain, match.start(), match.end(), False)
            at = match.end()
    if at:
        add(text[at:], at, len(text), True)
        yield Undone("".join(pieces), tuple(out), tuple(taken))


def _reference(match: re.Match[str]) -> str:
    return html.unescape(match.group())


def _tag(match: re.Match[str]) -> str:
    if match.group("inside"):
        return ""
    return " " if match.group().startswith("<") else _reference(match)


def _percent(match: re.Match[str]) -> str:
    return _decoded(bytes.fromhex(match.group().replace("%", "")))


def _quoted_printable(match: re.Match[str]) -> str:
    return _decoded(bytes.fromhex(_SOFT_BREAK.sub("", match.group()).replace("=", "")))


def _decoded(octets: bytes) -> str:
    try:
        return octets.decode("utf-8")
    except UnicodeDecodeError:
        return octets.decode("cp1252", errors="replace")


def _backslash(match: re.Match[str]) -> str:
    escape = match.group().lstrip("\\")
    if escape[:1] == "u":
        # Two escaped surrogates make one character beyond the basic plane.
        units = bytes.fromhex("".join(unit for unit in _UNIT.findall(escape)))
        return units.decode("utf-16-be", errors="replace")
    if escape[:1] == "x":
        return _decoded(bytes.fromhex("".join(re.findall(r"x([0-9A-Fa-f]{2})", escape))))
    return _CONTROLS.get(escape, escape) or "\\"
