"""The text of an agreement file before YAML is looked at: size, UTF-8, and nothing a reader can't see.

Control characters, bidirectional overrides, zero-width characters and byte order marks are refused
anywhere, remarks included: what a lawyer reads and what is enforced must be the same text
(CVE-2021-42574).
"""

from __future__ import annotations

import json
import unicodedata

from gateway.agreements.finding import fatal

MAX_BYTES = 256 * 1024


def decode_source(untrusted: bytes) -> str:
    """The text of a file, with line breaks made uniform.

    Raises:
        AgreementInvalid: ``agreement-too-large``, ``agreement-not-utf8``, ``agreement-character``.
    """
    if len(untrusted) > MAX_BYTES:
        raise fatal("too-large", f"The file has {len(untrusted)} bytes; at most {MAX_BYTES} are accepted.", 1, 1,
                     "Shorten the agreement.")  # fmt: skip
    try:
        text = untrusted.decode("utf-8", errors="strict")
    except UnicodeDecodeError as error:
        before = untrusted[: error.start]
        raise fatal("not-utf8", "The file is not UTF-8.", before.count(b"\n") + 1,
                     error.start - (before.rfind(b"\n") + 1) + 1, "Save it as UTF-8.") from error  # fmt: skip
    text = text.replace("\r\n", "\n")
    for number, line in enumerate(text.split("\n"), start=1):
        found = forbidden_character(line, "\t")
        if found is not None:
            raise fatal(
                "character",
                f"The file contains the character {character_name(found)}, which is not allowed.",
                number,
                line.index(found) + 1,
                "Take it out; save as UTF-8 without a byte order mark.",
            )
    if text.lstrip().startswith("{") and "\t" in text:
        text = _without_json_tabs(text)
    return text


def _without_json_tabs(text: str) -> str:
    # JSON may be indented with tabs, YAML may not. In valid JSON no string contains a raw tab, so
    # each tab is white space between tokens, and a space in its place keeps every column.
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return text
    return text.replace("\t", " ")


def forbidden_character(text: str, allowed: str = "") -> str | None:
    """The first control, invisible, private or half character: what a reader of the text can't see."""
    if text.isascii() and text.isprintable():
        return None
    for char in text:
        if unicodedata.category(char) in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp") and char not in allowed:
            return char
    return None


def character_name(char: str) -> str:
    """``U+202E``: how messages name a character that must not be printed."""
    return f"U+{ord(char):04X}"
