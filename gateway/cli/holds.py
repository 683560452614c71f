"""``evidence-gateway holds``: place, list and lift legal holds, as an officer of an agency."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from gateway.cli.options import CredentialsFile, Json
from gateway.cli.principal import client_of, say, say_all

holds_app = typer.Typer(help="Legal holds: what is held is not disposed of until it is lifted.", no_args_is_help=True)


@holds_app.command("place")
def place(
    credentials: CredentialsFile,
    reason: Annotated[str, typer.Option(help="By whose order, or for which proceedings.")],
    agreement: Annotated[str | None, typer.Option(help="With --case: the agreement of the case.")] = None,
    case: Annotated[str | None, typer.Option(help="Hold this case: its reference.")] = None,
    package: Annotated[str | None, typer.Option(help="Hold this package: its id.")] = None,
    exhibit: Annotated[str | None, typer.Option(help="Hold this exhibit: its id.")] = None,
    until: Annotated[str | None, typer.Option(help="When it expires by itself, such as 2027-06-30T00:00:00Z.")] = None,
    as_json: Json = False,
) -> None:
    """Place a hold on a case, a package or an exhibit.

    Exit codes: 0 placed; 2 the command line cannot be accepted; 3 refused by the
    agreement; 4 no such object, or it is disposed of already; 5 not available.
    """
    target = {"agreement": agreement, "case": case, "package": package, "exhibit": exhibit}
    with client_of(credentials) as client:
        placed = client.place_hold(reason, expires_at=until, **{k: v for k, v in target.items() if v is not None})
    say(placed, f"Placed the hold {placed['id']} on the {placed['scope']} {placed['object']}.", as_json)


@holds_app.command("list")
def list_all(credentials: CredentialsFile, as_json: Json = False) -> None:
    """List holds in force on what concerns one's own agency."""
    with client_of(credentials) as client:
        found = client.holds()
    say_all("holds", found, _line, as_json, f"{len(found)} in force.")


@holds_app.command("lift")
def lift(
    credentials: CredentialsFile,
    hold: Annotated[str, typer.Argument(help="Id of the hold.")],
    as_json: Json = False,
) -> None:
    """Ask to lift a hold; it is lifted with the last person that the agreement requires."""
    with client_of(credentials) as client:
        answer = client.lift_hold(hold)
    done = answer["lifted_at"] is not None
    say(answer, "The hold is lifted." if done else "Noted; a second person must ask for it too.", as_json)


def _line(hold: dict[str, Any]) -> str:
    until = hold["expires_at"] or "lifted"
    asked = f"; lift asked by {', '.join(hold['lift_asked_by'])}" if hold["lift_asked_by"] else ""
    return (
        f"{hold['id']}  {hold['scope']} {hold['object']}  placed {hold['placed_at'][:10]} by {hold['placed_by']}  "
        f"until {until}{asked}\n  {hold['reason']}"
    )
