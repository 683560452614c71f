"""``audit webhook``: tell the gateway where alerts are to be sent. Above the faces, for it needs a worker's part."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from gateway.cli.options import Home, Json


def webhook(
    url: Annotated[str, typer.Argument(help="An https address.")],
    agency: Annotated[str | None, typer.Option(help="Only alerts that concern this agency; all, if left out.")] = None,
    allow_private: Annotated[bool, typer.Option(help="Allow private addresses and http: a sink of your own.")] = False,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Send alerts there from now on; the secret that signs them is shown once."""
    import base64
    import secrets

    from gateway.bootstrap.gateway import open_gateway
    from gateway.settings import read_settings
    from gateway.workers.alerts import add_webhook

    secret = secrets.token_bytes(32)
    with open_gateway(read_settings(home=home)) as gateway:
        webhook_id = add_webhook(gateway, url, secret, agency, allow_private=allow_private)
    shown = "whsec_" + base64.b64encode(secret).decode("ascii")
    typer.echo(json.dumps({"webhook": webhook_id, "secret": shown}) if as_json else f"{webhook_id}\n{shown}")
