"""Passages that their owner has marked: confidential, trade secret, privileged.

A legend says how far it reaches: bracketed marks enclose a passage; a lead-in like "TRADE SECRET:"
covers its paragraph. A bare "CONFIDENTIAL" in a page header or footer marks a document, not a passage;
it is left to the agreement, not guessed at. Bracketed marks are paired over the whole document
(:func:`find_enclosed`), however far apart they stand; one that is never closed reaches to the end.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from gateway.detectors.text.passage import Passage, Span, spans
from gateway.redaction.document import Finding

_WORDS = (
    r"(?:STRICTLY\s)?(?:CONFIDENTIAL(?:\sBUSINESS\sINFORMATION|\sTREATMENT|\sINFORMATION)?|TRADE\sSECRETS?|CBI"
    r"|PROPRIETARY|SECRET\sDES\sAFFAIRES|SECRETO\s(?:COMERCIAL|EMPRESARIAL)|CONFIDENTIEL|CONFIDENCIAL)"
)
_OPEN_CLOSE = re.compile(
    rf"[\[<(]{{1,2}}\s?(?:BEGIN|START(?:\sOF)?|DÉBUT"
    rf"|INICIO)\s{_WORDS}[^\]>)\n]{{0,40}}[\]>)]{{1,2}}[\s\S]{{0,20000}}?(?:[\[<(]{{1,2}}\s?(?:END(?:\sOF)?"
    rf"|FIN)\s{_WORDS}[^\]>)\n]{{0,40}}[\]>)]{{1,2}}|$)",
    re.IGNORECASE,
)
_OPENING = re.compile(
    rf"[\[<(]{{1,2}}\s?(?:(?P<begin>BEGIN|START(?:\sOF)?|DÉBUT|INICIO)|END(?:\sOF)?|FIN)\s{_WORDS}"
    rf"[^\]>)\n]{{0,40}}[\]>)]{{1,2}}|<(?P<slash>/?)(?P<tag>confidential|trade-secret|secret|cbi)>",
    re.IGNORECASE,
)
_TAGGED = re.compile(r"<(confidential|trade-secret|secret|cbi)>[\s\S]{0,20000}?(?:</\1>|$)", re.IGNORECASE)
_LEAD_IN = re.compile(
    rf"(?m)^[ \t]*(?:\W{{0,3}}{_WORDS}(?:\s?[-–/]\s?{_WORDS})?\W{{0,2}})[:：–-][ \t]*(?P<body>\S(?:[^\n]|\n"
    rf"(?!\s*\n)){{10,8000}})"
)
_PRIVILEGE = re.compile(
    r"(?m)^[ \t]*\W{0,3}(?:(?:ATTORNEY|LAWYER|SOLICITOR)[- ]CLIENT\s(?:PRIVILEGED?|COMMUNICATION)|"
    r"(?:LEGALLY\s)?PRIVILEGED(?:\s(?:AND|&)\sCONFIDENTIAL)?|LEGAL\sADVICE\sPRIVILEGE|SECRET\sPROFESSIONNEL"
    r"|SECRETO\sPROFESIONAL|WITHOUT\sPREJUDICE)\b[^\n]{0,80}(?:\n(?!\s*\n)[^\n]*){0,60}",
    re.IGNORECASE,
)


def find_enclosed(text: str) -> Iterator[Finding]:
    """Passages between an opening and a closing mark, over a whole document, in one pass.

    Marks nest; what closes without having been opened is left. What is opened and never closed reaches to the
    end of the text, because its owner meant to protect something and nobody can say how much.
    """
    return Enclosures().find(text)


class Enclosures:
    """The same over a document that is given in pieces: what one leaves open goes on in the next."""

    def __init__(self) -> None:
        self._depth = 0

    def find(self, text: str) -> Iterator[Finding]:
        """The enclosed passages of the next piece."""
        start = 0
        for match in _OPENING.finditer(text):
            opens = match.group("begin") is not None or (match.group("tag") is not None and not match.group("slash"))
            if opens:
                start = start if self._depth else match.start()
                self._depth += 1
            elif self._depth:
                self._depth -= 1
                if not self._depth:
                    yield Finding(start, match.end(), "MARKED_PASSAGE", "legend/enclosed", 0.95)
        if self._depth and start < len(text):
            yield Finding(start, len(text), "MARKED_PASSAGE", "legend/enclosed", 0.95)


def find_marked(passage: Passage) -> Iterator[Span]:
    """Passages under a legend."""
    text = passage.text
    for pattern in (_OPEN_CLOSE, _TAGGED):
        yield from spans(pattern, text, "MARKED_PASSAGE", "legend/enclosed", 0.95)
    yield from spans(_LEAD_IN, text, "MARKED_PASSAGE", "legend/lead-in", 0.8, "body")
    yield from spans(_PRIVILEGE, text, "PRIVILEGED", "legend/privilege", 0.75)
