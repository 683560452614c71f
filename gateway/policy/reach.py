"""Who receives what under an agreement: recipients, views, and categories that stop a package."""

from __future__ import annotations

from gateway.agreements.model import Agreement
from gateway.evidence.package import Principal
from gateway.evidence.taxonomy import Category


def views_for(principal: Principal, agreement: Agreement) -> tuple[str, ...]:
    """Views that this principal may pull, in the agreement's order; says nothing about dates or state."""
    party = agreement.parties.get(principal.agency)
    if party is None or "pull" not in party.may:
        return ()
    roles = [agreement.roles[name] for name in principal.roles if name in agreement.roles]
    seen = {v for r in roles if "pull" in r.may and r.needs <= principal.attributes for v in r.views}
    return tuple(view for view in agreement.views if view in seen)


def recipients_of(agreement: Agreement, sender: str) -> tuple[str, ...]:
    """Parties other than the sender that may pull, in the agreement's order; none for a stranger."""
    if sender not in agreement.parties:
        return ()
    return tuple(p.agency for p in agreement.parties.values() if p.agency != sender and "pull" in p.may)


def views_reaching(agreement: Agreement, agency: str) -> tuple[str, ...]:
    """Views that somebody at the agency could pull, given the right role, in the agreement's order."""
    party = agreement.parties.get(agency)
    if party is None or "pull" not in party.may:
        return ()
    seen = {view for role in agreement.roles.values() if "pull" in role.may for view in role.views}
    return tuple(view for view in agreement.views if view in seen)


def stop_categories(agreement: Agreement) -> frozenset[str]:
    """Categories of findings that stop an exhibit, as ``Workbench.redact`` takes them.

    ``special-category-data: forbidden`` means that such data may not travel inside another type either.
    """
    if "special-category-data" in agreement.forbidden:
        return frozenset({Category.SPECIAL_CATEGORY.value})
    return frozenset()
