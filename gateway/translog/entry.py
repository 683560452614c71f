"""Entries: the leaves of the log, as bytes that have exactly one form (docs/spec/log.md, "Entry").

A leaf is RFC 8785 JSON of at most 65,535 bytes with a fixed set of members. Numbers are integers,
member names are ASCII and nesting is at most 32: within these limits RFC 8785 is what any JSON
library writes with sorted keys and no spaces, so a stranger needs no special code to check it, and
neither do we. Parsing writes the value again and compares: what is not the one form is refused.
An entry waits in the database without ``v``, ``seq`` and ``prev``; :func:`place` adds them.
No personal data: values that could be personal enter as commitments (commitment.py).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeGuard

from gateway.errors import InvalidInput, TooLarge
from gateway.translog.commitment import check_field
from gateway.translog.event import AuditEvent, Outcome

VERSION = 1
MAX_ENTRY_BYTES = 65_535
MAX_DEPTH = 32
#: ``prev`` of the first entry.
NO_PREVIOUS = "0" * 64

# Room for the members that place() adds: v, seq (16 digits) and prev, with names and commas.
_RESERVED_BYTES = 128
_MAX_SAFE_INTEGER = 2**53 - 1
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", re.ASCII)
_ACTION = re.compile(r"[a-z][a-z0-9-]*(?:\.[a-z0-9][a-z0-9-]*)+")
_HEX64 = re.compile(r"[0-9a-f]{64}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_OUTCOMES = frozenset({"permit", "deny", "done", "failed"})
_MAX_REASON_CHARS = 1000
_PENDING_MEMBERS = frozenset(
    {"time", "actor", "action", "object", "agreement", "clause", "outcome", "reason", "detail", "commitments"}
)
_MEMBERS = _PENDING_MEMBERS | {"v", "seq", "prev"}


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of the log, parsed and checked. ``prev`` is the hex leaf hash of the one before."""

    seq: int
    prev: str
    time: datetime
    actor: Mapping[str, str]
    action: str
    object: Mapping[str, str]
    agreement: Mapping[str, Any]
    clause: str
    outcome: Outcome
    reason: str
    detail: Mapping[str, Any]
    commitments: Mapping[str, str]


def format_time(time: datetime) -> str:
    """RFC 3339 UTC with ``Z`` and six digits of a second: one instant, one text.

    Raises:
        InvalidInput: ``log-entry-invalid`` for a time without a zone.
    """
    if time.tzinfo is None:
        raise _invalid("its time has no time zone")
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ").rjust(27, "0")


def pending(event: AuditEvent, commitments: Mapping[str, str]) -> bytes:
    """The event as it waits for its place: canonical JSON without ``v``, ``seq`` and ``prev``.

    Args:
        event: What happened. ``event.erasable`` must already be committed to.
        commitments: Field -> commitment, one for each erasable field of the event.

    Raises:
        InvalidInput: ``log-entry-invalid`` if the event has no form in the log.
        TooLarge: ``log-entry-too-large``.
    """
    if set(commitments) != set(event.erasable):
        raise _invalid("its erasable fields and its commitments differ")
    described = dict(event.object)
    if event.case_id is not None and described.setdefault("case", event.case_id) != event.case_id:
        raise _invalid("it names two different cases")
    members: dict[str, Any] = {
        "time": format_time(event.time),
        "actor": dict(event.actor),
        "action": event.action,
        "object": described,
        "agreement": dict(event.agreement),
        "clause": event.clause,
        "outcome": event.outcome,
        "reason": event.reason,
        "detail": dict(event.detail),
        "commitments": dict(commitments),
    }
    _check_values(members)
    _check_members(members)
    data = _encode(members)
    if len(data) > MAX_ENTRY_BYTES - _RESERVED_BYTES:
        raise _too_large(len(data))
    return data


def place(waiting: bytes, seq: int, prev: str) -> tuple[Entry, bytes]:
    """Give a pending entry its place: the parsed entry and its leaf bytes.

    Args:
        waiting: As :func:`pending` wrote it.
        seq: Dense sequence number from 0; the index of the leaf in the tree.
        prev: Hex leaf hash of entry ``seq - 1``, or :data:`NO_PREVIOUS`.

    Raises:
        InvalidInput: ``log-entry-invalid`` if the bytes are not what :func:`pending` writes.
    """
    members = parse_canonical(waiting)
    _check_names(members, _PENDING_MEMBERS)
    entry = _entry({**members, "v": VERSION, "seq": seq, "prev": prev})
    # The names are sorted: prev goes before reason, seq before time, v to the end. What waits is in its one
    # form already, so its bytes are kept instead of being written again, which takes longer.
    reason, time = _encode(entry.reason), members["time"].encode()
    head = waiting[: -len(b',"reason":,"time":""}') - len(reason) - len(time)]
    return entry, b'%b,"prev":"%b","reason":%b,"seq":%d,"time":"%b","v":%d}' % (
        head,
        prev.encode(),
        reason,
        seq,
        time,
        VERSION,
    )


def parse_entry(leaf: bytes) -> Entry:
    """Parse leaf bytes, strictly: only what this module would write itself is accepted.

    Raises:
        InvalidInput: ``log-entry-invalid`` with the reason.
        TooLarge: ``log-entry-too-large``.
    """
    members = parse_canonical(leaf)
    _check_names(members, _MEMBERS)
    return _entry(members)


def _entry(members: dict[str, Any]) -> Entry:
    seq, prev, version = members["seq"], members["prev"], members["v"]
    # JSON true is an int to Python, and 1 == True; the type is part of the form.
    if type(version) is not int or version != VERSION:
        raise _invalid("its version is not 1")
    if type(seq) is not int or seq < 0:
        raise _invalid("its sequence number is not a non-negative integer")
    if not isinstance(prev, str) or not _HEX64.fullmatch(prev):
        raise _invalid("prev is not 64 lower-case hexadecimal digits")
    return Entry(
        seq=seq,
        prev=prev,
        time=_check_members(members),
        actor=members["actor"],
        action=members["action"],
        object=members["object"],
        agreement=members["agreement"],
        clause=members["clause"],
        outcome=members["outcome"],
        reason=members["reason"],
        detail=members["detail"],
        commitments=members["commitments"],
    )


def _check_names(members: Any, expected: frozenset[str]) -> None:
    if not isinstance(members, dict) or members.keys() != expected:
        raise _invalid("its members are not those of version 1")


def _check_members(members: Mapping[str, Any]) -> datetime:
    """Check all members but v, seq and prev; returns the time, parsed."""
    text, actor, subject = members["time"], members["actor"], members["object"]
    if not isinstance(text, str) or not _TIME.fullmatch(text):
        raise _invalid("its time is not RFC 3339 UTC with microseconds")
    try:
        time = datetime.fromisoformat(text)
    except ValueError as error:
        raise _invalid("its time does not exist") from error
    if not is_texts(actor) or not ("agency" in actor or "system" in actor):
        raise _invalid("its actor names neither an agency nor a system")
    if not is_texts(subject) or not ("kind" in subject and "id" in subject):
        raise _invalid("its object has no kind or no id")
    if not isinstance(members["action"], str) or not _ACTION.fullmatch(members["action"]):
        raise _invalid("its action is not a dotted verb in lower case")
    if not isinstance(members["outcome"], str) or members["outcome"] not in _OUTCOMES:
        raise _invalid("its outcome is not permit, deny, done or failed")
    agreement, clause, reason = members["agreement"], members["clause"], members["reason"]
    if not isinstance(agreement, dict) or (agreement and not is_reference(agreement)):
        raise _invalid("its agreement is not id, version and digest")
    if not isinstance(clause, str) or (clause and not clause.startswith("/")):
        raise _invalid("its clause is not a JSON Pointer")
    if not isinstance(reason, str) or len(reason) > _MAX_REASON_CHARS:
        raise _invalid(f"its reason is not a text of at most {_MAX_REASON_CHARS} characters")
    if not isinstance(members["detail"], dict):
        raise _invalid("its detail is not an object")
    commitments = members["commitments"]
    if not is_texts(commitments) or not all(_HEX64.fullmatch(value) for value in commitments.values()):
        raise _invalid("a commitment is not 64 lower-case hexadecimal digits")
    for field in commitments:
        check_field(field)
    return time


def is_texts(value: Any) -> TypeGuard[dict[str, str]]:
    """Whether it is an object of texts without control characters."""
    return isinstance(value, dict) and all(map(_is_text, value.values()))


def _is_text(value: Any) -> bool:
    # Control characters would let an identifier break a line of a report, and a NUL the database.
    return isinstance(value, str) and (value.isprintable() or not _CONTROL.search(value))


def is_reference(agreement: Mapping[str, Any]) -> bool:
    """Whether it names an agreement: id, version and digest."""
    return (
        agreement.keys() == {"id", "version", "digest"}
        and _is_text(agreement["id"])
        and type(agreement["version"]) is int
        and isinstance(agreement["digest"], str)
        and _HEX64.fullmatch(agreement["digest"]) is not None
    )


# --- canonical JSON within the limits of an entry -------------------------------------------------
# Python's encoder, in C, writes RFC 8785 for integers, ASCII names and well-formed strings; the
# property tests hold it against the rfc8785 package, which is ten times slower.
_encoder = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def _encode(value: Any) -> bytes:
    try:
        return _encoder.encode(value).encode("utf-8")
    except UnicodeEncodeError as error:
        raise _invalid("a text contains a lone surrogate") from error


def parse_canonical(data: bytes) -> Any:
    """The value that canonical JSON within the limits of an entry says; refuses any other spelling."""
    if len(data) > MAX_ENTRY_BYTES:
        raise _too_large(len(data))
    try:
        value = _decoder.decode(data.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise _invalid("it is not valid JSON") from error
    # Bytes that are all ASCII, and stay the same when written again, have no other names.
    if data.count(b"{") + data.count(b"[") > MAX_DEPTH or not data.isascii():
        _check_values(value)
    if _encode(value) != data:
        # Covers duplicate names, spaces, order, escapes and spellings of numbers, all at once.
        raise _invalid("it is not in canonical form")
    return value


def _integer(digits: str) -> int:
    if len(digits) > 17 or abs(int(digits)) > _MAX_SAFE_INTEGER:
        raise _invalid("a number is larger than 2^53-1")
    return int(digits)


def _no_number(_digits: str) -> Any:
    raise _invalid("a number is not an integer")


_decoder = json.JSONDecoder(parse_int=_integer, parse_float=_no_number, parse_constant=_no_number)


def _check_values(value: Any) -> None:
    stack: list[tuple[Any, int]] = [((value,), 0)]
    while stack:
        items, depth = stack.pop()
        if depth > MAX_DEPTH:
            raise _invalid(f"it nests deeper than {MAX_DEPTH} levels")
        if isinstance(items, dict):
            for key in items:
                if not (isinstance(key, str) and key.isascii()):
                    raise _invalid("a member name is not ASCII")
            items = items.values()
        for item in items:
            if item is None or isinstance(item, str):
                continue
            if isinstance(item, (dict, list, tuple)):
                stack.append((item, depth + 1))
            elif not isinstance(item, int):
                raise _invalid(f"a value of type {type(item).__name__} has no form in the log")
            elif abs(item) > _MAX_SAFE_INTEGER:
                raise _invalid("a number is larger than 2^53-1")


def _invalid(reason: str) -> InvalidInput:
    return InvalidInput(
        "log-entry-invalid",
        f"This is not an entry of the log: {reason}.",
        remedy="See docs/spec/log.md, 'Entry', for the one form of an entry.",
    )


def _too_large(size: int) -> TooLarge:
    return TooLarge(
        "log-entry-too-large",
        f"A log entry would have {size} bytes; at most {MAX_ENTRY_BYTES} fit.",
        remedy="Put digests into the detail instead of contents.",
    )
