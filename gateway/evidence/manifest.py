"""The package manifest: what a submitter declares and signs before any byte of evidence moves.

Strictly parsed: an unknown key is an error, because a key that the gateway would ignore is a
condition the sender believes in and nobody keeps. Digest and signature are over the RFC 8785 form.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from gateway.errors import InvalidInput, TooLarge
from gateway.evidence.canonical import CanonicalDocument
from gateway.evidence.media import resolve_media_type
from gateway.evidence.names import check_exhibit_name, check_identifier

MAX_EXHIBITS = 1000
MAX_EXHIBIT_BYTES = 1 << 44
_HEX64 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class DeclaredExhibit:
    """One file as the submitter describes it. ``sha256`` is lower-case hex of the plain bytes."""

    name: str
    evidence_type: str
    media_type: str
    size_bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class PackageManifest(CanonicalDocument):
    """What a package is: the agreement and case it moves under, its purpose and its exhibits."""

    agreement: str
    case: str
    purpose: str
    exhibits: tuple[DeclaredExhibit, ...]
    urgency: str = "ordinary"
    note: str = ""

    def as_dict(self) -> dict[str, Any]:
        members: dict[str, Any] = {
            "agreement": self.agreement,
            "case": self.case,
            "purpose": self.purpose,
            "urgency": self.urgency,
            "exhibits": [
                {
                    "name": e.name,
                    "evidence_type": e.evidence_type,
                    "media_type": e.media_type,
                    "size": e.size_bytes,
                    "sha256": e.sha256,
                }
                for e in self.exhibits
            ],
        }
        return {**members, "note": self.note} if self.note else members


def parse_manifest(untrusted: Any) -> PackageManifest:
    """Check a parsed JSON value and return the manifest.

    Args:
        untrusted: The output of :func:`gateway.evidence.canonical.parse_json`.

    Raises:
        InvalidInput: ``manifest-invalid``, ``identifier-invalid``, ``name-unsafe``,
            ``media-type-invalid``; ``where`` is a JSON Pointer.
        TooLarge: ``manifest-too-many-exhibits``, ``name-too-long``.
    """
    members = _object(untrusted, "", {"agreement", "case", "purpose", "exhibits"}, {"urgency", "note"})
    raw_exhibits = members["exhibits"]
    if not isinstance(raw_exhibits, list) or not raw_exhibits:
        raise _invalid("exhibits must be a non-empty array", "/exhibits")
    if len(raw_exhibits) > MAX_EXHIBITS:
        raise TooLarge(
            "manifest-too-many-exhibits",
            f"A package may hold at most {MAX_EXHIBITS} exhibits; this one declares {len(raw_exhibits)}.",
            remedy="Split it into several packages of the same case.",
            where="/exhibits",
        )
    exhibits = tuple(_exhibit(item, f"/exhibits/{i}") for i, item in enumerate(raw_exhibits))
    names = [e.name.casefold() for e in exhibits]
    for i, name in enumerate(names):
        if names.index(name) != i:
            raise _invalid("two exhibits have the same name (upper and lower case count as one)", f"/exhibits/{i}/name")
    urgency = members.get("urgency", "ordinary")
    if urgency not in ("ordinary", "emergency"):
        raise _invalid("urgency must be 'ordinary' or 'emergency'", "/urgency")
    note = members.get("note", "")
    if not isinstance(note, str) or len(note) > 2000:
        raise _invalid("note must be a string of at most 2000 characters", "/note")
    return PackageManifest(
        agreement=check_identifier(members["agreement"], what="agreement"),
        case=check_identifier(members["case"], what="case"),
        purpose=check_identifier(members["purpose"], what="purpose"),
        exhibits=exhibits,
        urgency=urgency,
        note=note,
    )


def _exhibit(untrusted: Any, where: str) -> DeclaredExhibit:
    members = _object(untrusted, where, {"name", "evidence_type", "media_type", "size", "sha256"}, set())
    size, digest = members["size"], members["sha256"]
    if isinstance(size, bool) or not isinstance(size, int) or not 0 <= size <= MAX_EXHIBIT_BYTES:
        raise _invalid(f"size must be an integer from 0 to {MAX_EXHIBIT_BYTES}", f"{where}/size")
    if not isinstance(digest, str) or not _HEX64.fullmatch(digest):
        raise _invalid("sha256 must be 64 lower-case hexadecimal digits", f"{where}/sha256")
    return DeclaredExhibit(
        name=check_exhibit_name(members["name"], where=f"{where}/name"),
        evidence_type=check_identifier(members["evidence_type"], what="evidence type"),
        media_type=resolve_media_type(members["media_type"], where=f"{where}/media_type"),
        size_bytes=size,
        sha256=digest,
    )


def _object(untrusted: Any, where: str, required: set[str], optional: set[str]) -> dict[str, Any]:
    if not isinstance(untrusted, dict):
        raise _invalid("a JSON object is expected here", where or "/")
    for key in untrusted:
        if key not in required | optional:
            raise _invalid(f"the key {str(key)[:80]!r} is not known here", f"{where}/{str(key)[:80]}")
    missing = sorted(required - set(untrusted))
    if missing:
        raise _invalid(f"missing: {', '.join(missing)}", where or "/")
    return untrusted


def _invalid(reason: str, where: str) -> InvalidInput:
    return InvalidInput(
        "manifest-invalid",
        f"The package manifest cannot be accepted: {reason}.",
        remedy="See docs/api.md, 'The package manifest'.",
        where=where,
    )
