"""Names that an exhibit gives to its own places, made fit to stand in a report.

A place (`/users/0/name`, `row 4 column email`) is shown to readers who may not see the evidence. A
key or heading can itself be personal data ("Jane Roe", an e-mail address as a key), so only one that
looks like an identifier is quoted; any other is named by its position.
"""

from __future__ import annotations

import re

_IDENTIFIER = re.compile(r"[A-Za-z_@$][A-Za-z_$-]{0,39}[0-9]{0,2}")
_HEADING = re.compile(r"[^\W\d_][^\W\d_ /().#%_-]*(?:[ /().#%_-]+[^\W\d_]*){0,4}[0-9]{0,2}")


def pointer_token(key: str, ordinal: int) -> str:
    """A reference token of RFC 6901 for the key, or ``*N``: the N-th member of its object."""
    return key if _IDENTIFIER.fullmatch(key) else f"*{ordinal}"


def column_name(heading: str, ordinal: int) -> str:
    """``column NAME`` if the heading is a plain phrase of at most 40 letters, else ``column N``."""
    heading = " ".join(heading.split())
    return f"column {heading}" if len(heading) <= 40 and _HEADING.fullmatch(heading) else f"column {ordinal}"
