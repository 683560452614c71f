"""Names of persons by form: a form of address and what follows, initials and a family name, signatures.

Works in all three languages without a model; the models add names that no form announces.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from gateway.detectors.organisations.public_bodies import is_public
from gateway.detectors.text.letters import LOWER, UPPER
from gateway.detectors.text.passage import Passage, Span, spans
from gateway.redaction.matching import words_of

_UP, _SMALL = UPPER, LOWER
_LOW = r"[^\W\d_]"
_CAP = rf"{_UP}(?:{_LOW}|['’](?={_LOW}{{2}})|['’]h\b)*(?:\s?[-‑–]\s?{_UP}{_LOW}+)*"
_INITIALS = rf"(?:{_UP}\.(?:\s?[-‑]\s?)?\s?){{1,4}}"
_PARTICLE = (
    r"(?:de\s+la|de\s+los|de\s+las|de|del|della|di|da|dos|du|des|van\s+der|van\s+den|van|von\s+der|von|zu|bin|ibn"
    r"|al|el|ten|ter|oglu|oğlu|ogly|qizi|qızı|kyzy|gizi)"
)

_STOP = (
    "The|This|That|Between|And|Before|Respondents?|Appellants?|Claimants?|Defendants?|Applicants?|He|She|They|It|In|On"
    "|At|His|Her|Its|Their|But|For|From|However|Government|Court|Article|Chairman|President|Agent|"
    "Le|La|Les|Il|Elle|Un|Une|Et|Mais|El|Los|Las|Ella|Y|Presidente|Gobierno|Tribunal"
)
_ADDRESS_EN = (
    r"(?:Messrs|Mr\.?\s(?:and|&)\s(?:Mrs|Ms)|Mr|Mrs|Ms|Miss|Mx|Dr|Prof|Professor|Doctor|Sir|Dame|Lord(?:\sJustice)?"
    r"|Lady(?:\sJustice)?|Justice|Judge|Baroness|Baron"
    r"|Capt|Captain|Sgt|Sergeant|Lt|Lieutenant|Col|Colonel|Maj|Major|Inspector|Detective|Constable|Officer|Rev"
    r"|Reverend|Father|Sister)\.?"
)
_ADDRESS_FR = (
    r"(?:M\.\s(?:et|&)\s(?:Mme|Madame)|M\.|MM\.|Mme|Mmes|Mlle|Mlles|Me|Mes|Maître|Monsieur|Madame|Mademoiselle|Dr"
    r"|Docteur|Pr|Professeur|Sir|Lord(?:\sJustice)?|Lady|le\sjuge|juge)"
)
_ADDRESS_ES = (
    r"(?:Sr\.\sy\s(?:la\s)?Sra\.|Sr\.|Sres\.|Sra\.|Sras\.|Srta\.|Sr|Sra|D\.|D\.ª|Dª|Don|Doña|Dr\.|Dra\.|Señora?"
    r"|Señorita|Profesora?|Sir|Lord(?:\sJustice)?|Lady|M\.|Mme)"
)


def _compiled(address: str) -> re.Pattern[str]:
    name = (
        rf"(?:{_INITIALS}|{_CAP})"
        rf"(?:\s?(?:{_PARTICLE}\s)?(?:{_INITIALS}|(?<=[\s.])(?!(?:{_STOP})\b){_CAP})|\s{_PARTICLE}\s{_CAP}){{0,5}}"
    )
    return re.compile(
        rf"\b(?P<title>{address})(?:\s+|(?<=e|s)(?={_UP}\.))(?P<name>{name})(?:\s(?:QC|KC|LJ|Jr\.?|Esq\.?)\b)?"
    )


_TITLED = {"en": _compiled(_ADDRESS_EN), "fr": _compiled(_ADDRESS_FR), "es": _compiled(_ADDRESS_ES)}
_MORE = re.compile(
    rf"\s*(?:,|\band\b|\bet\b|\by\b|&)\s*(?:{_ADDRESS_FR}\s)?(?P<name>{_INITIALS}\s?{_CAP}(?:\s{_CAP}){{0,2}})"
)
_INITIALLED = re.compile(
    rf"(?<![\w.])(?P<name>(?:{_UP}\.\s?(?:[-‑]\s?)?){{1,3}}{_UP}{_SMALL}{_LOW}+(?:\s?[-‑]\s?{_UP}{_LOW}+)?"
    rf"(?:\s{_UP}{_SMALL}{_LOW}+)?)"
)
_JUDGE = re.compile(rf"\b(?P<name>{_UP}{_LOW}{{2,}})\s(?:LJJ?|J|MR|VC|CJ)\b")
_QUOTED_ALIAS = re.compile(rf"[(“\"]\s?[“\"']?(?P<name>(?:{_UP}\.){{1,3}})[”\"']?\s?[)”\"]")
_LONE_INITIALS = re.compile(rf"(?<![\w.])(?P<name>(?:{_UP}\.\s?){{2,3}})(?=[\s,;)’'])(?!\s?{_UP}{_LOW})")
_INTRODUCED = re.compile(
    rf"\b(?:[Mm]y name is|[Nn]ame\s?:|[Ii] am called|[Tt]his is|[Rr]egards,?|[Ss]incerely,?|[Tt]hanks,?|[Cc]heers,?"
    rf"|[Cc]all me|[Mm]e llamo|[Jj]e m'appelle|[Ss]igned(?: by)?:?|"
    rf"[Dd]ear|[Hh]i|[Hh]ello|[Bb]onjour|[Hh]ola|[Ee]stimad[oa]|[Cc]h(?:er|ère)|a national named)\s+(?P<name>{_CAP}"
    rf"(?:[ \u00a0](?:{_INITIALS}|{_CAP})){{0,3}})"
)
_KIN = re.compile(
    r"\b(?:[Mm]y|[Hh]is|[Hh]er|[Oo]ur|[Tt]heir|applicant[’']s|claimant[’']s)\s(?:late\s|eldest\s|younger\s|older\s"
    r"|twin\s)?"
    r"(?:kid|child|son|daughter|baby|husband|wife|spouse|partner|brother|sister|mother|father|mum|mom|dad|uncle|aunt"
    rf"|cousin|nephew|niece|grand(?:son|daughter|mother|father)|fianc[ée]e?),?\s(?P<name>{_CAP}(?:\s{_CAP}){{0,2}})"
)
_MIDDLE_INITIAL = re.compile(rf"(?<!\w)(?P<name>{_UP}{_SMALL}+\s{_UP}\.?\s{_UP}{_SMALL}+(?:-{_UP}{_SMALL}+)?)(?!\w)")
_NAMED_SMALL = re.compile(r"\bmy (?:full )?name is (?P<name>[^\W\d_]{2,}(?:\s[^\W\d_]{2,})?)", re.IGNORECASE)
_LORD_OF = re.compile(rf"\b(?:Lord|Lady|Baroness|Baron)\s{_CAP}\sof\s{_CAP}(?:-{_LOW}+-{_CAP})?")
_SPEAKER = re.compile(rf"(?:^|[\"”\n]\s*)(?P<name>{_CAP}(?:\s{_CAP})?):\s?[\"“](?=\S)")
_ADDRESSED = re.compile(
    rf"\b(?:said|asked|replied|shouted|answered|cried|whispered|yelled|screamed|explained|spoke|talked|wrote"
    rf"|married)\s(?:to\s|at\s|with\s)?(?P<name>{_CAP})(?:\sto\s(?P<second>{_CAP}))?(?=[\s,.:!?\"]|$)"
)
_ENVELOPE = re.compile(rf"(?:^|\n)(?P<name>{_CAP}(?:\s{_UP}\.?)?(?:\s{_CAP}){{1,2}})\s*\n\s*\n?\s*(?=\d{{1,6}}\s{_UP})")
_SUBJECT = re.compile(
    rf"(?:^|[.!?\n\"]\s*)(?P<name>{_CAP}(?:\s(?:{_UP}\.?|{_CAP})){{0,2}})\s(?:lives|lived|resides|works|worked|said"
    rf"|says|asked|replied|shouted|spent|was\sborn|grew\sup|married|called|emailed|wrote|complained|told|claims"
    rf"|explained|testified|reported)\b"
)
_LETTER_ALIAS = re.compile(r"[“\"«]\s?(?P<letter>[B-HJ-Z])\.?\s?[”\"»]")
_ENUMERATED_BEFORE = re.compile(
    r"(?:Exhibit|Schedule|Annex|Appendix|Part|Section|Article|Schedules|Exhibits|Series|Class|Type|Phase|FACTS"
    r"|FAITS?|HECHOS|LAW|CASE)\s*$|[.:;)]\s*$"
)
_SENTENCE_WORDS = frozenset(
    words_of(
        """the this that these those he she it they we you in on at and but for from however if when where while
        after before each all any such no not promptly as to of by with under upon his her its their our there le la les
        il elle un une et mais dans pour ce cette el los las un una y pero en con por para su procedure
        procedimiento procédure imposition relevant other others"""
    )
)
_NO_NAMES = frozenset(
    words_of(
        """the a an sir madam all team everyone there customer support colleagues friend friends please thank
        thanks you your we court government state president chairman justice agent registrar articles article
        section and party parties i he she it this that data users user"""
    )
)
_ABBREVIATIONS = (
    "U.S.", "U.K.", "E.U.", "U.N.", "D.C.", "P.O.", "N.Y.", "L.A.", "S.A.", "N.V.", "B.V.", "S.L.", "A.M.", "P.M.",
    "L.P.", "L.L.", "Q.C.", "Q. C.", "U.S.C.", "C.F.R.", "F.R.", "S.C.", "U.S.C", "C.F.R",
)  # fmt: skip


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
    yield from spans(_LORD_OF, text, "PERSON", "person/titled", 0.85)
    for match in _INITIALLED.finditer(text):
        if not _is_numbering(text, match) and not match.group().startswith(_ABBREVIATIONS):
            yield Span(match.start(), match.end(), "PERSON", "person/initials", 0.75)
    yield from spans(_JUDGE, text, "PERSON", "person/judge", 0.8)
    for pattern, confidence in ((_QUOTED_ALIAS, 0.6), (_LONE_INITIALS, 0.5)):
        for match in pattern.finditer(text):
            if match.group("name").strip() not in _ABBREVIATIONS:
                yield Span(match.start("name"), match.end("name"), "PERSON", "person/initials-alone", confidence)
    for match in _INTRODUCED.finditer(text):
        if match.group("name").split()[0].lower() not in _NO_NAMES:
            yield Span(match.start("name"), match.end("name"), "PERSON", "person/introduced", 0.7)

    for pattern, rule in ((_KIN, "kin"), (_MIDDLE_INITIAL, "middle-initial"), (_NAMED_SMALL, "introduced")):
        for match in pattern.finditer(text):
            words = match.group("name").split()
            ordinary = not _SENTENCE_WORDS.isdisjoint({words[0].lower(), words[-1].lower()})
            numbered = _ENUMERATED_BEFORE.search(words[0]) is not None
            if not (ordinary or numbered or words[0].lower() in _NO_NAMES or is_public(match.group("name"))):
                yield Span(match.start("name"), match.end("name"), "PERSON", f"person/{rule}", 0.7)
    yield from _spoken(text)
    yield from _single_letters(text)


def _is_numbering(text: str, match: re.Match[str]) -> bool:
    """Whether "B. Procedure" is a heading or the end of a sentence ("Exhibit B. For") rather than a name."""
    name = match.group("name")
    if name.count(".") > 1:
        return False
    before = text[: match.start()].rstrip(" \t")
    heading = not before or before.endswith("\n") or _ENUMERATED_BEFORE.search(before[-24:]) is not None
    return (heading and (name[0] in "ABCDEFGHIVX" or before[-1:] != "\n")) or name.split()[
        -1
    ].lower() in _SENTENCE_WORDS


def _spoken(text: str) -> Iterator[Span]:
    for pattern, rule in (
        (_SPEAKER, "speaker"),
        (_ADDRESSED, "addressed"),
        (_ENVELOPE, "envelope"),
        (_SUBJECT, "subject"),
    ):
        for match in pattern.finditer(text):
            for group, name in match.groupdict().items():
                if name and name.split()[0].lower() not in _NO_NAMES | _SENTENCE_WORDS and not is_public(name):
                    yield Span(match.start(group), match.end(group), "PERSON", f"person/{rule}", 0.6)


def _single_letters(text: str) -> Iterator[Span]:
    """Someone whom a text calls "K." and introduces as such, in quotation marks."""
    letters = {match.group("letter") for match in _LETTER_ALIAS.finditer(text)}
    for letter in sorted(letters):
        for match in re.finditer(rf"(?<![\w.§-]){letter}(?![\w/-])\.?(?!\d)", text):
            yield Span(match.start(), match.start() + 1, "PERSON", "person/letter", 0.5)


def _listed(text: str, first: re.Match[str]) -> Iterator[Span]:
    """Further names of an enumeration: "MM. L. Pettiti, C. Russo et A. Spielmann"."""
    if first.group("title") not in {"MM.", "Messrs", "Messrs.", "Mmes", "Mes", "Sres.", "Sras."}:
        return
    position = first.end()
    while (match := _MORE.match(text, position)) is not None:
        yield Span(match.start("name"), match.end("name"), "PERSON", "person/listed", 0.85)
        position = match.end()
