"""Moves along lifecycle.py, each made together with its entry: one name says what happens and what is recorded.

The entry's action is the transition's from the state that the caller has seen; the store asks the row, locked,
whether the move is lawful there. All raise Conflict ``state-conflict``. ``members`` are those of
:func:`gateway.exchange.record.event`; ``changes`` are members of the row that change with its state.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from gateway.evidence.lifecycle import ExhibitState, PackageState, ReleaseState, RenditionState
from gateway.evidence.package import Exhibit, Package, Release, Rendition
from gateway.exchange import record
from gateway.exchange.ports.database import Transaction
from gateway.translog.event import Outcome


def move_package(
    tx: Transaction,
    package: Package,
    name: str,
    now: datetime,
    outcome: Outcome = "done",
    *,
    reason: str = "",
    **members: Any,
) -> PackageState:
    """Move a package; its row keeps the reason too."""
    event = record.move(package, name, now, outcome, reason=reason, **members)
    return tx.packages.move(package.id, name, now, event, reason=reason)


def move_exhibit(
    tx: Transaction,
    package: Package,
    exhibit: Exhibit,
    name: str,
    now: datetime,
    outcome: Outcome = "done",
    *,
    changes: Mapping[str, Any] | None = None,
    **members: Any,
) -> ExhibitState:
    """Move an exhibit of the package."""
    event = record.move(exhibit, name, now, outcome, within=package, **members)
    return tx.packages.move_exhibit(exhibit.id, name, event, **(changes or {}))


def move_rendition(
    tx: Transaction, package: Package, rendition: Rendition, name: str, now: datetime, **members: Any
) -> RenditionState:
    """Move a rendition of the package."""
    return tx.renditions.move(rendition.id, name, record.move(rendition, name, now, within=package, **members))


def move_release(
    tx: Transaction,
    release: Release,
    name: str,
    now: datetime,
    *,
    changes: Mapping[str, Any] | None = None,
    **members: Any,
) -> ReleaseState:
    """Move a release."""
    return tx.releases.move(release.id, name, record.move(release, name, now, **members), **(changes or {}))
