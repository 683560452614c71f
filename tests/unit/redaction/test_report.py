"""The redaction report says where and why, and never what."""

from __future__ import annotations

import json

from gateway.evidence.taxonomy import Action
from gateway.redaction.document import CanonicalText, Finding, Layer, Segment
from gateway.redaction.plan import build_plan
from gateway.redaction.pseudonym import Pseudonymiser
from gateway.redaction.report import build_report
from gateway.redaction.residue import prove_clean


def report_of(places: tuple[str, str]) -> dict[str, object]:
    text = "Ann Redfearn\nborn 12 May 2004"
    document = CanonicalText(text, (Segment(0, 12, places[0]), Segment(13, len(text), places[1])), "csv", "2")
    findings = [Finding(0, 12, "PERSON", "name", 0.851), Finding(18, 29, "DATE", "date", 0.9)]
    plan = build_plan(document, findings, lambda category, entity: Action.REMOVE, Pseudonymiser(b"k" * 32))
    proof = prove_clean(plan.removed, [Layer("cells", plan.expected_text)], plan.expected_text)
    return build_report(
        exhibit="e1",
        view="standard",
        document=document,
        plan=plan,
        proof=proof,
        source_commitment="c0",
        dropped=["images: 2"],
    )


def test_members() -> None:
    report = report_of(("row 2 column name", "page 3"))
    findings = report["findings"]
    assert isinstance(findings, list)
    assert findings[0] == {
        "id": "f1", "cell": "row 2 column name", "start": 0, "end": 12, "category": "personal-data", "entity": "PERSON",
        "rule": "name", "confidence": 0.85, "action": "remove", "reason_code": "PD-NAME", "pseudonym": None,
    }  # fmt: skip
    assert findings[1]["page"] == 3
    assert report["extractor"] == {"name": "csv", "version": "2"}
    assert report["verified"] == {"layers": ["cells"], "hits": 0}
    assert report["counts"] == {"date": 1, "name": 1}
    assert report["dropped"] == ["images: 2"]
    assert set(report["reasons"]) == {"PD-NAME", "PD-DATE"}  # type: ignore[call-overload]


def test_removed_values_do_not_stand_in_places() -> None:
    report = report_of(("/people/Ann Redfearn/name", "/born/redfearn.ann/12 May 2004"))
    text = json.dumps(report, ensure_ascii=False)
    assert "Redfearn" not in text
    assert "redfearn" not in text
    assert "May 2004" not in text
    assert "/people/[removed]/name" in text
