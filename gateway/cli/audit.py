"""``evidence-gateway audit``: the operator's searches, overviews, exports and erasures on the database.

Every question is an entry of the log before its answer is shown. Agencies ask the same over HTTP
(/v1/audit), where they see what concerns them.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gateway.errors import InvalidInput, NotFound, TooLarge, Unavailable

if TYPE_CHECKING:
    from gateway.bootstrap.gateway import Gateway
    from gateway.exchange.ports import LoggedEntry, Transaction
    from gateway.exchange.question import AuditQuery

audit_app = typer.Typer(help="Search, export and erase: answers from the audit log.", no_args_is_help=True)

Home = Annotated[Path | None, typer.Option("--home", help="Folder of the gateway [$EVIDENCE_GATEWAY_HOME].")]
Json = Annotated[bool, typer.Option("--json", help="Answer in JSON.")]
Since = Annotated[datetime | None, typer.Option(help="First moment, UTC.")]
Until = Annotated[datetime | None, typer.Option(help="End, UTC; not included.")]
#: Entries of one export; a larger one is made in parts, by time.
MAX_EXPORT = 100_000


@audit_app.command("search")
def search(
    principal: Annotated[str | None, typer.Option(help="Who did it.")] = None,
    agency: Annotated[str | None, typer.Option(help="Whose principal did it.")] = None,
    case: Annotated[str | None, typer.Option(help="The case's id.")] = None,
    package: Annotated[str | None, typer.Option(help="The package's id.")] = None,
    exhibit: Annotated[str | None, typer.Option(help="The exhibit's id.")] = None,
    agreement: Annotated[str | None, typer.Option(help="The agreement's id.")] = None,
    clause: Annotated[str | None, typer.Option(help="The clause that decided, such as /roles/investigator.")] = None,
    action: Annotated[str | None, typer.Option(help="Such as release.pull.")] = None,
    outcome: Annotated[str | None, typer.Option(help="permit, deny, done or failed.")] = None,
    reason: Annotated[str | None, typer.Option(help="The stable code.")] = None,
    since: Since = None,
    until: Until = None,
    start: Annotated[int, typer.Option(min=0, help="First sequence number.")] = 0,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="At most so many.")] = 100,
    export: Annotated[Path | None, typer.Option(help="Write all matches to this file: .jsonl .csv .ocsf .pdf.")] = None,
    asked_by: Annotated[str, typer.Option(help="Who asks, for the report.")] = "operator",
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Search by any combination; --export writes every match, with proofs or signed, to a file."""
    from gateway.exchange.question import AuditQuery

    query = AuditQuery(
        principal, agency, case, package, exhibit, agreement, clause, action, outcome, reason, _utc(since), _utc(until)
    ).checked()
    if export is not None:
        _export(query, export, asked_by, home, as_json)
        return
    found = _ask(home, "entries", lambda tx: tx.audit.find(query, None, start=start, limit=limit), query.filters())
    following = found[-1].seq + 1 if len(found) == limit else None
    entries = [json.loads(entry.leaf) for entry in found]
    if as_json:
        typer.echo(json.dumps({"entries": entries, "next": following}, ensure_ascii=False))
        return
    for e in entries:
        who = e["actor"].get("system") or f"{e['actor'].get('principal', '')}@{e['actor'].get('agency', '')}"
        why = " ".join(part for part in (e["clause"], e["reason"]) if part)
        typer.echo(
            f"{e['seq']}  {e['time'][:19]}  {who}  {e['action']} {e['outcome']}  "
            f"{e['object']['kind']} {e['object']['id']}  {why}".rstrip()
        )
    if following is not None:
        typer.echo(f"more: --start {following}")


@audit_app.command("person")
def person(principal: Annotated[str, typer.Argument()], home: Home = None, as_json: Json = False) -> None:
    """Everything this person did, oldest first (the first 1,000; then --start of `search`)."""
    search(principal=principal, limit=1000, home=home, as_json=as_json)


@audit_app.command("readers")
def readers(exhibit: Annotated[str, typer.Argument(help="Its id.")], home: Home = None, as_json: Json = False) -> None:
    """Who has read this exhibit."""
    found = _ask(home, "readers", lambda tx: tx.audit.readers(exhibit, None), {"exhibit": exhibit})
    _rows(found, as_json)


@audit_app.command("denials")
def denials(since: Since = None, until: Until = None, home: Home = None, as_json: Json = False) -> None:
    """Denials by reason and agency; of the last week unless told otherwise."""
    begin, end = _period(since, until, 7)
    _rows(_ask(home, "denials", lambda tx: tx.audit.denials(begin, end, None), {"since": begin, "until": end}), as_json)


@audit_app.command("access")
def access(since: Since = None, until: Until = None, home: Home = None, as_json: Json = False) -> None:
    """Pulls by agency and month; of the last year unless told otherwise."""
    begin, end = _period(since, until, 365)
    _rows(_ask(home, "access", lambda tx: tx.audit.access(begin, end, None), {"since": begin, "until": end}), as_json)


def erase(
    case: Annotated[str, typer.Option(help="The case's id.")],
    legal_basis: Annotated[str, typer.Option(help="Such as 'UK GDPR Art. 17(1)(a)'.")],
    approved_by: Annotated[list[str], typer.Option(help="Who asks for it; two principals who may audit.")],
    vacuum: Annotated[bool, typer.Option(help="Also rewrite the tables, so that no old page holds the values.")] = True,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Erase what persons typed about a case; every root and proof of the log stays valid."""
    from gateway.bootstrap.gateway import open_gateway
    from gateway.exchange.erase import erase_case
    from gateway.settings import read_settings
    from gateway.storage.case_erasure import vacuum as rewrite

    with open_gateway(read_settings(home=home)) as gateway:
        try:
            with gateway.database.transaction() as tx:
                count = erase_case(tx, tx.erasures, case, approved_by, legal_basis, gateway.clock())
        except Exception as error:
            _record_refusal(gateway, error)
            raise
        if vacuum:
            rewrite(gateway.database.engine)
    answer = {"case": case, "values": count, "vacuum": vacuum}
    typer.echo(json.dumps(answer) if as_json else f"Erased {count} values of the log, and the names of the case.")


audit_app.command("erase")(erase)


def _record_refusal(gateway: Gateway, error: Exception) -> None:
    event = getattr(error, "audit", None)
    if event is not None:
        with gateway.database.transaction() as tx:
            tx.ledger.append(event)


def _ask(home: Path | None, question: str, work: Callable[[Transaction], Any], said: dict[str, Any]) -> Any:
    from gateway.bootstrap.gateway import open_gateway
    from gateway.exchange.audit import searched
    from gateway.settings import read_settings

    with open_gateway(read_settings(home=home)) as gateway, gateway.database.transaction() as tx:
        answer = work(tx)
        searched(
            tx, gateway.keyring.log_signer.name, gateway.clock(), question, {**said, "returned": len(answer)}, None
        )
    return answer


def _export(query: AuditQuery, path: Path, asked_by: str, home: Path | None, as_json: bool) -> None:
    from gateway import __version__
    from gateway.blobs.log_reader import LogReader
    from gateway.bootstrap.gateway import open_gateway
    from gateway.exchange.audit import searched
    from gateway.formats.auditreport import audit_report
    from gateway.settings import read_settings
    from gateway.translog.entry import format_time
    from gateway.translog.extract import csv_rows, json_lines, ocsf_events
    from gateway.translog.vkey import parse_vkey

    if path.suffix not in (".jsonl", ".csv", ".ocsf", ".pdf"):
        raise InvalidInput(
            "export-format-unknown", "The file's ending says no known form.", remedy="Use .jsonl, .csv, .ocsf or .pdf."
        )
    with open_gateway(read_settings(home=home)) as gateway:
        reader = LogReader(gateway.log_store, parse_vkey(gateway.keyring.log_vkey))
        prover = reader.prover()
        origin, now = gateway.keyring.log_signer.name, gateway.clock()
        with gateway.database.transaction() as tx:
            leaves = [e for e in _all(tx, query) if e.seq < prover.head.size]
            said = {**query.filters(), "returned": len(leaves), "form": path.suffix[1:], "size": prover.head.size}
            searched(tx, origin, now, "export", said, None)
        proofs = ((entry.leaf, prover.proof(entry.seq)) for entry in leaves)
        texts = [entry.leaf for entry in leaves]
        if path.suffix == ".jsonl":
            data = b"".join(json_lines(proofs))
        elif path.suffix == ".csv":
            data = b"".join(csv_rows(texts))
        elif path.suffix == ".ocsf":
            data = b"".join(ocsf_events(texts, origin, __version__))
        else:
            for _ in proofs:
                pass  # each entry of a report is proved before it is printed
            data = audit_report(
                texts, question=query.filters(), asked_by=asked_by, made_at=format_time(now), head=prover.head
            )
        files = {
            path: data,
            path.with_name(path.name + ".sig"): gateway.keyring.sign(data),
            path.with_name(path.name + ".checkpoint"): prover.note,
        }
    try:
        for name, content in files.items():
            name.write_bytes(content)
    except OSError as error:
        raise Unavailable(
            "export-unwritable", "The export cannot be written.", remedy="Choose another place.", where=str(path)
        ) from error
    answer = {"out": str(path), "entries": len(leaves), "size": prover.head.size}
    typer.echo(json.dumps(answer) if as_json else f"wrote {len(leaves)} entries, signature and checkpoint to {path}*")


def _all(tx: Transaction, query: AuditQuery) -> list[LoggedEntry]:
    found: list[LoggedEntry] = []
    while True:
        page = tx.audit.find(query, None, start=found[-1].seq + 1 if found else 0, limit=1000)
        found += page
        if len(page) < 1000:
            return found
        if len(found) > MAX_EXPORT:
            raise TooLarge(
                "export-too-large", f"More than {MAX_EXPORT} entries match.", remedy="Export shorter periods."
            )


def _rows(found: Any, as_json: bool) -> None:
    from dataclasses import asdict

    rows = [asdict(item) for item in found]
    if as_json:
        typer.echo(json.dumps(rows, ensure_ascii=False, default=lambda time: time.isoformat()))
        return
    if not rows:
        raise NotFound("audit-nothing-found", "There is nothing to show.", remedy="Check the id, or widen the period.")
    for row in rows:
        typer.echo("  ".join(str(value) for value in row.values()))


def _period(since: datetime | None, until: datetime | None, days: int) -> tuple[datetime, datetime]:
    from gateway.exchange.question import check_period

    end = _utc(until) or datetime.now(UTC)
    begin = _utc(since) or end - timedelta(days=days)
    check_period(begin, end)
    return begin, end


def _utc(time: datetime | None) -> datetime | None:
    return time.replace(tzinfo=UTC) if time is not None and time.tzinfo is None else time
