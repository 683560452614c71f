"""The redaction report of one rendition: what was taken out where and why, never what it was.

Follows docs/spec/redaction.md. Places come from the format ("page 3", "row 4 column email",
"/users/0/name"); since a heading or key may itself be personal, places and the names of layers are
searched for the removed values, and what is found in them is blotted out too.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from gateway.evidence.taxonomy import REASON_CODES
from gateway.redaction.document import CanonicalText
from gateway.redaction.plan import Plan
from gateway.redaction.propagation import Recurrences
from gateway.redaction.residue import Proof

REPORT_VERSION = 1
#: Redactions that are listed one by one; of a long log there are millions.
MAX_LISTED = 100_000
_BLOT = "[removed]"
_PAGE = re.compile(r"page (\d+)")
_ORDINAL = re.compile(r"(?<=[ /*])\d+")


def build_report(
    *,
    exhibit: str,
    view: str,
    document: CanonicalText,
    plan: Plan,
    proof: Proof,
    source_commitment: str,
    dropped: Sequence[str] = (),
) -> dict[str, Any]:
    """The report as JSON-ready members.

    Args:
        exhibit: Identifier of the exhibit (not its name).
        view: Name of the view.
        document: The canonical text the plan was made for.
        plan: What was done.
        proof: What the residue check answered.
        source_commitment: Commitment to the original, as made at intake.
        dropped: What the format left out because it is not text: "images: 3", "metadata".
    """
    repeated = Recurrences(plan.removed)
    writer = ReportWriter(
        exhibit=exhibit, view=view, source_commitment=source_commitment, dropped=dropped, hidden=repeated.places
    )
    writer.add(document, plan, proof)
    return writer.finish(document.extractor, document.version)


class ReportWriter:
    """A report written window by window; every redaction is counted, the first ones are listed.

    Args:
        hidden: Where removed values stand in a short text that is to go into the report.
        max_listed: Redactions to list.
    """

    def __init__(
        self,
        *,
        exhibit: str,
        view: str,
        source_commitment: str,
        dropped: Sequence[str],
        hidden: Callable[[str], Iterable[tuple[int, int]]],
        max_listed: int = MAX_LISTED,
    ) -> None:
        self._head = {"v": REPORT_VERSION, "exhibit": exhibit, "view": view, "source_commitment": source_commitment}
        self._dropped = dropped
        self._blot = _Blotter(hidden)
        self._max_listed = max_listed
        self._findings: list[dict[str, Any]] = []
        self._counts: Counter[str] = Counter()
        self._reasons: set[str] = set()
        self._layers: dict[str, None] = {}
        self._hits = 0
        self._characters = 0

    def add(self, document: CanonicalText, plan: Plan, proof: Proof, offset: int = 0) -> None:
        """What was done to the text that stands at ``offset`` characters of the exhibit's canonical text."""
        number = self._counts.total()
        for redaction in plan.redactions[: self._max_listed - len(self._findings)]:
            number += 1
            segment = document.segment_at(redaction.start)
            self._findings.append(
                {
                    "id": f"f{number}",
                    **_place(self._blot(segment.place) if segment else ""),
                    "start": offset + redaction.start,
                    "end": offset + redaction.end,
                    "category": redaction.category.value,
                    "entity": redaction.entity,
                    "rule": redaction.rule,
                    "confidence": round(redaction.confidence, 2),
                    "action": redaction.action.value,
                    "reason_code": redaction.reason_code,
                    "pseudonym": redaction.pseudonym,
                }
            )
        self._counts.update(redaction.rule for redaction in plan.redactions)
        self._reasons.update(redaction.reason_code for redaction in plan.redactions)
        self._layers.update((self._blot(name), None) for name in proof.layers)
        self._hits += proof.hits
        self._characters = offset + len(document.text)

    def finish(self, extractor: str, version: str) -> dict[str, Any]:
        """The report as JSON-ready members."""
        return {
            **self._head,
            "extractor": {"name": extractor, "version": version},
            "characters": self._characters,
            "findings": self._findings,
            "not_listed": self._counts.total() - len(self._findings),
            "counts": dict(sorted(self._counts.items())),
            "reasons": {code: _reason(code) for code in sorted(self._reasons)},
            "dropped": [self._blot(each) for each in self._dropped],
            "verified": {"layers": list(self._layers), "hits": self._hits},
        }


def _place(place: str) -> dict[str, Any]:
    page = _PAGE.match(place)
    if page:
        return {"page": int(page.group(1))}
    if place.startswith(("row", "cell", "sheet", "table")):
        return {"cell": place}
    return {"path": place}


def _reason(code: str) -> Mapping[str, str]:
    reason = REASON_CODES[code]
    return {"meaning": reason.meaning, "legal_basis": reason.legal_basis}


class _Blotter:
    """Takes removed values out of short texts that go into the report."""

    def __init__(self, hidden: Callable[[str], Iterable[tuple[int, int]]]) -> None:
        self._hidden = hidden
        self._known: dict[str, str] = {}

    def __call__(self, text: str) -> str:
        # Numbers of rows, lines and members are the format's own; places that differ in them alone are alike.
        alike = _ORDINAL.sub("0", text)
        if alike not in self._known:
            self._known[alike] = self._blotted(alike)
        return text if self._known[alike] == alike else self._blotted(text)

    def _blotted(self, text: str) -> str:
        pieces: list[str] = []
        position = 0
        for start, end in sorted(self._hidden(text)):
            if start >= position:
                pieces += (text[position:start], _BLOT)
            position = max(position, end)
        return "".join((*pieces, text[position:]))
