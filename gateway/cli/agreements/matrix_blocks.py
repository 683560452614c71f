"""The rows of a matrix, put together as people read them: parties with the same answers, roles with their rights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gateway.agreements.model import Agreement
    from gateway.policy.matrix import Row


@dataclass(frozen=True, slots=True)
class Line:
    """What one role may do with one action in one view; ``types`` maps evidence types to their rows."""

    role: str
    action: str
    view: str
    row: Row
    types: dict[str, Row]


@dataclass(frozen=True, slots=True)
class Block:
    """Parties for which all answers are the same, the lines of what they may do, and roles that may nothing."""

    parties: tuple[str, ...]
    lines: tuple[Line, ...]
    idle: tuple[Row, ...]


def blocks(rows: Sequence[Row]) -> list[Block]:
    """The rows, parties with the same answers together, in the order of the agreement."""
    of_party: dict[str, list[Row]] = {}
    for row in rows:
        of_party.setdefault(row.party, []).append(row)
    alike: dict[object, list[str]] = {}
    for party, answers in of_party.items():
        # Who receives, and where a clause stands, differs from party to party and is not what they may do.
        key = tuple((r.role, r.action, r.evidence_type, r.view, r.permitted, r.code) for r in answers)
        alike.setdefault(key, []).append(party)
    return [_block(tuple(parties), of_party[parties[0]]) for parties in alike.values()]


def _block(parties: tuple[str, ...], rows: Sequence[Row]) -> Block:
    lines: dict[tuple[str, str, str], Line] = {}
    for row in rows:
        place = (row.role, row.action, row.view)
        if row.permitted and place not in lines:
            lines[place] = Line(row.role, row.action, row.view, row, {})
    for row in rows:
        place = (row.role, row.action, row.view)
        if place in lines:
            lines[place].types[row.evidence_type] = row
    active = {line.role for line in lines.values()}
    idle: dict[str, Row] = {}
    for row in rows:
        # Of several refusals the one of a right that the role has: the party may less than the role.
        if row.role not in active and (row.role not in idle or not row.code.startswith("role-may-not-")):
            idle[row.role] = row
    return Block(parties, tuple(lines.values()), tuple(idle.values()))


def attestation_time(agreement: Agreement) -> str:
    """The time to attest deletion, as an ISO 8601 duration."""
    from gateway.agreements.durations import Duration

    return str(Duration(rest=agreement.attest_within))
