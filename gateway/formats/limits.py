"""Limits on what a parser accepts, in one place so that docs/formats.md can quote them.

They bound memory and time before the child process's own limits do: an exhibit beyond them is
quarantined with a code that names the limit, not killed halfway.
"""

from __future__ import annotations

from gateway.errors import Unparsable

MIB = 1 << 20

MAX_TEXT_BYTES = 64 * MIB
MAX_CSV_BYTES = 64 * MIB
MAX_CSV_CELLS = 4_000_000
MAX_CSV_CELL_CHARS = 1_000_000
MAX_JSON_BYTES = 64 * MIB
MAX_JSON_DEPTH = 64
MAX_JSON_VALUES = 4_000_000
MAX_EMAIL_BYTES = 64 * MIB
MAX_EMAIL_HEADER_BYTES = 1 * MIB
MAX_EMAIL_PARTS = 500
MAX_EMAIL_DEPTH = 16
MAX_NESTED_MESSAGES = 5
MAX_HTML_BYTES = 8 * MIB
MAX_ZIP_BYTES = 64 * MIB
MAX_ZIP_MEMBERS = 4_000
MAX_ZIP_TOTAL_BYTES = 512 * MIB
MAX_ZIP_RATIO = 200
MAX_XML_BYTES = 64 * MIB
MAX_DOCX_BLOCKS = 400_000
MAX_PDF_BYTES = 128 * MIB
MAX_PDF_PAGES = 2_000
MAX_PDF_PAGE_CHARS = 200_000
MAX_PDF_CHARS = 8_000_000
MAX_PDF_PAGE_OBJECTS = 200_000
MAX_SHEET_CELLS = 2_000_000
MAX_SHEETS = 1_000
MAX_SHEET_ROW = 1_048_576
MAX_SHEET_COLUMN = 16_384
MAX_SLIDES = 2_000
#: Pages read by text recognition in one file, unless a setting says otherwise.
MAX_SCANNED_PAGES = 50
MAX_IMAGE_BYTES = 64 * MIB
MAX_IMAGE_PIXELS = 20_000_000
MAX_MARKUP_NODES = 1_000_000
MAX_PAGE_BYTES = 32 * MIB
MAX_ARCHIVE_MEMBERS = 2_000
MAX_ARCHIVE_TOTAL_BYTES = 256 * MIB
MAX_ARCHIVE_DEPTH = 3
MAX_MBOX_MESSAGES = 5_000
MAX_CANONICAL_CHARS = 64 * MIB
WINDOW_CHARS = MIB // 4
MAX_RECORD_CHARS = 16 * MIB

#: What to do about an exhibit that is too large.
SPLIT = "Split it into smaller exhibits."
MORE_SCANS = "Split it into smaller exhibits, or ask the operator to raise EVIDENCE_GATEWAY_MAX_SCANNED_PAGES."


def check_size(data: bytes, limit: int, code: str, what: str) -> None:
    """Refuse input longer than ``limit`` bytes.

    Raises:
        Unparsable: ``code``.
    """
    if len(data) > limit:
        raise Unparsable(
            code,
            f"The {what} has {len(data)} bytes; at most {limit} can be opened.",
            remedy="Split it into smaller exhibits.",
        )
