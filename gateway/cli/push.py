"""``evidence-gateway push``: hand files to the gateway as one package, and get its signed receipt.

For agencies; needs the base installation and a credentials file (docs/api.md, "Credentials").
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gateway.cli.options import CredentialsFile, Json
from gateway.cli.principal import client_of

if TYPE_CHECKING:
    from gateway.client import ExhibitFile, Pushed

_REFUSED = 3


def push(
    files: Annotated[
        list[str],
        typer.Argument(metavar="[TYPE=]FILE...", help="Files; each may name its evidence type: system-log=events.csv"),
    ],
    agreement: Annotated[str, typer.Option(help="The agreement under which it is sent.")],
    case: Annotated[str, typer.Option(help="Reference of the case; opened at its first package.")],
    purpose: Annotated[str, typer.Option(help="A purpose that the agreement lists.")],
    credentials: CredentialsFile,
    evidence_type: Annotated[
        str, typer.Option("--type", "-t", help="Evidence type of the files that do not name one.")
    ] = "",
    media_type: Annotated[
        str, typer.Option(help="Media type of all files; otherwise each file's extension says it.")
    ] = "",
    urgency: Annotated[str, typer.Option(help="ordinary or emergency.")] = "ordinary",
    note: Annotated[str, typer.Option(help="A remark for the receiving agency.")] = "",
    wait: Annotated[
        float, typer.Option(metavar="SECONDS", help="Wait until the package is released or stopped.")
    ] = 0.0,
    receipt: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Keep the signed receipt (and FILE.sig).")
    ] = None,
    as_json: Json = False,
) -> None:
    """Push files as one package.

    Every exhibit is decided before a byte of it is sent. What the agreement
    does not permit is named, with the clause that refuses it, and not sent.

    Exit codes: 0 pushed; 1 the receipt does not verify; 2 the files or the
    command line cannot be accepted; 3 something was refused, or the package was
    stopped while you waited (the rest was pushed); 5 not available.
    """
    from gateway.cli.transfer_display import transfer_display

    exhibits = [_exhibit(argument, evidence_type, media_type) for argument in files]
    with client_of(credentials) as client:
        with transfer_display(quiet=as_json) as progress:
            pushed = client.push(
                exhibits,
                agreement=agreement,
                case=case,
                purpose=purpose,
                urgency=urgency,
                note=note,
                progress=progress,
            )
        if receipt is not None:
            receipt.write_bytes(pushed.receipt)
            receipt.with_name(receipt.name + ".sig").write_bytes(pushed.signature)
        package = client.wait(pushed.package["id"], timeout_seconds=wait) if wait > 0 else pushed.package
    state = package["state"] if wait > 0 else "submitted"
    _say(pushed, package, state, as_json)
    if pushed.refused or state in ("quarantined", "withdrawn"):
        raise typer.Exit(_REFUSED)


def _exhibit(argument: str, evidence_type: str, media_type: str) -> ExhibitFile:
    from gateway.client import ExhibitFile
    from gateway.errors import InvalidInput

    named, equals, path = argument.partition("=")
    # A file whose own name has an equals sign is meant as it stands.
    if not equals or Path(argument).exists():
        named, path = "", argument
    if not named and not evidence_type:
        raise InvalidInput(
            "evidence-type-missing",
            "A file has no evidence type.",
            remedy="Write TYPE=FILE, for example incident-report=report.pdf, or give --type for all.",
            where=argument,
        )
    return ExhibitFile(Path(path), named or evidence_type, media_type)


def _say(pushed: Pushed, package: dict[str, Any], state: str, as_json: bool) -> None:
    if as_json:
        refused = [
            {"name": e["name"], "code": e["reason"], "clause": e["clause"], "decision": e["decision"]}
            for e in pushed.refused
        ]
        answer = {
            "package": pushed.package["id"],
            "state": state,
            "manifest_digest": pushed.package["manifest_digest"],
            "refused": refused,
            "exhibits": package["exhibits"],
            "releases": package["releases"],
        }
        typer.echo(json.dumps(answer, ensure_ascii=False))
        return
    typer.echo(f"Package {pushed.package['id']} is {state}; the gateway's receipt verifies.")
    for exhibit in pushed.refused:
        typer.echo(f"  refused: {exhibit['name']}: {exhibit['reason']} (clause {exhibit['clause'] or '/'})")
        for reason in (exhibit["decision"] or {}).get("reasons", ()):
            typer.echo(f"    {reason}")
    for exhibit in package["exhibits"]:
        if exhibit["state"] == "quarantined":
            typer.echo(f"  stopped: {exhibit['name']}: {exhibit['reason']}")
    for release in package["releases"]:
        typer.echo(f"  release {release['id']}: view {release['view']} for {release['recipient']}: {release['state']}")
