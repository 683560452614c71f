"""Quarantine: what stops, stays encrypted where it is, and says why, until retention disposes of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from gateway.errors import GatewayError
from gateway.evidence.package import Exhibit, Package
from gateway.exchange import record
from gateway.exchange.ports import Transaction


def set_aside(tx: Transaction, package: Package, exhibit: Exhibit, error: GatewayError, now: datetime) -> None:
    """Quarantine one exhibit because a step failed on it; the error's code is the reason."""
    tx.packages.move_exhibit(
        exhibit.id,
        "quarantine",
        record.event(
            "exhibit.quarantine",
            "failed",
            now,
            object_kind="exhibit",
            object_id=exhibit.id,
            package_id=package.id,
            agreement=package.agreement,
            reason=error.code,
            case_id=package.case_id,
        ),
        reason=error.code,
    )


def stop_package(tx: Transaction, package: Package, exhibit: Exhibit, entities: Sequence[str], now: datetime) -> None:
    """Quarantine the whole package because a forbidden category or a ``stop`` action was met."""
    reason = "forbidden-data-found"
    tx.packages.move_exhibit(
        exhibit.id,
        "quarantine",
        record.event(
            "exhibit.quarantine",
            "deny",
            now,
            object_kind="exhibit",
            object_id=exhibit.id,
            package_id=package.id,
            agreement=package.agreement,
            clause="/evidence",
            reason=reason,
            detail={"entities": list(entities)},
            case_id=package.case_id,
        ),
        reason=reason,
        clause="/evidence",
    )
    tx.packages.move(
        package.id,
        "quarantine",
        now,
        record.event(
            "package.quarantine",
            "deny",
            now,
            object_kind="package",
            object_id=package.id,
            agreement=package.agreement,
            clause="/evidence",
            reason=reason,
            case_id=package.case_id,
        ),
        reason=reason,
    )
