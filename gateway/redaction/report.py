"""The redaction report of one rendition: what was taken out where and why, never what it was.

Follows docs/spec/redaction.md. Places come from the format ("page 3", "row 4 column email",
"/users/0/name"); since a heading or key may itself be personal, places and the names of layers are
searched for the removed values, and what is found in them is blotted out too.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from gateway.evidence.taxonomy import REASON_CODES
from gateway.redaction.document import CanonicalText
from gateway.redaction.plan import Plan
from gateway.redaction.propagation import RemovedValue, recurrences
from gateway.redaction.residue import Proof

REPORT_VERSION = 1
_BLOT = "[removed]"
_PAGE = re.compile(r"page (\d+)")


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
    blot = _Blotter(plan.removed)
    findings = []
    for number, redaction in enumerate(plan.redactions, start=1):
        segment = document.segment_at(redaction.start)
        findings.append(
            {
                "id": f"f{number}",
                **_place(blot(segment.place) if segment else ""),
                "start": redaction.start,
                "end": redaction.end,
                "category": redaction.category.value,
                "entity": redaction.entity,
                "rule": redaction.rule,
                "confidence": round(redaction.confidence, 2),
                "action": redaction.action.value,
                "reason_code": redaction.reason_code,
                "pseudonym": redaction.pseudonym,
            }
        )
    used = sorted({redaction.reason_code for redaction in plan.redactions})
    return {
        "v": REPORT_VERSION,
        "exhibit": exhibit,
        "view": view,
        "source_commitment": source_commitment,
        "extractor": {"name": document.extractor, "version": document.version},
        "characters": len(document.text),
        "findings": findings,
        "counts": dict(sorted(Counter(redaction.rule for redaction in plan.redactions).items())),
        "reasons": {code: _reason(code) for code in used},
        "dropped": [blot(each) for each in dropped],
        "verified": {"layers": [blot(name) for name in proof.layers], "hits": proof.hits},
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

    def __init__(self, removed: Sequence[RemovedValue]) -> None:
        self._values = tuple(removed)
        self._known: dict[str, str] = {}

    def __call__(self, text: str) -> str:
        if text not in self._known:
            self._known[text] = self._blotted(text)
        return self._known[text]

    def _blotted(self, text: str) -> str:
        pieces: list[str] = []
        position = 0
        for start, end in sorted({(where.start, where.end) for _, where in recurrences(text, self._values)}):
            if start >= position:
                pieces += (text[position:start], _BLOT)
            position = max(position, end)
        return "".join((*pieces, text[position:]))
