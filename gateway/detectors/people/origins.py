"""Nationality, ethnic origin and religion, where they are said of persons.

"A Turkish national" says something of a person; "the Turkish Government" does not. Adjectives of
states are reported unless a public body, a law or a language follows. Ethnic groups and religions are
special categories (GDPR Art. 9) and reported as such.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from gateway.detectors.text.nationalities import NATIONALITIES
from gateway.detectors.text.passage import Passage, Span

_NOT_OF_PERSONS = re.compile(
    r"[\s-]*(?:\w+\s)?(?:Governments?|authorities|courts?|law|legislation|occupation|military|State|Republic"
    r"|Parliament|Constitution|Code|Act|language|army|police|ministry|Ministry|Embassy|embassy"
    r"|Federal|Supreme|Constitutional|Court|Civil|Criminal|Convention|Academy|Bar|legal|system|press|territory"
    r"|border|currency|[Ll]iras?|schillings?|[Kk]ron[aoe]r?|zlotys?|francs?|pounds?|marks?"
    r"|Channel|market|dollars?)\b"
)
_ETHNIC = re.compile(
    r"\b(?:white|black|Asian|African|Afro-Caribbean|African-American|Caucasian|Hispanic|Latino|Arab|Kurd(?:ish|s)?"
    r"|Rom[ai](?:ni)?|Gyps(?:y|ies)|Travellers?|Sami|Jew(?:ish|s)?|Chechens?|Tatars?|Basques?"
    r"|Catalans?|Bretons?|Cors(?:ican|icans)|Inuit|Aborigin(?:al|es)|non-European|non-white|mixed[- ]race|of\s\w+\s"
    r"(?:origin|descent)|ethnic(?:ally)?\s\w+"
    r"|kurdes?|roms?|tsiganes?|gitan[eoa]s?|juifs?|juives?|judí[oa]s?|kurd[oa]s?|negr[oa]s?|blanc[oa]s?"
    r"|europe[oa]s?|asiátic[oa]s?|musulman[ae]?s?)\b"
)
_ETHNIC_CONTEXT = re.compile(
    r"\b(?:origin|descent|ethnic\w*|race|racial|nationals?|minority|people|person|man|men|woman|women|community"
    r"|British|who is|was|were|population|raza|origen|origine|race)\b"
)
_RELIGION = re.compile(
    r"\b(?:Muslims?|Moslems?|Islam(?:ic)?|Christians?|Catholics?|Protestants?|Orthodox|Jehovah[’'`]?s Witness"
    r"(?:es)?|Judaism|Hindus?|Sikhs?|Buddhists?|Mormons?|Scientolog\w+|Alevis?|Sunnis?|Shi(?:a|’a|ite)s?|Baptists?"
    r"|Adventists?|Pentecostals?|atheists?|musulman(?:e|s|es|a|as|os)?|catholiques?|protestante?s?|católic[oa]s?"
    r"|T[ée]mo(?:ins|igos) de J[ée]hov(?:ah|á)|Testigos de Jehová|bouddhistes?|budistas?)\b"
)
_NOUN_AFTER = re.compile(r"\s(?:nationals?|citizens?)\b")
_PUBLIC_AFTER = re.compile(
    r"\s+(?:Government|authorities|Court|Republic|State|Community|Communities|Convention|Union|Commission)\b"
)


def find_origins(passage: Passage) -> Iterator[Span]:
    """Nationality, ethnic origin and religion of persons."""
    text = passage.text
    for match in NATIONALITIES[passage.language].finditer(text):
        if _NOT_OF_PERSONS.match(text, match.end()) and passage.language == "en":
            continue
        if passage.language == "es" and match.group()[0].isupper():
            continue  # "Agencia Española": Spanish writes nationalities small
        noun = _NOUN_AFTER.match(text, match.end()) if passage.language == "en" else None
        yield Span(match.start(), noun.end() if noun else match.end(), "NATIONALITY", "nationality", 0.75)
    for match in _ETHNIC.finditer(text):
        plain = match.group()[0].islower() and " " not in match.group()
        near = text[max(0, match.start() - 40) : match.end() + 40]
        if (not plain or _ETHNIC_CONTEXT.search(near)) and not _PUBLIC_AFTER.match(text, match.end()):
            yield Span(match.start(), match.end(), "ETHNICITY", "ethnicity", 0.6)
    for match in _RELIGION.finditer(text):
        if not _PUBLIC_AFTER.match(text, match.end()):
            yield Span(match.start(), match.end(), "RELIGION", "religion", 0.7)
