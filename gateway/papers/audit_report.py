"""An officer's report of log entries as a PDF: what was asked, by whom, over what period, and the answer.

Laid out for paper: a first part with the question, the counts and the checkpoint that vouches for the
entries, then a table. The page is the same for the same input (no times or ids of its own); the caller
signs it (signing.py). Proofs of the single entries are not printed; the report names the leaf hash of
each, which the proofs are about.
"""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any
from xml.sax.saxutils import escape

from reportlab.lib import colors
from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.styles import ParagraphStyle, getSampleStyleSheet
from reportlab.lib.units import mm
from reportlab.platypus import LongTable, Paragraph, SimpleDocTemplate, Spacer, TableStyle

from gateway.papers.letters import letters, showable
from gateway.translog.checkpoint import Checkpoint
from gateway.translog.entry import format_time, parse_entry
from gateway.translog.merkle import leaf_hash

_HEADINGS = ("seq", "time (UTC)", "who", "action", "outcome", "object", "agreement, clause, reason", "leaf hash")
_WIDTHS = tuple(w * mm for w in (12, 30, 38, 30, 15, 48, 48, 52))


def audit_report(
    leaves: Sequence[bytes], *, question: Mapping[str, Any], asked_by: str, made_at: str, head: Checkpoint
) -> bytes:
    """The report as PDF bytes.

    Args:
        question: The filters of the search, as they were.
        asked_by: Who asked.
        made_at: When it was made, as text.
        head: The checkpoint under which the entries were proved.
    """
    styles = getSampleStyleSheet()
    font = letters()
    small = ParagraphStyle("small", parent=styles["Normal"], fontName=font, fontSize=6.5, leading=8, wordWrap="CJK")
    plain = ParagraphStyle("plain", parent=styles["Normal"], fontName=font, fontSize=9, leading=12)
    head_of = ParagraphStyle("head", parent=styles["Normal"], fontName="Helvetica-Bold", fontSize=6.5, leading=8)
    entries = [parse_entry(leaf) for leaf in leaves]
    filters = "; ".join(f"{name} = {value}" for name, value in question.items()) or "none"
    outcomes = ", ".join(f"{n} {outcome}" for outcome, n in sorted(Counter(e.outcome for e in entries).items()))
    period = f"{format_time(entries[0].time)} to {format_time(entries[-1].time)}" if entries else "no entries"
    facts = (
        ("Log", head.origin),
        ("Asked by", asked_by),
        ("Made at", made_at),
        ("Filters", filters),
        ("Entries", f"{len(entries)} ({outcomes})" if entries else "0"),
        ("Times of first and last", period),
        ("Checkpoint", f"{head.size} entries, root {head.root.hex()}"),
        (
            "To check",
            "The signature is in this file: open it in a PDF reader, and compare the key of the certificate with the "
            "gateway's release-signing key, which every agency has. Without a reader: docs/audit.md, 'Signed reports'. "
            "Each entry is checked by its proof, in the JSON Lines export of the same question.",
        ),
    )
    story: list[Any] = [Paragraph("Extract of the audit log", styles["Title"])]
    story += [Paragraph(f'<font name="Helvetica-Bold">{name}:</font> {_shown(value)}', plain) for name, value in facts]
    story.append(Spacer(1, 6 * mm))
    rows: list[list[Any]] = [[Paragraph(heading, head_of) for heading in _HEADINGS]]
    for leaf, entry in zip(leaves, entries, strict=True):
        actor = entry.actor
        who = actor.get("system") or f"{actor.get('principal', '')} ({actor.get('agency', '')})"
        under = [f"{entry.agreement['id']} v{entry.agreement['version']}" if entry.agreement else ""]
        cells = (
            str(entry.seq),
            entry.time.strftime("%Y-%m-%d %H:%M:%S"),
            who,
            entry.action,
            entry.outcome,
            f"{entry.object['kind']} {entry.object['id']}",
            " ".join(part for part in (*under, entry.clause, entry.reason) if part),
            leaf_hash(leaf).hex(),
        )
        rows.append([Paragraph(_shown(cell), small) for cell in cells])
    table = LongTable(rows, colWidths=_WIDTHS, repeatRows=1)
    table.setStyle(
        TableStyle(
            [
                ("GRID", (0, 0), (-1, -1), 0.25, colors.grey),
                ("BACKGROUND", (0, 0), (-1, 0), colors.whitesmoke),
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ]
        )
    )
    story.append(table)
    out = io.BytesIO()
    document = SimpleDocTemplate(
        out,
        pagesize=landscape(A4),
        leftMargin=12 * mm,
        rightMargin=12 * mm,
        topMargin=12 * mm,
        bottomMargin=15 * mm,
        title="Extract of the audit log",
        author=head.origin,
        invariant=1,
    )
    document.build(story, onFirstPage=_footer, onLaterPages=_footer)
    return out.getvalue()


def _shown(text: str) -> str:
    # Escaped: an identifier in angle brackets is no markup.
    return escape(showable(text))


def _footer(canvas: Any, document: Any) -> None:
    canvas.setFont("Helvetica", 7)
    canvas.drawRightString(document.pagesize[0] - 12 * mm, 8 * mm, f"page {document.page}")
