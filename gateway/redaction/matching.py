"""Finding known values again in a text: by words, in one pass, whatever stands between the words.

Propagation (a value removed here is removed there too) and the residue check (no removed value is
left) must agree to the letter on what "occurs" means, so both come here. A value is a sequence of
folded words (NFKC, case-folded, soft hyphens and zero-width characters dropped). It occurs where
these words follow each other with at most a few other characters between them; figures only with
the same punctuation between them, and never as a part of a longer figure. A value of one plain word
also has to look like a name ("Price", "PRICE") or stand inside a machine string ("/home/price"),
else the surname Price would take every price along. Words that a line break has hyphenated are
joined. Cost is linear in the text, independent of the number of values. It knows no languages.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise

_IGNORABLE = "\u00ad\u200b-\u200d\u2060\ufeff"
_MARKS = "\u0300-\u036f"
#: Scripts written without spaces: every character is a word of its own.
_UNSPACED = "\u0e00-\u0eff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f"

#: A word: letters and digits of spaced scripts with their combining marks, or one unspaced character.
WORD = re.compile(rf"[{_UNSPACED}]|[^\W_{_UNSPACED}](?:[^\W_{_UNSPACED}]|[{_MARKS}{_IGNORABLE}])*")

_DROPPED = re.compile(f"[{_IGNORABLE}]")
_LINE_HYPHEN = re.compile(r"(?<=[^\W\d_])[-\u2010\u2011\u00ad][ \t]*\r?\n[ \t>]*(?=[^\W\d_])")
#: Characters that may stand between two words of a value.
MAX_GAP_CHARS = 12
_MACHINE_BEFORE = frozenset("/\\@_=.:")
_MACHINE_AFTER = frozenset("/\\@_=")


def fold(word: str) -> str:
    """The form in which words are compared: NFKC, case-folded, without invisible characters."""
    if word.isascii():
        return word.lower()
    return unicodedata.normalize("NFKC", _DROPPED.sub("", word)).casefold()


def words_of(value: str) -> tuple[str, ...]:
    """The folded words of a value, in order."""
    return tuple(folded for word in WORD.findall(value) if (folded := fold(word)))


def is_unspaced(char: str) -> bool:
    """Whether the character belongs to a script that writes no spaces between words."""
    return re.match(f"[{_UNSPACED}]", char) is not None


@dataclass(frozen=True, slots=True)
class Phrase:
    """A value prepared for searching. ``gaps`` holds the punctuation demanded between two figures."""

    words: tuple[str, ...]
    gaps: tuple[str | None, ...]
    surface: str | None = field(repr=False)

    @classmethod
    def of(cls, value: str) -> Phrase | None:
        """The phrase of a value; None if the value has no letter or digit."""
        matches = [match for match in WORD.finditer(value) if fold(match.group())]
        if not matches:
            return None
        words = tuple(fold(match.group()) for match in matches)
        gaps: list[str | None] = []
        for left, right in pairwise(matches):
            figures = left.group()[-1].isdigit() and right.group()[0].isdigit()
            gaps.append(solid(value[left.end() : right.start()]) if figures else None)
        plain = len(words) == 1 and words[0].isalpha()
        return cls(words, tuple(gaps), _DROPPED.sub("", matches[0].group()) if plain else None)


@dataclass(frozen=True, slots=True)
class Occurrence:
    """Where a phrase stands: characters ``start`` to ``end``; ``phrase`` is its number in the index."""

    start: int
    end: int
    phrase: int


@dataclass(slots=True)
class _Node:
    """Where a sequence of words has led: the phrases it completes, and the words that may follow.

    ``onward`` is keyed by the next word and the punctuation before it (None where any will do).
    """

    complete: list[int] = field(default_factory=list)
    onward: dict[tuple[str, str | None], _Node] = field(default_factory=dict)


class PhraseIndex:
    """Many phrases, searched together: a tree of their words, so that what they share is compared once."""

    def __init__(self, phrases: Iterable[Phrase]) -> None:
        self._phrases = list(phrases)
        self._first: dict[str, _Node] = {}
        longest = 0
        for number, phrase in enumerate(self._phrases):
            node = self._first.setdefault(phrase.words[0], _Node())
            for word, gap in zip(phrase.words[1:], phrase.gaps, strict=True):
                node = node.onward.setdefault((word, gap), _Node())
            node.complete.append(number)
            longest = max(longest, *map(len, phrase.words))
        #: How far to look for the next word. Invisible characters and decomposed letters make words longer.
        self._reach = MAX_GAP_CHARS + 4 * longest + 16

    def find(self, text: str) -> Iterator[Occurrence]:
        """All occurrences in the text, also those broken by a hyphen at a line's end."""
        return over_line_ends(text, self._scan)

    def _scan(self, text: str) -> Iterator[Occurrence]:
        # The set of distinct words is small and made at C speed; most texts end here.
        starters = {word: self._first[key] for word in set(WORD.findall(text)) if (key := fold(word)) in self._first}
        if not starters:
            return
        for match in WORD.finditer(text):
            node = starters.get(match.group())
            if node is not None:
                found = list(self._follow(text, match, node))
                yield from reversed(found)  # the longest first

    def _follow(self, text: str, first: re.Match[str], start: _Node) -> Iterator[Occurrence]:
        for number in start.complete:
            surface = self._phrases[number].surface
            alike = _same_word(text, first, surface) if surface is not None else True
            if alike and (surface is not None or not within_figure(text, first.start(), first.end())):
                yield Occurrence(first.start(), first.end(), number)
        nodes, position = [start], first.end()
        while any(node.onward for node in nodes):
            following = WORD.search(text, position, position + self._reach)
            if following is None or following.start() - position > MAX_GAP_CHARS:
                return
            word, gap = fold(following.group()), solid(text[position : following.start()])
            nodes = [onward for node in nodes for key in (None, gap) if (onward := node.onward.get((word, key)))]
            position = following.end()
            if nodes and not within_figure(text, first.start(), position):
                for number in sorted(number for node in nodes for number in node.complete):
                    yield Occurrence(first.start(), position, number)


def over_line_ends(text: str, scan: Callable[[str], Iterable[Occurrence]]) -> Iterator[Occurrence]:
    """What a scan finds in the text, and in the text with words joined that a line's end has hyphenated."""
    yield from scan(text)
    joined, cuts = _without_line_hyphens(text)
    if cuts:
        starts = [cut for cut, _ in cuts]
        for occurrence in scan(joined):
            start = occurrence.start + _shift(cuts, starts, occurrence.start)
            end = occurrence.end - 1 + _shift(cuts, starts, occurrence.end - 1) + 1
            yield Occurrence(start, end, occurrence.phrase)


def solid(gap: str) -> str:
    """What stands between two figures, without white space."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", gap))


def _same_word(text: str, match: re.Match[str], surface: str) -> bool:
    word = _DROPPED.sub("", match.group())
    if word == surface or not word.islower():
        return True
    before = text[match.start() - 1] if match.start() else " "
    after = text[match.end()] if match.end() < len(text) else " "
    beyond = text[match.end() + 1 : match.end() + 2]
    # "john.smith" is one string; "price.The" is two sentences that lost their blank.
    dotted = after == "." and beyond.isalnum() and not beyond.isupper()
    inside = before in _MACHINE_BEFORE and match.start() > 1 and not text[match.start() - 2].isspace()
    # "=" at a line's end is the soft break of quoted-printable, which may follow any word.
    soft_break = after == "=" and beyond in {"", "\r", "\n"}
    # PDF escapes the brackets of ordinary prose: "(our middleware\\)".
    escaped = after == "\\" and beyond in {"(", ")"}
    return inside or dotted or (after in _MACHINE_AFTER and not soft_break and not escaped)


def within_figure(text: str, start: int, end: int) -> bool:
    """Whether the figure that begins or ends the occurrence goes on beyond it ("1,000" in "1,000,000")."""
    onward = (
        text[end - 1].isdigit() and text[end : end + 1] in {",", ".", "'", "’"} and text[end + 1 : end + 2].isdigit()
    )
    backward = start > 1 and text[start].isdigit() and text[start - 1] in ",.'’" and text[start - 2].isdigit()
    return onward or backward


def _without_line_hyphens(text: str) -> tuple[str, list[tuple[int, int]]]:
    """The text with words joined over line ends, and (position in it, characters dropped so far)."""
    pieces: list[str] = []
    cuts: list[tuple[int, int]] = []
    position = kept = dropped = 0
    for match in _LINE_HYPHEN.finditer(text):
        pieces.append(text[position : match.start()])
        kept += match.start() - position
        dropped += match.end() - match.start()
        cuts.append((kept, dropped))
        position = match.end()
    if not cuts:
        return text, []
    pieces.append(text[position:])
    return "".join(pieces), cuts


def _shift(cuts: list[tuple[int, int]], starts: list[int], position: int) -> int:
    at = bisect_right(starts, position)
    return cuts[at - 1][1] if at else 0
