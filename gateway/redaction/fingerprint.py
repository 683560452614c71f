"""Secrets that a party has registered, kept as keyed fingerprints, and their copies found again in a text.

Three kinds. A *term* is found whatever its case, spacing, hyphenation, or the usual confusions of OCR
("0" and "o", "rn" and "m"). A *record* is found where enough of its fields stand near each other. A
*document* is found by runs of four words, of which winnowing (Schleimer et al. 2003, s. 3) keeps about half:
a copied passage is found also when some of its words were changed. Fingerprints are BLAKE2b under the
party's key (RFC 7693 s. 2.5), so a store of them reveals nothing to who lacks the key; a guessable term is
only as secret as that key. Source code is a document like any other. Where fingerprints are stored is not
decided here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from gateway.errors import InvalidInput
from gateway.redaction.document import Finding
from gateway.redaction.matching import WORD, fold

DIGEST_BYTES = 12
_RUN_WORDS = 4
_WINDOW = 3
#: A copy shows at least this many distinct runs, none further than this many words from the next.
_MIN_RUNS = 5
_MAX_GAP_WORDS = 25
_MIN_TERM_CHARS = 4
_MAX_TERM_CHARS = 200
_RECORD_CHARS = 300
_MIN_KEY_BYTES = 16
_ALIKE = str.maketrans({"0": "o", "1": "l", "i": "l", "5": "s", "8": "b", "9": "g"})
_ALIKE_PAIRS = (("rn", "m"), ("vv", "w"), ("cl", "d"))


class Kind(StrEnum):
    """What was registered."""

    TERM = "term"
    RECORD = "record"
    DOCUMENT = "document"


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """One registered secret as it may be stored.

    Attributes:
        secret_id: The party's name for it, shown in reports as the rule; must not betray it.
        kind: Term, record or document.
        digests: Keyed digests: one of a term, one a field of a record, the chosen runs of a document.
        lengths: Characters of each term or field, beside its digest; empty for documents.
        needed: Fields of a record that must stand together.
    """

    secret_id: str
    kind: Kind
    digests: tuple[bytes, ...] = field(repr=False)
    lengths: tuple[int, ...] = ()
    needed: int = 1


@dataclass(frozen=True, slots=True)
class _Word:
    start: int
    end: int
    plain: str


class Fingerprinter:
    """Makes fingerprints under one party's key."""

    def __init__(self, key: bytes) -> None:
        if not _MIN_KEY_BYTES <= len(key) <= 64:
            raise InvalidInput("fingerprint-key", "A fingerprint key has 16 to 64 bytes.", remedy="Draw 32 at random.")
        self._key = key

    def term(self, secret_id: str, value: str) -> Fingerprint:
        """A word, name, number or phrase.

        Raises:
            InvalidInput: ``secret-too-short``, ``secret-too-long``.
        """
        digest, length = self._field(value)
        return Fingerprint(secret_id, Kind.TERM, (digest,), (length,))

    def record(self, secret_id: str, fields: Sequence[str], needed: int = 2) -> Fingerprint:
        """Several fields that are a secret only together.

        Raises:
            InvalidInput: ``record-fields`` if fewer fields than are needed, or fewer than two are needed.
        """
        made = dict(self._field(value) for value in fields)
        if not 2 <= needed <= len(made):
            raise InvalidInput(
                "record-fields",
                "A record needs at least two different fields, and at least as many as must stand together.",
                remedy="Register a single value as a term.",
            )
        return Fingerprint(secret_id, Kind.RECORD, tuple(made), tuple(made.values()), needed)

    def document(self, secret_id: str, text: str) -> Fingerprint:
        """A whole document, of which partial copies are to be found.

        Raises:
            InvalidInput: ``secret-too-short`` if it has too few words to be told from others.
        """
        digests = [digest for digest, _ in self.runs(_words(text))]
        chosen = {
            min(digests[start : start + _WINDOW]) for start in range(max(1, len(digests) - _WINDOW + 1)) if digests
        }
        if len(chosen) < _MIN_RUNS:
            raise _too_short("The document")
        return Fingerprint(secret_id, Kind.DOCUMENT, tuple(sorted(chosen)))

    def runs(self, words: Sequence[_Word]) -> Iterator[tuple[bytes, int]]:
        """Digests of the telling runs of words, each with the number of its first word."""
        for first in range(len(words) - _RUN_WORDS + 1):
            run = [word.plain for word in words[first : first + _RUN_WORDS]]
            # "in accordance with the" is in every contract; two longer words at least must be in a run.
            if sum(len(word) > 3 for word in run) >= 2:
                yield self.digest("run", " ".join(run)), first

    def digest(self, purpose: str, value: str) -> bytes:
        return hashlib.blake2b(
            f"{purpose}\x00{value}".encode(), digest_size=DIGEST_BYTES, key=self._key, person=b"eg-fingerprint"
        ).digest()

    def _field(self, value: str) -> tuple[bytes, int]:
        plain = "".join(word.plain for word in _words(value))
        if len(plain) < _MIN_TERM_CHARS:
            raise _too_short("The term")
        if len(plain) > _MAX_TERM_CHARS:
            raise InvalidInput("secret-too-long", "The term is too long.", remedy="Register it as a document.")
        return self.digest("term", plain), len(plain)


class Register:
    """The secrets of one party, searched together in one pass over a text."""

    def __init__(self, key: bytes, fingerprints: Iterable[Fingerprint]) -> None:
        self._maker = Fingerprinter(key)
        self._fields: dict[bytes, list[Fingerprint]] = {}
        self._runs: dict[bytes, list[str]] = {}
        self._lengths: set[int] = set()
        for each in fingerprints:
            for digest in each.digests:
                if each.kind is Kind.DOCUMENT:
                    self._runs.setdefault(digest, []).append(each.secret_id)
                else:
                    self._fields.setdefault(digest, []).append(each)
            self._lengths.update(each.lengths)

    def find(self, text: str) -> list[Finding]:
        """Copies of registered secrets, as ``REGISTERED_SECRET``, sorted by start."""
        words = _words(text)
        found = {*self._terms_and_records(words), *self._copies(words)}
        return sorted(found, key=lambda each: (each.start, each.end, each.rule))

    def _terms_and_records(self, words: Sequence[_Word]) -> Iterator[Finding]:
        seen: dict[str, list[tuple[int, int, bytes]]] = {}
        longest = max(self._lengths, default=0)
        for first in range(len(words) if longest else 0):
            plain = ""
            for number in range(first, len(words)):
                word = words[number]
                plain += word.plain
                if len(plain) > longest:
                    break
                if len(plain) not in self._lengths:
                    continue
                digest = self._maker.digest("term", plain)
                start, end = words[first].start, word.end
                for each in self._fields.get(digest, ()):
                    if each.kind is Kind.TERM:
                        yield Finding(start, end, "REGISTERED_SECRET", f"registered/{each.secret_id}", 0.99)
                    else:
                        yield from _record(each, (start, end, digest), seen.setdefault(each.secret_id, []))

    def _copies(self, words: Sequence[_Word]) -> Iterator[Finding]:
        if not self._runs:
            return
        hits: dict[str, list[tuple[int, bytes]]] = {}
        for digest, first in self._maker.runs(words):
            for secret_id in self._runs.get(digest, ()):
                hits.setdefault(secret_id, []).append((first, digest))
        for secret_id, places in hits.items():
            for chain in _chains(places):
                if len({digest for _, digest in chain}) >= _MIN_RUNS:
                    start, last = words[chain[0][0]].start, words[chain[-1][0] + _RUN_WORDS - 1]
                    yield Finding(start, last.end, "REGISTERED_SECRET", f"registered/{secret_id}", 0.95)


def _record(each: Fingerprint, place: tuple[int, int, bytes], seen: list[tuple[int, int, bytes]]) -> Iterator[Finding]:
    seen.append(place)
    while seen[0][0] < place[0] - _RECORD_CHARS:
        seen.pop(0)
    if len({digest for _, _, digest in seen}) >= each.needed:
        for start, end, _ in seen:
            yield Finding(start, end, "REGISTERED_SECRET", f"registered/{each.secret_id}", 0.9)


def _chains(places: Sequence[tuple[int, bytes]]) -> Iterator[list[tuple[int, bytes]]]:
    chain: list[tuple[int, bytes]] = []
    for place in places:
        if chain and place[0] - chain[-1][0] > _MAX_GAP_WORDS:
            yield chain
            chain = []
        chain.append(place)
    if chain:
        yield chain


def _words(text: str) -> list[_Word]:
    return [
        _Word(match.start(), match.end(), plain)
        for match in WORD.finditer(text)
        if (plain := _plain(fold(match.group())))
    ]


def _plain(word: str) -> str:
    """The word with characters that OCR confuses made alike."""
    for pair, single in _ALIKE_PAIRS:
        word = word.replace(pair, single)
    return word.translate(_ALIKE)


def _too_short(what: str) -> InvalidInput:
    return InvalidInput(
        "secret-too-short",
        f"{what} is too short to be told from ordinary text.",
        remedy="Register a longer one, or several fields as a record.",
    )
