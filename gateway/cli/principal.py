"""What the commands of an agency's principals have alike: a client for the gateway, and an answer.

They need the base installation and a credentials file (docs/api.md, "Credentials").
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from gateway.client import GatewayClient


def client_of(credentials: Path) -> GatewayClient:
    """A client for whom the credentials file names; close it."""
    from gateway.client import Credentials, GatewayClient

    return GatewayClient(Credentials.load(credentials))


def say(answer: Any, sentence: str, as_json: bool) -> None:
    """Answer with a sentence, or with JSON."""
    typer.echo(json.dumps(answer, ensure_ascii=False) if as_json else sentence)


def say_all(
    noun: str, found: Sequence[dict[str, Any]], line: Callable[[dict[str, Any]], str], as_json: bool, total: str = ""
) -> None:
    """Answer with a line each and how many there are, or with JSON that has them as the member ``noun``."""
    if as_json:
        typer.echo(json.dumps({noun: found}, ensure_ascii=False))
        return
    for item in found:
        typer.echo(line(item))
    typer.echo(total or f"{len(found)} {noun}.")
