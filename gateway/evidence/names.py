"""Identifiers and file names from outsiders, checked once, then trusted.

Identifiers (agencies, cases, agreements) are lower-case slugs so that they are safe in paths, URLs
and log entries. Exhibit names are what a person called the file: they may be in any script, but
nothing in them may steer a file system, a terminal or a reader's eye (bidirectional overrides, the
"Trojan Source" trick, CVE-2021-42574).
"""

from __future__ import annotations

import re
import unicodedata

from gateway.errors import InvalidInput, TooLarge

MAX_EXHIBIT_NAME_CHARS = 200
MAX_EXHIBIT_NAME_BYTES = 240

_SLUG = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?")
_RESERVED = re.compile(r"(?i)(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\..*)?")


def check_identifier(untrusted: object, *, what: str) -> str:
    """Return the identifier if it is a slug of 1 to 64 characters, else refuse.

    Args:
        untrusted: The value as received.
        what: The noun for the message, for example ``"case"``.

    Raises:
        InvalidInput: ``identifier-invalid``.
    """
    if not isinstance(untrusted, str) or not _SLUG.fullmatch(untrusted) or ".." in untrusted:
        raise InvalidInput(
            "identifier-invalid",
            f"The {what} identifier is not a valid name.",
            remedy="Use 1 to 64 lower-case letters, digits, dots, hyphens or underscores, "
            "beginning and ending with a letter or digit.",
            where=what,
        )
    return untrusted


def check_exhibit_name(untrusted_name: object, *, where: str = "name") -> str:
    """Return a file name that is safe to show, store in a manifest and write to a folder.

    Raises:
        TooLarge: ``name-too-long``.
        InvalidInput: ``name-unsafe`` with the reason.
    """
    if not isinstance(untrusted_name, str) or not untrusted_name:
        raise _unsafe("it is empty or not a string", where)
    if (
        len(untrusted_name) > MAX_EXHIBIT_NAME_CHARS
        or len(untrusted_name.encode("utf-8", errors="replace")) > MAX_EXHIBIT_NAME_BYTES
    ):
        raise TooLarge(
            "name-too-long",
            f"An exhibit name is longer than {MAX_EXHIBIT_NAME_CHARS} characters or {MAX_EXHIBIT_NAME_BYTES} bytes.",
            remedy="Shorten the name.",
            where=where,
        )
    for char in untrusted_name:
        category = unicodedata.category(char)
        if category in ("Cc", "Cs", "Co", "Cn", "Zl", "Zp"):
            raise _unsafe(f"it contains the control or unassigned character U+{ord(char):04X}", where)
        if category == "Cf" or (category == "Zs" and char != " "):
            # Includes every bidirectional control, zero-width character and look-alike of the blank.
            raise _unsafe(f"it contains the invisible character U+{ord(char):04X}", where)
    if untrusted_name in (".", "..") or "../" in untrusted_name or "..\\" in untrusted_name:
        raise _unsafe("it is a relative path", where)
    if any(char in '/\\:*?"<>|' for char in untrusted_name):
        raise _unsafe('it contains one of / \\ : * ? " < > |', where)
    # Two dots inside a name ("Acme Inc..pdf") are common and harmless; with no separator left and no
    # dot in front, they cannot climb.
    if untrusted_name.startswith((".", "-", " ")) or untrusted_name.endswith((".", " ")):
        raise _unsafe("it begins with a dot, hyphen or space, or ends with a dot or space", where)
    if _RESERVED.fullmatch(untrusted_name):
        raise _unsafe("it is a reserved device name", where)
    if not unicodedata.is_normalized("NFC", untrusted_name):
        # Two spellings would be two names; changing it here would break the signature over the manifest.
        raise _unsafe("it is not in the composed Unicode form NFC", where)
    return untrusted_name


def propose_exhibit_name(file_name: str) -> str:
    """The name under which to declare a file: composed (macOS gives decomposed names), with plain blanks.

    Meant for the side that makes a manifest; what it gives must still pass :func:`check_exhibit_name`.
    """
    composed = unicodedata.normalize("NFC", file_name)
    return "".join(" " if unicodedata.category(char) == "Zs" else char for char in composed)


def _unsafe(reason: str, where: str) -> InvalidInput:
    return InvalidInput(
        "name-unsafe",
        f"An exhibit name cannot be accepted: {reason}.",
        remedy="Give the plain file name only, such as incident-report.pdf.",
        where=where,
    )
