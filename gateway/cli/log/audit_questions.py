"""Where the commands of ``audit`` get their answers: from the database, as the operator, or over HTTP, as an officer.

On the machine of the gateway the operator sees all, and the log says "operator". With a credentials file
the same question goes to the gateway as the principal whose key signs for it: the gateway checks the role, shows
what concerns it, and names it in the log.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gateway.errors import Unavailable

if TYPE_CHECKING:
    from gateway.exchange.ports.audit_query import AuditQuery
    from gateway.exchange.ports.database import Transaction


def as_officer(credentials: Path, question: str, **filters: Any) -> dict[str, Any]:
    """The gateway's answer to the principal of a credentials file."""
    from gateway.client import Credentials, GatewayClient

    with GatewayClient(Credentials.load(credentials)) as client:
        return client.audit(question, **wire(filters))


def wire(filters: Mapping[str, Any]) -> dict[str, str]:
    """Filters as query parameters; what is None is left out."""
    return {
        name: value.isoformat() if isinstance(value, datetime) else str(value)
        for name, value in filters.items()
        if value is not None
    }


def as_operator(home: Path | None, question: str, work: Callable[[Transaction], Any], said: Mapping[str, Any]) -> Any:
    """What ``work`` finds in the database, once the question is an entry of the log."""
    from gateway.bootstrap.gateway import open_gateway
    from gateway.exchange.log.audit import searched
    from gateway.settings import read_settings

    with open_gateway(read_settings(home=home)) as gateway, gateway.database.transaction() as tx:
        answer = work(tx)
        searched(
            tx, gateway.keyring.log_signer.name, gateway.clock(), question, {**said, "returned": len(answer)}, None
        )
    return answer


def rows(found: Any) -> list[dict[str, Any]]:
    """Overviews as JSON-ready members."""
    return [
        {name: v.isoformat() if isinstance(v, datetime) else v for name, v in asdict(item).items()} for item in found
    ]


def export_as_officer(credentials: Path, query: AuditQuery, path: Path) -> dict[str, Any]:
    """Fetch an extract over HTTP; what the command answers."""
    from gateway.client import Credentials, GatewayClient

    with GatewayClient(Credentials.load(credentials)) as client:
        got = client.audit_extract(path, path.suffix[1:], **wire(query.filters()))
    return {"out": str(got.path), "entries": got.entries, "size": got.log_size, "sha256": got.sha256}


def export_as_operator(home: Path | None, query: AuditQuery, path: Path, asked_by: str) -> dict[str, Any]:
    """Write an extract, its detached signature and the checkpoint it was proved under.

    Raises:
        Unavailable: ``export-unwritable``. And as :func:`gateway.exchange.log.extract.open_extract`.
    """
    from gateway.bootstrap.gateway import open_gateway
    from gateway.bootstrap.papers import ReportPrinter
    from gateway.exchange.log.extract import open_extract
    from gateway.settings import read_settings

    with open_gateway(read_settings(home=home)) as gateway:
        with gateway.database.transaction() as tx:
            extract = open_extract(
                tx, gateway.database, gateway.log_reader, ReportPrinter(gateway),
                query, None, path.suffix[1:], gateway.clock(), actor=None, asked_by=asked_by,
            )  # fmt: skip
        data = b"".join(extract.pieces())
        files = {
            path: data,
            path.with_name(path.name + ".sig"): gateway.keyring.sign(data),
            path.with_name(path.name + ".checkpoint"): extract.note,
        }
    try:
        for name, content in files.items():
            name.write_bytes(content)
    except OSError as error:
        raise Unavailable(
            "export-unwritable", "The export cannot be written.", remedy="Choose another place.", where=str(path)
        ) from error
    return {"out": str(path), "entries": extract.count, "size": extract.size}
