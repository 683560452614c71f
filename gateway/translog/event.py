"""An audit event: an entry before the sequencer has given it its place in the log.

No personal data stands in the clear members. A value that could be personal (a case reference, an
exhibit name) goes into ``erasable``; the log then holds a salted commitment to it, and the value
lies in a side table that erasure can empty (docs/spec/log.md).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

Outcome = Literal["permit", "deny", "done", "failed"]


@dataclass(frozen=True, slots=True)
class AuditEvent:
    """Who did what to what, under which clause, with what outcome.

    Attributes:
        action: Dotted verb, ``noun.verb``: ``package.create``, ``release.pull``, ``log.read``.
        outcome: ``permit``/``deny`` for decisions, ``done``/``failed`` for acts of the gateway.
        time: Aware UTC.
        actor: ``{"agency": ..., "principal": ...}`` or ``{"system": "worker"}``.
        object: ``{"kind": "package", "id": ...}`` plus further identifiers.
        agreement: ``{"id", "version", "digest"}`` or empty.
        clause: JSON Pointer into the agreement that decided, or empty.
        reason: Stable code, or a short sentence without personal data.
        detail: Further JSON members without personal data (digests, sizes, states).
        erasable: Field name -> value that could be personal; only a commitment enters the log.
        case_id: The case whose key protects the erasable values, if any.
    """

    action: str
    outcome: Outcome
    time: datetime
    actor: Mapping[str, str]
    object: Mapping[str, str]
    agreement: Mapping[str, Any] = field(default_factory=dict)
    clause: str = ""
    reason: str = ""
    detail: Mapping[str, Any] = field(default_factory=dict)
    erasable: Mapping[str, str] = field(default_factory=dict)
    case_id: str | None = None
