"""Contradictions between sections: rules that can never apply, and agreements that move nothing.

Errors, not warnings: an author who wrote such a rule believes in a protection or a permission that
does not exist. Milder doubts are lint.py. Runs only on sections that are sound in themselves.
"""

from __future__ import annotations

from collections.abc import Mapping

from gateway.agreements.model import Agreement
from gateway.agreements.text.typed_values import Reading
from gateway.agreements.text.yaml_nodes import MapNode, Node


def check_consistency(reading: Reading, agreement: Agreement, sections: Mapping[str, Node]) -> None:
    """Report every contradiction of an agreement whose sections were read without error."""
    _somebody_acts(reading, agreement, sections)
    _views_are_seen(reading, agreement, sections["views"])
    if not agreement.evidence:
        reading.add(sections["evidence"], "nothing-permitted", "Every evidence type is forbidden, so nothing can be "
                    "pushed.", "Permit at least one type, with media and max_size.")  # fmt: skip
    _reviewers_exist(reading, agreement, sections)


def _reviewers_exist(reading: Reading, agreement: Agreement, sections: Mapping[str, Node]) -> None:
    rule = agreement.review
    if rule is None:
        return
    reviewers = [role for role in agreement.roles.values() if "review" in role.may]
    if not reviewers:
        reading.add(sections["review"], "review-without-reviewer", "Review is asked for, but no role may review, so "
                    "nothing under review could ever be released.", "Give a role 'may: [review]', or take 'review' "
                    "out.")  # fmt: skip
        return
    for view in agreement.views:
        # A reviewer without views reviews all of them.
        reached = any(not role.views or view in role.views for role in reviewers)
        if not reached and (rule.always or view in rule.views or rule.confidence_below is not None):
            reading.add(sections["review"], "review-without-reviewer", f"Renditions of the view '{view}' can need "
                        "review, but no role may review it, so they could never be released.",
                        f"Name '{view}' in the views of a role that may review.")  # fmt: skip


def _somebody_acts(reading: Reading, agreement: Agreement, sections: Mapping[str, Node]) -> None:
    pushers = {party.agency for party in agreement.parties.values() if "push" in party.may}
    pullers = {party.agency for party in agreement.parties.values() if "pull" in party.may}
    for right, agencies in (("push", pushers), ("pull", pullers)):
        if not agencies:
            reading.add(sections["parties"], f"nobody-may-{right}", f"No party may {right}, so no evidence type can be "
                        f"{right}ed.", f"Give a party 'may: [{right}]', or leave its 'may' out.")  # fmt: skip
        if not any(right in role.may for role in agreement.roles.values()):
            reading.add(sections["roles"], f"nobody-may-{right}", f"No role may {right}, so no evidence type can be "
                        f"{right}ed.", f"Give a role 'may: [{right}]'.")  # fmt: skip
    if pushers and pushers == pullers and len(pushers) == 1:
        reading.add(sections["parties"], "nobody-receives", "The only party that may push is the only one that may "
                    "pull, so nothing is ever shared.", "Let another party push or pull.")  # fmt: skip


def _views_are_seen(reading: Reading, agreement: Agreement, node: Node) -> None:
    seen = {view for role in agreement.roles.values() if "pull" in role.may for view in role.views}
    for view in agreement.views:
        if view not in seen:
            place = node.keys[view] if isinstance(node, MapNode) else node
            reading.add(place, "view-nobody-may-see", f"No role may pull the view '{view}', so it is made for nobody.",
                        "Name it in the views of a role that may pull, or take it out.")  # fmt: skip
