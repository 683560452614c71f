"""Names of persons as character strings: forms of address, particles, and the parts that identify.

"Mr Arthur Collins Redfearn" is also meant where "Redfearn" stands alone; but not every word of a
name may be hunted through a text: "de" and "van" are everywhere, and Will, Mark and May begin
ordinary sentences. This module decides. It recognises no names; detectors do.
"""

from __future__ import annotations

import re
from functools import lru_cache

from gateway.redaction.matching import WORD, fold, words_of

#: Forms of address, folded, in English, French and Spanish. They are no part of a name.
TITLES = frozenset(
    words_of(
        """mr mrs ms miss mx dr prof professor doctor sir dame lord lady madam judge justice lj qc kc hon rev
        reverend fr father sister brother captain colonel major sergeant lieutenant general president chairman
        inspector m mm mme mmes mlle mlles me maître maitre monsieur madame mademoiselle messieurs docteur
        professeur juge sr sra srta sres sras don doña dona señor señora señorita doctor doctora juez licenciado
        excmo"""
    )
)

#: Words inside names that identify nobody.
PARTICLES = frozenset(
    words_of(
        """de del della der den des di do dos da du la le les los las el al von van vom zu zur ten ter y e i und
        and et bin ibn ben abu af av of the st saint san santa jr junior sr senior ii iii iv o d l qu"""
    )
)

#: Names, or parts of names, that are ordinary words where they begin a sentence.
_ORDINARY = frozenset(
    words_of(
        """will mark may june april august grant bill sue rose grace hope faith art frank pat rob drew bob jack
        young long white brown black green grey gray king law price page hill wood woods stone field fields
        church north south east west day summer winter court best good major little small rich wise sharp short
        strong bishop pope prince duke cook case bank post first last new old state states house office police
        public national great central general international union american british english french german spanish
        european company limited group holding services service board committee commission council ministry
        agency department government article section chapter part act code convention rules protocol judgment
        decision order cases applicant claimant defendant appellant respondent plaintiff petitioner witness
        victim client user customer member members staff team manager director officer secretary agent driver
        doctor nurse street road avenue square park river lake mountain city town village county district region
        province monday tuesday wednesday thursday friday saturday sunday january february march july september
        october november december mars avril mai juin juillet janvier enero marzo mayo sol luz mar cruz paz
        reyes iglesia alma blanco rojo vega leon rey"""
    )
)


#: An encoded run in which a name was found: the pieces between its figures and signs are no names.
_ENCODED = re.compile(r"(?=.*[\d+/=_])[A-Za-z0-9+/_=\r\n%.~-]{12,}", re.DOTALL)


def is_encoded(name: str) -> bool:
    """Whether what was taken for a name is an encoded run that holds one; its pieces are not to be hunted."""
    return _ENCODED.fullmatch(name) is not None


def bare_name(name: str) -> tuple[str, ...]:
    """The words of a name as written, without forms of address; "Smith, John" is turned round."""
    before, comma, after = name.partition(",")
    if comma and after.strip() and len(WORD.findall(before)) <= 2 and all(part[:1].isupper() for part in after.split()):
        name = f"{after} {before}"
    words = [word for word in WORD.findall(name) if fold(word)]
    while len(words) > 1 and fold(words[0]) in TITLES:
        words.pop(0)
    while len(words) > 1 and fold(words[-1]) in {"lj", "qc", "kc", "jr", "sr", "phd", "md", "s"}:
        words.pop()
    return tuple(words)


@lru_cache(maxsize=8_192)
def identifying_parts(name: str) -> tuple[str, ...]:
    """Words of a name of several words that point at its bearer when they stand alone.

    The family name (last word) and given names of four or more letters, without particles, initials
    and words that are common otherwise.
    """
    words = bare_name(name)
    if len(words) < 2 or len(words) > 6 or is_encoded(name):
        return ()
    parts = []
    for position, word in enumerate(words):
        last = position == len(words) - 1
        folded = fold(word)
        if len(folded) < (3 if last else 4) or not folded.isalpha() or not word[0].isupper():
            continue
        if folded in TITLES or folded in PARTICLES or folded in _ORDINARY:
            continue
        parts.append(word)
    return tuple(parts)


def initialled_forms(name: str) -> tuple[str, ...]:
    """The forms in which a name of several words is shortened: "J. Smith", "J. R. Smith", "Smith, J."

    Values to be looked for as such (what stands between the words does not matter). None if the family name
    is too short or the name is not written with capitals.
    """
    words = bare_name(name)
    if not 2 <= len(words) <= 5 or not all(word[0].isupper() for word in words):
        return ()
    given, family = words[:-1], words[-1]
    if len(fold(family)) < 3 or any(len(word) < 2 for word in given):
        return ()
    initials = [word[0] for word in given]
    forms = (f"{initials[0]} {family}", f"{' '.join(initials)} {family}", f"{family} {initials[0]}")
    return tuple(dict.fromkeys(forms))


def initials_of(name: str) -> str | None:
    """A pattern for the initials of a name alone, "J.S." or "M.-C. D."; None if they would say too little."""
    words = bare_name(name)
    if not 2 <= len(words) <= 5 or not all(len(word) > 1 and word[0].isupper() for word in words):
        return None
    return r"(?<![\w.])" + r"[ -]?".join(rf"{re.escape(word[0])}\." for word in words) + r"(?!\w)"
