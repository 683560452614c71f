"""Reads typed values out of nodes and collects every fault instead of stopping at the first.

Each method returns a value of the promised type, or after a fault a harmless stand-in; whoever
reads must not use the result while :attr:`Reading.findings` has errors. Nothing is guessed: a near
miss is named in the remedy, never accepted.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from typing import TypeVar

from gateway.agreements.finding import MAX_FINDINGS, AgreementFinding, AgreementInvalid
from gateway.agreements.text.yaml_nodes import ListNode, MapNode, Node, ScalarNode, describe
from gateway.agreements.vocabulary import MAX_YEAR, MIN_YEAR, Keys
from gateway.errors import InvalidInput
from gateway.evidence.names import check_identifier

_T = TypeVar("_T")
#: Names of the author's choice can be thousands; comparing and listing them has to stay cheap.
_MAX_COMPARED = 300
_MAX_LISTED = 40
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class Reading:
    """One pass over one file."""

    def __init__(self, findings: Iterable[AgreementFinding] = ()) -> None:
        self.findings = list(findings)

    def add(self, node: Node, code: str, message: str, remedy: str) -> None:
        """Report an error at a node. ``code`` is completed with the prefix ``agreement-``."""
        if node.kind != "broken":
            self.findings.append(
                AgreementFinding(f"agreement-{code}", message, node.line, node.column, node.pointer, remedy)
            )
            if len(self.findings) >= MAX_FINDINGS:
                raise AgreementInvalid.of(self.findings)

    def mapping(self, node: Node, what: str, keys: Keys) -> dict[str, Node]:
        """The entries of an object with a closed list of keys; unknown and missing ones are errors."""
        if not isinstance(node, MapNode):
            self.wrong_type(node, what, "keys and values")
            return {}
        known = [key.name for key in keys]
        for name in node.entries:
            if name not in known:
                self.add(
                    node.keys[name],
                    "unknown-key",
                    f"The key {quote(name)} is not known in {what}.",
                    suggest(name, known),
                )
        for key in keys:
            if key.required and key.name not in node.entries:
                self.add(node, "missing-key", f"{capital(what)} lacks the key '{key.name}'.",
                         f"Add '{key.name}': {key.description}")  # fmt: skip
        return {name: value for name, value in node.entries.items() if name in known}

    def open_mapping(self, node: Node, what: str) -> dict[str, Node]:
        """The entries of an object whose keys are names that the author chooses."""
        if isinstance(node, MapNode):
            if not node.entries:
                self.wrong_type(node, what, "an object with at least one entry")
            return dict(node.entries)
        self.wrong_type(node, what, "keys and values")
        return {}

    def items(self, node: Node, what: str) -> list[Node]:
        """The items of a list with at least one."""
        if isinstance(node, ListNode):
            if not node.items:
                self.add(node, "empty-list", f"{capital(what)} is an empty list.", "Write at least one item.")
            return list(node.items)
        self.wrong_type(node, what, "a list, as in [one, two]")
        return []

    def text(self, node: Node, what: str, max_chars: int = 300) -> str:
        """A visible text on one line."""
        if isinstance(node, ScalarNode) and node.kind == "text":
            if node.text.strip() and node.text == node.text.strip() and len(node.text) <= max_chars:
                return node.text
            self.add(node, "invalid-text", f"{capital(what)} is empty, begins or ends with a space, or is longer than "
                     f"{max_chars} characters.", "Write a short text.")  # fmt: skip
        else:
            self.wrong_type(node, what, "a text; put it in quotes if it is meant as one")
        return ""

    def integer(self, node: Node, what: str, low: int, high: int) -> int:
        """A whole number without sign or leading zeros."""
        if isinstance(node, ScalarNode) and node.kind == "integer":
            # Length first: int() of a very long text is slow, and refused by Python itself.
            if len(node.text) <= 12 and low <= int(node.text) <= high:
                return int(node.text)
            self.add(node, "number-out-of-range", f"{capital(what)} must be from {low} to {high}.",
                     f"Write a whole number from {low} to {high}.")  # fmt: skip
        else:
            self.wrong_type(node, what, f"a whole number from {low} to {high}, without quotes")
        return low

    def name(self, node: Node, what: str) -> str:
        """An identifier, checked as everywhere else in the gateway."""
        text = self.text(node, what, max_chars=200)
        if text:
            try:
                return check_identifier(text, what=what)
            except InvalidInput as error:
                slug = re.sub(r"[^a-z0-9._-]+", "-", text.lower()).strip("-._")
                hint = f"Did you mean '{slug}'? " if slug and slug != text and len(slug) <= 64 else ""
                self.add(node, "invalid-name", f"{capital(what)} {quote(text)} is not a valid name.",
                         hint + error.remedy)  # fmt: skip
        return ""

    def names(self, node: Node, what: str, noun: str) -> tuple[str, ...]:
        """A list of different identifiers; ``noun`` is what one of them is called."""
        return self.distinct(node, what, lambda item: self.name(item, noun))

    def choice(self, node: Node, what: str, known: Sequence[str], code: str) -> str:
        """One of a closed list of words."""
        text = self.text(node, what)
        if text and text not in known:
            self.unknown(node, what, text, known, code)
            return ""
        return text

    def choices(self, node: Node, what: str, noun: str, known: Sequence[str], code: str) -> tuple[str, ...]:
        """A list of different words of a closed list; ``noun`` is what one of them is called."""
        return self.distinct(node, what, lambda item: self.choice(item, noun, known, code))

    def distinct(self, node: Node, what: str, read: Callable[[Node], _T]) -> tuple[_T, ...]:
        """A list whose items, once read, differ; stand-ins of faulty items are left out."""
        values: dict[_T, None] = {}
        for item in self.items(node, what):
            value = read(item)
            if not value:
                continue
            if value in values:
                self.add(item, "duplicate-item", f"{capital(what)} names {quote(str(value))} twice.",
                         "Keep one of the two.")  # fmt: skip
            else:
                values[value] = None
        return tuple(values)

    def day(self, node: Node, what: str) -> date | None:
        """A date that exists, written YYYY-MM-DD."""
        text = self.text(node, what)
        if not text:
            return None
        try:
            day = date.fromisoformat(text) if _DATE.fullmatch(text) else None
        except ValueError:
            day = None
        if day is None or not MIN_YEAR <= day.year <= MAX_YEAR:
            self.add(node, "invalid-date", f"{capital(what)} {quote(text)} is not a date that exists, between "
                     f"{MIN_YEAR} and {MAX_YEAR}.", "Write YYYY-MM-DD, such as 2026-01-31.")  # fmt: skip
            return None
        return day

    def parsed(self, node: Node, what: str, parse: Callable[[str], _T]) -> _T | None:
        """A text in a notation of its own (a duration, a size); the parser's refusal becomes a finding."""
        text = self.text(node, what)
        if not text:
            return None
        try:
            return parse(text)
        except InvalidInput as error:
            self.add(node, error.code.removeprefix("agreement-"), error.message, error.remedy)
            return None

    def unknown(self, node: Node, what: str, text: str, known: Iterable[str], code: str) -> None:
        """Report a word that is not on its list, with the nearest one that is."""
        words = list(known)
        self.add(node, code, f"{capital(what)} {quote(text)} is not known.",
                 suggest(text, words))  # fmt: skip

    def wrong_type(self, node: Node, what: str, expected: str) -> None:
        """Report a node of another kind than expected."""
        found = "an empty object" if isinstance(node, MapNode) and not node.entries else describe(node.kind)
        self.add(node, "wrong-type", f"{capital(what)} is {found}; expected is {expected}.", f"Write {expected}.")


def suggest(text: str, known: Iterable[str]) -> str:
    """The remedy for an unknown word: the nearest known one if there is one, and those that are known."""
    words = list(known)
    folded = {_fold(word): word for word in words[:_MAX_COMPARED]}
    near = difflib.get_close_matches(_fold(text[:100]), folded, n=1, cutoff=0.6)
    hint = f"Did you mean '{folded[near[0]]}'? " if near else ""
    more = f" and {len(words) - _MAX_LISTED} more" if len(words) > _MAX_LISTED else ""
    return f"{hint}Known here: {', '.join(words[:_MAX_LISTED]) or 'none'}{more}."


def quote(text: str) -> str:
    """A text from the file for a message: short, and in ASCII so that nothing in it steers a terminal."""
    return ascii(text if len(text) <= 60 else text[:57] + "...")


def capital(what: str) -> str:
    """A noun phrase at the beginning of a sentence."""
    return what[:1].upper() + what[1:]


def _fold(word: str) -> str:
    return word.lower().replace("_", "-")
