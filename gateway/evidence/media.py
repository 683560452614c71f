"""Media types the gateway knows, their short names in agreements, and which of them it can open.

The declared type of an upload is never believed; the formats layer sniffs the bytes and the policy
decides over the sniffed type. Two types can be told apart by content only in part (CSV, JSON Lines
and plain text are all text): :func:`compatible` says which declared type may stand for which
sniffed one.
"""

from __future__ import annotations

from gateway.errors import InvalidInput

TEXT = "text/plain"
CSV = "text/csv"
JSON = "application/json"
JSON_LINES = "application/jsonl"
EMAIL = "message/rfc822"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
PDF = "application/pdf"
OCTETS = "application/octet-stream"

#: Types whose content the gateway can extract, redact and rebuild.
REDACTABLE = frozenset({TEXT, CSV, JSON, JSON_LINES, EMAIL, DOCX, PDF})

#: Short names that an agreement may write instead of the full media type.
SHORT_NAMES = {
    "txt": TEXT,
    "text": TEXT,
    "csv": CSV,
    "json": JSON,
    "jsonl": JSON_LINES,
    "ndjson": JSON_LINES,
    "application/x-ndjson": JSON_LINES,
    "eml": EMAIL,
    "docx": DOCX,
    "pdf": PDF,
    "binary": OCTETS,
}

EXTENSIONS = {
    TEXT: ".txt",
    CSV: ".csv",
    JSON: ".json",
    JSON_LINES: ".jsonl",
    EMAIL: ".eml",
    DOCX: ".docx",
    PDF: ".pdf",
    OCTETS: ".bin",
}

#: sniffed type -> declared types that may narrow it; the bytes alone cannot tell these apart.
_NARROWED_BY = {
    TEXT: frozenset({TEXT, CSV, EMAIL, JSON_LINES}),
    JSON: frozenset({JSON, JSON_LINES, TEXT}),
    JSON_LINES: frozenset({JSON_LINES, JSON, TEXT}),
    CSV: frozenset({CSV, TEXT}),
    EMAIL: frozenset({EMAIL, TEXT}),
}


def resolve_media_type(untrusted: object, *, where: str = "media_type") -> str:
    """Full media type for a full or short name, lower-cased and without parameters.

    Raises:
        InvalidInput: ``media-type-invalid``.
    """
    if isinstance(untrusted, str):
        name = untrusted.split(";", 1)[0].strip().lower()
        name = SHORT_NAMES.get(name, name)
        kind, slash, subtype = name.partition("/")
        if slash and kind.isascii() and _token(kind) and _token(subtype) and len(name) <= 127:
            return name
    raise InvalidInput(
        "media-type-invalid",
        "This is not a media type.",
        remedy=f"Write type/subtype, or one of {', '.join(sorted(SHORT_NAMES))}.",
        where=where,
    )


def compatible(sniffed: str, declared: str) -> bool:
    """Whether bytes sniffed as ``sniffed`` may be treated as ``declared``."""
    return sniffed == declared or declared in _NARROWED_BY.get(sniffed, frozenset())


def _token(part: str) -> bool:
    return bool(part) and all(char.isascii() and (char.isalnum() or char in "!#$&-^_.+") for char in part)
