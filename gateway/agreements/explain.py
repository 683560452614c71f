"""An agreement in plain words on one page, for the people who sign it. Says nothing the file does not.

Lines of text without markup; each begins a section or states one rule. What the file leaves out is
stated too, since the strict reading of silence is part of what is agreed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from gateway.agreements.durations import Duration
from gateway.agreements.model import Agreement, EvidenceRule, RetentionRule, Role, View
from gateway.agreements.vocabulary import CATEGORY_KEYS, DEFAULT
from gateway.evidence.media import SHORT_NAMES
from gateway.evidence.taxonomy import EVIDENCE_TYPES, Action, Category

_SHORT = {full: short for short, full in reversed(SHORT_NAMES.items()) if "/" not in short}
_ACTS = {
    Action.KEEP: "kept",
    Action.GENERALISE: "made coarser",
    Action.PSEUDONYMISE: "replaced by pseudonyms",
    Action.REMOVE: "removed",
    Action.STOP: "reason to stop the package",
}
_CATEGORIES = {
    "personal_data": "personal data",
    "trade_secrets": "trade secrets",
    "special_category": "special categories of personal data",
    "legal_privilege": "privileged communications",
    "third_party_secrets": "secrets of third parties",
}
_RIGHTS = {
    "push": "send evidence",
    "pull": "receive evidence",
    "review": "review what is to be released",
    "audit": "read the log",
    "hold": "place legal holds",
}
_STARTS = {
    "receipt": "its receipt",
    "release": "its release",
    "last-pull": "its last pull",
    "case-closing": "the closing of the case (at the latest, the end of the agreement)",
}


def explain_agreement(agreement: Agreement) -> str:
    """One page of plain text, lines of any length, ending in a line break."""
    lines = [
        agreement.title,
        f"Agreement '{agreement.id}', version {agreement.version}.",
        f"In force from {agreement.in_force_from} to {agreement.in_force_until}, both days included (UTC).",
        f"Digest that the parties sign: {agreement.digest}",
        *_section("Parties", _parties(agreement)),
        *_section("Legal basis", agreement.legal_basis or ["none is named"]),
        *_section("Purposes; any other is refused", agreement.purposes),
        *_section("Roles", (_role(role) for role in agreement.roles.values())),
        *_section("Evidence; anything else is refused", _evidence(agreement)),
        *_section("What readers see", (line for view in agreement.views.values() for line in _view(view))),
        *_section("Retention", _retention(agreement)),
        *_section("Safeguards", _safeguards(agreement)),
    ]
    return "\n".join(lines) + "\n"


def explain_view(view: View) -> tuple[str, ...]:
    """What readers of a view get to see, a sentence for each category of findings."""
    return tuple(_view(view))


def _section(title: str, items: Iterable[str]) -> list[str]:
    return ["", title, *(f"  - {item}" for item in items)]


def _parties(agreement: Agreement) -> Iterator[str]:
    for party in agreement.parties.values():
        yield f"{party.agency} ({party.jurisdiction}) may {_rights(party.may)}"


def _role(role: Role) -> str:
    text = f"{role.name} may {_rights(role.may)}"
    if role.views:
        text += f", in the view{'s' if len(role.views) > 1 else ''} {_and(role.views)}"
    return text + (f"; only with {_and(sorted(role.needs))}" if role.needs else "")


def _evidence(agreement: Agreement) -> Iterator[str]:
    for rule in agreement.evidence.values():
        yield _evidence_rule(rule)
    for name in sorted(agreement.forbidden):
        yield f"{name} is forbidden" + (": findings stop an exhibit" if name == "special-category-data" else "")


def _evidence_rule(rule: EvidenceRule) -> str:
    meaning = f" ({EVIDENCE_TYPES[rule.evidence_type]})" if rule.evidence_type in EVIDENCE_TYPES else ""
    media = _and(sorted(_SHORT.get(media, media) for media in rule.media))
    opaque = "; passes even where the gateway can't look inside" if rule.opaque else ""
    refused = "; what is not as declared is refused and destroyed" if rule.mismatch == "refuse" else ""
    return f"{rule.evidence_type}{meaning} as {media}, up to {_size(rule.max_size_bytes)}{opaque}{refused}"


def _view(view: View) -> Iterator[str]:
    for section, category in CATEGORY_KEYS.items():
        yield f"{view.name}: {_CATEGORIES[section]} are {_ACTS[view.defaults[category]]}{_exceptions(view, category)}"


def _exceptions(view: View, category: Category) -> str:
    by_action: dict[Action, list[str]] = {}
    for entity, action in view.exceptions.get(category, {}).items():
        if action is not view.defaults[category]:
            by_action.setdefault(action, []).append(entity)
    parts = [f"{_and(sorted(entities))} {_ACTS[action]}" for action, entities in by_action.items()]
    return f", but {'; '.join(parts)}" if parts else ""


def _retention(agreement: Agreement) -> Iterator[str]:
    for name, rule in agreement.retention.items():
        what = "any other type" if name == DEFAULT else name
        yield _retention_rule(what, rule)
        for view, own in rule.views.items():
            yield f"{_retention_rule(f'{what} in the view {view}', own)}; this ends it earlier, never later"
    yield f"receivers attest that their copies are deleted within {_period(Duration(rest=agreement.attest_within))}"


def _retention_rule(what: str, rule: RetentionRule) -> str:
    text = f"{what} is kept {_period(rule.keep_period)} from {_STARTS[rule.counted_from]}"
    after = rule.after_last_pull_period
    return text if after is None else f"{text}, or {_period(after)} from its last pull, whichever ends first"


def _safeguards(agreement: Agreement) -> Iterator[str]:
    review = agreement.review
    if review is None:
        yield "no person reviews before a release"
    else:
        when = [f"the view is {view}" for view in sorted(review.views)]
        when += [f"a finding's confidence is below {review.confidence_below:g}"] if review.confidence_below else []
        condition = "always" if review.always else f"when {' or '.join(when)}"
        people = "one person" if review.approvals == 1 else f"{review.approvals} different persons"
        yield f"{people} must approve {condition}; the submitter may not"
    yield f"releases are encrypted to {agreement.recipients} keys"
    for urgency, time in agreement.deadlines.items():
        yield f"{urgency} packages are answered within {_period(Duration(rest=time))}"
    acts = _and(sorted(agreement.two_persons))
    yield f"two different persons must {acts}" if acts else "one person alone may do any act"


def _rights(rights: Iterable[str]) -> str:
    held = set(rights)
    return _and([words for right, words in _RIGHTS.items() if right in held])


def _period(duration: Duration) -> str:
    years, months = divmod(duration.months, 12)
    hours, seconds = divmod(duration.rest.seconds, 3600)
    units = (
        (years, "year"),
        (months, "month"),
        (duration.rest.days, "day"),
        (hours, "hour"),
        (seconds // 60, "minute"),
        (seconds % 60, "second"),
    )
    return _and([f"{number} {unit}{'s' if number > 1 else ''}" for number, unit in units if number])


def _size(size_bytes: int) -> str:
    for unit, factor in (("TB", 10**12), ("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if size_bytes % factor == 0:
            return f"{size_bytes // factor} {unit}"
    return f"{size_bytes} bytes"


def _and(items: Iterable[str]) -> str:
    *head, last = list(items) or [""]
    return f"{', '.join(head)} and {last}" if head else last
