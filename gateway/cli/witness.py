"""``evidence-gateway witness``: run a witness that cosigns the logs of other agencies.

Settings come from flags or from the environment: ``EVIDENCE_WITNESS_HOME`` and
``EVIDENCE_WITNESS_PASSPHRASE``, or ``EVIDENCE_WITNESS_PASSPHRASE_FILE``. A witness has nothing in
common with a gateway but this command; it may, and should, run elsewhere.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from gateway.errors import Misconfigured

witness_app = typer.Typer(help="Witness the logs of other agencies: cosign what only grows.", no_args_is_help=True)

Home = Annotated[Path, typer.Option("--home", envvar="EVIDENCE_WITNESS_HOME", help="Folder of the witness.")]
_HOME = Path("~/.evidence-witness")


@witness_app.command("init")
def init(
    name: Annotated[str, typer.Option(help="Name of the witness, such as witness.cnil.fr/w1; never reused.")],
    log: Annotated[list[str] | None, typer.Option(help="Verifier key of a log to watch; may be repeated.")] = None,
    home: Home = _HOME,
) -> None:
    """Make the witness's own key; prints its verifier key, to hand to the operators of logs."""
    from gateway.bootstrap.witness_folder import create_witness, trust_log

    folder = home.expanduser()
    vkey = create_witness(folder, name, _passphrase())
    for given in log or []:
        trust_log(folder, given)
    typer.echo(vkey.encode())


@witness_app.command("trust")
def trust(vkey: Annotated[str, typer.Argument(help="Verifier key of a log.")], home: Home = _HOME) -> None:
    """Watch one more log; restart the witness then."""
    from gateway.bootstrap.witness_folder import trust_log

    typer.echo(f"watching {trust_log(home.expanduser(), vkey).name}")


@witness_app.command("show")
def show(home: Home = _HOME) -> None:
    """What is known of each log, and evidence of forks."""
    from gateway.bootstrap.witness_folder import read_logs
    from gateway.translog.checkpoint import open_checkpoint
    from gateway.witness.memory import Memory

    memory = Memory(home.expanduser())
    for origin, key in read_logs(home.expanduser()).items():
        note = memory.known(origin)
        size = open_checkpoint(note, key).checkpoint.size if note else None
        typer.echo(f"{origin}: " + (f"{size} entries" if size is not None else "nothing seen yet"))
        for path in memory.fork_files(origin):
            typer.echo(f"  FORK: {path}")


@witness_app.command("serve")
def serve(
    home: Home = _HOME,
    host: Annotated[str, typer.Option(envvar="EVIDENCE_WITNESS_HOST")] = "127.0.0.1",
    port: Annotated[int, typer.Option(envvar="EVIDENCE_WITNESS_PORT", min=1, max=65535)] = 8444,
) -> None:
    """Answer add-checkpoint (c2sp.org/tlog-witness). Put TLS in front of it."""
    import uvicorn

    from gateway.bootstrap.witness_folder import open_witness, read_logs
    from gateway.witness.memory import Memory
    from gateway.witness.service import create_witness_app

    folder = home.expanduser()
    key = open_witness(folder, _passphrase())
    logs = read_logs(folder)
    if not logs:
        raise Misconfigured(
            "witness-without-logs",
            "This witness watches no log yet.",
            remedy="Name one: evidence-gateway witness trust VKEY.",
        )
    app = create_witness_app(key, logs, Memory(folder))
    uvicorn.run(app, host=host, port=port, access_log=False, server_header=False, limit_concurrency=64, ws="none")


def _passphrase() -> str:
    path = os.environ.get("EVIDENCE_WITNESS_PASSPHRASE_FILE")
    try:
        given = Path(path).read_text(encoding="utf-8").strip() if path else ""
    except OSError as error:
        raise Misconfigured(
            "passphrase-missing", "The file with the passphrase cannot be read.", remedy="Correct its path."
        ) from error
    found = given or os.environ.get("EVIDENCE_WITNESS_PASSPHRASE", "")
    if not found:
        raise Misconfigured(
            "passphrase-missing",
            "There is no passphrase for the witness's key.",
            remedy="Set EVIDENCE_WITNESS_PASSPHRASE or EVIDENCE_WITNESS_PASSPHRASE_FILE.",
        )
    return found
