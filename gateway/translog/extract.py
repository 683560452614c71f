"""Extracts of the log for other tools: JSON Lines with proofs, CSV, and OCSF events for a SIEM.

JSON Lines: one object a line, ``{"seq", "leaf", "proof"}``; ``leaf`` is the text whose bytes are hashed,
``proof`` a whole c2sp.org/tlog-proof@v1, so each line can be checked by itself, by anyone. CSV is
for reading, and says nothing that could be run: a cell that a spreadsheet would take for a formula
begins with an apostrophe. OCSF is class API Activity (6003) of the Open Cybersecurity Schema
Framework 1.3.0. Only what stands in the leaves is given; erasable values never are.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator
from typing import Any

from gateway.translog.entry import Entry, format_time, parse_entry
from gateway.translog.proof import LogProof

OCSF_VERSION = "1.3.0"
CATEGORY_UID, CLASS_UID = 6, 6003
CSV_COLUMNS = (
    "seq",
    "time",
    "agency",
    "principal",
    "system",
    "action",
    "outcome",
    "object_kind",
    "object_id",
    "package",
    "exhibit",
    "case",
    "agreement",
    "agreement_version",
    "clause",
    "reason",
    "detail",
)
# What spreadsheets begin a formula with; tab and return as well, which some of them strip first.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_VERBS = {
    1: {"create", "add", "propose", "open", "upload", "put", "grant"},
    2: {"read", "pull", "search", "show", "export", "verify"},
    3: {"submit", "sign", "activate", "suspend", "approve", "reject", "move", "examine", "redact", "seal", "release"},
    4: {"dispose", "destroy", "erase", "withdraw", "revoke", "delete", "abandon"},
}
_ACTIVITY_NAMES = {1: "Create", 2: "Read", 3: "Update", 4: "Delete", 99: "Other"}


def json_lines(entries: Iterable[tuple[bytes, LogProof]]) -> Iterator[bytes]:
    """A line for each leaf and its proof."""
    for leaf, proof in entries:
        members = {"leaf": leaf.decode("utf-8"), "proof": proof.encode().decode("utf-8"), "seq": proof.index}
        yield json.dumps(members, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode("utf-8") + b"\n"


def csv_rows(leaves: Iterable[bytes]) -> Iterator[bytes]:
    """RFC 4180 with a header, UTF-8; every field quoted."""
    yield _csv_line(CSV_COLUMNS)
    for leaf in leaves:
        entry = parse_entry(leaf)
        subject, actor = entry.object, entry.actor
        cells = (
            str(entry.seq),
            format_time(entry.time),
            actor.get("agency", ""),
            actor.get("principal", ""),
            actor.get("system", ""),
            entry.action,
            entry.outcome,
            subject["kind"],
            subject["id"],
            subject.get("package", ""),
            subject.get("exhibit", ""),
            subject.get("case", ""),
            str(entry.agreement.get("id", "")),
            str(entry.agreement.get("version", "")),
            entry.clause,
            entry.reason,
            json.dumps(entry.detail, ensure_ascii=False, sort_keys=True) if entry.detail else "",
        )
        yield _csv_line([_harmless(cell) for cell in cells])


def ocsf_events(leaves: Iterable[bytes], origin: str, product_version: str) -> Iterator[bytes]:
    """A line of JSON for each leaf: an OCSF event of class API Activity."""
    for leaf in leaves:
        event = ocsf_event(parse_entry(leaf), origin, product_version)
        yield json.dumps(event, ensure_ascii=False, sort_keys=True).encode("utf-8") + b"\n"


def ocsf_event(entry: Entry, origin: str, product_version: str) -> dict[str, Any]:
    """One event; ``metadata.uid`` is origin and number, so that a SIEM can drop what it has already."""
    verb = entry.action.rpartition(".")[2]
    activity = next((number for number, verbs in _VERBS.items() if verb in verbs), 99)
    refused = entry.outcome in ("deny", "failed")
    agency, principal = entry.actor.get("agency", ""), entry.actor.get("principal", "")
    who = principal or entry.actor.get("system", "") or agency
    return {
        "activity_id": activity,
        "activity_name": _ACTIVITY_NAMES[activity],
        "category_uid": CATEGORY_UID,
        "category_name": "Application Activity",
        "class_uid": CLASS_UID,
        "class_name": "API Activity",
        "type_uid": CLASS_UID * 100 + activity,
        "time": int(entry.time.timestamp() * 1000),
        "severity_id": 3 if entry.action == "alert.raised" else 2 if refused else 1,
        "status_id": 2 if refused else 1,
        "status": "Failure" if refused else "Success",
        "status_code": entry.outcome,
        "status_detail": entry.reason,
        "metadata": {
            "version": OCSF_VERSION,
            "uid": f"{origin}#{entry.seq}",
            "sequence": entry.seq,
            "log_name": origin,
            "product": {"name": "evidence-gateway", "vendor_name": "evidence-gateway", "version": product_version},
        },
        "actor": {"user": {"name": who, "uid": who, **({"org": {"name": agency, "uid": agency}} if agency else {})}},
        "api": {"operation": entry.action, "response": {"code": 403 if entry.outcome == "deny" else 0}},
        # The log holds no network addresses: the agency is where a request came from.
        "src_endpoint": {"name": agency or "gateway"},
        "resources": [
            {"type": name, "uid": value}
            for name, value in (
                (entry.object["kind"], entry.object["id"]),
                *((k, v) for k, v in sorted(entry.object.items()) if k not in ("kind", "id")),
            )
            if value
        ],
        "unmapped": {
            "agreement": dict(entry.agreement),
            "clause": entry.clause,
            "prev": entry.prev,
            "detail": dict(entry.detail),
        },
    }


def _harmless(cell: str) -> str:
    return "'" + cell if cell.startswith(_FORMULA) else cell


def _csv_line(cells: Iterable[str]) -> bytes:
    line = io.StringIO()
    csv.writer(line, quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerow(cells)
    return line.getvalue().encode("utf-8")
