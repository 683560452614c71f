"""Numbers of cases and files by the systems of courts and authorities: ECLI, CELEX, dockets, Aktenzeichen, roles.

Numbers after "no." and plain "1234/56" are found by identifiers.py. Citations of published reports ("[2019] UKSC 12",
"5 U.S. 137", "BGHZ 12, 34") are law and stay.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from gateway.detectors.text.passage import Passage, Span

_YEAR = r"(?:19|20)\d\d"
_FORMS = (
    ("ecli", re.compile(r"\bECLI:[A-Z]{2}:[A-Za-z0-9]{1,7}:\d{4}:[A-Za-z0-9.]{1,25}\b")),
    # CELEX of case-law; those of acts are law.
    ("celex", re.compile(r"\b6\d{4}[CTF][A-Z]\d{4}\b")),
    # US federal courts, with or without division and judge.
    ("us-docket", re.compile(
        r"(?<![\w-])(?:\d{1,2}:)?\d{2}[-–‑](?:cv|cr|mc|md|mj|bk|ap|civ|crim)[-–‑.]?\s?\d{2,6}(?:[-–‑][A-Z]{1,4}){0,3}"
        r"(?:\s\([A-Z]{2,4}\)){0,2}", re.IGNORECASE)),
    # EU courts, with their ending for appeals and interim relief.
    ("eu", re.compile(r"\b[CTF][-‑–]\d{1,4}/\d{2}(?:\s(?:P|R|PPU|RENV|DEP|REV|OP)\b(?:\([A-Z]\))?)*")),
    # "CO/1234/2021", "EA/2020/0123", "PS/00120/2021", "PA/01234/2019".
    ("letters-slashes", re.compile(rf"\b[A-Z]{{1,5}}/(?:\d{{2,6}}/{_YEAR}|{_YEAR}/\d{{2,6}})\b")),
    # "CV-2021-004567", "UI-2022-001234", "DM-2020-334", "2021-CH-01234".
    ("letters-hyphens", re.compile(
        rf"(?<![\w-])(?:[A-Z]{{2,5}}-{_YEAR}-\d{{3,7}}|[A-Z]{{2,4}}-[A-Z]{{2,3}}-\d{{2,4}}(?:-\d{{1,5}}){{1,2}}"
        rf"|{_YEAR}-[A-Z]{{2,3}}-\d{{3,7}})(?![\w-])")),
    ("letters-hyphens", re.compile(r"\b[A-Z]{2}\d{2}[A-Z]\d{5}\b")),
    # Germany and Austria: chamber, register, number/year: "1 BvR 2656/18", "VI ZR 89/19", "4 Ob 12/20x".
    ("aktenzeichen", re.compile(
        r"(?<![\w/.,-])(?:\d{1,4}|[IVX]{1,5}[a-z]?)\s(?:Bv[A-Z]|[A-Z]{1,3}(?:[a-z]{1,2})?(?:\([A-Z][a-z]*\))?|Ob(?:A|S)?|Os)\s"
        r"\d{1,5}/\d{2}(?:[a-z]\b|\.[A-Z]{1,3}\b)?")),
    # Turkey: basis and decision: "2019/12345 E., 2020/6789 K.".
    ("esas-karar", re.compile(rf"\b(?:[EK]\.?\s?)?{_YEAR}/\d{{1,6}}(?:\s?[EK]\b\.?)?")),
    # France: role, public prosecutor, Portalis; Spain: NIG and years with a section.
    ("fr", re.compile(
        r"\b(?:RG|R\.G\.|rôle|pourvoi|minute)\s?(?:général\s)?(?:n[°ºo]\.?\s?)?:?\s?\d{2}[-/.]\d{2}[.\d]{2,6}\b"
        r"|(?i:parquet|portalis)\s?(?:n[°º]\s?)?:?\s?(?=[A-Z0-9/-]*\d|DB)[A-Z0-9][A-Z0-9/-]{7,22}\b")),
    ("es", re.compile(rf"\bNIG:?\s?\d{{5}}[ .]?\d{{2}}[ .]?\d[ .]?{_YEAR}[ .]?\d{{7}}\b|\b\d{{2,5}}/{_YEAR}-[A-Z]\b")),
    # Tickets of help desks and incident systems.
    ("ticket", re.compile(
        r"\b(?:INC|REQ|RITM|CHG|PRB|SR|CS|HD|TASK|TICKET|TKT|CASE|INCIDENT|CLAIM|COMPLAINT)[-#]?\d{5,10}\b"
        r"|\b(?:INC|TICKET|TKT|CASE|INCIDENT|CLAIM|COMPLAINT|SUP|SUPPORT|OPS|SEC|HELP|BUG)-\d{2,7}\b")),
)  # fmt: skip
#: Without one of these nothing here matches.
_HINT = re.compile(r"\d[-–‑/]|[-–‑/]\d|\d\.\d|ECLI|\d{5}")
_AROUND_CHARS = 50
_LAW_BEFORE = re.compile(
    r"(?:Regulation|Directive|Decision|Law|Act|Rule|Article|Art\.?|Resolution|Order|Recommendation|CM/Rec|règlement"
    r"|directive|reglamento|directiva|\((?:EU|EC|EEC|UE|CE)\))\s*(?:No\.?\s*|n[°º]\s*)?$",
    re.IGNORECASE,
)


def find_case_numbers(passage: Passage) -> Iterator[Span]:
    """Numbers of cases and files in a passage."""
    text = passage.text
    for start, end in _windows(text):
        for name, pattern in _FORMS:
            for match in pattern.finditer(text, start, end):
                if not _LAW_BEFORE.search(text, max(0, match.start() - 40), match.start()):
                    yield Span(match.start(), match.end(), "CASE_NUMBER", f"number/{name}", 0.8)


def _windows(text: str) -> Iterator[tuple[int, int]]:
    """Stretches around what every form has somewhere; where they touch they are one."""
    start = end = -1
    for hint in _HINT.finditer(text):
        if hint.start() - _AROUND_CHARS > end:
            if end > 0:
                yield start, end
            start = max(0, hint.start() - _AROUND_CHARS)
        end = hint.end() + _AROUND_CHARS
    if end > 0:
        yield start, end
