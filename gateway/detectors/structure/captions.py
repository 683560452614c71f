"""Parties and judges in the capitals of American and British captions: "ELENA MARQUEZ, Plaintiff, v. …".

The caption is where a judgment names its parties in full, in capitals that no model takes for a name. Names found here
are found again in ordinary letters further down (gateway/redaction/plan.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from gateway.detectors.organisations.public_bodies import is_public
from gateway.detectors.text.passage import Passage, Span

_WORD = r"[A-ZÀ-ÖØ-Þ][A-ZÀ-ÖØ-Þ’'-]+"
_NAME = rf"{_WORD}(?:[ ](?:[A-Z]\.|{_WORD}|de|la|van|von)){{1,4}}"
_ROLE = (
    r"(?:PLAINTIFFS?|DEFENDANTS?|PETITIONERS?|RESPONDENTS?|APPELLANTS?|APPELLEES?|APPLICANTS?|CLAIMANTS?|DEBTORS?"
    r"|Plaintiffs?|Defendants?|Petitioners?|Respondents?|Appellants?|Appellees?|Applicants?|Claimants?|Debtors?)\b"
)
_SUFFIX = r",?[ ](?:INC|LLC|LLP|LTD|LIMITED|CORP|CORPORATION|CO|COMPANY|PLC|GMBH|N\.A|L\.P)\b\.?"
_PERSON = re.compile(
    rf"(?<![\w.])(?P<name>{_NAME})(?=,?\s(?:an\sindividual,?\s|et\sal\.,?\s|individually[^,\n]{{0,60}},\s)?{_ROLE}"
    r"|,?\s(?:United\sStates\s)?(?:District|Magistrate|Circuit|Chief|Bankruptcy)\sJudge)"
)
_INITIALLED = re.compile(rf"(?<![\w.])(?P<name>{_WORD}[ ][A-Z]\.[ ]{_WORD})(?![\w])")
_COMPANY = re.compile(rf"(?<![\w.])(?P<name>{_WORD}(?:[ ](?:&|{_WORD})){{0,5}}{_SUFFIX})")


def find_captions(passage: Passage) -> Iterator[Span]:
    """Names in capitals that a caption's roles, a middle initial or a company's legal form give away."""
    if passage.commercial:
        return
    text = passage.text
    for pattern, entity, rule, confidence in (
        (_PERSON, "PERSON", "person/caption", 0.75),
        (_INITIALLED, "PERSON", "person/caption", 0.7),
        (_COMPANY, "ORGANISATION", "organisation/legal-form", 0.85),
    ):
        for match in pattern.finditer(text):
            if not is_public(match.group("name")):
                yield Span(match.start("name"), match.end("name"), entity, rule, confidence)
