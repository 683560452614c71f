"""What the language models name: persons, places, organisations, dates, groups; weighed before use.

The small models confuse roles with persons and law with organisations, so each label passes a check of
its own: public bodies, states' organs, law and capitalised common words are dropped, articles and
possessives trimmed. In Spanish texts no model reads (spacy_models.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from gateway.detectors.organisations.public_bodies import is_public
from gateway.detectors.text.letters import UPPER
from gateway.detectors.text.passage import Passage, Span

_ENTITIES = {
    "PERSON": ("PERSON", 0.85), "PER": ("PERSON", 0.7),
    "GPE": ("LOCATION", 0.8), "LOC": ("LOCATION", 0.7), "FAC": ("LOCATION", 0.6),
    "ORG": ("ORGANISATION", 0.6), "NORP": ("NATIONALITY", 0.7), "DATE": ("DATE", 0.75), "TIME": ("DATE", 0.7),
}  # fmt: skip
_COMMON = re.compile(
    r"\b(?:applicants?|claimant|defendant|appellant|respondent|plaintiff|court|tribunal|article|section|chamber"
    r"|convention|government|act|law|code|agreement|parties|party|product|chapter|exhibit|judge|president|registrar"
    r"|agent|commission|parliament|state"
    r"|minister|ministry|prosecutor|procedure|facts|tel|fax|email|user|bot|card|account|requ[êe]rant\w*|demandeu\w+"
    r"|gouvernement|cour|arrêt|loi|partie|affaire|procédure|chambre|président|juge|greffi\w+|protocole|règlement"
    r"|code|avocat\w*|commissaire|ministre|faits)\b",
    re.IGNORECASE,
)
_STATES = (
    "United Kingdom|Great Britain|Northern Ireland|Britain|United States|Cyprus|Turkey|Austria|Poland|France"
    "|Germany|Italy|Spain|Portugal|Greece|Sweden|Norway|Denmark"
    "|Finland|Iceland|Ireland|Netherlands|Belgium|Luxembourg|Switzerland|Hungary|Romania|Bulgaria|Slovakia|Slovenia"
    "|Croatia|Serbia|Bosnia and Herzegovina|Albania|North Macedonia"
    "|Montenegro|Moldova|Ukraine|Russia|Russian Federation|Georgia|Armenia|Azerbaijan|Lithuania|Latvia|Estonia"
    "|Malta|Monaco|Andorra|Liechtenstein|San Marino|Czech Republic|Republic"
)
_STATE_AFTER = re.compile(
    r"[’']?s?\s(?:Government|law|authorities|courts?|Parliament|army|State|legislation|Constitution|Republic)\b"
    r"|\sjudgment|,?\sno\."
)
_STATE_BEFORE = re.compile(
    r"(?:against(?:\sthe)?|\bv\.(?:\sthe)?|Republic\sof|(?:Government|Court|Parliament|Constitution|President|Ministry"
    r"|Bank)\sof(?:\sthe)?|Kingdom\sof"
    r"|Kingdom\sof\sGreat\sBritain\sand|Federation\sof|judgment)\s$"
)
#: "Asylum and Immigration (Treatment of Claimants, etc.) Act 2004": what a law is called.
_LAW_AFTER = re.compile(
    r"[’']?s?\s?(?:,?\s?\([^)]{1,60}\)|,?\s[A-Z]\w+|\s(?:and|of|etc\.)){0,6}\)?\s(?:Act|Regulations|Order|Rules|Code"
    r"|Ordinance)\b(?!\sof\sthe\sCourt)"
)
_DURATION = re.compile(r"\b(?:days?|weeks?|months?|years?|hours?|minutes?|decades?)\b(?!\sold)", re.IGNORECASE)
_MONTH_OR_YEAR = re.compile(
    r"(?:19|20)\d\d|January|February|March|April|May|June|July|August|September|October|November|December|day$"
)
_ROLES = re.compile(
    r"^(?:(?:Commanding|Chief|Executive|Senior|Deputy|Assistant|Managing|Legal|Liaison)\s)?(?:Officer|Guidelines?"
    r"|Council|Counsel|Director|Manager|Department|Committee|Fund|Board|Panel|Office|Unit|Team|Group|Rules?|Policy"
    r"|Regulations?|ASAP|IBAN|PIN|ATM|ID|OK|TV|AI|API|URL|PDF|CSV|HTML|JSON|GDPR|VAT|TVA|FAQ)$"
)
_CONTRACT_WORDS = re.compile(
    r"\b(?:Order|Schedule|Addendum|Purchase|Subcontractor|Laws?|Delay|Notice|Firm|Forecast|Territory|License[de]?"
    r"|Licensor|Affiliates?|Losses|Net|Sales|Term|Effective|Party|Invention|Improvements?|Know-?How|Patents?"
    r"|Royalt\w+|Field|Products?|Materials?|Claims?|Quality|Business"
    r"|Plan|Budget|Customer|Vendor|Supplier|Buyer|Seller|Manufactur\w+|Services?|Software|Work|Site|Fees?|Price"
    r"|Pricing|Payments?|Person|Third|Change|Control|Confidential|Information|Applicable|Commercial\w*|Reasonable"
    r"|Development|Initial|Period|Dates?|Data|Report|Exhibit|Appendix|Annex|Force|Majeure|Rolling|Marketing"
    r"|Intellectual|Property)\b"
)
_VAGUE_DATE = re.compile(
    r"^(?:(?:the\s)?(?:same|following|previous|next|present|relevant|first|last|second|current|past)\s)|^(?:daily"
    r"|weekly|monthly|annual(?:ly)?|yearly|quarterly|today|tomorrow|yesterday|tonight|now|later|earlier|recent\w*"
    r"|the\s(?:day|date|time|year|month|week)s?|a\s(?:day|week|month|year|few\s\w+)|several\s\w+|some\s\w+"
    r"|many\s\w+|night|morning|evening|afternoon|mid-?\w*|over\s\w+\s\w+|less\sthan.*|more\sthan.*)$",
    re.IGNORECASE,
)
_ARTICLE = re.compile(r"^(?:the|The|a|an|l[’']|d[’']|qu[’']|le|la|les|Le|La|Les|L[’']|D[’'])\s?(?=\S)")
_ITEM = re.compile(rf"{UPPER}\w+(?:-\w+)?")
_ENUMERATION = re.compile(
    rf"(?:{UPPER}\w+(?:-\w+)?,\s){{1,12}}{UPPER}\w+(?:-\w+)?,?\s(?:and|et|y|&)\s{UPPER}\w+(?:-\w+)?\b"
)
_TRIM = " \t\n\"'“”‘’().,;:-–*[]"


def find_named(passage: Passage, document: Any) -> Iterator[Span]:
    """Spans for the entities of a spaCy document of the passage's text."""
    # As the model read it: where there was no capital, they were restored. Else not asked for: spaCy joins its words.
    read = replace(passage, text=document.text) if passage.text.islower() else passage
    persons = []
    for span in _named(read, document):
        if span.entity == "PERSON":
            persons.append((span.start, span.end))
        yield span
    yield from _enumerated(read.text, persons)


def _enumerated(text: str, persons: list[tuple[int, int]]) -> Iterator[Span]:
    """The rest of a list of names of which the model knows some: "Mary, Ariana, Teresa and Jodi"."""
    if not persons:
        return
    for match in _ENUMERATION.finditer(text):
        items = [(match.start() + item.start(), match.start() + item.end()) for item in _ITEM.finditer(match.group())]
        known = sum(any(start < e and s < end for s, e in persons) for start, end in items)
        if known >= 2 or known * 2 >= len(items) or (known and len(items) >= 4):
            for start, end in items:
                yield Span(start, end, "PERSON", "model/enumeration", 0.6)


def _named(passage: Passage, document: Any) -> Iterator[Span]:
    for entity in document.ents:
        known = _ENTITIES.get(entity.label_)
        if known is None:
            continue
        start, end = _trimmed(passage.text, entity.start_char, entity.end_char)
        name = passage.text[start:end]
        kind, confidence = known
        if kind == "DATE" and entity.label_ == "TIME" and not any(char.isdigit() for char in name):
            continue
        if name and "\n\n" not in name and _credible(kind, (start, end), passage):
            if kind == "NATIONALITY" and (
                noun := re.match(r"\s(?:nationals?|citizens?)\b", passage.text[end : end + 12])
            ):
                end += noun.end()
            yield Span(start, end, kind, f"model/{entity.label_.lower()}", confidence)


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and text[start] in _TRIM:
        start += 1
    while start < end and text[end - 1] in _TRIM:
        end -= 1
    for ending in ("'s", "’s"):
        if text[start:end].endswith(ending):
            end -= 2
    article = _ARTICLE.match(text[start:end])
    return (start + article.end() if article else start), end


def _credible(kind: str, span: tuple[int, int], passage: Passage) -> bool:
    text, (start, end) = passage.text, span
    name = text[start:end]
    letters = sum(char.isalpha() for char in name)
    if name.isupper() and len(name.split()) >= 3:
        return False  # a heading
    if passage.language == "fr" and " " not in name and text[:start].rstrip(" ")[-1:] in {"", ".", "\n", "?", "!"}:
        return False  # the model takes the first word of a sentence for a name
    capital = name[:1].isupper()
    match kind:
        case "PERSON":
            if letters < 2 or not capital or _COMMON.search(name) or any(char.isdigit() for char in name):
                return False
            return not passage.commercial or (" " in name and not _CONTRACT_WORDS.search(name))
        case "LOCATION":
            if passage.commercial or letters < 2 or not capital or _COMMON.search(name):
                return False
            return passage.language != "en" or not _is_party_state(text, start, end)
        case "ORGANISATION":
            acronym = (
                name.isupper() and text[start - 1 : start] in {"(", "["} and is_public(text[max(0, start - 60) : start])
            )
            if passage.commercial or letters < 2 or not capital or acronym:
                return False
            if _LAW_AFTER.match(text, end):
                return False
            return not is_public(name) and not _COMMON.search(name) and not _ROLES.match(name)
        case "NATIONALITY":
            return not passage.commercial and capital and not is_public(name) and not _STATE_AFTER.match(text, end)
        case _:
            return not passage.commercial and _is_point_in_time(name)


def _is_party_state(text: str, start: int, end: int) -> bool:
    """Whether a State is meant as a party or a legal order ("against the United Kingdom", "French law")."""
    return re.fullmatch(rf"(?:(?:Republic|Kingdom)\sof\s)?(?:{_STATES})", text[start:end]) is not None and bool(
        _STATE_AFTER.match(text, end) or _STATE_BEFORE.search(text[max(0, start - 50) : start])
    )


def _is_point_in_time(name: str) -> bool:
    if not any(char.isalnum() for char in name) or _VAGUE_DATE.search(name):
        return False
    if re.fullmatch(r"[\d\s,.–-]*", name):
        return False  # years, ages and articles alike; dates.py tells them apart by what stands around
    return not _DURATION.search(name) or _MONTH_OR_YEAR.search(name) is not None or "old" in name
