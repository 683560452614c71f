"""The sections that say who is bound, when, for what, and in which role: nodes in, model out.

Also review, encryption, deadlines and safeguards. What happens to the data is data_sections.py.
Names that point elsewhere in the file are checked against what stands there.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from datetime import date, timedelta

from gateway.agreements import vocabulary as words
from gateway.agreements.countries import COMMON_SLIPS, JURISDICTIONS
from gateway.agreements.durations import Duration, parse_duration
from gateway.agreements.model import ATTEST_WITHIN, PARTY_RIGHTS, Party, RecipientKind, ReviewRule, Role
from gateway.agreements.text.typed_values import Reading, capital, quote
from gateway.agreements.text.yaml_nodes import Node

_CONFIDENCE = re.compile(r"(?:0(?:\.[0-9]{1,4})?|1(?:\.0{1,4})?)")


def read_parties(reading: Reading, node: Node) -> dict[str, Party]:
    """The parties by agency, in the order of the file."""
    parties: dict[str, Party] = {}
    items = reading.items(node, "the list of parties")
    for item in items:
        entries = reading.mapping(item, "a party", words.PARTY)
        agency = reading.name(entries["agency"], "the agency") if "agency" in entries else ""
        if agency in parties:
            reading.add(item, "duplicate-party", f"The agency '{agency}' is a party twice.", "Keep one of the two.")
        may = frozenset(PARTY_RIGHTS)
        if "may" in entries:
            may = frozenset(
                reading.choices(
                    entries["may"], "'may' of the party", "the right", words.PARTY_RIGHT_NAMES, "unknown-right"
                )
            )
        jurisdiction = _jurisdiction(reading, entries["jurisdiction"]) if "jurisdiction" in entries else ""
        if agency:
            parties.setdefault(agency, Party(agency, jurisdiction, may))
    if len(items) == 1:
        reading.add(node, "too-few-parties", "An agreement needs at least two parties; this one has one.",
                    "Add the other party.")  # fmt: skip
    return parties


def read_in_force(reading: Reading, node: Node) -> tuple[date, date]:
    """First and last day, both included."""
    entries = reading.mapping(node, "in_force", words.IN_FORCE)
    first = reading.day(entries["from"], "the first day") if "from" in entries else None
    last = reading.day(entries["until"], "the last day") if "until" in entries else None
    if first and last and first > last:
        reading.add(entries["until"], "dates-reversed", f"The agreement ends on {last}, before it begins on {first}.",
                    "Exchange the two dates, or correct one.")  # fmt: skip
    return first or date.min, last or date.max


def read_roles(reading: Reading, node: Node, views: Collection[str]) -> dict[str, Role]:
    """The roles by name. ``views`` are the names that the section 'views' declares."""
    roles: dict[str, Role] = {}
    for key, item in reading.open_mapping(node, "the section 'roles'").items():
        what = f"the role {quote(key)}"
        name = read_key(reading, node, key, "the role")
        entries = reading.mapping(item, what, words.ROLE)
        may: tuple[str, ...] = ()
        seen: tuple[str, ...] = ()
        needs: tuple[str, ...] = ()
        if "may" in entries:
            may = reading.choices(
                entries["may"], f"'may' of {what}", "the right", words.ROLE_RIGHT_NAMES, "unknown-right"
            )
        if "views" in entries:
            seen = reading.choices(entries["views"], f"'views' of {what}", "the view", tuple(views), "unknown-view")
            if may and not {"pull", "review"} & set(may):
                reading.add(entries["views"], "never-applies", f"{capital(what)} may neither pull nor review, so "
                            "its views never apply.", "Add 'pull' to its 'may', or take the views out.")  # fmt: skip
        elif "pull" in may:
            reading.add(item, "pull-without-views", f"{capital(what)} may pull but has no views, so it can pull "
                        "nothing.", "Add 'views', or take 'pull' out of its 'may'.")  # fmt: skip
        if "needs" in entries:
            needs = reading.names(entries["needs"], f"'needs' of {what}", "the attribute")
        roles[name] = Role(name, frozenset(may), seen, frozenset(needs))
    return roles


def read_review(reading: Reading, node: Node, views: Collection[str]) -> ReviewRule:
    """The rule that says when a person must look."""
    entries = reading.mapping(node, "review", words.REVIEW)
    confidence: float | None = None
    named: list[str] = []
    always = False
    seen: set[str] = set()
    for item in reading.items(entries["when"], "the conditions of review") if "when" in entries else []:
        text = reading.text(item, "a condition of review")
        if (text and text in seen) or (text.startswith(words.CONFIDENCE_CONDITION) and confidence is not None):
            reading.add(item, "duplicate-item", "This condition stands twice, so one of the two never decides.",
                        "Keep one; for confidence, the higher.")  # fmt: skip
        seen.add(text)
        if text == words.ALWAYS:
            always = True
        elif text.startswith(words.VIEW_CONDITION):
            view = text.removeprefix(words.VIEW_CONDITION)
            if view in views:
                named.append(view)
            else:
                reading.unknown(item, "the view", view, views, "unknown-view")
        elif text.startswith(words.CONFIDENCE_CONDITION):
            confidence = _confidence(reading, item, text.removeprefix(words.CONFIDENCE_CONDITION))
        elif text:
            known = (words.ALWAYS, f"{words.CONFIDENCE_CONDITION}0.80", *(words.VIEW_CONDITION + v for v in views))
            reading.unknown(item, "the condition", text, known, "unknown-condition")
    approvals = 1
    if "approvals" in entries:
        approvals = reading.integer(entries["approvals"], "the number of approvals", 1, words.MAX_APPROVALS)
    if "not_by" in entries:
        reading.choice(entries["not_by"], "who may not approve", words.NOT_BY, "unknown-role")
    return ReviewRule(confidence, frozenset(named), always, approvals, not_by_submitter=True)


def read_recipients(reading: Reading, node: Node) -> RecipientKind:
    """The kind of keys that releases are encrypted to."""
    entries = reading.mapping(node, "encryption", words.ENCRYPTION)
    if "recipients" not in entries:
        return "classical"
    kind = reading.choice(entries["recipients"], "the kind of recipients", words.RECIPIENT_KINDS, "unknown-recipients")
    return "post-quantum" if kind == "post-quantum" else "classical"


def read_deadlines(reading: Reading, node: Node | None) -> tuple[dict[str, timedelta], timedelta]:
    """Time to answer, by urgency, and to attest deletion. Exact time only: "a month" is argued about."""
    if node is None:
        return {}, ATTEST_WITHIN
    entries = reading.mapping(node, "deadlines", words.DEADLINES)
    deadlines: dict[str, timedelta] = {}
    for name, item in entries.items():
        duration: Duration | None = reading.parsed(item, f"the {name} deadline", parse_duration)
        if duration is not None and duration.months:
            reading.add(item, "invalid-duration", "A deadline can't be written in months or years: their length "
                        "varies.", "Write days or hours, such as P10D or PT8H.")  # fmt: skip
        elif duration is not None:
            deadlines[name] = duration.rest
    if {"emergency", "ordinary"} <= deadlines.keys() and deadlines["emergency"] > deadlines["ordinary"]:
        reading.add(entries["emergency"], "contradiction", "The emergency deadline is longer than the ordinary one.",
                    "Exchange the two, or correct one.")  # fmt: skip
    attestation = deadlines.pop(words.ATTESTATION, ATTEST_WITHIN)
    return deadlines, attestation


def read_two_persons(reading: Reading, node: Node) -> frozenset[str]:
    """The acts that take two persons; an empty list, written out, means none."""
    entries = reading.mapping(node, "safeguards", words.SAFEGUARDS)
    listed = entries.get("two_persons")
    if listed is None or (listed.kind == "list" and not getattr(listed, "items", None)):
        return frozenset()
    return frozenset(reading.choices(listed, "'two_persons'", "the act", words.TWO_PERSON_ACTS, "unknown-act"))


def read_key(reading: Reading, node: Node, key: str, what: str) -> str:
    """A key that is a name of the author's choice."""
    keys: Mapping[str, Node] = getattr(node, "keys", {})
    return reading.name(keys[key], what)


def _jurisdiction(reading: Reading, node: Node) -> str:
    text = reading.text(node, "the jurisdiction")
    if text and text not in JURISDICTIONS:
        meant = COMMON_SLIPS.get(text.upper(), text.upper())
        hint = f"Did you mean '{meant}'? " if meant in JURISDICTIONS else ""
        reading.add(node, "unknown-country", f"The jurisdiction {quote(text)} is not a country code.",
                    f"{hint}Write an ISO 3166-1 alpha-2 code such as FR or GB, or EU.")  # fmt: skip
    return text


def _confidence(reading: Reading, node: Node, text: str) -> float | None:
    if not _CONFIDENCE.fullmatch(text):
        reading.add(node, "unknown-condition", f"{quote(text)} is not a confidence.",
                    "Write a number from 0.01 to 1.00, such as confidence-below-0.80.")  # fmt: skip
        return None
    if float(text) == 0:
        reading.add(node, "never-applies", "No confidence is below 0, so this condition never applies.",
                    "Write a higher number, or take the condition out.")  # fmt: skip
    return float(text)
