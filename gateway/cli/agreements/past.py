"""``agreements simulate-past``: what would have become of past packages under a draft."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.files import read_file
from gateway.cli.operator import transaction

REFUSED = 3


def simulate_past(
    agreement: Annotated[Path, typer.Option(help="The draft.")],
    last: Annotated[int, typer.Option(min=1, max=10_000, help="How many packages, newest first.")] = 200,
    home: Annotated[Path | None, typer.Option(help="Folder of the gateway [$EVIDENCE_GATEWAY_HOME].")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="A verdict for each package, in JSON.")] = False,
) -> None:
    """Say which of the last packages the draft would have refused or narrowed, and why.

    Looks at metadata only (types, sizes, purposes, who pushed, who received); the log records that it
    was done. Exit codes: 0 none would have been refused; 3 some would.
    """
    from gateway.agreements.text.parsing import parse_agreement
    from gateway.simulation.past import simulate_past

    draft = parse_agreement(read_file(agreement))
    with transaction(home) as (tx, now):
        answer = simulate_past(tx, draft, last, now)
    if as_json:
        typer.echo(json.dumps(answer, indent=2, ensure_ascii=False))
    else:
        for sentence in answer["sentences"]:
            typer.echo(sentence)
    if answer["refused"]:
        raise typer.Exit(REFUSED)
