"""``agreements as-of``: what was in force and who could do what at an instant, from the log alone.

Reads an exported log (a folder or zip file, anywhere) or, without one, the entries in the gateway's own
database. An exported log is verified first: a state that is built from entries nobody vouches for says
nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gateway.cli.files import read_file
from gateway.cli.options import Home, Json
from gateway.errors import InvalidInput

if TYPE_CHECKING:
    from gateway.exchange.log.as_of import AsOf
    from gateway.exchange.ports.log import AuditIndex


def as_of(
    instant: Annotated[str, typer.Argument(metavar="TIME", help="RFC 3339, such as 2026-06-30T12:00:00Z, or a day.")],
    log: Annotated[
        Path | None, typer.Option(help="An exported log (folder or zip file) [default: the gateway's own entries].")
    ] = None,
    vkey: Annotated[
        str | None, typer.Option(help="The log's verifier key as you know it [the one in the export].")
    ] = None,
    agreement: Annotated[
        list[Path] | None, typer.Option(help="Agreement files, for documents too long for the log; may be repeated.")
    ] = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Print which agreements were in which state at an instant, and who could do what.

    Exit codes: 0 done; 1 the log does not verify; 2 the time or a file cannot be read.
    """
    from gateway.agreements.text.parsing import parse_agreement
    from gateway.exchange.log.as_of import reconstruct

    moment = _instant(instant)
    parsed = [parse_agreement(read_file(path)) for path in agreement or []]
    texts = {found.digest: found for found in parsed}
    with _leaves(log, vkey, home) as leaves:
        state = reconstruct(leaves, moment, parse_agreement, texts)
    answer = _described(state)
    if as_json:
        typer.echo(json.dumps(answer, ensure_ascii=False))
    else:
        _print(answer)


@contextmanager
def _leaves(log: Path | None, vkey: str | None, home: Path | None) -> Iterator[Iterator[bytes]]:
    if log is not None:
        yield iter(_verified(log, vkey))
        return
    from gateway.bootstrap.gateway import open_gateway
    from gateway.exchange import record
    from gateway.settings import read_settings

    with open_gateway(read_settings(home=home)) as gateway, gateway.database.transaction() as tx:
        # Looking into the log is an entry of its own.
        origin = gateway.keyring.log_signer.name
        tx.ledger.append(record.event("log.read", "done", gateway.clock(), ("log", origin), system="operator"))
        yield _stored(tx.audit)


def _stored(log: AuditIndex) -> Iterator[bytes]:
    from gateway.exchange.ports.audit_query import MAX_PAGE, AuditQuery

    start = 0
    while page := log.find(AuditQuery(), None, start=start, limit=MAX_PAGE):
        yield from (entry.leaf for entry in page)
        start = page[-1].seq + 1


def _verified(log: Path, vkey: str | None) -> list[bytes]:
    from gateway.cli.log.bundle import open_bundle
    from gateway.translog.verifier import audit
    from gateway.translog.vkey import VKEY_FILE, parse_vkey

    leaves: list[bytes] = []
    with open_bundle(log) as read:
        inside = read(VKEY_FILE)
        if vkey is None and inside is None:
            raise InvalidInput(
                "log-bundle-invalid",
                "There is no verifier key in the export.",
                remedy="Pass the one you know with --vkey.",
                where=VKEY_FILE,
            )
        given = vkey if vkey is not None else (inside or b"").decode("utf-8", "replace")
        audit(read, parse_vkey(given.strip()), on_entry=lambda _seq, leaf: leaves.append(leaf))
    return leaves


def _instant(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidInput(
            "time-invalid", "This is not a time.", remedy="Write it like 2026-06-30T12:00:00Z, or 2026-06-30."
        ) from None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def _described(state: AsOf) -> dict[str, Any]:
    versions = sorted(state.versions.values(), key=lambda v: (v.id, v.version))
    return {
        "instant": state.instant.isoformat(),
        "entries": state.entries,
        "agreements": [
            {
                "id": v.id,
                "version": v.version,
                "digest": v.digest,
                "state": str(v.state),
                "since": v.since.isoformat(),
                "signed_by": sorted(v.signed_by),
                "document": v.agreement is not None,
            }
            for v in versions
        ],
        "principals": [
            {
                "id": p.id,
                "agency": p.agency,
                "roles": sorted(p.roles),
                "attributes": sorted(p.attributes),
                "can_authenticate": state.could_authenticate(p.id),
            }
            for p in sorted(state.principals.values(), key=lambda p: p.id)
        ],
        "keys": [
            {"id": k.id, "agency": k.agency, "use": k.use, "usable": k.usable(state.instant)}
            for k in sorted(state.keys.values(), key=lambda k: k.id)
        ],
        "holds": [{"id": h.id, "scope": h.scope, "object": h.object_id} for h in state.active_holds()],
        "open_cases": len(state.open_cases),
        "powers": [
            {
                "principal": p.principal,
                "agency": p.agency,
                "agreement": p.agreement,
                "version": p.version,
                "may": list(p.actions),
                "views": list(p.views),
            }
            for p in state.powers()
        ],
    }


def _print(answer: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console()
    console.print(Text(f"As of {answer['instant']}, from {answer['entries']} entries of the log"))
    tables = (
        (
            ("agreement", "version", "state", "since", "signed by"),
            [
                (a["id"], str(a["version"]), a["state"], a["since"][:19], " ".join(a["signed_by"]))
                for a in answer["agreements"]
            ],
        ),
        (
            ("who", "under", "may", "views"),
            [
                (
                    f"{p['principal']}@{p['agency']}",
                    f"{p['agreement']} {p['version']}",
                    " ".join(p["may"]),
                    " ".join(p["views"]),
                )
                for p in answer["powers"]
            ],
        ),
    )
    for headings, rows in tables:
        table = Table(*headings, box=None, padding=(0, 2, 0, 0))
        for row in rows:
            table.add_row(*(Text(cell) for cell in row))
        console.print(table)
    unknown = [a["id"] for a in answer["agreements"] if not a["document"]]
    if unknown:
        console.print(
            Text(f"No document of: {', '.join(unknown)}. Pass the file with --agreement to see who could do what.")
        )
    usable = sum(k["usable"] for k in answer["keys"])
    console.print(
        Text(
            f"{usable} of {len(answer['keys'])} keys usable, {len(answer['holds'])} holds, "
            f"{answer['open_cases']} open cases"
        )
    )
