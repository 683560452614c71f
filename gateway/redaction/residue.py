"""Proof that a finished rendition holds none of the values that were removed (invariant 3).

The format re-extracts the finished file into *layers*: text that a reader sees or can extract, and
raw views (streams, metadata, strings of the file). Each layer is searched in one pass for every
removed value (parts of names are values of their own); then again with each escape it contains undone
(HTML and XML entities, tags between words, percent, quoted-printable, JSON ``\\u``). What "occurs" means is defined by
matching.py, by which the plan has also removed recurrences, so an ordinary document gives no alarm.

Our own markers are cut out first. Values that say nothing by themselves ("12") are not searched but
counted: a text layer may not hold one more often than the expected rendition. In raw layers, where
words of the file format and figures of its structure stand, only distinctive values are searched. The
check reads no pictures; formats leave out what is not text.
"""

from __future__ import annotations

import html
import quopri
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import unquote

from gateway.errors import ResidueFound
from gateway.redaction.document import Layer
from gateway.redaction.matching import WORD, Phrase, PhraseIndex, fold, words_of
from gateway.redaction.propagation import RemovedValue

#: Words that file formats themselves write; a removed surname "Page" can't be told from /Type /Page.
_FORMAT_WORDS = frozenset(
    words_of(
        """page pages type font name root info title author subject creator producer width height length filter
        catalog normal default table style styles count parent kids resources contents content outlines first
        last next prev subtype helvetica times courier roman encoding metadata description date header footer
        body section paragraph document settings word theme color text version language application plain
        multipart boundary message mixed alternative charset true false none null image form group page stream
        object trailer size index matrix annots link border rect action names dests title keyword keywords core
        custom revision template company manager category comments street green black white brown light dark
        center right left"""
    )
)
_SHORT_LAYER = 0.2
_BRACKETED = re.compile(r"\[[^\[\]]{1,200}\]")
_QP = re.compile(r"=(?:[0-9A-Fa-f]{2}|\r?\n)")
_TAG = re.compile(r"<[^<>]{1,400}>")
_TAG_IN_WORD = re.compile(r"(?<=\w)(?:<[^<>]{1,400}>){1,8}(?=\w)")
_PERCENT = re.compile(r"%[0-9A-Fa-f]{2}")
_JSON_ESCAPE = re.compile(r"\\u([0-9A-Fa-f]{4})")
#: Searches a text, raw or not, for values of other windows; answers entity and rule of one that is there.
Elsewhere = Callable[[str, bool], tuple[str, str] | None]
_GAP = "\n\ue000\n"  # stands where a marker stood; no phrase continues over it


@dataclass(frozen=True, slots=True)
class Proof:
    """What was searched, and for how many values."""

    layers: tuple[str, ...]
    values: int
    hits: int = 0


def prove_clean(
    removed: Sequence[RemovedValue],
    layers: Iterable[Layer],
    expected_text: str,
    elsewhere: Elsewhere | None = None,
) -> Proof:
    """Search every layer of a finished rendition for every removed value.

    Args:
        removed: :attr:`gateway.redaction.plan.Plan.removed`.
        layers: As re-extracted from the finished bytes; at least one.
        expected_text: :attr:`gateway.redaction.plan.Plan.expected_text`.
        elsewhere: Of one window of a long exhibit, what was removed from the others.

    Raises:
        ResidueFound: ``residue-found``, naming layer and rule but never the value; ``residue-no-layers``
            if there was nothing to search, which proves nothing.
    """
    searched = [(each, phrase) for each in removed if not each.contextual and (phrase := Phrase.of(each.value))]
    distinctive = [(each, phrase) for each, phrase in searched if is_distinctive(each)]
    in_text, in_raw = _Search(searched), _Search(distinctive)
    markers = _Markers(removed)
    limits = _Limits(removed, markers.cut_out(expected_text))
    names: list[str] = []
    read: set[str] = set()  # as text; the same characters as a raw layer hold nothing more
    for layer in layers:
        names.append(layer.name)
        text = markers.cut_out(layer.text)
        for form in _forms(text, layer.raw):
            if form in read:
                continue
            if not layer.raw:
                read.add(form)
            hit = (in_raw if layer.raw else in_text).first(form)
            if hit is not None:
                raise _residue(layer.name, hit.entity, hit.rule)
            if elsewhere is not None and (known := elsewhere(form, layer.raw)) is not None:
                raise _residue(layer.name, *known)
        if not layer.raw and (exceeded := limits.exceeded(text)) is not None:
            raise _residue(layer.name, exceeded.entity, exceeded.rule)
    if not names:
        raise ResidueFound(
            "residue-no-layers",
            "The finished rendition gave nothing to search, so it could not be proved clean.",
            remedy="Check that the rendition is not empty; report it if it is not.",
        )
    return Proof(tuple(names), len(searched))


def _residue(layer: str, entity: str, rule: str) -> ResidueFound:
    return ResidueFound(
        "residue-found",
        f"A value removed by the rule {rule} ({entity}) is still in the layer {layer}.",
        remedy="Nothing was released. The exhibit needs a person, or another format.",
        layer=layer,
        rule=rule,
        entity=entity,
    )


class _Search:
    def __init__(self, pairs: Sequence[tuple[RemovedValue, Phrase]]) -> None:
        self._values = [value for value, _ in pairs]
        self._index = PhraseIndex(phrase for _, phrase in pairs)

    def first(self, text: str) -> RemovedValue | None:
        for occurrence in self._index.find(text):
            return self._values[occurrence.phrase]
        return None


class _Limits:
    """How often each contextual value may occur, counted in the expected rendition."""

    def __init__(self, values: Sequence[RemovedValue], expected_text: str) -> None:
        self._values: dict[tuple[str, ...], RemovedValue] = {}
        for value in values:
            if value.contextual and len(words := words_of(value.value)) == 1:
                self._values.setdefault(words, value)
        self._allowed = Counter(fold(word) for word in WORD.findall(expected_text)) if self._values else Counter()
        self._total = sum(self._allowed.values())

    def exceeded(self, text: str) -> RemovedValue | None:
        if not self._values:
            return None
        counts = Counter(fold(word) for word in WORD.findall(text))
        # A layer of a few words (metadata, a heading) may hold a "12" that has nothing to do with ours.
        if sum(counts.values()) < _SHORT_LAYER * self._total:
            return None
        for (word,), value in self._values.items():
            if counts[word] > self._allowed[word]:
                return value
        return None


def is_distinctive(value: RemovedValue) -> bool:
    """Whether a value can't well be a word of a file format or a figure of its structure."""
    words = words_of(value.value)
    alnum = "".join(words)
    if alnum.isdigit():
        return len(alnum) >= 7
    if len(words) == 1 and alnum.isalpha():
        return len(alnum) >= 5 and alnum not in _FORMAT_WORDS
    return len(alnum) >= 6


class _Markers:
    """Our own markers, cut out of a text before it is searched. There may be thousands of pseudonyms."""

    def __init__(self, removed: Sequence[RemovedValue]) -> None:
        texts = {value.replacement for value in removed if value.replacement}
        self._plain = {text for text in texts if _BRACKETED.fullmatch(text)}
        others = sorted(texts - self._plain, key=lambda text: (-len(text), text))
        self._others = re.compile("|".join(map(re.escape, others))) if others else None

    def cut_out(self, text: str) -> str:
        """The text with a gap in the place of each marker."""
        if self._others is not None:
            text = self._others.sub(_GAP, text)
        return _BRACKETED.sub(self._gap, text) if self._plain else text

    def _gap(self, match: re.Match[str]) -> str:
        return _GAP if match.group() in self._plain else match.group()


def _forms(text: str, raw: bool) -> Iterator[str]:
    """The text, and the text with each kind of escape that it contains undone."""
    yield text
    if raw and "<" in text and (bare := _TAG_IN_WORD.sub("", text)) != text:
        yield html.unescape(_TAG.sub(" ", bare))
    if "&" in text and (plain := html.unescape(text)) != text:
        yield plain
    if _PERCENT.search(text):
        yield unquote(text, errors="replace")
    if _QP.search(text):
        yield quopri.decodestring(text.encode("utf-8", "surrogatepass")).decode("utf-8", "replace")
    if _JSON_ESCAPE.search(text):
        yield _unescaped_json(text)


def _unescaped_json(text: str) -> str:
    plain = _JSON_ESCAPE.sub(lambda match: chr(int(match.group(1), 16)), text)
    # Two escaped surrogates make one character beyond the basic plane.
    return plain.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
