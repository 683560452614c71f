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
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PPTX = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
ODT = "application/vnd.oasis.opendocument.text"
ODS = "application/vnd.oasis.opendocument.spreadsheet"
HTML = "text/html"
XML = "application/xml"
MARKDOWN = "text/markdown"
TSV = "text/tab-separated-values"
MBOX = "application/mbox"
ZIP = "application/zip"
TAR = "application/x-tar"
GZIP = "application/gzip"
PNG = "image/png"
JPEG = "image/jpeg"
TIFF = "image/tiff"
WEBP = "image/webp"
OCTETS = "application/octet-stream"

#: Types whose content the gateway can extract, redact and rebuild.
REDACTABLE = frozenset(
    {TEXT, CSV, JSON, JSON_LINES, EMAIL, DOCX, PDF, XLSX, PPTX, ODT, ODS, HTML, XML, MARKDOWN, TSV, MBOX, ZIP, TAR,
     GZIP, PNG, JPEG, TIFF, WEBP}
)  # fmt: skip

#: Types that are runs of records, so that a file too long to be held at once can be opened window by window.
WINDOWED = frozenset({TEXT, MARKDOWN, CSV, TSV, JSON_LINES})

#: What to do with a file of a type that cannot be opened, where there is something better to do than ask.
ADVICE = {
    "application/rtf": "Save it as DOCX or PDF and send that.",
    "text/rtf": "Save it as DOCX or PDF and send that.",
    "application/msword": "Save it as DOCX or PDF and send that.",
    "application/vnd.ms-excel": "Save it as XLSX or CSV and send that.",
    "application/vnd.ms-powerpoint": "Save it as PPTX or PDF and send that.",
    "application/vnd.ms-outlook": "Export the message as EML and send that.",
    "application/ms-tnef": "Export the message as EML, not as Rich Text, and send that.",
    "application/x-ole-storage": "Save it in a present-day format (DOCX, XLSX, PPTX, PDF) and send that.",
    "application/vnd.ms-word.document.macroenabled.12": "Save it as DOCX, without macros, and send that.",
    "application/vnd.ms-excel.sheet.macroenabled.12": "Save it as XLSX, without macros, and send that.",
    "application/vnd.ms-powerpoint.presentation.macroenabled.12": "Save it as PPTX, without macros, and send that.",
    "image/gif": "Save it as PNG and send that.",
    "image/bmp": "Save it as PNG and send that.",
    "image/heic": "Save it as PNG or JPEG and send that.",
    "image/svg+xml": "Save it as PNG or PDF and send that.",
    "application/postscript": "Convert it to PDF and send that.",
    "application/x-7z-compressed": "Pack it as ZIP and send that.",
    "application/vnd.rar": "Pack it as ZIP and send that.",
    "application/x-bzip2": "Pack it as ZIP or gzip and send that.",
    "application/x-xz": "Pack it as ZIP or gzip and send that.",
    "application/zstd": "Pack it as ZIP or gzip and send that.",
}

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
    "xlsx": XLSX,
    "pptx": PPTX,
    "odt": ODT,
    "ods": ODS,
    "html": HTML,
    "xml": XML,
    "text/xml": XML,
    "markdown": MARKDOWN,
    "tsv": TSV,
    "mbox": MBOX,
    "zip": ZIP,
    "tar": TAR,
    "gzip": GZIP,
    "png": PNG,
    "jpeg": JPEG,
    "tiff": TIFF,
    "webp": WEBP,
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
    XLSX: ".xlsx",
    PPTX: ".pptx",
    ODT: ".odt",
    ODS: ".ods",
    HTML: ".html",
    XML: ".xml",
    MARKDOWN: ".md",
    TSV: ".tsv",
    MBOX: ".mbox",
    ZIP: ".zip",
    TAR: ".tar",
    GZIP: ".gz",
    PNG: ".png",
    JPEG: ".jpg",
    TIFF: ".tif",
    WEBP: ".webp",
    OCTETS: ".bin",
}

#: sniffed type -> declared types that may narrow it; the bytes alone cannot tell these apart.
_NARROWED_BY = {
    TEXT: frozenset({TEXT, CSV, EMAIL, JSON_LINES, MARKDOWN, TSV, HTML}),
    JSON: frozenset({JSON, JSON_LINES, TEXT}),
    JSON_LINES: frozenset({JSON_LINES, JSON, TEXT}),
    CSV: frozenset({CSV, TEXT, TSV, MARKDOWN}),
    EMAIL: frozenset({EMAIL, TEXT}),
    XML: frozenset({XML, HTML}),
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


def effective_media_type(sniffed: str, declared: str) -> str:
    """The type an exhibit is treated as: the declared one where it narrows what was sniffed."""
    return declared if compatible(sniffed, declared) else sniffed


def _token(part: str) -> bool:
    return bool(part) and all(char.isascii() and (char.isalnum() or char in "!#$&-^_.+") for char in part)
