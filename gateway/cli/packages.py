"""``evidence-gateway packages``: what an agency has pushed and must answer, and how it ends."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.options import CredentialsFile, Json
from gateway.cli.principal import client_of, say, say_all
from gateway.errors import NotFound

packages_app = typer.Typer(
    help="Packages: list, deadlines, closing a case, certificates of destruction, attestations.", no_args_is_help=True
)


@packages_app.command("list")
def list_all(credentials: CredentialsFile, as_json: Json = False) -> None:
    """List the packages that one's own agency pushed, newest first."""
    with client_of(credentials) as client:
        found = list(client.packages())
    say_all(
        "packages",
        found,
        lambda p: f"{p['id']}  {p['state']}  {p['case']}  {p['urgency']}  {p['created_at'][:10]}  {p['reason']}",
        as_json,
    )


@packages_app.command("deadlines")
def deadlines(
    credentials: CredentialsFile,
    late: Annotated[bool, typer.Option("--late", help="Those that were answered too late instead.")] = False,
    as_json: Json = False,
) -> None:
    """List packages that wait for an answer, soonest due first; exit code 3 if a deadline was missed."""
    with client_of(credentials) as client:
        found = list(client.deadlines(late=late))
    say_all(
        "deadlines",
        found,
        lambda d: f"{d['package']}  {d['state']}  {d['urgency']}  due {d['due_at'][:16]}  from {d['sender']}",
        as_json,
    )
    if any(d["state"] == "breached" for d in found):
        raise typer.Exit(3)


@packages_app.command("close-case")
def close_case(
    credentials: CredentialsFile,
    agreement: Annotated[str, typer.Argument(help="The agreement's id.")],
    case: Annotated[str, typer.Argument(help="The case's reference.")],
    as_json: Json = False,
) -> None:
    """Close a case that one's own agency opened, for good."""
    with client_of(credentials) as client:
        closed = client.close_case(agreement, case)
    say(closed, f"The case {case} is closed.", as_json)


@packages_app.command("certificates")
def certificates(
    credentials: CredentialsFile,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Folder for ID.json, ID.sig and ID.pdf, each verified.")
    ] = None,
    as_json: Json = False,
) -> None:
    """List certificates of destruction, and fetch them.

    Exit codes: 0 done; 1 one does not verify (nothing of it was written).
    """
    with client_of(credentials) as client:
        found = list(client.certificates())
        if out is not None:
            out.mkdir(parents=True, exist_ok=True)
            for item in found:
                fetched = client.certificate(item["id"])
                for suffix, data in (("json", fetched.document), ("sig", fetched.signature), ("pdf", fetched.pdf)):
                    (out / f"{item['id']}.{suffix}").write_bytes(data)
    say_all(
        "certificates",
        found,
        lambda c: f"{c['id']}  package {c['package']}  {c['reason']}  {c['disposed_at'][:16]}",
        as_json,
    )


@packages_app.command("duties")
def duties(credentials: CredentialsFile, as_json: Json = False) -> None:
    """List duties to attest deletion: one's own, and those owed to one; exit code 3 if one is overdue."""
    with client_of(credentials) as client:
        found = list(client.duties())
    say_all(
        "duties",
        found,
        lambda d: (
            f"{d['id']}  {d['state']}  {d['agency']} owes {d['sender']}  {len(d['releases'])} release(s)  "
            f"due {d['due_at'][:10]}"
        ),
        as_json,
    )
    if any(d["state"] == "overdue" for d in found):
        raise typer.Exit(3)


@packages_app.command("attest")
def attest(
    credentials: CredentialsFile,
    duty: Annotated[str, typer.Argument(help="Id of the duty.")],
    deleted_at: Annotated[
        datetime | None, typer.Option(help="When the last copy was deleted, UTC [default: now].")
    ] = None,
    as_json: Json = False,
) -> None:
    """Sign and send the attestation that all copies of a duty's releases are deleted."""
    moment = datetime.now(UTC) if deleted_at is None else deleted_at.replace(tzinfo=UTC)
    with client_of(credentials) as client:
        owed = next((found for found in client.duties() if found["id"] == duty), None)
        if owed is None:
            raise NotFound("duty-unknown", "Your agency has no such duty.", remedy="List them with 'packages duties'.")
        answer = client.attest(owed, moment)
    say(answer, f"Attested: {answer['state']}.", as_json)
