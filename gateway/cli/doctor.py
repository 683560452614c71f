"""``evidence-gateway doctor``: is everything here that the gateway needs, and does it work?"""

from __future__ import annotations

import json

import typer

from gateway.cli.options import Home, Json
from gateway.errors import GatewayError


def doctor(
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Check settings, keys, database, stores, sandbox and detection; say what to do about what fails."""
    from gateway.bootstrap.health import checks
    from gateway.settings import read_settings

    results = []
    failed = False
    for name, run in checks(read_settings(home=home)):
        try:
            results.append({"check": name, "ok": True, "says": run()})
        except GatewayError as error:
            failed = True
            results.append({"check": name, "ok": False, "says": error.message, "remedy": error.remedy})
        if not as_json:
            last = results[-1]
            typer.echo(f"{'ok  ' if last['ok'] else 'FAIL'}  {name}: {last['says']}")
            if not last["ok"] and last.get("remedy"):
                typer.echo(f"      what to do: {last['remedy']}")
    if as_json:
        typer.echo(json.dumps({"ok": not failed, "checks": results}))
    if failed:
        raise typer.Exit(5)
