"""``log erase``, or ``audit erase``: erase what persons typed, of a case or of one entry, under two persons.

With credentials it is asked for and confirmed over HTTP, by two officers who are each logged in. On the machine
of the gateway the operator names the two who have asked: the command checks that they may, and cannot
check that they did.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gateway.cli.options import Home, Json
from gateway.errors import InvalidInput

if TYPE_CHECKING:
    from gateway.bootstrap.gateway import Gateway


def erase(
    case: Annotated[str | None, typer.Option(help="All of this case: its id.")] = None,
    entry: Annotated[int | None, typer.Option(min=0, help="Of this entry of the log: its sequence number.")] = None,
    field: Annotated[list[str] | None, typer.Option(help="With --entry: only this field; may be repeated.")] = None,
    legal_basis: Annotated[str | None, typer.Option(help="Such as 'UK GDPR Art. 17(1)(a)'.")] = None,
    approved_by: Annotated[
        list[str] | None, typer.Option(help="On the gateway's machine: who asks; two principals who may audit.")
    ] = None,
    confirm: Annotated[str | None, typer.Option(help="With --credentials: the erasure that another asked for.")] = None,
    credentials: Annotated[
        Path | None, typer.Option("--credentials", "-c", help="Credentials file: ask, or confirm, as this officer.")
    ] = None,
    vacuum: Annotated[bool, typer.Option(help="Also rewrite the tables, so that no old page holds the values.")] = True,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Erase what persons typed; every root and proof of the log stays valid."""
    target: dict[str, Any] = {"case": case} if entry is None else {"entry": entry}
    if field:
        target["fields"] = field
    if confirm is None and ((case is None) == (entry is None) or legal_basis is None or (field and entry is None)):
        raise InvalidInput(
            "erasure-target-missing",
            "It is not said what is to be erased, and on which legal basis.",
            remedy="Give --legal-basis and either --case, or --entry with or without --field.",
        )
    if credentials is not None:
        _over_http(credentials, confirm, legal_basis or "", target, as_json)
        return
    if confirm is not None:
        raise InvalidInput(
            "erasure-target-missing", "Who confirms is not known.", remedy="Give --credentials with --confirm."
        )
    count = _here(home, case, entry, field or [], approved_by or [], legal_basis or "", vacuum)
    answer = {**target, "values": count, "vacuum": vacuum}
    typer.echo(json.dumps(answer) if as_json else f"Erased {count} values of the log.")


def vacuum_tables(
    wal: Annotated[
        bool,
        typer.Option("--wal", help="Also drop the write-ahead log of a database that is the gateway's own."),
    ] = False,
    home: Home = None,
) -> None:
    """Rewrite the tables that erasures touch, so that no old page holds what was erased over HTTP."""
    from gateway.bootstrap.gateway import open_gateway
    from gateway.settings import read_settings

    with open_gateway(read_settings(home=home)) as gateway:
        gateway.database.vacuum()
        typer.echo("Rewritten.")
        if wal:
            typer.echo(f"The write-ahead log was dropped: {gateway.database.drop_wal()} segments.")


def _over_http(credentials: Path, confirm: str | None, basis: str, target: dict[str, Any], as_json: bool) -> None:
    from gateway.client import Credentials, GatewayClient

    with GatewayClient(Credentials.load(credentials)) as client:
        answer = client.ask_erasure(basis, **target) if confirm is None else client.confirm_erasure(confirm)
    if as_json:
        typer.echo(json.dumps(answer))
    elif confirm is None:
        typer.echo(f"Asked for, as {answer['id']}. Another officer confirms it before {answer['expires_at'][:10]}.")
    else:
        typer.echo(f"Erased {answer['values']} values of the log. The operator's `audit vacuum` clears old pages.")


def _here(
    home: Path | None,
    case: str | None,
    entry: int | None,
    fields: list[str],
    approved_by: list[str],
    basis: str,
    vacuum: bool,
) -> int:
    from gateway.bootstrap.gateway import open_gateway
    from gateway.exchange.custody.forget_case import erase_case, erase_entry
    from gateway.settings import read_settings

    with open_gateway(read_settings(home=home)) as gateway:
        try:
            with gateway.database.transaction() as tx:
                if entry is not None:
                    count = erase_entry(tx, entry, fields, approved_by, basis, gateway.clock())
                else:
                    count = erase_case(tx, tx.erasures, case or "", approved_by, basis, gateway.clock())
        except Exception as error:
            _record_refusal(gateway, error)
            raise
        if vacuum:
            gateway.database.vacuum()
    return count


def _record_refusal(gateway: Gateway, error: Exception) -> None:
    event = getattr(error, "audit", None)
    if event is not None:
        with gateway.database.transaction() as tx:
            tx.ledger.append(event)
