"""``evidence-gateway agreements``: check, read, compare and sign agreement files, all offline.

Nothing here needs a server or a database. Commands that change what is in force (propose, activate)
join this app from modules of their own.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from gateway.agreements.finding import AgreementFinding

agreements_app = typer.Typer(
    help="Data-sharing agreements: check, read, compare, sign, put into force.", no_args_is_help=True
)

AsJson = Annotated[bool, typer.Option("--json", help="Answer in JSON.")]
AgreementFile = Annotated[Path, typer.Argument(metavar="FILE", help="An agreement file, YAML or JSON.")]


@agreements_app.command("lint")
def lint(
    files: Annotated[list[Path], typer.Argument(metavar="FILES...", help="Agreement files, YAML or JSON.")],
    strict: Annotated[bool, typer.Option("--strict", help="Exit with 1 on warnings too.")] = False,
    as_json: AsJson = False,
) -> None:
    """Check agreement files and explain every error and doubt, with line and remedy.

    Exit code 0: no errors. 1: at least one error (or a warning, with --strict).
    """
    from datetime import UTC, datetime

    from gateway.agreements.lint import lint_agreement

    today = datetime.now(UTC).date()
    results = {str(path): lint_agreement(_read(path), today) for path in files}
    if as_json:
        answer = [{"file": name, "findings": [f.as_dict() for f in found]} for name, found in results.items()]
        typer.echo(json.dumps(answer, indent=2, ensure_ascii=False))
    else:
        for name, found in results.items():
            _print_findings(name, found)
    severities = {finding.severity for found in results.values() for finding in found}
    if "error" in severities or (strict and severities):
        raise typer.Exit(1)


@agreements_app.command("show")
def show(file: AgreementFile, as_json: AsJson = False) -> None:
    """Say in plain words what an agreement permits, hides, keeps and asks for."""
    from gateway.agreements.explain import explain_agreement
    from gateway.agreements.parsing import parse_agreement

    agreement = parse_agreement(_read(file))
    if as_json:
        answer = {**agreement.ref.as_dict(), "document": agreement.document}
        typer.echo(json.dumps(answer, indent=2, ensure_ascii=False))
    else:
        typer.echo(explain_agreement(agreement), nl=False)


@agreements_app.command("diff")
def diff(
    old: Annotated[Path, typer.Argument(metavar="OLD", help="The version there is.")],
    new: Annotated[Path, typer.Argument(metavar="NEW", help="The version there shall be.")],
    as_json: AsJson = False,
) -> None:
    """Say in plain sentences what changes from one version to another, and for whom."""
    from gateway.agreements.diff import compare_agreements
    from gateway.agreements.parsing import parse_agreement

    changes = compare_agreements(parse_agreement(_read(old)), parse_agreement(_read(new)))
    if as_json:
        typer.echo(json.dumps([change.as_dict() for change in changes], indent=2, ensure_ascii=False))
        return
    if not changes:
        typer.echo("Nothing changes.")
    for affected in dict.fromkeys(change.affected for change in changes):
        typer.echo(f"{affected[:1].upper()}{affected[1:]}:")
        for change in changes:
            if change.affected == affected:
                typer.echo(f"  - {change.sentence}")


@agreements_app.command("schema")
def schema() -> None:
    """Print the JSON Schema of agreement files, for an editor."""
    from gateway.agreements.schema import agreement_schema

    typer.echo(json.dumps(agreement_schema(), indent=2, ensure_ascii=False))


@agreements_app.command("sign")
def sign(
    file: AgreementFile,
    key: Annotated[Path, typer.Option("--key", metavar="PEM", help="The agency's private signing key, PEM.")],
    agency: Annotated[str, typer.Option("--agency", metavar="ID", help="The party that signs.")],
    out: Annotated[Path, typer.Option("--out", "-o", metavar="FILE", help="Where to write the signature.")],
    as_json: AsJson = False,
) -> None:
    """Sign a version of an agreement for a party, offline; the key stays where it is.

    Read what 'agreements show' says first: the signature covers every word of the file but its remarks.
    """
    from gateway.agreements.parsing import parse_agreement
    from gateway.agreements.signing import PartySignature, statement, verify_party_signature
    from gateway.envelope import signature as ecdsa

    agreement = parse_agreement(_read(file))
    private = ecdsa.load_private_key(_read(key, limit=ecdsa.MAX_PEM_BYTES))
    signed = PartySignature(agreement.ref, agency, ecdsa.sign(private, statement(agreement.ref)))
    # Checked before it is written: an agency that is not a party, or a faulty key, must not get that far.
    verify_party_signature(agreement, signed, ecdsa.public_pem(private.public_key()))
    _write(out, signed.to_json())
    answer: dict[str, Any] = {**agreement.ref.as_dict(), "agency": agency, "signature_file": str(out)}
    if as_json:
        typer.echo(json.dumps(answer, ensure_ascii=False))
    else:
        typer.echo(f"Signed version {agreement.version} of '{agreement.id}' for {agency}.")
        typer.echo(f"  digest:    {agreement.digest}")
        typer.echo(f"  signature: {out}")


def _print_findings(name: str, findings: Sequence[AgreementFinding]) -> None:
    for finding in findings:
        typer.echo(f"{name}:{finding.line}:{finding.column}: {finding.severity} [{finding.code}] {finding.message}")
        typer.echo(f"    what to do: {finding.remedy}")
    errors = sum(finding.severity == "error" for finding in findings)
    warnings = len(findings) - errors
    typer.echo(f"{name}: {_count(errors, 'error')}, {_count(warnings, 'warning')}")


def _count(number: int, noun: str) -> str:
    return f"{number or 'no'} {noun}{'' if number == 1 else 's'}"


def _read(path: Path, limit: int | None = None) -> bytes:
    from gateway.agreements.source_text import MAX_BYTES
    from gateway.errors import InvalidInput

    try:
        with path.open("rb") as stream:
            # One byte more than is accepted, so that the reader sees that it is too much.
            return stream.read((limit or MAX_BYTES) + 1)
    except OSError as error:
        raise InvalidInput(
            "file-unreadable", f"{path.name} can't be read: {error.strerror}.", remedy="Check the path and its rights."
        ) from error


def _write(path: Path, data: bytes) -> None:
    from gateway.errors import Unavailable

    try:
        path.write_bytes(data)
    except OSError as error:
        raise Unavailable(
            "file-unwritable", f"{path.name} can't be written: {error.strerror}.", remedy="Choose another place."
        ) from error
