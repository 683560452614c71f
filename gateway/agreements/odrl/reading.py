"""The rules of an ODRL policy in our profile, read back as an agreement document.

The inverse of writing.py and duties.py for everything that decides. How the signed text
spelled it (short media types, weeks, what it left out because a default says the same) is not in the
rules; document.py puts that back, and checks that it changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gateway.agreements.odrl.members import Constraints, Members, odrl_invalid
from gateway.agreements.odrl.terms import OTHER_TYPES
from gateway.agreements.odrl.writing import ACTIONS
from gateway.agreements.sizes import write_size
from gateway.agreements.vocabulary import ATTESTATION, CATEGORY_KEYS, DEFAULT
from gateway.evidence.taxonomy import ENTITIES, GENERALISABLE, PSEUDONYMISABLE, Action

Document = dict[str, Any]
_RIGHTS = {action: right for right, action in ACTIONS.items()}


def read_rules(policy: Members, beyond: Members) -> Document:
    """The agreement document that the rules state, in one fixed spelling.

    Args:
        policy: The ODRL policy.
        beyond: Its member ``eg:beyond``: what ODRL can't say.

    Raises:
        InvalidInput: ``odrl-invalid``, with the place.
    """
    document: Document = {
        "agreement": policy.text("eg:agreement"),
        "version": policy.integer("eg:version"),
        "title": policy.text("dct:title"),
    }
    roles, able = _roles(policy)
    document["parties"] = [_party(party, able) for party in policy.objects("eg:parties")]
    document["in_force"], document["purposes"] = _dates_and_purposes(policy)
    document["roles"] = roles
    document["evidence"] = _evidence(policy)
    document["retention"], document["deadlines"], recipients = _obligations(policy)
    document["views"] = _views(policy, beyond.object("view_defaults"))
    document["review"] = _review(policy)
    document["encryption"] = {"recipients": recipients}
    document["safeguards"] = {"two_persons": beyond.texts("two_persons")}
    document["legal_basis"] = beyond.texts("legal_basis")
    optional = ("deadlines", "review", "legal_basis")
    return {key: value for key, value in document.items() if value or key not in optional}


def _roles(policy: Members) -> tuple[Document, dict[str, set[str]]]:
    roles: Document = {}
    able: dict[str, set[str]] = {"push": set(), "pull": set()}
    for rule in policy.objects("permission"):
        right = _RIGHTS.get(rule.text("action"))
        if right is None:
            raise odrl_invalid("this action is not known here", rule.at("action"))
        holders = Constraints(rule.object("assignee"), "refinement")
        role = roles.setdefault(holders.text("eg:role", "eq"), {"may": []})
        if right not in role["may"]:
            role["may"].append(right)
        if right in able:
            able[right] |= set(holders.texts("eg:agencyIs", "isAnyOf"))
        views = _targets(rule, right)
        if views:
            role["views"] = list(dict.fromkeys([*role.get("views", []), *views]))
        if holders.find("eg:attribute", "isAllOf") is not None:
            role["needs"] = holders.texts("eg:attribute", "isAllOf")
    for role in roles.values():
        # One order, whatever that of the rules; the signed one is in the spelling.
        role["may"].sort(key=list(ACTIONS).index)
        if "views" in role:
            role["views"].sort()
    return roles, able


def _targets(rule: Members, right: str) -> list[str]:
    if right == "pull":
        return [_only(rule.names("target", "view"), rule)]
    if right == "review":
        return [text.rpartition(":")[2] for text in rule.texts("target") if ":view:" in text]
    return []


def _only(names: tuple[str, ...], owner: Members) -> str:
    if len(names) != 1:
        raise odrl_invalid("an identifier with one name is expected here", owner.where)
    return names[0]


def _party(party: Members, able: Mapping[str, set[str]]) -> Document:
    agency = party.text("eg:agency")
    may = [right for right in ("push", "pull") if agency in able[right]]
    return {"agency": agency, "jurisdiction": party.text("eg:jurisdiction"), "may": may}


def _dates_and_purposes(policy: Members) -> tuple[Document, list[str]]:
    for rule in policy.objects("permission"):
        if rule.has("constraint"):
            limits = Constraints(rule, "constraint")
            dates = {"from": limits.literal("dateTime", "gteq"), "until": limits.literal("dateTime", "lteq")}
            return dates, limits.texts("purpose", "isAnyOf")
    raise odrl_invalid("no permission says when and for what", policy.where)


def _evidence(policy: Members) -> Document:
    prohibited = {_only(rule.names("target", "evidence"), rule) for rule in policy.objects("prohibition")}
    evidence: Document = {}
    for asset in policy.objects("eg:evidence"):
        if asset.text("uid") == OTHER_TYPES:
            continue
        limits = Constraints(asset, "refinement")
        name = limits.text("eg:evidenceType", "eq")
        if name in prohibited:
            evidence[name] = "forbidden"
            continue
        evidence[name] = {
            "media": limits.texts("fileFormat", "isAnyOf"),
            "max_size": write_size(limits.integer("eg:sizeInBytes", "lteq")),
        }
        if limits.find("eg:opaque", "eq") is True:
            evidence[name]["opaque"] = "allowed"
        if limits.find("eg:mismatch", "eq") is not None:
            evidence[name]["mismatch"] = limits.text("eg:mismatch", "eq")
    return evidence


def _obligations(policy: Members) -> tuple[Document, Document, str]:
    retention: Document = {}
    deadlines: Document = {}
    recipients = ""
    for rule in policy.objects("obligation"):
        action = rule.text("action")
        if action == "delete":
            event, period = _sequence(rule, "delayPeriod", "eq")
            types = retention.setdefault(_only(rule.names("target", "evidence"), rule), {})
            limits = Constraints(rule, "constraint")
            if limits.find("eg:view", "eq") is not None:
                types = types.setdefault("views", {}).setdefault(limits.text("eg:view", "eq"), {})
            if rule.text("uid").endswith(":after_last_pull"):
                types["after_last_pull"] = period
            else:
                types |= {"keep": period, "counted_from": event}
        elif action == "eg:encrypt":
            recipients = Constraints(rule, "constraint").text("eg:recipientKind", "eq")
        elif action == "eg:answer":
            _, period = _sequence(rule, "elapsedTime", "lteq")
            deadlines[Constraints(rule, "constraint").text("eg:urgency", "eq")] = period
        elif action == "eg:attest":
            _, deadlines[ATTESTATION] = _sequence(rule, "elapsedTime", "lteq")
        else:
            raise odrl_invalid("this action is not known here", rule.at("action"))
    return retention, deadlines, recipients


def _sequence(rule: Members, operand: str, operator: str) -> tuple[str, str]:
    """Event and period of the one logical constraint of a rule."""
    for item in rule.objects("constraint"):
        if item.has("andSequence"):
            steps = Constraints(item.object("andSequence"), "@list")
            event = Members(steps.find("event", "gt"), item.where).text("@id")
            return event.removeprefix("eg:"), steps.literal(operand, operator)
    raise odrl_invalid("a constraint with a sequence of event and period is expected", rule.at("constraint"))


def _views(policy: Members, defaults: Members) -> Document:
    actions: dict[str, dict[str, Action]] = {}
    for duty in policy.objects("eg:redactions"):
        limits = Constraints(duty.object("target"), "refinement")
        action = _action(duty.text("action").removeprefix("eg:"), duty.at("action"))
        for entity in limits.texts("eg:entity", "isAnyOf"):
            actions.setdefault(limits.text("eg:view", "eq"), {})[entity] = action
    views: Document = {}
    for asset in policy.objects("eg:views"):
        name = Constraints(asset, "refinement").text("eg:view", "eq")
        views[name] = _view(actions.get(name, {}), defaults.object(name))
    return views


def _view(actions: Mapping[str, Action], defaults: Members) -> Document:
    view: Document = {}
    for section, category in CATEGORY_KEYS.items():
        default = Action.REMOVE
        if defaults.has(str(category)):
            default = _action(defaults.text(str(category)), defaults.at(str(category)))
        rules = {}
        for name, entity in ENTITIES.items():
            # What the parser would do with a kind that the section does not name.
            implied = default if name in _able(default) else Action.REMOVE
            if entity.category is category and actions.get(name, Action.KEEP) is not implied:
                rules[name] = str(actions.get(name, Action.KEEP))
        if rules or default is not Action.REMOVE:
            view[section] = {DEFAULT: str(default), **rules}
    return view


def _able(action: Action) -> frozenset[str]:
    if action is Action.PSEUDONYMISE:
        return PSEUDONYMISABLE
    return GENERALISABLE if action is Action.GENERALISE else frozenset(ENTITIES)


def _action(text: str, where: str) -> Action:
    try:
        return Action(text)
    except ValueError:
        raise odrl_invalid("this action is not known here", where) from None


def _review(policy: Members) -> Document | None:
    conditions: list[str] = []
    approvals = 1
    for duty in policy.objects("eg:reviews"):
        limits = Constraints(duty, "constraint")
        approvals = limits.integer("count", "gteq")
        view, confidence = limits.find("eg:view", "eq"), limits.find("eg:confidence", "lt")
        if confidence is not None:
            conditions.append(f"confidence-below-{confidence}")
        else:
            conditions.append("always" if view is None else f"view-{view}")
    conditions.sort()
    return {"when": conditions, "approvals": approvals, "not_by": "submitter"} if conditions else None
