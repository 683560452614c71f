"""What the language models name: persons, places, organisations, dates, groups; weighed before use.

The small models confuse roles with persons and law with organisations, so each label passes a check of
its own: public bodies, states' organs, law and capitalised common words are dropped, articles and
possessives trimmed. In Spanish texts no model reads (models.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from gateway.detectors.passage import Passage, Span
from gateway.detectors.public_bodies import is_public

_ENTITIES = {
    "PERSON": ("PERSON", 0.85), "PER": ("PERSON", 0.7),
    "GPE": ("LOCATION", 0.8), "LOC": ("LOCATION", 0.7), "FAC": ("LOCATION", 0.6),
    "ORG": ("ORGANISATION", 0.6), "NORP": ("NATIONALITY", 0.7), "DATE": ("DATE", 0.75), "TIME": ("DATE", 0.7),
}  # fmt: skip
_COMMON = re.compile(
    r"\b(?:applicants?|claimant|defendant|appellant|respondent|plaintiff|court|tribunal|article|section|chamber|convention|government|act|law|code|agreement|parties|party|product|chapter|exhibit|judge|president|registrar|agent|commission|parliament|state"
    r"|minister|ministry|prosecutor|procedure|facts|tel|fax|email|user|bot|card|account|requ[êe]rant\w*|demandeu\w+|gouvernement|cour|arrêt|loi|partie|affaire|procédure|chambre|président|juge|greffi\w+|protocole|règlement|code|avocat\w*|commissaire|ministre|faits)\b",
    re.IGNORECASE,
)
_VAGUE_DATE = re.compile(
    r"^(?:(?:the\s)?(?:same|following|previous|next|present|relevant|first|last|second|current|past)\s)|^(?:daily|weekly|monthly|annual(?:ly)?|yearly|quarterly|today|tomorrow|yesterday|tonight|now|later|earlier|recent\w*|the\s(?:day|date|time|year|month|week)s?|a\s(?:day|week|month|year|few\s\w+)|several\s\w+|some\s\w+|many\s\w+|night|morning|evening|afternoon|mid-?\w*|over\s\w+\s\w+|less\sthan.*|more\sthan.*)$",
    re.IGNORECASE,
)
_ARTICLE = re.compile(r"^(?:the|The|a|an|l[’']|d[’']|qu[’']|le|la|les|Le|La|Les|L[’']|D[’'])\s?(?=\S)")
_TRIM = " \t\n\"'“”‘’().,;:-–*[]"


def find_named(passage: Passage, document: Any) -> Iterator[Span]:
    """Spans for the entities of a spaCy document of the passage's text."""
    for entity in document.ents:
        known = _ENTITIES.get(entity.label_)
        if known is None:
            continue
        start, end = _trimmed(passage.text, entity.start_char, entity.end_char)
        name = passage.text[start:end]
        kind, confidence = known
        if name and "\n\n" not in name and _credible(kind, name, passage):
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


def _credible(kind: str, name: str, passage: Passage) -> bool:
    letters = sum(char.isalpha() for char in name)
    match kind:
        case "PERSON":
            if passage.language == "fr" and not name[:1].isupper():
                return False
            capital = name[:1].isupper() or passage.language == "en"
            return letters >= 2 and capital and not _COMMON.search(name) and not any(char.isdigit() for char in name)
        case "LOCATION":
            return (
                letters >= 2
                and name[:1].isupper()
                and not _COMMON.search(name)
                and not (passage.commercial and is_public(name))
            )
        case "ORGANISATION":
            if passage.commercial or letters < 2:
                return False
            return name[:1].isupper() and not is_public(name) and not _COMMON.search(name)
        case "NATIONALITY":
            after = passage.text[passage.text.find(name) + len(name) :][:20]
            return (
                name[:1].isupper()
                and not is_public(name)
                and not re.match(r"\s(?:Government|authorities|Court|law)", after)
            )
        case "DATE":
            return any(char.isalnum() for char in name) and not _VAGUE_DATE.search(name) and not passage.commercial
        case _:
            return True
