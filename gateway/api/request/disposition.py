"""Content-Disposition for downloads (RFC 6266): a file name that no parser can be misled by.

The plain ``filename`` holds only letters, digits and ``._-``; the real name follows percent-encoded
as ``filename*`` (RFC 8187). Nothing a sender called a file can therefore end the header or the quote.
"""

from __future__ import annotations

import re
from urllib.parse import quote

_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")


def attachment(file_name: str) -> str:
    """Header value for a file to be saved under ``file_name`` (checked by evidence/names.py)."""
    plain = _UNSAFE.sub("_", file_name)[:120].strip("._") or "exhibit"
    encoded = quote(file_name, safe="", encoding="utf-8", errors="strict")
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{encoded}"
