"""docs/reason-codes.md says what the taxonomy says."""

from __future__ import annotations

from pathlib import Path

from gateway.evidence.taxonomy import ENTITIES, REASON_CODES

PAGE = Path(__file__).resolve().parents[3] / "docs" / "reason-codes.md"


def test_the_page_lists_every_code_with_its_meaning_and_entities() -> None:
    rows = {
        line.split("|")[1].strip(" `"): line for line in PAGE.read_text("utf-8").splitlines() if line.startswith("| `")
    }
    assert set(REASON_CODES) <= set(rows)
    for code, reason in REASON_CODES.items():
        assert reason.meaning in rows[code]
        assert reason.legal_basis in rows[code]
    for entity in ENTITIES.values():
        assert f"`{entity.name}`" in rows[entity.reason]
