"""Persons told by what a text says around their name: kin in French and Spanish, families, "NAME, 35, …" of the press.

English kin and forms of address are in names_by_form.py. In Spanish, where no model reads, two capitalised words that
open a sentence are a name too, unless the first is one of the small words that sentences begin with.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from gateway.detectors.organisations.public_bodies import is_public
from gateway.detectors.people.names_by_capitals import is_name
from gateway.detectors.text.letters import LOWER, UPPER
from gateway.detectors.text.passage import Passage, Span
from gateway.redaction.matching import words_of

_CAP = rf"{UPPER}(?:{LOWER}|['’](?={LOWER}))+(?:[-‑]{UPPER}{LOWER}+)*"
_FULL = rf"{_CAP}(?:\s(?:(?:de\sla|de\slos|de|del|d['’]|du|le|van|von|el|al|ben|bin)\s)?{_CAP}){{0,3}}"
_KIN = {
    "fr": re.compile(
        r"\b(?:l[’'](?:aînée?|enfant)|le\s(?:cadet|benjamin)|la\s(?:cadette|benjamine)"
        r"|(?:[Ss]on|[Ss]a|[Ss]es|[Mm]on|[Mm]a|[Ll]eur|[Nn]otre)\s(?:petite?\s|grande?\s|ex-|défunte?\s|jeune\s)?"
        r"(?:époux|épouse|mari|femme|conjointe?|compagn(?:on|e)|fils|fille|frère|sœur|soeur|père|mère|cousine?|oncle"
        r"|tante"
        rf"|neveu|nièce|grand-père|grand-mère|fiancée?|beau-(?:frère|père|fils)|belle-(?:sœur|mère"
        rf"|fille))),?\s(?P<name>{_FULL})"
    ),
    "es": re.compile(
        r"\b(?:[Ss]us?|[Mm]i|[Nn]uestr[oa])\s(?:difunt[oa]\s|ex\s?)?(?:espos[oa]|marido|mujer|cónyuge|pareja"
        r"|compañer[oa]|hij[oa]"
        r"|herman[oa]|padre|madre|prim[oa]|tí[oa]|sobrin[oa]|abuel[oa]|novi[oa]|cuñad[oa]|suegr[oa]|yerno|nuera),?\s"
        rf"(?P<name>{_FULL})"
    ),
}
_FAMILY = re.compile(
    rf"\b(?:[Ff]amille|[Ff]amilia|[Ee]poux|[Éé]poux|[Cc]onsorts|[Ss]pouses)\s(?P<a>{_CAP}(?:[-\s]{_CAP})?)"
    rf"|\b[Tt]he\s(?P<b>{_CAP}(?:-{_CAP})?)\s(?:family|brothers|sisters|couple|spouses)\b"
)
_AGED = re.compile(
    rf"(?:(?<=[\w,;:»”\"(]\s)|(?:^|(?<=[.!?»”\"]\s)|(?<=\n)))(?P<name>{_CAP}(?:\s(?:(?:de\sla|de|del|van|von|le|el|al"
    rf"|bin)\s)?{_CAP}){{1,3}})"
    r"\s?(?:,\s|\()(?:aged\s|âgée?\sde\s|de\s)?\d{1,3}(?:\s(?:ans|años|years?\sold))?(?=[,).;])"
)
#: Without one nobody's age stands behind their name.
_AGE = re.compile(r"[,(]\s?(?:aged\s|âgée?\sde\s|de\s)?\d{1,3}(?:\s(?:ans|años|years?\sold))?[,).;]")
_OPENING_ES = re.compile(
    rf"(?:^|(?<=[.!?]\s)|(?<=\n))(?P<name>{_CAP}(?:\s(?:(?:de\sla|de|del)\s)?{_CAP}){{1,3}})(?=[\s,])"
)
_OPENERS = frozenset(
    words_of(
        """el la los las un una unos unas al del en de por para con sin según contra ante bajo desde hasta hacia sobre
        tras durante mediante salvo no ni y e o pero sino mas aunque si cuando donde como que quien cual
        este esta estos estas ese esa eso esos esas aquel aquella su sus mi mis tu nuestro nuestra todo toda
        todos todas cada otro otra ambos ambas ningún ninguna algún alguna varios varias muchos muchas dicho
        dicha tal tales vistos visto vista considerando resultando fallo hechos fundamentos antecedentes así
        además también tampoco ahora hoy ayer entonces luego después antes finalmente asimismo igualmente
        posteriormente mientras siendo estando habiendo dada dado"""
    )
)


def find_relatives(passage: Passage) -> Iterator[Span]:
    """Persons whom the words around their names give away."""
    if passage.commercial:
        return
    text, language = passage.text, passage.language
    patterns = [(_FAMILY, "family", 0.65)]
    if _AGE.search(text):
        patterns.append((_AGED, "aged", 0.7))
    if language in _KIN:
        patterns.append((_KIN[language], "kin", 0.7))
    if language == "es":
        patterns.append((_OPENING_ES, "opening", 0.5))
    for pattern, rule, confidence in patterns:
        for match in pattern.finditer(text):
            group = match.lastgroup or "name"
            name = match.group(group)
            # A family may be called after a people: "les époux Moldovan".
            named = not is_public(name) if rule == "family" else is_name(name)
            if named and words_of(name)[0] not in _OPENERS:
                yield Span(match.start(group), match.end(group), "PERSON", f"person/{rule}", confidence)
