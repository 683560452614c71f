"""``evidence-gateway audit``: searches, overviews and exports of the log.

Every question is an entry of the log before its answer is shown. On the machine of the gateway the
operator asks the database; with ``--credentials`` an officer asks the gateway (/v1/audit), and sees what
concerns the own agency and the agreements that the officer may audit.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer

from gateway.cli.log.audit_questions import as_officer, as_operator, export_as_officer, export_as_operator, rows
from gateway.cli.options import Home, Json
from gateway.errors import NotFound

audit_app = typer.Typer(help="Search, export and erase: answers from the audit log.", no_args_is_help=True)

Since = Annotated[datetime | None, typer.Option(help="First moment, UTC.")]
Until = Annotated[datetime | None, typer.Option(help="End, UTC; not included.")]
AsOfficer = Annotated[
    Path | None, typer.Option("--credentials", "-c", help="Credentials file: ask over HTTP, as this officer.")
]


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
    asked_by: Annotated[str, typer.Option(help="Who asks, as the report says it; unchecked.")] = "operator",
    credentials: AsOfficer = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Search by any combination; --export writes every match, with proofs or signed, to a file."""
    from gateway.exchange.log.audit import following
    from gateway.exchange.ports.audit_query import AuditQuery

    query = AuditQuery(
        principal, agency, case, package, exhibit, agreement, clause, action, outcome, reason, _utc(since), _utc(until)
    ).checked()
    if export is not None:
        if credentials is not None:
            answer = export_as_officer(credentials, query, export)
        else:
            answer = export_as_operator(home, query, export, asked_by)
        typer.echo(json.dumps(answer) if as_json else f"wrote {answer['entries']} entries to {export}")
        return
    if credentials is not None:
        page = as_officer(credentials, "entries", **query.filters(), start=start, limit=limit)
        leaves, more = [entry["leaf"] for entry in page["entries"]], page["next"]
    else:
        found = as_operator(
            home, "entries", lambda tx: tx.audit.find(query, None, start=start, limit=limit), query.filters()
        )
        leaves, more = [entry.leaf for entry in found], following(found, limit)
    entries = [json.loads(leaf) for leaf in leaves]
    if as_json:
        typer.echo(json.dumps({"entries": entries, "next": more}, ensure_ascii=False))
        return
    for e in entries:
        who = e["actor"].get("system") or f"{e['actor'].get('principal', '')}@{e['actor'].get('agency', '')}"
        why = " ".join(part for part in (e["clause"], e["reason"]) if part)
        typer.echo(
            f"{e['seq']}  {e['time'][:19]}  {who}  {e['action']} {e['outcome']}  "
            f"{e['object']['kind']} {e['object']['id']}  {why}".rstrip()
        )
    if more is not None:
        typer.echo(f"more: --start {more}")


@audit_app.command("person")
def person(
    principal: Annotated[str, typer.Argument()],
    credentials: AsOfficer = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Everything this person did, oldest first (the first 1,000; then --start of `search`)."""
    search(principal=principal, limit=1000, credentials=credentials, home=home, as_json=as_json)


@audit_app.command("readers")
def readers(
    exhibit: Annotated[str, typer.Argument(help="Its id.")],
    credentials: AsOfficer = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Who has read this exhibit."""
    if credentials is not None:
        _show(as_officer(credentials, f"readers/{exhibit}")["readers"], as_json)
        return
    _show(rows(as_operator(home, "readers", lambda tx: tx.audit.readers(exhibit, None), {"exhibit": exhibit})), as_json)


@audit_app.command("denials")
def denials(
    since: Since = None,
    until: Until = None,
    credentials: AsOfficer = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Denials by reason and agency; of the last week unless told otherwise."""
    begin, end = _period(since, until, 7)
    said = {"since": begin, "until": end}
    if credentials is not None:
        _show(as_officer(credentials, "denials", **said)["denials"], as_json)
        return
    _show(rows(as_operator(home, "denials", lambda tx: tx.audit.denials(begin, end, None), said)), as_json)


@audit_app.command("access")
def access(
    since: Since = None,
    until: Until = None,
    credentials: AsOfficer = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Pulls by agency and month; of the last year unless told otherwise."""
    begin, end = _period(since, until, 365)
    said = {"since": begin, "until": end}
    if credentials is not None:
        _show(as_officer(credentials, "access", **said)["access"], as_json)
        return
    _show(rows(as_operator(home, "access", lambda tx: tx.audit.access(begin, end, None), said)), as_json)


def _show(found: list[dict[str, Any]], as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False))
        return
    if not found:
        raise NotFound("audit-nothing-found", "There is nothing to show.", remedy="Check the id, or widen the period.")
    for row in found:
        typer.echo("  ".join(str(value) for value in row.values()))


def _period(since: datetime | None, until: datetime | None, days: int) -> tuple[datetime, datetime]:
    from gateway.exchange.ports.audit_query import check_period

    end = _utc(until) or datetime.now(UTC)
    begin = _utc(since) or end - timedelta(days=days)
    check_period(begin, end)
    return begin, end


def _utc(time: datetime | None) -> datetime | None:
    return time.replace(tzinfo=UTC) if time is not None and time.tzinfo is None else time
