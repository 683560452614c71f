"""The matrix of an agreement as a page: a table for each group of parties, then types and views."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gateway.agreements.explain import explain_view
from gateway.agreements.model import Agreement
from gateway.agreements.sizes import write_size
from gateway.cli.agreements.matrix_blocks import Block, Line, attestation_time, blocks
from gateway.cli.agreements.page import Cell, answer, bullets, element, page, paragraph, table
from gateway.evidence.media import REDACTABLE
from gateway.policy.matrix import Row, keeps_of

#: Rights that are not over exhibits of a type.
_OVER_ALL = {"audit": "read the log of what was done under the agreement", "hold": "stop disposal in any case"}


def matrix_page(agreement: Agreement, rows: Sequence[Row]) -> str:
    """The whole page."""
    sections: list[Cell] = []
    for block in blocks(rows):
        sections += [element("h2", ", ".join(block.parties)), *_block(agreement, block)]
    return page(
        f"Who may do what: {agreement.title}",
        paragraph(
            f"Agreement {agreement.id}, version {agreement.version}, in force from {agreement.in_force_from} to "
            f"{agreement.in_force_until}. Digest that the parties sign: ",
            element("code", agreement.digest),
        ),
        paragraph(
            "Each answer is the gateway's own decision for a person with that one role who holds the attributes it "
            "needs. Whatever is not listed is refused. Purposes: " + ", ".join(agreement.purposes) + "."
        ),
        *sections,
        element("h2", "Evidence types"),
        table(
            "What may be sent, and how long it is kept",
            ("type", "media types", "largest", "not looked into", "not as declared", "kept"),
            _types(agreement),
        ),
        paragraph(f"Receivers attest that their copies are deleted within {attestation_time(agreement)}."),
        element("h2", "Views"),
        *_views(agreement),
    )


def _block(agreement: Agreement, block: Block) -> Iterator[Cell]:
    types = [*agreement.evidence, *sorted(agreement.forbidden)]
    over_evidence = [line for line in block.lines if line.action not in _OVER_ALL]
    if over_evidence:
        yield table(
            "Rights over evidence, by type",
            ("role", "may", "view", *types),
            [[*_line(agreement, line, types)] for line in over_evidence],
            headings=3,
        )
    others = [line for line in block.lines if line.action in _OVER_ALL]
    if others:
        yield paragraph("Rights that do not depend on the evidence:")
        yield bullets(f"{line.role} may {line.action}: {_OVER_ALL[line.action]}{_needs(line)}" for line in others)
    if block.idle:
        yield paragraph("These roles may do nothing here:")
        yield bullets(f"{row.role}: {row.reason}" for row in block.idle)


def _line(agreement: Agreement, line: Line, types: Sequence[str]) -> Iterator[Cell]:
    yield element("span", line.role, element("span", _needs(line).removeprefix("; "), class_="note"))
    yield line.action
    yield {"*": "all views", "": "—"}.get(line.view, line.view)
    for name in types:
        row = line.types.get(name)
        if row is not None:
            yield answer(row.permitted, _note(row))
        else:
            # A review is asked for by view; nothing of a forbidden type ever gets as far as that.
            yield answer(name in agreement.evidence, "" if name in agreement.evidence else "evidence type forbidden")


def _needs(line: Line) -> str:
    return f"; needs {', '.join(line.row.needs)}" if line.row.needs else ""


def _note(row: Row) -> str:
    if not row.permitted:
        return row.code.replace("-", " ")
    parts = [f"up to {write_size(row.max_size_bytes)}"] if row.max_size_bytes else []
    if row.review:
        parts.append(f"review: {', '.join(row.review)}")
    if row.action == "pull" and not REDACTABLE.issuperset(row.media):
        parts.append("not redacted" if REDACTABLE.isdisjoint(row.media) else "in part not redacted")
    return "; ".join(parts)


def _types(agreement: Agreement) -> Iterator[list[Cell]]:
    for name, rule in agreement.evidence.items():
        yield [
            name,
            ", ".join(sorted(rule.media)),
            write_size(rule.max_size_bytes),
            "passes" if rule.opaque else "refused",
            "refused and destroyed" if rule.mismatch == "refuse" else "quarantined",
            "; ".join(f"in the view {v}: {kept}" if v else kept for v, kept in keeps_of(agreement, name).items()),
        ]
    for name in sorted(agreement.forbidden):
        yield [name, answer(False), "", "", "", ""]


def _views(agreement: Agreement) -> Iterator[Cell]:
    for name, view in agreement.views.items():
        yield element("h3", name)
        yield bullets(sentence.removeprefix(f"{name}: ") for sentence in explain_view(view))
