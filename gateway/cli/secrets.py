"""``evidence-gateway secrets``: what one's agency wants found in its exhibits. The text is sent and kept nowhere."""

from __future__ import annotations

import csv
import io
import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from gateway.cli.files import read_file
from gateway.cli.options import CredentialsFile, Json
from gateway.cli.principal import client_of, say, say_all
from gateway.errors import InvalidInput

secrets_app = typer.Typer(
    help="Register of secrets: found in every exhibit that one's agency pushes.", no_args_is_help=True
)

_MAX_BYTES = 1_000_000
_MAX_ROWS = 1_000


@secrets_app.command("register")
def register(
    label: Annotated[str, typer.Argument(help="One's own name for it, which must not betray it: supplier-list.")],
    credentials: CredentialsFile,
    term: Annotated[Path | None, typer.Option(help="A file with one term: a name, number, phrase. '-': stdin.")] = None,
    document: Annotated[Path | None, typer.Option(help="A text or source file, UTF-8, up to 1 MB. '-': stdin.")] = None,
    records: Annotated[
        Path | None, typer.Option(help="A CSV file, a record a row, registered as LABEL.1, LABEL.2 and so on.")
    ] = None,
    needed: Annotated[int, typer.Option(min=2, max=32, help="Fields of a record that must stand together.")] = 2,
    as_json: Json = False,
) -> None:
    """Register a term, a document, or the records of a table.

    The secret is read from a file or standard input, never from the command line, where others could see it.

    Exit codes: 0 registered, or known already; 2 cannot be accepted; 3 not permitted;
    4 the label is taken; 5 not available.
    """
    from gateway.client.secrets import SecretRegister

    sources = [source for source in (term, document, records) if source is not None]
    if len(sources) != 1:
        raise InvalidInput(
            "secrets-usage", "Give exactly one of --term, --document and --records.", remedy="Leave the others out."
        )
    text = _text(sources[0])
    with client_of(credentials) as client:
        own = SecretRegister(client.connection)
        if term is not None:
            answers = [own.term(label, text.strip())]
        elif document is not None:
            answers = [own.document(label, text)]
        else:
            rows = _rows(text)
            answers = [own.record(f"{label}.{i}", row, needed) for i, row in enumerate(rows, start=1)]
    if as_json:
        typer.echo(json.dumps({"secrets": answers}, ensure_ascii=False))
        return
    for answer in answers:
        typer.echo(f"Registered the {answer['kind']} {answer['label']}; reports name it registered/{answer['id']}.")


@secrets_app.command("list")
def list_all(credentials: CredentialsFile, as_json: Json = False) -> None:
    """List the labels of one's agency's secrets; their text is nowhere to be had."""
    from gateway.client.secrets import SecretRegister

    with client_of(credentials) as client:
        found = list(SecretRegister(client.connection).listed())
    in_force = sum(secret["retired_at"] is None for secret in found)
    say_all("secrets", found, _line, as_json, f"{in_force} in force.")


@secrets_app.command("retire")
def retire(
    label: Annotated[str, typer.Argument(help="Label of the secret.")],
    credentials: CredentialsFile,
    as_json: Json = False,
) -> None:
    """Stop looking for a secret and delete its fingerprints; the label is not used again.

    Exit codes: 0 retired; 3 not permitted; 4 no such label; 5 not available.
    """
    from gateway.client.secrets import SecretRegister

    with client_of(credentials) as client:
        answer = SecretRegister(client.connection).retire(label)
    say(answer, f"Retired {label}.", as_json)


def _line(secret: dict[str, Any]) -> str:
    end = f"  retired {secret['retired_at'][:10]}" if secret["retired_at"] else ""
    return (
        f"{secret['id']}  {secret['kind']:8}  {secret['label']}  "
        f"registered {secret['registered_at'][:10]} by {secret['registered_by']}{end}"
    )


def _text(source: Path) -> str:
    data = sys.stdin.buffer.read(_MAX_BYTES + 1) if str(source) == "-" else read_file(source, _MAX_BYTES)
    if len(data) > _MAX_BYTES:
        raise InvalidInput("file-too-large", "The file is larger than 1 MB.", remedy="Register it in parts.")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidInput("file-not-text", "The file is not UTF-8 text.", remedy="Convert it to UTF-8.") from error


def _rows(text: str) -> list[list[str]]:
    try:
        rows = [
            fields
            for row in csv.reader(io.StringIO(text, newline=""), strict=True)
            if (fields := [cell.strip() for cell in row if cell.strip()])
        ]
    except csv.Error as error:
        raise InvalidInput("file-not-csv", "The file is not CSV.", remedy="Separate fields by commas.") from error
    if not 1 <= len(rows) <= _MAX_ROWS:
        raise InvalidInput(
            "secrets-usage", f"A table has 1 to {_MAX_ROWS} rows of records.", remedy="Register it in parts."
        )
    return rows
