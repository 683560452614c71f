"""``agreements simulate``: what a role of a party would receive from these files under this agreement.

With ``--as all``, every role of every party; what each would receive, keep and lose is then summed up.
"""

from __future__ import annotations

import json
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gateway.cli.files import read_file
from gateway.errors import InvalidInput

if TYPE_CHECKING:
    from rich.console import Console

REFUSED = 3


def simulate(
    files: Annotated[list[Path], typer.Argument(help="The files that would be pushed.")],
    agreement: Annotated[Path, typer.Option(help="The agreement, a draft or not.")],
    who: Annotated[str, typer.Option("--as", metavar="ROLE@AGENCY", help="Who would receive them, or 'all'.")],
    out: Annotated[Path, typer.Option(help="Folder for renditions, reports and decisions.json.")],
    sender: Annotated[
        str | None, typer.Option("--from", help="The party that would send [another than AGENCY].")
    ] = None,
    purpose: Annotated[str | None, typer.Option(help="Purpose of the case [the agreement's first].")] = None,
    evidence_type: Annotated[
        list[str] | None, typer.Option("--type", metavar="NAME=TYPE", help="Evidence type of a file; may be repeated.")
    ] = None,
    at: Annotated[datetime | None, typer.Option(help="The moment to decide for, UTC [now].")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print what decisions.json holds.")] = False,
) -> None:
    """Show what a role would receive: without a server, without storing anything else.

    Writes OUT/VIEW/NAME, OUT/VIEW/NAME.report.json and OUT/decisions.json; with --as all,
    OUT/AGENCY/ROLE/VIEW/NAME and so on, and a summary for each role of each party. Exit codes: 0 all would be
    received; 3 something would be refused (decisions.json says what and why); 2 bad input.
    """
    from rich.console import Console

    from gateway.agreements.text.parsing import parse_agreement
    from gateway.bootstrap.workbench import open_workbench
    from gateway.settings import read_settings
    from gateway.simulation.all_readers import simulate_all
    from gateway.simulation.one_reader import simulate
    from gateway.simulation.scenario import every_scenario, scenario

    draft = parse_agreement(read_file(agreement))
    now = at.replace(tzinfo=UTC) if at else datetime.now(UTC)
    types = _types(evidence_type or [])
    if who == "all":
        questions = every_scenario(draft, now, sender=sender, purpose=purpose, types=types)
    else:
        questions = (scenario(draft, who, now, sender=sender, purpose=purpose, types=types),)
    settings = read_settings()
    console = Console(stderr=True, highlight=False)
    with (
        closing(open_workbench(settings, workers=min(2, len(files)))) as workbench,
        console.status("working (language models load at first)"),
    ):
        if who == "all":
            decisions = simulate_all(questions, files, out, workbench)
        else:
            decisions = simulate(questions[0], files, out, workbench)
    if as_json:
        typer.echo(json.dumps(decisions, ensure_ascii=False))
    elif who == "all":
        _show_all(decisions, out)
    else:
        _show(decisions, out, Console(highlight=False))
    if decisions["refused"]:
        raise typer.Exit(REFUSED)


def _types(pairs: list[str]) -> dict[str, str]:
    types = {}
    for pair in pairs:
        name, equals, evidence_type = pair.rpartition("=")
        if not equals or not name or not evidence_type:
            raise InvalidInput(
                "simulate-invalid", f"'{pair}' is not NAME=TYPE.", remedy="Write --type report.pdf=incident-report."
            )
        types[name] = evidence_type
    return types


def _show(decisions: dict[str, Any], out: Path, console: Console) -> None:
    from rich.table import Table

    who = decisions["as"]
    console.print(
        f"{who['role']} of {who['agency']}, from {decisions['from']}, for {decisions['purpose']}, "
        f"under {decisions['agreement']['id']} version {decisions['agreement']['version']}:"
    )
    table = Table("file", "outcome", "view", "redactions", "clause or reason", box=None, padding=(0, 2))
    for item in decisions["files"]:
        if not item["views"]:
            reason = item.get("message") or "; ".join(item.get("reasons", ()))
            table.add_row(
                item["file"], f"{item['outcome']} ({item['code']})", "", "", f"{item['clause']} {reason}".strip()
            )
        for view in item["views"]:
            count = ""
            if "report" in view:
                count = str(len(json.loads((out / view["report"]).read_bytes())["findings"]))
            note = "a reviewer must approve" if view.get("review_required") else ""
            table.add_row(item["file"], "would be received", view["view"], count, note)
    console.print(table)
    console.print(f"Written to {out}/", markup=False)


def _show_all(decisions: dict[str, Any], out: Path) -> None:
    agreement = decisions["agreement"]
    typer.echo(f"Under {agreement['id']} version {agreement['version']}, for {decisions['purpose']}:")
    for reader in decisions["readers"]:
        first, *rest = reader["summary"]["sentences"]
        typer.echo(f"\n{first[:1].upper()}{first[1:]}")
        for sentence in rest:
            typer.echo(f"  - {sentence}")
    typer.echo(f"\nWritten to {out}/")
