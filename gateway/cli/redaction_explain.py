"""``evidence-gateway redaction``: why something was redacted, and which rules redact how much.

Reports hold places and reasons and never what was removed. Files are read without a gateway.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from gateway.cli.files import read_file
from gateway.cli.options import Json
from gateway.cli.principal import client_of
from gateway.errors import InvalidInput

redaction_app = typer.Typer(help="Reports of redaction: explain a finding, count by rule.", no_args_is_help=True)


@redaction_app.command("explain")
def explain(
    report: Annotated[Path, typer.Argument(help="A redaction report (JSON).")],
    finding: Annotated[str | None, typer.Argument(help="Id of the finding: f3.")] = None,
    at: Annotated[int | None, typer.Option(min=0, help="Or a character of the canonical text, from 0.")] = None,
    agreement: Annotated[
        Path | None, typer.Option(help="The agreement that the exhibit was pushed under; names the clause.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Say by which rule, model and clause something was redacted.

    Exit codes: 0 explained; 2 no report, or no agreement; 3 the agreement as given does not ask for it;
    4 nothing was redacted there.
    """
    from gateway.agreements.text.parsing import parse_agreement
    from gateway.exchange.log import redaction_explained

    read = redaction_explained.parse_report(read_file(report, redaction_explained.MAX_REPORT_BYTES))
    wanted = redaction_explained.finding_of(read, finding, at)
    against = None if agreement is None else parse_agreement(read_file(agreement))
    why = redaction_explained.explain(read, wanted, against)
    if as_json:
        typer.echo(json.dumps(asdict(why), ensure_ascii=False))
    else:
        clause = why.clause or "give --agreement to see it"
        for name, value in (
            ("finding", f"{wanted['id']}, characters {wanted['start']} to {wanted['end']}, {why.place}"),
            ("what", f"{wanted['entity']} ({wanted['category']})"),
            ("rule", f"{wanted['rule']}, sure to {wanted['confidence']:.0%}"),
            ("found by", why.found_by + (", as a recurrence" if why.again else "")),
            ("action", f"{wanted['action']} in the view {read['view']}"),
            ("reason", f"{wanted['reason_code']}: {why.meaning}"),
            ("basis", why.legal_basis),
            ("clause", clause),
        ):
            typer.echo(f"{name:9} {_plain(value)}")
        if why.agrees is False:
            typer.echo("This agreement does not ask for that action: is it the version that the exhibit came under?")
    if why.agrees is False:
        raise typer.Exit(3)


@redaction_app.command("statistics")
def statistics(
    reports: Annotated[list[Path] | None, typer.Argument(help="Redaction reports (JSON).")] = None,
    agreement: Annotated[str | None, typer.Option(help="Or: ask the gateway about this agreement.")] = None,
    credentials: Annotated[
        Path | None,
        typer.Option(
            "--credentials", "-c", envvar="EVIDENCE_GATEWAY_CREDENTIALS", help="Of a principal who may audit it."
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Count redactions by rule: how often, how sure, how many only as recurrences.

    Exit codes: 0 counted; 2 no report, or the command line cannot be accepted; 3 refused;
    4 no such agreement; 5 not available.
    """
    if bool(reports) == (agreement is not None) or (agreement is not None and credentials is None):
        raise InvalidInput(
            "statistics-usage",
            "Give either reports, or an agreement and credentials.",
            remedy="Name files, or use --agreement ID --credentials FILE.",
        )
    answer = (
        _of_files(reports or []) if credentials is None or agreement is None else _of_agreement(agreement, credentials)
    )
    if as_json:
        typer.echo(json.dumps(answer))
        return
    typer.echo(f"{'redactions':>10} {'again':>6} {'reports':>7} {'lowest':>6} {'mean':>5}  rule")
    for each in answer["rules"]:
        typer.echo(
            f"{each['redactions']:>10} {each['again']:>6} {each['reports']:>7} {each['lowest_confidence']:>6.2f} "
            f"{each['mean_confidence']:>5.2f}  {_plain(each['rule'])} ({', '.join(each['entities'])})"
        )
    newest = "" if answer["complete"] else " (the newest)"
    typer.echo(
        f"{sum(each['redactions'] for each in answer['rules'])} redactions in {answer['reports']} reports{newest}."
    )


def _of_files(reports: list[Path]) -> dict[str, Any]:
    from gateway.exchange.log import redaction_explained

    limit = redaction_explained.MAX_REPORT_BYTES
    read = (redaction_explained.parse_report(read_file(path, limit)) for path in reports)
    rules = [asdict(each) for each in redaction_explained.statistics(read)]
    return {"reports": len(reports), "complete": True, "rules": rules}


def _of_agreement(agreement: str, credentials: Path) -> dict[str, Any]:
    with client_of(credentials) as client:
        return client.redaction_statistics(agreement)


def _plain(value: str) -> str:
    # A report may come from anywhere; nothing in it may steer a terminal.
    return "".join(char if char.isprintable() else "\ufffd" for char in value)
