"""What the operator's commands have alike: one transaction on the gateway's own database, and an answer."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from gateway.exchange.ports.database import Transaction


@contextmanager
def transaction(home: Path | None) -> Iterator[tuple[Transaction, datetime]]:
    """A transaction of the gateway in ``home``, and the time of all that is done in it."""
    from gateway.bootstrap.gateway import open_gateway
    from gateway.settings import read_settings

    with open_gateway(read_settings(home=home)) as gateway, gateway.database.transaction() as tx:
        yield tx, gateway.clock()


def say(answer: Mapping[str, object], sentence: str, as_json: bool) -> None:
    """Answer with a sentence, or with JSON."""
    typer.echo(json.dumps(answer) if as_json else sentence)
