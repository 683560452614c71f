"""Pseudonyms: the same person is the same "Person 7F3KQ2" within a case and for a recipient.

A label is a kind and a code: HMAC-SHA256 under the key that the keyring derives for the case and the
recipient (:meth:`gateway.exchange.ports.keys.Keyring.pseudonym_key`), over the kind and the normalised
value, cut to 30 bits and written in Crockford's base32. Without the key nobody can recompute a label
from a guessed name, and labels under two keys have nothing in common. 30 bits: two of 1,000 different
persons share a code with odds of 1 in 2,150; two of 100, 1 in 217,000.

Names are folded (case, accents, forms of address, "Smith, John"). A shorter form ("Mr Smith", "J.
Smith", "J. S.") is resolved to the full name if exactly one full name of the package fits it. Where two
fit, the short form keeps a label of its own: saying less beats merging two people.
"""

from __future__ import annotations

import hashlib
import hmac
import unicodedata
from collections.abc import Iterable, Mapping

from gateway.errors import Misconfigured
from gateway.evidence.taxonomy import PSEUDONYMISABLE
from gateway.redaction.matching import fold, words_of
from gateway.redaction.names import PARTICLES, bare_name

CODE_CHARS = 6
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_DOMAIN = b"evidence-gateway/pseudonym-v1"

_KINDS = {
    "PERSON": "Person", "ORGANISATION": "Organisation", "EMAIL": "E-mail", "PHONE": "Phone", "HANDLE": "User",
    "IP_ADDRESS": "Address", "MAC_ADDRESS": "Device address", "DEVICE_ID": "Device", "LOCATION": "Place",
    "ADDRESS": "Postal address", "NATIONAL_ID": "National number", "CASE_NUMBER": "Case", "REFERENCE": "Reference",
    "BANK_ACCOUNT": "Account", "IBAN": "Account", "LICENCE_PLATE": "Vehicle",
}  # fmt: skip


class Pseudonymiser:
    """Labels for values under one key.

    Args:
        key: 32 secret bytes, one key for each case and recipient.

    Raises:
        Misconfigured: ``pseudonym-key-too-short`` below 16 bytes.
    """

    def __init__(self, key: bytes) -> None:
        if len(key) < 16:
            raise Misconfigured(
                "pseudonym-key-too-short",
                "The key for pseudonyms is too short to protect them.",
                remedy="Derive 32 bytes for each case and recipient.",
            )
        self._key = key

    def label(self, entity: str, value: str, aliases: Mapping[str, str] | None = None) -> str:
        """The label of a value, like ``Person 7F3KQ2``.

        Args:
            entity: A member of :data:`gateway.evidence.taxonomy.PSEUDONYMISABLE`.
            value: The value as it stands in the text.
            aliases: For persons, what :func:`resolve` answered for the document.
        """
        if entity not in PSEUDONYMISABLE:
            raise ValueError(f"{entity} has no pseudonyms")
        normal = normalised(entity, value)
        if entity == "PERSON" and aliases:
            normal = aliases.get(normal, normal)
        kind = _KINDS[entity]
        message = b"\x00".join((_DOMAIN, kind.encode(), normal.encode("utf-8", "surrogatepass")))
        digest = hmac.new(self._key, message, hashlib.sha256).digest()
        bits = int.from_bytes(digest[:8], "big")
        code = "".join(_ALPHABET[(bits >> (59 - 5 * place)) & 31] for place in range(CODE_CHARS))
        return f"{kind} {code}"


def normalised(entity: str, value: str) -> str:
    """The form in which two values count as the same."""
    if entity == "PERSON":
        return " ".join(_unaccented(word) for word in bare_name(value))
    if entity in {"ORGANISATION", "LOCATION", "ADDRESS"}:
        return " ".join(_unaccented(word) for word in words_of(value) if word != "the")
    if entity in {"EMAIL", "HANDLE", "IP_ADDRESS"}:
        return unicodedata.normalize("NFKC", value).strip().casefold()
    return "".join(words_of(value))


def resolve(names: Iterable[str]) -> dict[str, str]:
    """Which short forms of names mean which full name, all in normalised form.

    A short form is a family name alone, initials with a family name, or initials alone. It resolves if
    exactly one longer name fits; forms that fit several, or none, are left out.
    """
    written: dict[str, set[str]] = {}
    for name in names:
        if form := normalised("PERSON", name):
            written.setdefault(form, set()).add(" ".join(_unaccented(word) for word in words_of(name)))
    forms = sorted(written)  # an order of its own, so that the answer is the same for the same names
    full = [form.split(" ") for form in forms if _is_full(form.split(" "))]
    by_family: dict[str, list[list[str]]] = {}
    by_initials: dict[str, list[list[str]]] = {}
    for words in full:
        by_family.setdefault(words[-1], []).append(words)
        by_initials.setdefault(" ".join(word[0] for word in words), []).append(words)
    aliases: dict[str, str] = {}
    for form in forms:
        words = form.split(" ")
        fitting = [other for other in by_family.get(words[-1], []) if other != words and _fits(words, other)]
        fitting += _with_initials(written[form], by_initials)
        if len(fitting) > 1:
            # "John Smith" and "John Peter Smith" are one family of forms if each fits the longest.
            longest = max(fitting, key=lambda other: (len(other), len(" ".join(other)), other))
            if all(other == longest or _fits(other, longest) for other in fitting):
                fitting = [longest]
        if len(fitting) == 1:
            aliases[form] = " ".join(fitting[0])
    return aliases


def _with_initials(spellings: Iterable[str], by_initials: Mapping[str, list[list[str]]]) -> list[list[str]]:
    """The full names with these initials, if all spellings of one form have the same.

    As written, for the "M." of "M.-C. D." is taken for a form of address by itself.
    """
    found = [by_initials.get(spelling, []) for spelling in spellings]
    return found[0] if all(each == found[0] for each in found) else []


def _is_full(words: list[str]) -> bool:
    return len(words) > 1 and any(len(word) > 1 and word not in PARTICLES for word in words[:-1])


def _fits(short: list[str], full: list[str]) -> bool:
    """Whether the short form's given names are, in order, given names of the full one or their initials."""
    if len(short) > len(full) or short == full:
        return False
    position = 0
    given = full[:-1]
    for word in short[:-1]:
        while position < len(given) and not (
            given[position] == word or (len(word) == 1 and given[position].startswith(word))
        ):
            position += 1
        if position == len(given):
            return False
        position += 1
    return True


def _unaccented(word: str) -> str:
    decomposed = unicodedata.normalize("NFD", fold(word))
    return unicodedata.normalize("NFC", "".join(char for char in decomposed if not unicodedata.combining(char)))
