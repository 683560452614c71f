"""Doubts that show only beside the directory: roles nobody holds, views nobody sees, too few reviewers.

An agreement gives rights to roles; who holds a role is each agency's entry in the directory. These
doubts say what the agreement would not do today, with the people there are. Pure: the caller has
looked them up.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from gateway.agreements.finding import Doubt
from gateway.agreements.model import Agreement, Role
from gateway.evidence.package import Principal


@dataclass(frozen=True, slots=True)
class KnownPeople:
    """Who is registered at the gateway: agencies, and the principals of all of them."""

    agencies: frozenset[str]
    principals: tuple[Principal, ...]


def doubts_about_people(agreement: Agreement, people: KnownPeople) -> Iterator[Doubt]:
    """What the agreement would not do with these people."""
    ours = [principal for principal in people.principals if principal.agency in agreement.parties]
    yield from _parties(agreement, people.agencies, ours)
    yield from _roles(agreement, ours)
    yield from _views(agreement, ours)
    yield from _reviewers(agreement, ours)


def _parties(agreement: Agreement, agencies: Collection[str], ours: list[Principal]) -> Iterator[Doubt]:
    for index, party in enumerate(agreement.parties.values()):
        pointer = f"/parties/{index}"
        if party.agency not in agencies:
            yield Doubt("party-not-registered", pointer, f"The party '{party.agency}' is not registered at this "
                        "gateway, so it can neither sign nor act.", "Add the agency, or correct its name.")  # fmt: skip
            continue
        for right in sorted(party.may):
            if not any(_acting(agreement, person, right) for person in ours if person.agency == party.agency):
                yield Doubt("party-without-holder", pointer, f"'{party.agency}' may {right}, but nobody there holds a "
                            f"role that may.", f"Give somebody at '{party.agency}' a role with '{right}'.")  # fmt: skip


def _roles(agreement: Agreement, ours: list[Principal]) -> Iterator[Doubt]:
    for role in agreement.roles.values():
        holders = [person for person in ours if role.name in person.roles]
        if not holders:
            yield Doubt("role-nobody-holds", f"/roles/{role.name}", f"Nobody at any party holds the role "
                        f"'{role.name}'.", "Give the role to a principal, or take it out.")  # fmt: skip
        elif not any(_qualified(role, person) for person in holders):
            yield Doubt("needs-nobody-meets", f"/roles/{role.name}/needs", f"Nobody who holds '{role.name}' has all "
                        f"of what it needs: {', '.join(sorted(role.needs))}.",
                        "Enter the attributes in the directory, or ask for less.")  # fmt: skip


def _views(agreement: Agreement, ours: list[Principal]) -> Iterator[Doubt]:
    seen = {
        view
        for person in ours
        if "pull" in agreement.parties[person.agency].may
        for role in _acting(agreement, person, "pull")
        for view in role.views
    }
    for view in agreement.views:
        if view not in seen:
            yield Doubt("view-nobody-sees", f"/views/{view}", f"Nobody who is registered could pull the view '{view}' "
                        "today.", "Give somebody a role with this view and what the role needs.")  # fmt: skip


def _reviewers(agreement: Agreement, ours: list[Principal]) -> Iterator[Doubt]:
    rule = agreement.review
    able = [person for person in ours if _acting(agreement, person, "review")]
    if rule is not None and len(able) < rule.approvals:
        pointer = "/review/approvals" if rule.approvals > 1 else "/review"
        yield Doubt("too-few-reviewers", pointer, f"{rule.approvals} different persons must approve, but only "
                    f"{len(able)} may review, so nothing under review would be released.",
                    "Give more persons a role that may review, or ask for fewer approvals.")  # fmt: skip


def _acting(agreement: Agreement, person: Principal, right: str) -> list[Role]:
    held = (agreement.roles[name] for name in sorted(person.roles) if name in agreement.roles)
    return [role for role in held if right in role.may and _qualified(role, person)]


def _qualified(role: Role, person: Principal) -> bool:
    return role.needs <= person.attributes
