"""Characters that no reader sees are taken out of every text before anything else looks at it.

Zero-width characters split a name so that no detector finds it; Unicode tag characters and runs of
variation selectors carry whole hidden messages; bidirectional controls make text read otherwise
than it is stored (CVE-2021-42574). What is dropped here is neither in the canonical text nor in
the rendition. Kept are the joiners that Persian, the Indic scripts and emoji need, and single
variation selectors after a non-Latin character. The function is idempotent, so a rendition parses
to the same text again.
"""

from __future__ import annotations

import re

# C0 and C1 controls but tab, line feed, vertical tab, form feed, carriage return and next line; soft
# hyphen; combining grapheme joiner; Arabic letter mark; Hangul fillers; Khmer inherent vowels;
# Mongolian vowel separator and selectors; zero-width space and direction marks; bidirectional
# embeddings; word joiner and invisible operators, isolates; byte order mark; interlinear
# annotation; musical formatting; shorthand format controls; tags. Noncharacters U+FFFE/F.
_DROPPED = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    "\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e00ff\U000e01f0-\U000e0fff]+"
)
_MARKS = re.compile("[\u200c\u200d\ufe00-\ufe0f\U000e0100-\U000e01ef]+")
_JOINERS = "\u200c\u200d"
# Keycaps and the copyright signs take a variation selector; no other Latin character does.
_KEYCAPS = "#*0123456789©®"
_LATIN_END = "\u024f"


def visible(text: str) -> str:
    """The text without characters that cannot be seen; the same object if there are none."""
    if text.isascii() and text.isprintable():
        return text
    text = _DROPPED.sub("", text)
    return text if text.isascii() else _MARKS.sub(_needed, text)


def _needed(match: re.Match[str]) -> str:
    # A run of joiners and selectors shrinks to the one of each that the characters around it call for.
    run, text = match.group(), match.string
    before = text[match.start() - 1] if match.start() else ""
    after = text[match.end()] if match.end() < len(text) else ""
    if before <= _LATIN_END:
        return run[0] if before and before in _KEYCAPS and run[0] == "\ufe0f" else ""
    selector = "" if run[0] in _JOINERS else run[0]
    joiner = next((char for char in run if char in _JOINERS), "") if after > _LATIN_END else ""
    return selector + joiner
