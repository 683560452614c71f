"""The findings of a long exhibit, window by window, in a dozen bytes each.

What was found at the first look is needed twice more, to learn what has to be removed everywhere and to remove
it; reading everything again would take three times as long. A list crosses from process to process as bytes.
"""

from __future__ import annotations

import json
from array import array
from collections.abc import Iterable
from dataclasses import dataclass, field

from gateway.errors import InvalidInput, TooLarge
from gateway.evidence.taxonomy import ENTITIES
from gateway.redaction.document import Finding

MAX_FINDINGS = 12_000_000
_MAX_KINDS = 65_535
#: Confidences are kept to this fraction.
_PARTS = 10_000


@dataclass(slots=True)
class _Columns:
    starts: array[int] = field(default_factory=lambda: array("I"))
    ends: array[int] = field(default_factory=lambda: array("I"))
    kinds: array[int] = field(default_factory=lambda: array("H"))
    confidences: array[int] = field(default_factory=lambda: array("H"))

    def arrays(self) -> tuple[array[int], ...]:
        return (self.starts, self.ends, self.kinds, self.confidences)


class FindingList:
    """Findings by window; offsets are those of the window's own text."""

    def __init__(self) -> None:
        self._columns = _Columns()
        self._ends: list[int] = []
        self._kinds: dict[tuple[str, str], int] = {}

    def append(self, findings: Iterable[Finding]) -> None:
        """Add the findings of the next window.

        Raises:
            TooLarge: ``exhibit-too-many-findings``.
        """
        columns, kinds = self._columns, self._kinds
        for each in findings:
            columns.starts.append(each.start)
            columns.ends.append(each.end)
            columns.kinds.append(kinds.setdefault((each.entity, each.rule), len(kinds)))
            columns.confidences.append(round(each.confidence * _PARTS))
            if len(kinds) >= _MAX_KINDS:
                raise _too_many(_MAX_KINDS)
        self._ends.append(len(columns.starts))
        if len(columns.starts) > MAX_FINDINGS:
            raise _too_many(MAX_FINDINGS)

    def __len__(self) -> int:
        return len(self._ends)

    @property
    def entities(self) -> frozenset[str]:
        """What was found anywhere."""
        return frozenset(entity for entity, _ in self._kinds)

    def window(self, number: int) -> list[Finding]:
        """The findings of a window, counted from 0."""
        kinds, columns = list(self._kinds), self._columns
        first = self._ends[number - 1] if number else 0
        return [
            Finding(columns.starts[at], columns.ends[at], *kinds[columns.kinds[at]], columns.confidences[at] / _PARTS)
            for at in range(first, self._ends[number])
        ]

    def to_bytes(self) -> bytes:
        """For the way to another process on the same machine."""
        head = json.dumps({"ends": self._ends, "kinds": list(self._kinds)}).encode()
        return b"".join((len(head).to_bytes(8, "big"), head, *(each.tobytes() for each in self._columns.arrays())))

    @classmethod
    def from_bytes(cls, data: bytes) -> FindingList:
        """The inverse of :meth:`to_bytes`, believed only as far as it can be checked.

        Raises:
            InvalidInput: ``finding-list-invalid``.
        """
        made = cls()
        try:
            length = int.from_bytes(data[:8], "big")
            head = json.loads(data[8 : 8 + length])
            made._ends = [int(each) for each in head["ends"]]
            made._kinds = {(str(entity), str(rule)): number for number, (entity, rule) in enumerate(head["kinds"])}
            total = made._ends[-1] if made._ends else 0
            position = 8 + length
            for column in made._columns.arrays():
                size = total * column.itemsize
                column.frombytes(data[position : position + size])
                position += size
        except (ValueError, KeyError, TypeError) as error:
            raise _invalid() from error
        if position != len(data) or not made._is_sound(total):
            raise _invalid()
        return made

    def _is_sound(self, total: int) -> bool:
        kinds, columns = self._columns.kinds, self._columns
        return (
            all(len(each) == total for each in columns.arrays())
            and self._ends == sorted(self._ends)
            and all(end >= 0 for end in self._ends)
            and all(entity in ENTITIES for entity, _ in self._kinds)
            and (not kinds or max(kinds) < len(self._kinds))
        )


def _too_many(most: int) -> TooLarge:
    return TooLarge(
        "exhibit-too-many-findings",
        f"The exhibit has more than {most} findings; that is more than can be kept in mind.",
        remedy="Split it into smaller exhibits.",
    )


def _invalid() -> InvalidInput:
    return InvalidInput(
        "finding-list-invalid",
        "The list of what was found in an exhibit does not fit together.",
        remedy="This is a fault of the gateway; report it. Nothing was released.",
    )
