"""The check of this gateway's database and log store against what the log signed (``log check-database``).

That it is made is an entry of the log before a row is read, and a fault that it finds is another.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime

from gateway.errors import GatewayError, IntegrityFailure
from gateway.exchange import record
from gateway.exchange.ports.database import Database
from gateway.exchange.ports.sequencing import LogFiles
from gateway.storage.log.check.rows import RowCheck, RowCounts
from gateway.translog.bundle import WitnessPolicy, check_cosigned
from gateway.translog.checkpoint import Checkpoint, open_checkpoint
from gateway.translog.event import Outcome
from gateway.translog.verifier import audit
from gateway.translog.vkey import VerifierKey


@dataclass(frozen=True, slots=True)
class LogCheck:
    """What agrees: the published size, and the rows."""

    published: int
    counts: RowCounts


@dataclass(frozen=True, slots=True)
class Checked:
    """What is checked, and where that is written down.

    Attributes:
        rows: The check of the log's tables, to which the head of the log's store is given.
        witnesses: Whose cosignatures may stand; a quorum is not asked for, for the settings may have changed since.
    """

    database: Database
    rows: Callable[[Checkpoint | None], AbstractContextManager[RowCheck]]
    files: LogFiles
    key: VerifierKey
    witnesses: tuple[VerifierKey, ...]
    clock: Callable[[], datetime]


def check_database(checked: Checked) -> LogCheck:
    """Audit the published log, and hold every row of the log's tables against it.

    Raises:
        IntegrityFailure: The first fault, its place in ``where``; as :func:`gateway.translog.verifier.audit`,
            as the check of the rows (rows.py), and ``log-head-missing``, ``log-forked`` for the head.
        NotFound: ``checkpoint-unknown``. Unavailable: ``log-unavailable``, ``log-store-unavailable``.
    """
    _record(checked, "log.read", "done")
    try:
        return _check(checked)
    except IntegrityFailure as fault:
        _record(checked, "log.check", "failed", fault)
        raise


def _check(checked: Checked) -> LogCheck:
    files, key = checked.files, checked.key
    # In this order: what is cosigned is published, and what is published is not ahead of the head.
    cosigned = check_cosigned(files.read, key, WitnessPolicy(0, checked.witnesses))
    known = [cosigned.checkpoint] if cosigned else []
    published = files.read("checkpoint")
    head = _head(files.head(), key)
    if published is not None and (head is None or _opened(published, key, "checkpoint").size > head.size):
        raise _fault("log-head-missing" if head is None else "log-forked", "head")
    with checked.rows(head) as rows:
        if published is None and head is None:
            return LogCheck(0, rows.finish())
        result = audit(files.read, key, known=known, on_entry=rows.entry)
        return LogCheck(result.checkpoint.size, rows.finish())


def _head(note: bytes | None, key: VerifierKey) -> Checkpoint | None:
    return None if note is None else _opened(note, key, "head")


def _opened(note: bytes, key: VerifierKey, where: str) -> Checkpoint:
    try:
        return open_checkpoint(note, key).checkpoint
    except GatewayError as error:
        raise IntegrityFailure(
            "log-checkpoint-wrong", error.message, remedy="Keep the log store as it is.", where=where
        ) from error


def _fault(code: str, where: str) -> IntegrityFailure:
    return IntegrityFailure(
        code,
        "The head of the log's store does not stand for what was published.",
        remedy="Keep database and log store as they are; see docs/spec/log.md, 'When the log stands still'.",
        where=where,
    )


def _record(checked: Checked, action: str, outcome: Outcome, fault: IntegrityFailure | None = None) -> None:
    event = record.event(
        action,
        outcome,
        checked.clock(),
        ("log", checked.key.name),
        reason=fault.code if fault else "",
        detail={"question": "check-database", "where": fault.where if fault else None},
        system="operator",
    )
    with checked.database.transaction() as tx:
        tx.ledger.append(event)
