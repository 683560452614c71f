"""Names of persons by form: a form of address and what follows, initials and a family name, signatures.

Works in all three languages without a model; the models add names that no form announces.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from gateway.detectors.letters import UPPER
from gateway.detectors.passage import Passage, Span

_UP = UPPER
_LOW = r"[^\W\d_]"
_CAP = rf"{_UP}(?:{_LOW}|['’](?={_LOW}{{2}}))*(?:\s?[-‑–]\s?{_UP}{_LOW}+)*"
_INITIALS = rf"(?:{_UP}\.(?:\s?[-‑]\s?)?\s?){{1,4}}"
_PARTICLE = r"(?:de\s+la|de\s+los|de\s+las|de|del|della|di|da|dos|du|des|van\s+der|van\s+den|van|von\s+der|von|zu|bin|ibn|al|el|ten|ter|of)"

_STOP = (
    "The|This|That|He|She|They|It|In|On|At|And|But|For|From|However|Government|Court|Article|Chairman|President|Agent|"
    "Le|La|Les|Il|Elle|Un|Une|Et|Mais|El|Los|Las|Ella|Y|Presidente|Gobierno|Tribunal"
)
_ADDRESS_EN = (
    r"(?:Messrs|Mr|Mrs|Ms|Miss|Mx|Dr|Prof|Professor|Doctor|Sir|Dame|Lord(?:\sJustice)?|Lady(?:\sJustice)?|Justice|Judge|Baroness|Baron"
    r"|Capt|Captain|Sgt|Sergeant|Lt|Lieutenant|Col|Colonel|Maj|Major|Inspector|Detective|Constable|Officer|Rev|Reverend|Father|Sister)\.?"
)
_ADDRESS_FR = r"(?:M\.|MM\.|Mme|Mmes|Mlle|Mlles|Me|Mes|Maître|Monsieur|Madame|Mademoiselle|Dr|Docteur|Pr|Professeur|Sir|Lord(?:\sJustice)?|Lady|le\sjuge|juge)"
_ADDRESS_ES = r"(?:Sr\.|Sres\.|Sra\.|Sras\.|Srta\.|Sr|Sra|D\.|D\.ª|Dª|Don|Doña|Dr\.|Dra\.|Señora?|Señorita|Profesora?|Sir|Lord(?:\sJustice)?|Lady|M\.|Mme)"


def _compiled(address: str) -> re.Pattern[str]:
    name = (
        rf"(?:{_INITIALS}|{_CAP})"
        rf"(?:\s?(?:{_PARTICLE}\s)?(?:{_INITIALS}|(?<=[\s.])(?!(?:{_STOP})\b){_CAP})|\s{_PARTICLE}\s{_CAP}){{0,5}}"
    )
    return re.compile(rf"\b(?P<title>{address})\s+(?P<name>{name})(?:\s(?:QC|KC|LJ|Jr\.?|Esq\.?)\b)?")


_TITLED = {"en": _compiled(_ADDRESS_EN), "fr": _compiled(_ADDRESS_FR), "es": _compiled(_ADDRESS_ES)}
_MORE = re.compile(
    rf"\s*(?:,|\band\b|\bet\b|\by\b|&)\s*(?:{_ADDRESS_FR}\s)?(?P<name>{_INITIALS}\s?{_CAP}(?:\s{_CAP}){{0,2}})"
)
_INITIALLED = re.compile(
    rf"(?<![\w.])(?P<name>(?:{_UP}\.\s?(?:[-‑]\s?)?){{1,3}}{_UP}{_LOW}{{2,}}(?:\s?[-‑]\s?{_UP}{_LOW}+)?(?:\s{_UP}{_LOW}{{2,}})?)"
)
_JUDGE = re.compile(rf"\b(?P<name>{_UP}{_LOW}{{2,}})\s(?:LJJ?|J|MR|VC|CJ)\b")
_QUOTED_ALIAS = re.compile(rf"[(“\"]\s?[“\"']?(?P<name>(?:{_UP}\.){{1,3}})[”\"']?\s?[)”\"]")
_LONE_INITIALS = re.compile(rf"(?<![\w.])(?P<name>(?:{_UP}\.\s?){{2,3}})(?=[\s,;)’'])(?!\s?{_UP}{_LOW})")
_INTRODUCED = re.compile(
    rf"\b(?:[Mm]y name is|[Nn]ame\s?:|[Ii] am called|[Tt]his is|[Rr]egards,?|[Ss]incerely,?|[Tt]hanks,?|[Cc]heers,?|[Cc]all me|[Mm]e llamo|[Jj]e m'appelle|[Ss]igned(?: by)?:?|"
    rf"[Dd]ear|[Hh]i|[Hh]ello|[Bb]onjour|[Hh]ola|[Ee]stimad[oa]|[Cc]h(?:er|ère)|a national named)\s+(?P<name>{_CAP}(?:\s(?:{_INITIALS}|{_CAP})){{0,3}})"
)
_NO_NAMES = frozenset(
    """the a an sir madam all team everyone there customer support colleagues friend friends please thank thanks you your we
    court government state president chairman justice agent registrar articles article section and party parties
    i he she it this that data users user""".split()
)
_ABBREVIATIONS = frozenset(
    "U.S. U.K. E.U. U.N. D.C. P.O. N.Y. L.A. e.g. i.e. S.A. N.V. B.V. S.L. a.m. p.m. A.M. P.M. L.P. L.L.".split()
)


def find_people(passage: Passage) -> Iterator[Span]:
    """Person names that their form gives away."""
    text = passage.text
    languages = ("en", passage.language) if passage.language != "en" else ("en",)
    for language in languages:
        for match in _TITLED[language].finditer(text):
            if match.group("name").split()[0].lower().strip(".") in _NO_NAMES:
                continue
            yield Span(match.start(), match.end(), "PERSON", "person/titled", 0.9)
            yield from _listed(text, match)
    for match in _INITIALLED.finditer(text):
        if not any(match.group().startswith(each) for each in _ABBREVIATIONS):
            yield Span(match.start(), match.end(), "PERSON", "person/initials", 0.75)
    for match in _JUDGE.finditer(text):
        yield Span(match.start(), match.end(), "PERSON", "person/judge", 0.8)
    for pattern, confidence in ((_QUOTED_ALIAS, 0.6), (_LONE_INITIALS, 0.5)):
        for match in pattern.finditer(text):
            if match.group("name").strip() not in _ABBREVIATIONS:
                yield Span(match.start("name"), match.end("name"), "PERSON", "person/initials-alone", confidence)
    for match in _INTRODUCED.finditer(text):
        if match.group("name").split()[0].lower() not in _NO_NAMES:
            yield Span(match.start("name"), match.end("name"), "PERSON", "person/introduced", 0.7)


def _listed(text: str, first: re.Match[str]) -> Iterator[Span]:
    """Further names of an enumeration: "MM. L. Pettiti, C. Russo et A. Spielmann"."""
    if first.group("title") not in {"MM.", "Messrs", "Messrs.", "Mmes", "Mes", "Sres.", "Sras."}:
        return
    position = first.end()
    while (match := _MORE.match(text, position)) is not None:
        yield Span(match.start("name"), match.end("name"), "PERSON", "person/listed", 0.85)
        position = match.end()
