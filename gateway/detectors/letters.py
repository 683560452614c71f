"""Character classes that Python's ``re`` has no name for."""

from __future__ import annotations

#: A class of capital letters: Latin with all its accents, Greek, Cyrillic.
UPPER = "[" + "".join(chr(code) for code in (*range(0x41, 0x530), *range(0x1E00, 0x1F00)) if chr(code).isupper()) + "]"
