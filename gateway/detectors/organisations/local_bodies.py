"""Public bodies named by their town: "Söke Labour Court", "the prison of Fresnes", "cour d'appel de Pau".

A supreme court is everybody's; a district court, a prison, a police station or a prosecutor of one town says
where somebody lived or was held, and with the date of a hearing who it was. National bodies stay (public_bodies.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from gateway.detectors.text.letters import UPPER
from gateway.detectors.text.passage import Passage, Span
from gateway.redaction.matching import words_of

_CAPITAL = rf"{UPPER}[\w’'/-]*"
_BODY = (
    r"(?:[Cc]ourt(?:\s[Oo]f\s(?:[Aa]ppeals?|[Ff]irst\s[Ii]nstance|[Cc]assation|[Aa]ssizes))?|[Tt]ribunal"
    r"|(?:[Pp]ublic\s)?[Pp]rosecutor(?:[’']s\s[Oo]ffice)?|[Pp]rison|[Rr]emand\s[Cc]entre|[Dd]etention\s[Cc]entre"
    r"|[Pp]olice\s(?:[Oo]ffice|[Dd]ivision|[Bb]ureau|[Ss]tation|[Hh]eadquarters|[Dd]epartment|[Dd]irectorate)"
    r"|[Pp]olice|[Gg]endarmerie(?:\s(?:[Cc]ommand|[Ss]tation|[Pp]ost))?"
    r"|[Hh]ealth\s[Dd]irectorate|[Ss]ecurity\s[Dd]irectorate|[Mm]unicipality|[Mm]unicipal\s[Cc]ouncil"
    r"|[Cc]ity\s[Cc]ouncil"
    r"|[Cc]ounty\s[Cc]ouncil|[Dd]istrict\s[Cc]ouncil|[Gg]overnor(?:[’']s\s[Oo]ffice)?|[Mm]ayor(?:[’']s\s[Oo]ffice)?"
    r"|Regional\sGovernment|Land\sRegistry|Bar\sAssociation|Bar|[Ss]tate\s[Hh]ospital)"
)
_PART = r"(?:(?:[A-Z][a-z]+|\d{1,2}(?:st|nd|rd|th))\s(?:Chamber|Section|Division)\sof\sthe\s)?"
_TOWN_FIRST = re.compile(rf"\b(?P<part>{_PART})(?P<before>(?:{_CAPITAL}\s){{1,6}}){_BODY}\b")
_TOWN_LAST = re.compile(
    rf"\b(?P<before>(?:{_CAPITAL}\s){{0,4}}){_BODY}\s(?:in|of|at|for)\s(?P<town>{_CAPITAL}(?:[\s-]{_CAPITAL}){{0,2}})"
)
_FRENCH = re.compile(
    r"\b(?:(?:COUR\sD[’']\s?(?:APPEL|ASSISES)|TRIBUNAL(?:\s(?:JUDICIAIRE|ADMINISTRATIF|CORRECTIONNEL"
    r"|DE\sGRANDE\sINSTANCE"
    r"|DE\sCOMMERCE))?|CONSEIL\sDE\sPRUD[’']\s?HOMMES)(?=\sDE\s|\sD[’'])|[Cc]our\sd[’']\s?(?:appel|assises)"
    r"|[Cc]our\sadministrative\sd[’']\s?appel|[Tt]ribunal(?:\s(?:de\s(?:grande\s"
    r"instance|commerce|première\sinstance|police)|d[’']\s?instance|administratif|correctionnel|judiciaire))?"
    r"|[Cc]onseil\sde\sprud[’']\s?hommes|[Mm]aison\s(?:d[’']\s?arrêt|centrale)|[Cc]entre\s(?:pénitentiaire"
    r"|de\sdétention)"
    r"|[Pp]rison|[Cc]ommissariat|[Pp]arquet|[Pp]réfecture|[Mm]airie|[Bb]arreau)\s(?:de\s|du\s|des\s|d[’']\s?|DE\s"
    r"|D[’']\s?)"
    rf"(?P<town>{_CAPITAL}(?:[ -](?:{_CAPITAL}|en|sur|la|le|les|de)){{0,3}})"
)
_SPANISH = re.compile(
    r"\b(?:Audiencia\s(?:Provincial|Territorial)|Tribunal\sSuperior\sde\sJusticia|Juzgado(?:\s[\w.º°]+){0,6}?"
    r"|[Cc]omisaría"
    r"|[Pp]risión|[Cc]entro\s[Pp]enitenciario|[Ff]iscalía|[Aa]yuntamiento|Colegio\sde\sAbogados)\sde\s"
    rf"(?P<town>{_CAPITAL}(?:\s(?:{_CAPITAL}|de|la|del)){{0,3}})"
)
#: Words before a body that say its kind or its State, and not its town.
_KINDS = frozenset(
    words_of(
        """administrative civil criminal commercial labour labor family social military supreme federal constitutional
        regional district municipal city county high higher assize assizes state security central national european
        international first second third fourth fifth sixth seventh eighth ninth tenth principal chief public deputy
        grand appeal appeals crown land juvenile traffic enforcement bankruptcy employment industrial tax insurance
        circuit superior provincial magistrate magistrates consumer remand health education lower competent domestic
        trial cantonal local general attorney senior special specialised specialist former old new full plenary
        single instance s inter american human rights justice auditors audit king queen royal imperial high patent
        i ii iii iv v the a an this that in on at by when after before however both another each his her their its
        no if as while since under although moreover furthermore subsequently later thus then
        turkish french german british english scottish welsh irish polish italian austrian dutch swedish norwegian
        danish finnish icelandic cypriot greek spanish portuguese belgian swiss hungarian romanian bulgarian slovak
        slovenian croatian serbian albanian macedonian moldovan ukrainian russian georgian armenian azerbaijani
        lithuanian latvian estonian maltese czech bosnian american canadian australian indian
        turkey france germany britain england scotland wales ireland poland italy austria netherlands sweden norway
        denmark finland iceland cyprus greece spain portugal belgium switzerland hungary romania bulgaria slovakia
        slovenia croatia serbia albania macedonia moldova ukraine russia georgia armenia azerbaijan lithuania latvia
        estonia malta republic kingdom united states europe canada australia india human rights justice appeal
        appeals cassation first auditors state"""
    )
)
_RULE = "organisation/local-body"


def find_local_bodies(passage: Passage) -> Iterator[Span]:
    """Courts, prisons, police stations and offices that a town's name stands in."""
    if passage.commercial:
        return
    text = passage.text
    if passage.language == "en":
        for match in _TOWN_FIRST.finditer(text):
            start = _town(match.group("before"), match.start("before"))
            if start is not None:
                start = match.start() if match.group("part") else start
                yield Span(start, match.end(), "ORGANISATION", _RULE, 0.6)
        for match in _TOWN_LAST.finditer(text):
            if _town(match.group("town")) is not None:
                start = match.start("before") + len(match.group("before")) - len(_bare(match.group("before")))
                yield Span(start, match.end(), "ORGANISATION", _RULE, 0.6)
        return
    for match in (_FRENCH if passage.language == "fr" else _SPANISH).finditer(text):
        if _town(match.group("town")) is not None:
            yield Span(match.start(), match.end(), "ORGANISATION", _RULE, 0.6)


def _town(words: str, offset: int = 0) -> int | None:
    """Where the name begins, without articles; None if every word says only the kind of body or its State."""
    if all(part in _KINDS for part in words_of(words)):
        return None
    return offset + len(words) - len(_bare(words))


def _bare(words: str) -> str:
    return re.sub(
        r"^(?:(?:The|This|That|In|On|At|By|When|After|Before|However|Both|Another|If|As|While|Since|Under)\s)+",
        "",
        words,
    )
