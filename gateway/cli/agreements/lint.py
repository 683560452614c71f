"""``agreements lint``: every error and doubt of agreement files, with line, explanation and remedy."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.files import read_file
from gateway.cli.operator import transaction
from gateway.cli.options import Json

if TYPE_CHECKING:
    from gateway.agreements.finding import AgreementFinding
    from gateway.agreements.lint_people import KnownPeople


def lint(
    files: Annotated[list[Path], typer.Argument(metavar="FILES...", help="Agreement files, YAML or JSON.")],
    strict: Annotated[bool, typer.Option("--strict", help="Exit with 1 on warnings too.")] = False,
    home: Annotated[
        Path | None,
        typer.Option("--home", help="Folder of a gateway; also hold the file against the people registered there."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Check agreement files and explain every error and doubt, with line and remedy.

    Exit code 0: no errors. 1: at least one error (or a warning, with --strict).
    """
    from datetime import UTC, datetime

    from gateway.agreements.lint import lint_agreement

    today = datetime.now(UTC).date()
    people = None if home is None else _people(home)
    results = {str(path): lint_agreement(read_file(path), today, people=people) for path in files}
    if as_json:
        answer = [{"file": name, "findings": [f.as_dict() for f in found]} for name, found in results.items()]
        typer.echo(json.dumps(answer, indent=2, ensure_ascii=False))
    else:
        for name, found in results.items():
            _print_findings(name, found)
    severities = {finding.severity for found in results.values() for finding in found}
    if "error" in severities or (strict and severities):
        raise typer.Exit(1)


def _people(home: Path) -> KnownPeople:
    from gateway.agreements.lint_people import KnownPeople

    with transaction(home) as (tx, _):
        agencies = [agency.id for agency in tx.directory.agencies()]
        principals = [person for agency in agencies for person in tx.directory.principals(agency)]
    return KnownPeople(frozenset(agencies), tuple(principals))


def _print_findings(name: str, findings: Sequence[AgreementFinding]) -> None:
    for finding in findings:
        typer.echo(f"{name}:{finding.line}:{finding.column}: {finding.severity} [{finding.code}] {finding.message}")
        typer.echo(f"    what to do: {finding.remedy}")
    errors = sum(finding.severity == "error" for finding in findings)
    warnings = len(findings) - errors
    typer.echo(f"{name}: {_count(errors, 'error')}, {_count(warnings, 'warning')}")


def _count(number: int, noun: str) -> str:
    return f"{number or 'no'} {noun}{'' if number == 1 else 's'}"
