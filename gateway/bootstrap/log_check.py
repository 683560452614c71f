"""The check of this gateway's database and log store against what the log signed (``log check-database``).

That it is made is an entry of the log before a row is read, and a fault that it finds is another.
"""

from __future__ import annotations

from dataclasses import dataclass

from gateway.bootstrap.gateway import Gateway
from gateway.bootstrap.witnesses import witness_policy
from gateway.errors import GatewayError, IntegrityFailure
from gateway.exchange import record
from gateway.storage.log.audit.rows_check import RowCounts
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


def check_database(gateway: Gateway) -> LogCheck:
    """Audit the published log, and hold every row of the log's tables against it.

    Raises:
        IntegrityFailure: The first fault, its place in ``where``; as :func:`gateway.translog.verifier.audit`,
            as the check of the rows (storage/log/audit/), and ``log-head-missing``, ``log-forked`` for the head.
        NotFound: ``checkpoint-unknown``. Unavailable: ``log-unavailable``, ``log-store-unavailable``.
    """
    _record(gateway, "log.read", "done")
    try:
        return _check(gateway)
    except IntegrityFailure as fault:
        _record(gateway, "log.check", "failed", fault)
        raise


def _check(gateway: Gateway) -> LogCheck:
    store, key = gateway.log_store, gateway.log_key
    # In this order: what is cosigned is published, and what is published is not ahead of the head.
    # No quorum is asked for: the settings may have changed since; a wrong signature is a fault all the same.
    cosigned = check_cosigned(store.read, key, WitnessPolicy(0, witness_policy(gateway.settings).witnesses))
    known = [cosigned.checkpoint] if cosigned else []
    published = store.read("checkpoint")
    head = _head(store.head(), key)
    if published is not None and (head is None or _opened(published, key, "checkpoint").size > head.size):
        raise _fault("log-head-missing" if head is None else "log-forked", "head")
    with gateway.database.row_check(gateway.keyring, head) as rows:
        if published is None and head is None:
            return LogCheck(0, rows.finish())
        result = audit(store.read, key, known=known, on_entry=rows.entry)
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


def _record(gateway: Gateway, action: str, outcome: Outcome, fault: IntegrityFailure | None = None) -> None:
    event = record.event(
        action,
        outcome,
        gateway.clock(),
        ("log", gateway.keyring.log_signer.name),
        reason=fault.code if fault else "",
        detail={"question": "check-database", "where": fault.where if fault else None},
        system="operator",
    )
    with gateway.database.transaction() as tx:
        tx.ledger.append(event)
