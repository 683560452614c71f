"""What a new version changes for people: "investigators of cnil-fr may no longer pull system-log".

Compares what the decision point answers under both versions (matrix.py), so that every consequence
shows, however far from the changed line: a type taken out of ``evidence`` is told to those who pulled it.
What the text itself says differently is agreements/diff.py.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Literal, TypeAlias

from gateway.agreements.diff import Change
from gateway.agreements.model import Agreement
from gateway.policy.matrix import ALL, NONE, Row, permission_matrix

#: Who does what: party, role, action.
_Who: TypeAlias = tuple[str, str, str]
#: Of what: view and evidence type.
_What: TypeAlias = tuple[str, str]
_Permissions: TypeAlias = dict[_Who, dict[_What, Row]]

#: Role names whose last word has a plural of its own.
_PLURALS = {"counsel": "counsel", "staff": "staff", "police": "police", "person": "persons"}
_OBJECTS = {"audit": "the log", "hold": ""}


def consequences(old: Agreement, new: Agreement) -> tuple[Change, ...]:
    """Who may do more or less, a sentence for each group of people and action; by role, losses first.

    Both versions are judged as if they were in force, each on its first day.
    """
    before, after = _matrix(old), _matrix(new)
    permitted_before, permitted_after = _permitted(before), _permitted(after)
    lost = _missing(permitted_before, permitted_after)
    gained = _missing(permitted_after, permitted_before)
    changes = [
        *_changes("less", lost, permitted_before, after, before),
        *_changes("more", gained, permitted_after, after, before),
    ]
    names = list(dict.fromkeys([*old.roles, *new.roles]))
    changes.sort(key=lambda change: names.index(change[0]))
    return tuple(change for _, change in changes)


def plural(role: str) -> str:
    """Those who hold a role: ``investigators``, ``duty-officers``, ``ring-counsel``."""
    head, hyphen, last = role.rpartition("-")
    if last in _PLURALS:
        return f"{head}{hyphen}{_PLURALS[last]}"
    if last.endswith("y") and last[-2:-1] not in tuple("aeiou"):
        return f"{head}{hyphen}{last[:-1]}ies"
    return f"{role}es" if role.endswith(("s", "x", "ch", "sh")) else f"{role}s"


def _matrix(agreement: Agreement) -> dict[_Who, list[Row]]:
    rows: dict[_Who, list[Row]] = {}
    for row in permission_matrix(agreement):
        rows.setdefault((row.party, row.role, row.action), []).append(row)
    return rows


def _permitted(rows: Mapping[_Who, Iterable[Row]]) -> _Permissions:
    return {who: {(r.view, r.evidence_type): r for r in answers if r.permitted} for who, answers in rows.items()}


def _missing(there: _Permissions, here: _Permissions) -> dict[_Who, tuple[_What, ...]]:
    """What is in the first and not in the second."""
    missing = {who: tuple(w for w in what if w not in here.get(who, {})) for who, what in there.items()}
    return {who: what for who, what in missing.items() if what}


def _changes(
    effect: Literal["more", "less"],
    changed: Mapping[_Who, tuple[_What, ...]],
    whole: _Permissions,
    after: Mapping[_Who, list[Row]],
    before: Mapping[_Who, list[Row]],
) -> Iterator[tuple[str, Change]]:
    # Parties for which the same changes in the same way share a sentence.
    alike: dict[tuple[str, str, str], list[str]] = {}
    clauses: dict[tuple[str, str, str], str] = {}
    for who, what in changed.items():
        party, role, action = who
        answers = after.get(who) or before[who]
        for words, concerned in _objects(action, what, whole[who], effect):
            alike.setdefault((role, action, words), []).append(party)
            clauses.setdefault((role, action, words), _clause(concerned, answers))
    for (role, action, words), parties in alike.items():
        affected = f"{plural(role)} of {_and(parties)}"
        verb = "may now" if effect == "more" else "may no longer"
        sentence = f"{affected[:1].upper()}{affected[1:]} {verb} {action}{words}."
        yield role, Change(affected, effect, sentence, clauses[role, action, words])


def _objects(
    action: str, what: Collection[_What], whole: Mapping[_What, Row], effect: str
) -> Iterator[tuple[str, Collection[_What]]]:
    """What the sentence says after the verb, and what that is about; several where types differ in their views."""
    if action in _OBJECTS:
        yield f" {_OBJECTS[action]}".rstrip(), what
        return
    if effect == "less" and len(what) == len(whole):
        yield " anything" if action != "review" else "", what
        return
    views_of: dict[str, list[str]] = {}
    for view, evidence_type in what:
        views_of.setdefault(evidence_type, []).append(view)
    types_of: dict[tuple[str, ...], list[str]] = {}
    for evidence_type, views in views_of.items():
        every = [view for view, name in whole if name == evidence_type]
        all_seen = len({view for view, _ in whole}) == len(views)
        silent = views == [NONE] or (set(views) == set(every) if effect == "less" else all_seen)
        types_of.setdefault(() if silent and evidence_type != ALL else tuple(views), []).append(evidence_type)
    for shown, types in types_of.items():
        named = "" if types == [ALL] else f" {_and(types)}"
        view_words = f"the view{'s' if len(shown) > 1 else ''} {_and(shown)}" if shown else ""
        words = f"{named}{' in' if named and shown else ''}{' ' + view_words if shown else ''}"
        yield words, [(view, name) for view, name in what if name in types]


def _clause(concerned: Collection[_What], rows: Collection[Row]) -> str:
    """The clause that decides now; that of the evidence type, where a type is gone in every view."""
    clauses = [_clause_of(what, rows) for what in concerned]
    return next((clause for clause in clauses if clause.startswith("/evidence")), clauses[0])


def _clause_of(what: _What, rows: Collection[Row]) -> str:
    view, evidence_type = what
    for row in rows:
        if row.view in (view, ALL) and row.evidence_type in (evidence_type, ALL):
            return row.clause
    # The type or the view is no longer named at all, so nothing answers for it by name.
    return "/evidence" if view == NONE or any(row.view == view for row in rows) else "/views"


def _and(items: Iterable[str]) -> str:
    *head, last = list(items)
    return f"{', '.join(head)} and {last}" if head else last
