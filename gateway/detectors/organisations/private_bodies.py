"""Private organisations by form: legal suffixes, kinds of institution, parties, unions, in quotation marks.

Public bodies are left alone (public_bodies.py). What has no such form is left to the models.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from gateway.detectors.organisations.public_bodies import is_public
from gateway.detectors.text.letters import UPPER
from gateway.detectors.text.passage import Passage, Span

_UP = UPPER
_WORD = rf"{_UP}[\w&’'.-]*"
_NAME = rf"{_WORD}(?:\s(?:{_WORD}|&|and|of|de|du|des|del|la|et|y|für|und)){{0,5}}"
_SUFFIX = (
    r"(?:Inc|Incorporated|Ltd|Limited|LLC|L\.L\.C|LLP|L\.P|LP|PLC|plc|Corp|Corporation|Co|Company|GmbH|mbH|AG|KG|SE"
    r"|S\.A|SA|SAS|SARL|S\.à\s?r\.l|S\.r\.l|Srl"
    r"|S\.p\.A|SpA|S\.L|SL|B\.V|BV|N\.V|NV|A/S|ApS|AB|ASA|AS|Oy|Oyj|A\.Ş|Sp\.\sz\so\.o|z\.o\.o|Kft|Zrt|s\.r\.o"
    r"|d\.o\.o|Pty|Pvt|SCI|GIE)"
)
_COMPANY = re.compile(rf"\b(?P<name>{_NAME},?\s{_SUFFIX})\b\.?")
_KIND_AFTER = re.compile(
    rf"\b(?P<name>{_NAME}\s(?:Solicitors|Associates|Partners|Bank|University|College|School|Hospital|Clinic"
    rf"|Institute|Foundation|Trust|Church|Newspaper|Press|Times"
    r"|Holdings?|Group|Airlines|Insurance|Motors|Industries|Laboratories|Pharmaceuticals|Technologies|Systems"
    r"|Software|Consulting|Investments?|Enterprises|Services|Union|Party|Club|Federation|Association|Society|Prison"
    r"|Gaol))\b"
)
_KIND_BEFORE = re.compile(
    r"\b(?P<name>(?:[Cc]ollège|[Ll]ycée|[Éé]cole|[Cc]linique|[Cc]entre\s[Hh]ospitalier|CHRU?|CHU|EHPAD|[Hh]ôpital"
    r"|[Cc]olegio|[Cc]línica|[Hh]ospital|University|Bank|Church|Association|Hospital|Université|Universidad|Banco|Banque|Association"
    rf"|Asociación|Fundación|Fondation|Hôpital|Partido|Parti|Société|HM\sPrison|HMP|Prison|Syndicat|Sindicato|Unión"
    rf"|Association)"
    rf"\s(?:of\s|de\s|des\s|du\s|del\s|de\sla\s)?(?:the\s)?{_WORD}(?:\s(?:{_WORD}|of|de|du|des|del|y|et))*)"
)
#: "White, Willis and Hoffman": a firm by its partners, where a firm is what stands there.
_PARTNERS = re.compile(
    rf"\b(?:at|of|with|by|for|firm|solicitors|attorneys)\s(?P<name>{_UP}[\w’'-]+,\s{_UP}[\w’'-]+(?:,\s{_UP}[\w’'-]+)?,?\s"
    rf"(?:and|&)\s{_UP}[\w’'-]+)"
)
_QUOTED = re.compile(
    rf"(?:newspaper|magazine|periodical|daily|company|firm|association|party|organisation|journal|société|empresa"
    rf"|periódico|revue)\s?(?:,|called|named)?\s?[“\"«]\s?(?P<name>{_UP}[^”\"»\n]{{1,60}})[”\"»]"
)


def find_organisations(passage: Passage) -> Iterator[Span]:
    """Private organisations whose form gives them away."""
    text = passage.text
    for match in _COMPANY.finditer(text):
        yield Span(match.start("name"), match.end(), "ORGANISATION", "organisation/legal-form", 0.9)
    if passage.commercial:
        return
    for pattern, rule in ((_KIND_AFTER, "kind"), (_KIND_BEFORE, "kind"), (_QUOTED, "quoted"), (_PARTNERS, "partners")):
        for match in pattern.finditer(text):
            name = match.group("name")
            start = match.start("name") + len(name) - len(_without_article(name))
            if not is_public(name) or _private_kind(name):
                yield Span(start, match.end("name"), "ORGANISATION", f"organisation/{rule}", 0.7)


def _without_article(name: str) -> str:
    return re.sub(r"^(?:The|This|That|In|At|On|From|When|After|Before|However|Les?|La|El|Los)\s+", "", name)


def _private_kind(name: str) -> bool:
    return re.search(r"\b(?:Party|University|Hospital|Prison|Union of|School)\b", name) is not None
