"""Companies by their short names: "Halden" where the text also says "Halden Lending Systems Ltd".

A short name is what the text itself defines in brackets after the full one, or the first word of the full one if that
word means nothing else. It is looked for in the passages in which companies' names are findings at all (contracts name
their parties everywhere; see ensemble.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from gateway.detectors.organisations.public_bodies import is_public
from gateway.detectors.text.letters import UPPER
from gateway.detectors.text.nationalities import NATIONALITIES
from gateway.detectors.text.passage import Passage
from gateway.redaction.document import Finding
from gateway.redaction.matching import words_of

_FULL = "organisation/legal-form"
_DEFINED = re.compile(
    rf"\s?[(\[](?:hereinafter\s|hereafter\s|the\s|ci-après\s"
    rf"|en\sadelante,?\s)*[“\"«]\s?(?:the\s)?(?P<name>{UPPER}[^”\"»\n]{{1,40}}?)\s?[”\"»]"
)
_FIRST = re.compile(rf"{UPPER}[\w-]{{3,}}")
#: Words that many companies' names begin with and that mean something by themselves.
_COMMON = frozenset(
    words_of(
        """national general united first global international european american british northern southern eastern
        western north south east west central new royal advanced applied universal standard premier prime
        modern digital smart green blue red black white golden silver great grand city county state public
        private free open clear direct power energy water gas oil solar nuclear medical health care life
        science sciences data cloud net tech computer software systems system services service group holding
        holdings trust bank banco banque insurance capital investment investments financial finance credit
        media press news radio television film music sports travel air airlines sea land home house food
        farm bio pharma motor motors auto steel metal paper construction building property properties real
        estate trade trading market marketing consulting management development research engineering
        industries industrial products solutions technology technologies communications telecom network
        networks security safety supply logistics transport shipping company companies société societe
        compagnie sociedad compañía inversiones transportes construcciones industrias the saint san santa
        mount lake river customer supplier vendor buyer seller party parties agreement licensor licensee"""
    )
)


def short_names(text: str, findings: Iterable[Finding]) -> set[str]:
    """The short names of the companies among the findings."""
    names = set()
    for finding in findings:
        if finding.rule != _FULL:
            continue
        defined = _DEFINED.match(text, finding.end)
        if defined is not None and not is_public(defined.group("name")) and not _is_common(defined.group("name")):
            names.add(defined.group("name"))
        first = _FIRST.match(text, finding.start)
        if first is not None and not _is_common(first.group()) and len(words_of(text[finding.start : finding.end])) > 2:
            names.add(first.group())
    # A word that the text also writes small is a word.
    return {name for name in names if not re.search(rf"(?<![\w@./-]){re.escape(name.lower())}(?![\w@./-])", text)}


def find_short_names(passage: Passage, names: Iterable[str]) -> Iterator[Finding]:
    """Where the short names stand in a passage; a longer capitalised name that begins with one is another's."""
    if passage.commercial or not (wanted := sorted(names, key=lambda name: (-len(name), name))):
        return
    pattern = re.compile(rf"(?<![\w-])(?:{'|'.join(map(re.escape, wanted))})(?![\w-])(?!\s{UPPER}[^\W\d_]+\b(?!['’]s))")
    for match in pattern.finditer(passage.text):
        start, end = passage.offset + match.start(), passage.offset + match.end()
        yield Finding(start, end, "ORGANISATION", "organisation/short-name", 0.65)


def _is_common(name: str) -> bool:
    return _COMMON.issuperset(words_of(name)) or NATIONALITIES["en"].fullmatch(name) is not None
