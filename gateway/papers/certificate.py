"""A certificate of destruction as a page to print and file, made from the signed document.

The page repeats what the JSON says and how to check it; only the JSON is signed. What cannot be shown of
an identifier is spelt out (letters.py). The same document gives the same bytes.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any
from xml.sax.saxutils import escape  # writes only; nothing is parsed

from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.platypus import Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

from gateway.papers.letters import letters, showable

_TITLE = ParagraphStyle("title", fontName="Helvetica-Bold", fontSize=16, leading=20, spaceAfter=4 * mm)
_HEAD = ParagraphStyle(
    "head", fontName="Helvetica-Bold", fontSize=10.5, leading=14, spaceBefore=5 * mm, spaceAfter=2 * mm
)
_TEXT = ParagraphStyle("text", fontName="Helvetica", fontSize=9, leading=12)
_MONO = ParagraphStyle("mono", fontName="Courier", fontSize=7.2, leading=9, wordWrap="CJK")
_GRID = TableStyle(
    [
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LINEBELOW", (0, 0), (-1, -1), 0.25, colors.lightgrey),
        ("TOPPADDING", (0, 0), (-1, -1), 2),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 2),
        ("LEFTPADDING", (0, 0), (-1, -1), 0),
    ]
)


def certificate_pdf(certificate: Mapping[str, Any], document_sha256: str) -> bytes:
    """The page, or pages.

    Args:
        certificate: Members of the signed document (envelope/certificate.py).
        document_sha256: Hex digest of the document's bytes, printed so that page and document can be matched.
    """
    out = io.BytesIO()
    template = SimpleDocTemplate(
        out,
        pagesize=A4,
        leftMargin=20 * mm,
        rightMargin=20 * mm,
        topMargin=20 * mm,
        bottomMargin=18 * mm,
        title="Certificate of destruction",
        author="evidence gateway",
        invariant=1,
    )
    agreement = certificate["agreement"]
    facts = [
        ("Certificate", certificate["certificate"]),
        ("Package", certificate["package"]),
        ("Case", certificate["case"]),
        ("Sent by", certificate["sender"]),
        ("Agreement", f"{agreement['id']}, version {agreement['version']}, digest {agreement['digest']}"),
        ("Clause", ", ".join(certificate["clauses"])),
        ("Reason", certificate["reason"]),
        ("Destroyed at", certificate["disposed_at"]),
        ("Entry of the audit log", str(certificate["log_position"])),
    ]
    story: list[Any] = [
        Paragraph("Certificate of destruction", _TITLE),
        Paragraph(
            "The gateway has destroyed the file keys named below. The encrypted contents that they opened can no "
            "longer be read by anybody, and are erased from the gateway's store.",
            _TEXT,
        ),
        Spacer(0, 3 * mm),
        _table([[Paragraph(escape(name), _TEXT), _mono(value)] for name, value in facts], (42 * mm, 128 * mm)),
        Paragraph("File keys destroyed", _HEAD),
        _listed(("key", "of", "object"), [(k["id"], k["of"], k["object"]) for k in certificate["keys"]], (62, 24, 84)),
        Paragraph("Contents that can no longer be opened", _HEAD),
        _listed(
            ("of", "object", "view", "SHA-256 of the encrypted body"),
            [(b["kind"], b["object"], b["view"], b["body_sha256"]) for b in certificate["bodies"]],
            (20, 60, 26, 64),
        ),
        Paragraph("Releases ended", _HEAD),
        _listed(
            ("release", "receiving agency"), [(r["id"], r["recipient"]) for r in certificate["releases"]], (72, 98)
        ),
        Paragraph(f"{certificate['pulled_releases']} of these releases had been pulled.", _TEXT),
        Paragraph("What could not be destroyed", _HEAD),
        *(Paragraph(f"• {escape(showable(sentence))}", _TEXT) for sentence in certificate["remains"]),
        Paragraph("How to check", _HEAD),
        Paragraph(
            "This page is a rendering. The certificate is the JSON document with the SHA-256 below; check it with the "
            "gateway's public key: openssl dgst -sha384 -verify gateway.pem -signature certificate.sig "
            "certificate.json. Its facts_digest stands in the entry of the log that is named above.",
            _TEXT,
        ),
        Spacer(0, 2 * mm),
        _mono(document_sha256),
    ]
    template.build(story, onFirstPage=_footer, onLaterPages=_footer)
    return out.getvalue()


def _listed(heading: Sequence[str], rows: Sequence[Sequence[str]], widths_mm: Sequence[float]) -> Any:
    if not rows:
        return Paragraph("None.", _TEXT)
    cells = [[Paragraph(f"<b>{escape(name)}</b>", _TEXT) for name in heading]]
    cells += [[_mono(value) for value in row] for row in rows]
    return _table(cells, [width * mm for width in widths_mm])


def _table(cells: list[list[Any]], widths: Sequence[float]) -> Any:
    return Table(cells, colWidths=list(widths), style=_GRID, hAlign="LEFT", repeatRows=0)


def _mono(value: str) -> Any:
    # Courier has the letters of ASCII only; what else a value holds is in the font that has more.
    style = _MONO if value.isascii() else ParagraphStyle("letters", parent=_MONO, fontName=letters())
    return Paragraph(escape(showable(value)), style)


def _footer(canvas: Any, template: Any) -> None:
    canvas.saveState()
    canvas.setFont("Helvetica", 7.5)
    canvas.drawRightString(190 * mm, 10 * mm, f"page {template.page}")
    canvas.restoreState()
