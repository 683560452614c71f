"""The stricter of two versions of an agreement: what binds a package that is between them.

A package pushed under one version while another has become active is finished only as far as both
permit. The merged agreement says *what is prepared for whom*; it has no digest of its own and is never
decided by: each decision is asked of both versions (exchange/parties/standing.py). A view of the older version
counts only if the newer one has it and removes no more in it, because a finished rendition is never
redacted a second time.
"""

from __future__ import annotations

from dataclasses import replace

from gateway.agreements.model import Agreement, Party, ReviewRule, View
from gateway.evidence.taxonomy import ENTITIES, Category
from gateway.policy.reach import views_reaching


def stricter(own: Agreement, newer: Agreement) -> Agreement:
    """``own``, without whatever ``newer`` does not permit as well."""
    parties = {
        name: Party(name, party.jurisdiction, party.may & newer.parties[name].may)
        for name, party in own.parties.items()
        if name in newer.parties
    }
    reached = {view for agency in newer.parties for view in views_reaching(newer, agency)}
    views = {
        name: view for name, view in own.views.items() if name in reached and removes_no_more(newer.views[name], view)
    }
    return replace(
        own,
        parties=parties,
        views=views,
        forbidden=own.forbidden | newer.forbidden,
        review=_stricter_review(own.review, newer.review),
        recipients="post-quantum" if "post-quantum" in (own.recipients, newer.recipients) else own.recipients,
    )


def removes_no_more(newer: View, own: View) -> bool:
    """Whether a rendition made for ``own`` satisfies ``newer``: no finding would be treated more strictly."""
    return all(
        newer.action(category, entity).strictness <= own.action(category, entity).strictness
        for category in Category
        for entity in _entities(category)
    )


def _entities(category: Category) -> list[str]:
    return [name for name, entity in ENTITIES.items() if entity.category is category]


def _stricter_review(own: ReviewRule | None, newer: ReviewRule | None) -> ReviewRule | None:
    if own is None or newer is None:
        return own or newer
    thresholds = [t for t in (own.confidence_below, newer.confidence_below) if t is not None]
    return ReviewRule(
        confidence_below=max(thresholds, default=None),
        views=own.views | newer.views,
        always=own.always or newer.always,
        approvals=max(own.approvals, newer.approvals),
        not_by_submitter=own.not_by_submitter or newer.not_by_submitter,
    )
