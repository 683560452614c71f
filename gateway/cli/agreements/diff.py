"""``agreements diff``: what changes from one version to another, for whom, in plain sentences."""

from __future__ import annotations

import json
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.files import read_file, write_text

if TYPE_CHECKING:
    from gateway.agreements.diff import Change
    from gateway.agreements.model import Agreement


class DiffFormat(StrEnum):
    TEXT = "text"
    HTML = "html"
    JSON = "json"


def diff(
    old: Annotated[Path, typer.Argument(metavar="OLD", help="The version there is.")],
    new: Annotated[Path, typer.Argument(metavar="NEW", help="The version there shall be.")],
    format_: Annotated[DiffFormat, typer.Option("--format", help="How to show the changes.")] = DiffFormat.TEXT,
    out: Annotated[Path | None, typer.Option("--out", "-o", metavar="PATH", help="Write it there.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The same as --format json.")] = False,
) -> None:
    """Say in plain sentences what changes from one version to another, and for whom.

    First what people may do, role by role and party by party; then what the text says differently.
    """
    from gateway.agreements.diff import compare_agreements
    from gateway.agreements.text.parsing import parse_agreement
    from gateway.policy.consequences import consequences

    before, after = parse_agreement(read_file(old)), parse_agreement(read_file(new))
    people, rules = consequences(before, after), compare_agreements(before, after)
    chosen = DiffFormat.JSON if as_json else format_
    if chosen is DiffFormat.JSON:
        answer = [{"kind": "people", **change.as_dict()} for change in people]
        answer += [{"kind": "rule", **change.as_dict()} for change in rules]
        written = json.dumps(answer, indent=2, ensure_ascii=False) + "\n"
    elif chosen is DiffFormat.HTML:
        written = diff_page(before, after, people, rules)
    else:
        written = diff_text((*people, *rules))
    write_text(out, written)


def diff_text(changes: Sequence[Change]) -> str:
    """A heading for everyone affected, and the sentences below it."""
    if not changes:
        return "Nothing changes.\n"
    text = ""
    for affected in dict.fromkeys(change.affected for change in changes):
        text += f"{affected[:1].upper()}{affected[1:]}:\n"
        text += "".join(f"  - {change.sentence}\n" for change in changes if change.affected == affected)
    return text


def diff_page(old: Agreement, new: Agreement, people: Sequence[Change], rules: Sequence[Change]) -> str:
    """The changes as a page."""
    from gateway.cli.agreements.page import Cell, element, page, paragraph, table

    effects = {"more": "more is permitted", "less": "less is permitted", "other": "otherwise"}

    def section(title: str, caption: str, changes: Sequence[Change]) -> list[Cell]:
        if not changes:
            return [element("h2", title), paragraph("Nothing changes.")]
        rows = [
            (
                c.affected,
                c.sentence,
                element("span", effects[c.effect], class_="note"),
                element("code", c.clause or "/"),
            )
            for c in changes
        ]
        return [element("h2", title), table(caption, ("who is affected", "what changes", "effect", "clause"), rows)]

    return page(
        f"What changes: {new.title}",
        paragraph(f"From version {old.version} of {old.id} to version {new.version} of {new.id}. Digests: "),
        paragraph(element("code", old.digest), " → ", element("code", new.digest)),
        *section("What people may do", "As the gateway would decide under each version", people),
        *section("What the text says differently", "Clause by clause", rules),
    )
