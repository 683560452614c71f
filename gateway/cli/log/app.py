"""``evidence-gateway log``: verify an exported log offline, export it, look into it.

``verify`` is for anyone and needs the base installation only. ``export`` and ``show`` are for the
operator, on the machine of the gateway; both are entries of the log themselves.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gateway.cli.log.proofs import check_proof, consistency, prove, read_key
from gateway.cli.options import Home, Json
from gateway.errors import IntegrityFailure, InvalidInput

if TYPE_CHECKING:
    from gateway.exchange.ports.log import LoggedEntry
    from gateway.translog.checkpoint import Checkpoint
    from gateway.translog.vkey import VerifierKey

log_app = typer.Typer(help="The audit log: verify a copy offline, prove, export it, search it.", no_args_is_help=True)


log_app.command("prove")(prove)
log_app.command("consistency")(consistency)
log_app.command("check-proof")(check_proof)


@log_app.command("verify")
def verify(
    bundle: Annotated[Path, typer.Argument(help="Folder or zip file that 'log export' wrote.")],
    vkey: Annotated[
        str | None,
        typer.Option(help="The log's verifier key as you know it, or a file with it [default: the one in the bundle]."),
    ] = None,
    known: Annotated[
        list[Path] | None, typer.Option(help="A checkpoint you kept: the log must contain it; may be repeated.")
    ] = None,
    witness: Annotated[
        list[str] | None,
        typer.Option(help="Verifier key of a witness you trust, or a file with it; may be repeated [bundle's]."),
    ] = None,
    quorum: Annotated[
        int | None, typer.Option(min=0, help="How many witnesses must have cosigned [all of --witness].")
    ] = None,
    as_json: Json = False,
) -> None:
    """Check a copy of the log: every entry, the chain, the tree, the signatures. Needs no server.

    Exit codes: 0 all of it is right; 1 something is not, and the place of the
    first fault is named; 2 this is not a copy of a log.
    """
    from rich.progress import Progress

    from gateway.cli.log.bundle import open_bundle
    from gateway.cli.log.check import audit_bundle
    from gateway.translog.bundle import WitnessPolicy, check_cosigned, check_files, read_policy
    from gateway.translog.vkey import VKEY_FILE

    with open_bundle(bundle) as read:
        inside = read(VKEY_FILE)
        if inside is None and vkey is None:
            raise InvalidInput(
                "log-bundle-invalid",
                "There is no verifier key in the bundle.",
                remedy="Pass the one you know with --vkey.",
                where=VKEY_FILE,
            )
        trusted = [read_key(given) for given in witness or []]
        try:
            check_files(read)
            key = read_key(vkey if vkey is not None else (inside or b"").decode("utf-8", "replace").strip())
            checkpoints = [_checkpoint(path, key) for path in known or []]
            policy = read_policy(read)
            if trusted:
                policy = WitnessPolicy(len(trusted), tuple(trusted))
            if quorum is not None:
                policy = WitnessPolicy(quorum, policy.witnesses)
            cosigned = check_cosigned(read, key, policy, required=bool(trusted or quorum))
            if cosigned is not None:
                checkpoints.append(cosigned.checkpoint)
            with Progress(disable=as_json, transient=True) as progress:
                task = progress.add_task("checking entries", total=None)
                result = audit_bundle(
                    bundle,
                    read,
                    key,
                    known=checkpoints,
                    on_progress=lambda done, size: progress.update(task, completed=done, total=size),
                )
        except IntegrityFailure as fault:
            if as_json:
                typer.echo(json.dumps({"verified": False, "fault": fault.as_dict()}, ensure_ascii=False))
                raise typer.Exit(1) from fault
            raise
    by = [key.name for key in cosigned.signed_by] if cosigned else []
    if as_json:
        answer = {**result.as_dict(), "verified": True, "vkey": key.encode(), "key_from_bundle": vkey is None}
        answer["cosigned"] = {"size": cosigned.checkpoint.size, "by": by} if cosigned else None
        typer.echo(json.dumps(answer, ensure_ascii=False))
        return
    facts = result.as_dict()
    typer.echo(f"verified: {facts['size']} entries of {facts['origin']}")
    typer.echo(f"  root    {facts['root']}")
    typer.echo(f"  from    {facts['first_time']} to {facts['last_time']}")
    typer.echo(f"  signed  {', '.join(facts['signed_by'])}")
    if cosigned is not None:
        typer.echo(
            f"  cosigned at {cosigned.checkpoint.size} entries by {', '.join(by) or 'nobody whose key is known'}"
        )
    for path, checkpoint in zip(known or [], checkpoints, strict=False):
        typer.echo(f"  contains the known checkpoint of {checkpoint.size} entries ({path.name})")
    if vkey is None:
        typer.echo(f"  the key came with the copy; compare it with the one you were given: {key.encode()}")


@log_app.command("check-database")
def check_database(home: Home = None, as_json: Json = False) -> None:
    """Hold every row of the log's tables in this gateway's database against the published log.

    Exit codes: 0 they agree; 1 they do not, and the first row and column that
    differ are named. Shows nothing of what the entries say. The check is an
    entry of the log itself, and a fault that it finds is another.
    """
    from gateway.bootstrap.gateway import open_gateway
    from gateway.bootstrap.log_check import check_database as check
    from gateway.settings import read_settings

    with open_gateway(read_settings(home=home)) as gateway:
        found = check(gateway)
    counts = found.counts
    if as_json:
        answer = {"published": found.published, "rows": counts.rows, "pending": counts.pending, "values": counts.values}
        typer.echo(json.dumps(answer))
    else:
        typer.echo(f"the database agrees with the log: {counts.rows} rows, {found.published} published")
        typer.echo(f"  {counts.pending} entries wait for their place; {counts.values} erasable values are kept")


@log_app.command("export")
def export(
    out: Annotated[Path, typer.Option("--out", help="Folder for the copy: new, empty, or an earlier export.")],
    approved_by: Annotated[
        list[str] | None,
        typer.Option("--approved-by", metavar="PRINCIPAL", help="Who asks for it; two where an agreement says so."),
    ] = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Copy the published log, with its verifier key and a text on how to check it, into a folder.

    Where an agreement in force says so (safeguards: export-log), two different
    persons of its parties must ask for it.
    """
    from gateway.bootstrap.gateway import open_gateway
    from gateway.bootstrap.log_copy import copy_log
    from gateway.exchange import record
    from gateway.exchange.parties import govern
    from gateway.settings import read_settings

    with open_gateway(read_settings(home=home)) as gateway:
        origin = gateway.keyring.log_signer.name
        with gateway.database.transaction() as tx:
            govern.check_export(tx, approved_by or [])
            # Before a byte leaves: who takes a copy stands in the log (invariant 2).
            tx.ledger.append(
                record.event(
                    "log.export",
                    "done",
                    gateway.clock(),
                    ("log", origin),
                    system="operator",
                    detail={"approved_by": sorted(set(approved_by or []))},
                )
            )
        checkpoint = copy_log(gateway, out)
    answer = {"out": str(out), "origin": origin, "size": checkpoint.size, "root": checkpoint.root.hex()}
    if as_json:
        typer.echo(json.dumps(answer, ensure_ascii=False))
    else:
        typer.echo(f"exported {checkpoint.size} entries of {origin} to {out}")
        typer.echo(f"check them anywhere: evidence-gateway log verify {out}")


@log_app.command("show")
def show(
    package: Annotated[str | None, typer.Option(help="Only entries about this package.")] = None,
    case: Annotated[str | None, typer.Option(help="Only entries about this case (its id).")] = None,
    exhibit: Annotated[str | None, typer.Option(help="Only entries about this exhibit.")] = None,
    agency: Annotated[str | None, typer.Option(help="Only what principals of this agency did.")] = None,
    principal: Annotated[str | None, typer.Option(help="Only what this principal did.")] = None,
    agreement: Annotated[str | None, typer.Option(help="Only entries under this agreement.")] = None,
    action: Annotated[str | None, typer.Option(help="Only this action, such as release.pull.")] = None,
    outcome: Annotated[str | None, typer.Option(help="Only permit, deny, done or failed.")] = None,
    start: Annotated[int, typer.Option(min=0, help="First sequence number.")] = 0,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="At most so many.")] = 1000,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Show entries, oldest first. Looking is an entry of its own."""
    from gateway.bootstrap.gateway import open_gateway
    from gateway.exchange import record
    from gateway.exchange.log.audit import following
    from gateway.exchange.ports.audit_query import AuditQuery
    from gateway.settings import read_settings

    query = AuditQuery(principal, agency, case, package, exhibit, agreement, action=action, outcome=outcome)
    with open_gateway(read_settings(home=home)) as gateway, gateway.database.transaction() as tx:
        found = tx.audit.find(query, None, start=start, limit=limit)
        tx.ledger.append(
            record.event(
                "log.read",
                "done",
                gateway.clock(),
                ("log", gateway.keyring.log_signer.name),
                system="operator",
                detail={**query.filters(), "start": start, "returned": len(found)},
            )
        )
    if as_json:
        entries = [json.loads(entry.leaf) for entry in found]
        typer.echo(json.dumps({"entries": entries, "next": following(found, limit)}, ensure_ascii=False))
    else:
        _print(found)


def _print(found: Any) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table("seq", "time", "who", "action", "outcome", "what", "why", box=None, padding=(0, 1))
    entry: LoggedEntry
    for entry in found:
        members = json.loads(entry.leaf)
        actor, subject = members["actor"], members["object"]
        who = actor.get("system") or f"{actor.get('principal', '')}@{actor.get('agency', '')}"
        why = " ".join(part for part in (members["reason"], members["clause"]) if part)
        cells = (
            str(entry.seq),
            members["time"][:19].replace("T", " "),
            who,
            members["action"],
            members["outcome"],
            f"{subject['kind']} {subject['id']}",
            why,
        )
        # As text, not markup: an identifier in brackets is no style.
        table.add_row(*(Text(cell) for cell in cells))
    Console().print(table)


def _checkpoint(path: Path, key: VerifierKey) -> Checkpoint:
    from gateway.translog.checkpoint import open_checkpoint

    try:
        data = path.read_bytes()
    except OSError as error:
        raise InvalidInput(
            "checkpoint-unreadable",
            "The known checkpoint cannot be read.",
            remedy="Check path and permissions.",
            where=str(path),
        ) from error
    return open_checkpoint(data, key).checkpoint
