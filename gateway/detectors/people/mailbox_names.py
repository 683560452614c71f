"""Persons told by addresses: "Lachlan Karadağ" near lachlan.karadag338@host, "Inés Moreau <desk@host>".

No model knows every name, but an address often spells its owner's. Two neighbouring capitalised words are a
name if they make up the local part of an address anywhere in the same text: both whole, or one of them as
its initial, in either order, without accents and figures. So are two capitalised words right before an
address. It guesses no name from an address alone.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from itertools import pairwise

from gateway.detectors.text.letters import UPPER
from gateway.detectors.text.reading import Reading
from gateway.redaction.document import Finding
from gateway.redaction.matching import words_of
from gateway.redaction.names import PARTICLES

_ADDRESS = re.compile(r"(?<![\w.+%-])([\w.+%'-]{1,64})@\w")
_WORD = re.compile(rf"(?<!\w){UPPER}[^\W\d_]+(?:['’-][^\W\d_]+)*(?!\w)")
_PARTICLE = rf"(?:\s(?:{'|'.join(sorted(word for word in PARTICLES if word.isalpha()))}))"
_DISPLAYED = re.compile(
    rf"(?P<name>{UPPER}[^\W\d_]+(?:['’-][^\W\d_]+)*{_PARTICLE}{{0,3}}\s{UPPER}[^\W\d_]+(?:['’-][^\W\d_]+)*)[\"']?"
    r"(?:\s?[<(\[]\s?(?:mailto:)?|[ \t]?[,;|:–-]?[ \t])[\w.+%'-]{1,64}@\w"
)
_FIELD_OWNER = re.compile(r"(?m)^[ \t>]*[A-Z][A-Za-z-]{1,30}: (?P<name>[^\s<>:][^<>:\n]{1,80}?) <[\w.+%'-]{1,64}@\w")
_BETWEEN = re.compile(rf"[\s,*_\"'|;]{{1,6}}|{_PARTICLE}{{1,3}}\s")
#: Words of mailboxes that an office shares: "Data Protection" is no person.
_OFFICES = frozenset(
    words_of(
        """access accounts address admin affairs alert alerts billing board bureau care case cases central chief
        commercial communications complaint complaints compliance contact corporate counsel customer customers data
        datos delivery desk development director donnees email enquiries executive external fax finance freedom from
        general governance health help human incident information inquiries internal investigations investor it
        juridique legal mail marketing media national network office officer online operations payable payments
        people phone please policy post press presse privacy procurement product protection public quality
        recruitment registry regulatory relations reply request requests research resources response risk safety
        sales science secretary security service services social staff student studies support system systems team
        technical tel telephone to trust website write"""
    )
)
_FARTHEST = 20
_SHORTEST_PART = 2
_SHORTEST_KEY = 5
_SHORTEST_LOGIN = 6
_NAMES_IN_LOGIN = 2
_LOGIN = re.compile(r"(?<![A-Za-z0-9@.-])[a-z]{6,40}(?![A-Za-z0-9])")


def find_mailbox_names(text: str) -> Iterator[Finding]:
    """Names of persons that addresses in the text spell or stand beside; linear in the text."""
    if "@" not in text:
        return
    for match in _DISPLAYED.finditer(text):
        if not _OFFICES.intersection(words_of(match["name"])):
            yield Finding(match.start("name"), match.end("name"), "PERSON", "mailbox/display-name", 0.9)
    for match in _FIELD_OWNER.finditer(text):
        if not _OFFICES.intersection(words_of(match["name"])):
            yield Finding(match.start("name"), match.end("name"), "HANDLE", "mailbox/field", 0.7)
    for match in _LOGIN.finditer(text) if (logins := _logins(text)) else ():
        if match.group() in logins:
            yield Finding(match.start(), match.end(), "HANDLE", "mailbox/user-name", 0.8)
    keys = {letters for match in _ADDRESS.finditer(text) if len(letters := _letters(match[1])) >= _SHORTEST_KEY}
    if not keys:
        return
    for left, right in pairwise(_WORD.finditer(text)):
        if left[0].lower() in _OFFICES or right[0].lower() in _OFFICES:
            continue
        near = right.start() - left.end() <= _FARTHEST and _BETWEEN.fullmatch(text, left.end(), right.start())
        if near and any(form in keys for form in _forms(_letters(left[0]), _letters(right[0]))):
            yield Finding(left.start(), right.end(), "PERSON", "mailbox/spelled", 0.9)


def _logins(text: str) -> frozenset[str]:
    """User names that a system would have given the owners of "first.last" addresses: mokafor, marenokafor, okaform."""
    found: set[str] = set()
    for match in _ADDRESS.finditer(text):
        parts = [part for part in re.split(r"[^a-z]+", match[1].lower()) if part]
        if len(parts) == _NAMES_IN_LOGIN and not _OFFICES.intersection(parts):
            forms = (parts[0] + parts[1], *_forms(*parts))
            found.update(form for form in forms if len(form) >= _SHORTEST_LOGIN)
    return frozenset(found)


def _forms(first: str, second: str) -> Iterator[str]:
    if len(first) >= _SHORTEST_PART <= len(second):
        yield from (first + second, second + first)
        yield from (first[0] + second, first + second[0], second + first[0], second[0] + first)


def _letters(word: str) -> str:
    """The letters of a word as they are written in addresses."""
    plain = unicodedata.normalize("NFKD", Reading.of(word).text)
    return "".join(char for char in plain if char.isascii() and char.isalpha()).lower()
