"""``agreements matrix``: who may do what, as a table for the terminal, as CSV, HTML or JSON.

Parties for which all answers are the same are shown together, since that is how agreements are made
and read. CSV and JSON have every row by itself, the refusals with clause and reason too.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.agreements.matrix_blocks import Block, Line, attestation_time, blocks
from gateway.cli.files import read_file, write_text

if TYPE_CHECKING:
    from gateway.agreements.model import Agreement
    from gateway.policy.matrix import Row

#: What a spreadsheet takes for the beginning of a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class MatrixFormat(StrEnum):
    TEXT = "text"
    CSV = "csv"
    HTML = "html"
    JSON = "json"


def matrix(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="An agreement file, YAML or JSON.")],
    format_: Annotated[MatrixFormat, typer.Option("--format", help="How to show the table.")] = MatrixFormat.TEXT,
    out: Annotated[Path | None, typer.Option("--out", "-o", metavar="PATH", help="Write it there.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The same as --format json.")] = False,
) -> None:
    """Show who may do what: party, role, action, evidence type and view, as the gateway would decide.

    A draft is judged as if it were in force. Each person is taken to hold the attributes its role needs.
    """
    from gateway.agreements.text.parsing import parse_agreement
    from gateway.cli.agreements.matrix_page import matrix_page
    from gateway.policy.matrix import permission_matrix

    agreement = parse_agreement(read_file(file))
    rows = permission_matrix(agreement)
    chosen = MatrixFormat.JSON if as_json else format_
    if chosen is MatrixFormat.JSON:
        answer = {"agreement": agreement.ref.as_dict(), "rows": [row.as_dict() for row in rows]}
        written = json.dumps(answer, indent=2, ensure_ascii=False) + "\n"
    elif chosen is MatrixFormat.CSV:
        written = matrix_csv(rows)
    elif chosen is MatrixFormat.HTML:
        written = matrix_page(agreement, rows)
    else:
        written = matrix_text(agreement, rows)
    write_text(out, written)


def matrix_text(agreement: Agreement, rows: Sequence[Row]) -> str:
    """For the terminal."""
    head = f"{agreement.title}\nAgreement '{agreement.id}', version {agreement.version}. Who may do what:\n"
    body = "".join(_block_text(block) for block in blocks(rows))
    fate = "".join(f"{line}\n" for line in _fate(agreement))
    return f"{head}{body}\n{fate}\nAnything else is refused.\n"


def _fate(agreement: Agreement) -> Iterator[str]:
    """How long each type is kept, and what becomes of what is not as declared."""
    from gateway.policy.matrix import keeps_of

    yield "How long it is kept, and what becomes of what is not as declared:"
    for name, rule in agreement.evidence.items():
        fate = "refused and destroyed" if rule.mismatch == "refuse" else "quarantined"
        for view, period in keeps_of(agreement, name).items():
            yield f"  {name} in the view {view}: {period}" if view else f"  {name}: {period}; not as declared: {fate}"
    yield f"Receivers attest deletion within {attestation_time(agreement)}."


def _block_text(block: Block) -> str:
    table = [("role", "may", "view", "what")]
    table += [(line.role, line.action, _view_text(line.view), _what(line)) for line in block.lines]
    table += [(row.role, "nothing", "-", row.reason) for row in block.idle]
    widths = [max(len(cells[i]) for cells in table) for i in range(3)]
    text = "\n" + ", ".join(block.parties) + "\n"
    for cells in table:
        text += "  " + "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=False))
        text += f"  {cells[3]}\n"
    return text


def _view_text(view: str) -> str:
    return {"*": "all", "": "-"}.get(view, view)


def _what(line: Line) -> str:
    able = [name for name, row in line.types.items() if row.permitted and name not in ("*", "")]
    unable = [name for name, row in line.types.items() if not row.permitted]
    parts = [", ".join(able) or {"audit": "the log", "hold": "any case"}.get(line.action, "all that is permitted")]
    if unable:
        parts.append(f"not {', '.join(unable)}")
    if line.row.needs:
        parts.append(f"needs {', '.join(line.row.needs)}")
    conditions = dict.fromkeys(condition for row in line.types.values() for condition in row.review)
    if conditions:
        parts.append(f"review first: {', '.join(conditions)}")
    return "; ".join(parts)


def matrix_csv(rows: Sequence[Row]) -> str:
    """RFC 4180, with a line of headings; lists are joined by a semicolon."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\r\n")
    names = list(rows[0].as_dict()) if rows else []
    writer.writerow(names)
    for row in rows:
        writer.writerow([*_cells(row)])
    return stream.getvalue()


def _cells(row: Row) -> Iterator[str]:
    for value in row.as_dict().values():
        if isinstance(value, bool):
            yield "yes" if value else "no"
        elif isinstance(value, list):
            yield _harmless("; ".join(value))
        else:
            yield _harmless("" if value is None else str(value))


def _harmless(cell: str) -> str:
    # A spreadsheet would run it; an apostrophe makes it text (OWASP, CSV injection).
    return f"'{cell}" if cell.startswith(_FORMULA) else cell
