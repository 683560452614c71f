"""What was removed anywhere in an exhibit that is too long to be held at once, to be found in each of its windows.

The windows of one exhibit are planned one after the other; what was removed in one must be removed in all, before
it and behind it. Values with figures are many and go into a :class:`ValueSet`; names and phrases are few and
stay readable to the search.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from gateway.errors import TooLarge
from gateway.redaction.document import Finding
from gateway.redaction.matching import Phrase
from gateway.redaction.propagation import Recurrences, RemovedValue
from gateway.redaction.residue import is_distinctive
from gateway.redaction.value_set import ValueSet

#: Of each sort; a value of words takes about a kilobyte, one with figures a dozen bytes.
MAX_WORDED = 150_000
MAX_FIGURES = 16_000_000
_MAX_KINDS = 60_000
#: So many of the values that came last are known at once to be known.
_LATELY = 20_000


@dataclass(frozen=True, slots=True)
class _Kind:
    entity: str
    rule: str
    distinctive: bool


class KnownValues:
    """Removed values of a whole exhibit. Add all, then search.

    Raises:
        TooLarge: ``exhibit-too-many-values``.
    """

    def __init__(self) -> None:
        self._worded: dict[Phrase, RemovedValue] = {}
        self._figures = ValueSet()
        self._added = 0
        self._kinds: list[_Kind] = []
        self._numbers: dict[_Kind, int] = {}
        self._confidence: dict[tuple[str, str], float] = {}
        self._recurrences: Recurrences | None = None
        self._lately: set[RemovedValue] = set()

    def add(self, value: RemovedValue, confidence: float) -> None:
        """Remember a value; one that says nothing by itself is left to the window it stands in."""
        if value.contextual:
            return
        rule = value.rule.removesuffix("/part")
        key = (value.entity, rule)
        self._confidence[key] = min(confidence, self._confidence.get(key, 1.0))
        if value in self._lately:
            return
        if len(self._lately) >= _LATELY:
            self._lately.clear()
        self._lately.add(value)
        if (phrase := Phrase.of(value.value)) is None:
            return
        if ValueSet.takes(phrase):
            self._figures.add(phrase, self._number(_Kind(value.entity, rule, is_distinctive(value))))
            self._added += 1
            if self._added > MAX_FIGURES and len(self._figures) > MAX_FIGURES:
                raise _too_many(MAX_FIGURES)
        elif phrase not in self._worded:
            self._worded[phrase] = value
            self._recurrences = None
            if len(self._worded) > MAX_WORDED:
                raise _too_many(MAX_WORDED)

    def again(self, text: str, known: Iterable[Finding]) -> list[Finding]:
        """Where the values occur in a text, as findings of the rules that found them first.

        Args:
            known: What has been found there already and need not be found again.
        """
        places = {(each.start, each.end, each.entity) for each in known}
        found = {
            Finding(start, end, entity, f"{rule}/again", self._confidence[entity, rule])
            for start, end, (entity, rule, _) in self._find(text)
            if (start, end, entity) not in places
        }
        return sorted(found, key=lambda each: (each.start, each.end, each.entity, each.rule))

    def places(self, text: str) -> list[tuple[int, int]]:
        """Start and end of each occurrence in a text."""
        return sorted({(start, end) for start, end, _ in self._find(text)})

    def first(self, text: str, raw: bool, removed: Callable[[str], bool]) -> tuple[str, str] | None:
        """Entity and rule of a value that occurs in a text; in a raw one only distinctive values count.

        Args:
            removed: Whether a view removes an entity; what it keeps may occur.
        """
        for _, _, (entity, rule, distinctive) in self._find(text):
            if (distinctive or not raw) and removed(entity):
                return entity, rule
        return None

    def _find(self, text: str) -> Iterator[tuple[int, int, tuple[str, str, bool]]]:
        if self._recurrences is None:
            self._recurrences = Recurrences(self._worded.values())
        for value, where in self._recurrences.find(text):
            yield where.start, where.end, (value.entity, value.rule.removesuffix("/part"), is_distinctive(value))
        for where in self._figures.find(text):
            kind = self._kinds[where.phrase]
            yield where.start, where.end, (kind.entity, kind.rule, kind.distinctive)

    def _number(self, kind: _Kind) -> int:
        number = self._numbers.get(kind)
        if number is None:
            if len(self._kinds) >= _MAX_KINDS:
                raise _too_many(_MAX_KINDS)
            number = self._numbers[kind] = len(self._kinds)
            self._kinds.append(kind)
        return number


def _too_many(most: int) -> TooLarge:
    return TooLarge(
        "exhibit-too-many-values",
        f"More than {most} different values would have to be removed; so many can't be looked for together.",
        remedy="Split it into smaller exhibits.",
    )
