"""docs/formats.md names every code and quotes the limits that are in force."""

from __future__ import annotations

import re
from pathlib import Path

from gateway.formats import limits

ROOT = Path(__file__).resolve().parents[3]
_PREFIXES = "text|csv|json|email|html|docx|pdf|office|xml|mbox|archive|layers|sandbox|replacement|image"
_CODE = re.compile(rf'"((?:{_PREFIXES})-[a-z]+(?:-[a-z]+)*)"')
# Names of OpenDocument elements that look like codes.
_ELEMENTS = {"text-box", "text-properties"}


def test_every_refusal_is_documented() -> None:
    text = (ROOT / "docs" / "formats.md").read_text()
    files = [file for room in ("formats", "sandbox") for file in (ROOT / "gateway" / room).rglob("*.py")]
    codes = {code for file in files for code in _CODE.findall(file.read_text())}
    assert len(codes) > 40
    assert {code for code in codes - _ELEMENTS if f"`{code}`" not in text} == set()


def test_the_limits_quoted_are_those_in_force() -> None:
    text = (ROOT / "docs" / "formats.md").read_text()
    for name, quoted in (
        ("MAX_CANONICAL_CHARS", f"{limits.MAX_CANONICAL_CHARS:,} characters"),
        ("MAX_CSV_CELL_CHARS", f"{limits.MAX_CSV_CELL_CHARS:,} characters"),
        ("MAX_CSV_CELLS", f"{limits.MAX_CSV_CELLS:,} cells"),
        ("MAX_JSON_DEPTH", f"{limits.MAX_JSON_DEPTH} levels"),
        ("MAX_JSON_VALUES", f"{limits.MAX_JSON_VALUES:,} values"),
        ("MAX_EMAIL_PARTS", f"{limits.MAX_EMAIL_PARTS} parts"),
        ("MAX_NESTED_MESSAGES", f"to {limits.MAX_NESTED_MESSAGES} levels"),
        ("MAX_ZIP_MEMBERS", f"{limits.MAX_ZIP_MEMBERS:,} members"),
        ("MAX_ZIP_RATIO", f"{limits.MAX_ZIP_RATIO} times"),
        ("MAX_DOCX_BLOCKS", f"{limits.MAX_DOCX_BLOCKS:,} blocks"),
        ("MAX_PDF_PAGES", f"{limits.MAX_PDF_PAGES:,} pages"),
        ("MAX_PDF_CHARS", f"{limits.MAX_PDF_CHARS:,} in all"),
        ("MAX_PDF_BYTES", f"{limits.MAX_PDF_BYTES // limits.MIB} MiB"),
    ):
        assert quoted in " ".join(text.split()), name
