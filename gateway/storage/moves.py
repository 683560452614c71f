"""How a row changes its state: only along lifecycle.py, and only under the action that is recorded.

The stores call :func:`moved` with the state of the *locked* row. It also holds the audit event
against the transition: a row that moves as ``package.seal`` while the log says something else would
make the log a lie, so that is a programming error and the transaction fails.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, TypeVar

from gateway.evidence.lifecycle import ReleaseState, transition
from gateway.translog.event import AuditEvent

_State = TypeVar("_State", bound=StrEnum)

#: Members of an exhibit that may change together with its state.
EXHIBIT_CHANGES = frozenset({"media_type", "blob", "body_sha256", "file_key_id", "reason", "clause", "received_at"})

#: Members of a release that may change together with its state.
RELEASE_MOVE_CHANGES = frozenset({"manifest", "manifest_signature", "released_at", "deadline"})

#: Members of a release that may change while its state stays.
RELEASE_TOUCH_CHANGES = frozenset({"last_pull_at", "acknowledged_at", "deadline"})


def moved(state: _State, event_name: str, event: AuditEvent) -> _State:
    """The state that ``event_name`` leads to from ``state``.

    Raises:
        Conflict: ``state-conflict`` if lifecycle.py does not list the move.
        ValueError: if the audit event records another action than the transition's.
    """
    step = transition(state, event_name)
    if event.action != step.action:
        raise ValueError(f"the move is recorded as {event.action!r}, lifecycle.py says {step.action!r}")
    return type(state)(step.target)


def check_changes(changes: Mapping[str, Any], allowed: frozenset[str]) -> None:
    """Refuse members that may not change here; identity, digests and policy of a row never do.

    Raises:
        TypeError: names the members; it is a mistake of the calling step.
    """
    surplus = sorted(set(changes) - allowed)
    if surplus:
        raise TypeError(f"these members may not change here: {', '.join(surplus)}")


def check_signed(state: ReleaseState, members: Mapping[str, Any]) -> None:
    """A release becomes available together with its signed manifest, never without.

    Raises:
        ValueError: it is a mistake of the calling step.
    """
    if state is ReleaseState.AVAILABLE and not (members["manifest"] and members["manifest_signature"]):
        raise ValueError("a release without a signed manifest can't become available")
