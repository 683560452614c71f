"""``evidence-gateway agencies``: the directory of agencies, principals and public keys.

For the operator, on the machine that holds the database. Private keys are never asked for.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from gateway.cli.operator import say, transaction
from gateway.cli.options import Home, Json
from gateway.errors import InvalidInput

agencies_app = typer.Typer(
    help="Agencies, their principals and public keys (operator; works on the database).", no_args_is_help=True
)


@agencies_app.command("add")
def add(
    agency: Annotated[str, typer.Argument(help="Identifier, such as cnil-fr.")],
    name: Annotated[str, typer.Option(help="Name in full.")],
    jurisdiction: Annotated[str, typer.Option(help="Country code, ISO 3166-1 alpha-2.")],
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Register an agency."""
    from gateway.evidence.agency import Agency
    from gateway.exchange.parties.onboard import add_agency

    with transaction(home) as (tx, now):
        add_agency(tx, Agency(agency, name, jurisdiction, now))
    say({"agency": agency}, f"Registered the agency {agency}.", as_json)


@agencies_app.command("principal")
def principal(
    principal_id: Annotated[str, typer.Argument(metavar="PRINCIPAL", help="Identifier; also the OAuth client id.")],
    agency: Annotated[str, typer.Option(help="The agency it belongs to.")],
    role: Annotated[list[str], typer.Option(help="A role of the agreements; may be repeated.")],
    attribute: Annotated[
        list[str] | None, typer.Option(help="Something the principal holds, such as protective-order.")
    ] = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Add a principal, or replace its roles and attributes."""
    from gateway.evidence.package import Principal
    from gateway.exchange.parties.onboard import put_principal

    entry = Principal(principal_id, agency, frozenset(role), frozenset(attribute or ()))
    with transaction(home) as (tx, now):
        put_principal(tx, entry, now)
    say({"principal": principal_id, "roles": sorted(entry.roles)}, f"Stored the principal {principal_id}.", as_json)


@agencies_app.command("key")
def key(
    key_id: Annotated[str, typer.Argument(metavar="KEY", help="Identifier of the key, such as cnil-fr.signing-1.")],
    agency: Annotated[str, typer.Option(help="The agency it belongs to.")],
    use: Annotated[str, typer.Option(help="authentication, signing or receiving.")],
    file: Annotated[Path, typer.Option(help="Public key: PEM, or an age recipient for receiving.")],
    principal_id: Annotated[
        str | None, typer.Option("--principal", help="For an authentication key: its principal.")
    ] = None,
    valid_until: Annotated[datetime | None, typer.Option(help="Last moment of use, UTC.")] = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Register a public key."""
    from gateway.evidence.agency import RegisteredKey
    from gateway.exchange.parties.onboard import register_key

    if use not in ("authentication", "signing", "receiving"):
        raise InvalidInput(
            "key-use-unknown", f"'{use}' is not a use of keys.", remedy="Say authentication, signing or receiving."
        )
    with transaction(home) as (tx, now):
        until = valid_until.replace(tzinfo=UTC) if valid_until else None
        material = file.read_text(encoding="utf-8").strip()
        register_key(tx, RegisteredKey(key_id, agency, principal_id, use, material, now, until), now)  # type: ignore[arg-type]  # checked above
    say({"key": key_id}, f"Registered the {use} key {key_id}.", as_json)


@agencies_app.command("revoke")
def revoke(key_id: Annotated[str, typer.Argument(metavar="KEY")], home: Home = None, as_json: Json = False) -> None:
    """Revoke a key; it stops being accepted at the next request."""
    from gateway.exchange.parties.onboard import revoke_key

    with transaction(home) as (tx, now):
        revoke_key(tx, key_id, now)
    say({"revoked": key_id}, f"Revoked {key_id}.", as_json)


@agencies_app.command("list")
def list_all(home: Home = None, as_json: Json = False) -> None:
    """List agencies with their principals and keys."""
    from rich.console import Console
    from rich.table import Table

    rows: list[dict[str, Any]] = []
    with transaction(home) as (tx, now):
        for agency in tx.directory.agencies():
            principals = tx.directory.principals(agency.id)
            keys = [*tx.directory.keys(agency.id, "signing"), *tx.directory.keys(agency.id, "receiving")]
            for p in principals:
                keys += tx.directory.keys(agency.id, "authentication", p.id)
            rows.append(
                {
                    "id": agency.id,
                    "name": agency.name,
                    "jurisdiction": agency.jurisdiction,
                    "principals": [
                        {"id": p.id, "roles": sorted(p.roles), "attributes": sorted(p.attributes)} for p in principals
                    ],
                    "keys": [{"id": k.id, "use": k.use, "usable": k.usable(now)} for k in keys],
                }
            )
    if as_json:
        typer.echo(json.dumps({"agencies": rows}, ensure_ascii=False))
        return
    table = Table("agency", "name", "country", "principals (roles)", "keys")
    for row in rows:
        table.add_row(
            row["id"],
            row["name"],
            row["jurisdiction"],
            "\n".join(f"{p['id']} ({', '.join(p['roles'])})" for p in row["principals"]),
            "\n".join(f"{k['id']} {k['use']}{'' if k['usable'] else ' (not usable)'}" for k in row["keys"]),
        )
    Console().print(table)
