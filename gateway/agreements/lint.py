"""Doubts about an agreement that is valid: what its author may not have meant. Warnings, never errors.

What contradicts itself is refused by the parser; here stands what can be right and seldom is. Each
warning names its line, why it matters, and what to do. Roles that nobody holds are found only when
the caller says who holds which.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import date, timedelta

from gateway.agreements import vocabulary as words
from gateway.agreements.durations import Duration
from gateway.agreements.finding import AgreementFinding, AgreementInvalid, Doubt
from gateway.agreements.lint_people import KnownPeople, doubts_about_people
from gateway.agreements.model import Agreement
from gateway.agreements.text.parsing import ParsedAgreement, parse_with_places
from gateway.evidence.media import REDACTABLE
from gateway.evidence.taxonomy import EVIDENCE_TYPES, Action

_Rule = Callable[[Agreement], Iterator[Doubt]]

#: An agreement whose last day is nearer than this should have a successor by now.
_SOON = timedelta(days=30)


def lint_agreement(
    untrusted: bytes,
    today: date,
    *,
    held_roles: Collection[str] | None = None,
    people: KnownPeople | None = None,
) -> tuple[AgreementFinding, ...]:
    """Every error of the file, or if it has none, every warning; in the order of the file.

    Args:
        untrusted: The bytes of the file.
        today: For dates that are over.
        held_roles: Roles that at least one principal of a party holds; None if that is not known.
        people: Agencies and principals that are registered; None if they are not known. Says more than
            ``held_roles``, and then that is not needed.
    """
    try:
        parsed = parse_with_places(untrusted)
    except AgreementInvalid as error:
        return error.findings
    warnings = [warning for rule in _RULES for warning in rule(parsed.agreement)]
    warnings.extend(_dates(parsed.agreement, today))
    if people is not None:
        warnings.extend(doubts_about_people(parsed.agreement, people))
    elif held_roles is not None:
        warnings.extend(_unheld(parsed.agreement, held_roles))
    findings = (_placed(parsed, warning) for warning in warnings)
    return tuple(sorted(findings, key=lambda f: (f.line, f.column, f.code)))


def _placed(parsed: ParsedAgreement, warning: Doubt) -> AgreementFinding:
    pointer = warning.pointer
    while pointer not in parsed.places:
        pointer = pointer.rpartition("/")[0]
    line, column = parsed.places[pointer]
    return AgreementFinding(
        f"agreement-{warning.code}", warning.message, line, column, pointer, warning.remedy, "warning"
    )


def _dates(agreement: Agreement, today: date) -> Iterator[Doubt]:
    if agreement.in_force_until < today:
        yield Doubt("is-over", "/in_force/until", f"The agreement ended on {agreement.in_force_until}; everything "
                       "under it is refused.", "Write a later day in a new version.")  # fmt: skip
    elif agreement.in_force_until < today + _SOON:
        yield Doubt("ends-soon", "/in_force/until", f"The agreement ends on {agreement.in_force_until}, in "
                    f"{(agreement.in_force_until - today).days} days; from then on everything under it is refused.",
                    "Propose a version with a later day, so that all parties can sign in time.")  # fmt: skip


def _unheld(agreement: Agreement, held_roles: Collection[str]) -> Iterator[Doubt]:
    for name in agreement.roles:
        if name not in held_roles:
            yield Doubt("role-nobody-holds", f"/roles/{name}", f"Nobody at any party holds the role '{name}'.",
                           "Give the role to a principal, or take it out.")  # fmt: skip


def _left_out(agreement: Agreement) -> Iterator[Doubt]:
    if not agreement.legal_basis:
        yield Doubt("no-legal-basis", "", "No legal basis is named, so an auditor can't tell why sharing is lawful.",
                       "Add 'legal_basis' with the provisions.")  # fmt: skip
    if agreement.review is None:
        yield Doubt("no-review", "", "No person ever looks at a rendition before it is released.",
                       "Add 'review', at least for low confidence.")  # fmt: skip
    if agreement.review is None:
        for name, role in agreement.roles.items():
            if "review" in role.may:
                yield Doubt("right-is-idle", f"/roles/{name}/may", f"The role '{name}' may review, but nothing ever "
                               "needs review.", "Add 'review', or take the right out.")  # fmt: skip
    for right, why in (("audit", "read the log"), ("hold", "stop disposal for a legal hold")):
        if not any(right in role.may for role in agreement.roles.values()):
            yield Doubt(f"nobody-may-{right}", "/roles", f"No role may {right}, so nobody can {why}.",
                           f"Give a role 'may: [{right}]'.")  # fmt: skip
    if not agreement.two_persons:
        yield Doubt("one-person-acts", "/safeguards/two_persons", "One person alone can activate, unseal, lift "
                       "holds and export the log.", "List the acts that take two persons.")  # fmt: skip


def _parties(agreement: Agreement) -> Iterator[Doubt]:
    pushers = {p.agency for p in agreement.parties.values() if "push" in p.may}
    pullers = {p.agency for p in agreement.parties.values() if "pull" in p.may}
    for index, agency in enumerate(agreement.parties):
        for right, holders, others, other in (("push", pushers, pullers, "pull"), ("pull", pullers, pushers, "push")):
            if agency in holders and not others - {agency}:
                yield Doubt("right-is-idle", f"/parties/{index}", f"'{agency}' may {right}, but no other party may "
                               f"{other}.", f"Say less in its 'may', or let another party {other}.")  # fmt: skip


def _evidence(agreement: Agreement) -> Iterator[Doubt]:
    for name, rule in agreement.evidence.items():
        unseen = sorted(rule.media - REDACTABLE)
        if unseen and not rule.opaque and len(unseen) == len(rule.media):
            yield Doubt("type-nobody-can-push", f"/evidence/{name}", f"No exhibit of '{name}' can be pushed by any "
                        "party: the gateway can't look into its media types, and they must not pass unseen.",
                        "Add a media type that can be redacted, or write 'opaque: allowed'.")  # fmt: skip
        elif unseen and not rule.opaque:
            yield Doubt("media-never-passes", f"/evidence/{name}/media", f"The gateway can't look into "
                           f"{', '.join(unseen)}, so such exhibits of '{name}' are refused.",
                           "Take the media type out, or write 'opaque: allowed' if it may pass unseen.")  # fmt: skip
        if rule.opaque and not unseen:
            yield Doubt("opaque-is-idle", f"/evidence/{name}/opaque", f"All media of '{name}' can be redacted, so "
                           "'opaque' changes nothing.", "Take it out.")  # fmt: skip
    for name in (*agreement.evidence, *agreement.forbidden):
        near = difflib.get_close_matches(name, EVIDENCE_TYPES, n=1, cutoff=0.8)
        if name not in EVIDENCE_TYPES and near:
            yield Doubt("type-like-published", f"/evidence/{name}", f"'{name}' is not a published evidence type, "
                           f"but '{near[0]}' is.", f"Write '{near[0]}' if it is meant.")  # fmt: skip


def _retention(agreement: Agreement) -> Iterator[Doubt]:
    urgency, longest = max(agreement.deadlines.items(), key=lambda item: item[1], default=("", timedelta(0)))
    rules = [
        each
        for name, rule in agreement.retention.items()
        for each in ((name, rule), *((f"{name}/views/{view}", own) for view, own in rule.views.items()))
    ]
    pulled = {view for role in agreement.roles.values() if "pull" in role.may for view in role.views}
    for name, rule in rules:
        view = name.partition("/views/")[2]
        if view and view not in pulled:
            yield Doubt("rule-is-idle", f"/retention/{name}", f"No role may pull the view '{view}', so nothing is kept "
                        "under this rule.", "Take it out, or give a role the view.")  # fmt: skip
        periods = ((rule.keep, rule.keep_period, "keep"),
                   (rule.after_last_pull, rule.after_last_pull_period, "after_last_pull"))  # fmt: skip
        for length, period, key in periods:
            if length is not None and length < longest:
                yield Doubt("retention-shorter-than-deadline", f"/retention/{name}/{key}", f"Evidence may be gone "
                            f"after {period}, before the time to answer an {urgency} package has passed "
                            f"({Duration(rest=longest)}).", "Keep longer, or shorten the deadline.")  # fmt: skip
        if rule.after_last_pull == rule.keep and rule.counted_from in ("receipt", "release"):
            yield Doubt("rule-is-idle", f"/retention/{name}/after_last_pull", "after_last_pull is as long as keep, "
                           "so it never ends earlier.", "Shorten it, or take it out.")  # fmt: skip
    if words.DEFAULT in agreement.retention and agreement.evidence.keys() <= agreement.retention.keys():
        yield Doubt("rule-is-idle", "/retention/default", "Every permitted type has its own retention, so 'default' "
                       "is not used.", "Keep it as a safety net for later types, or take it out.")  # fmt: skip


def _views(agreement: Agreement) -> Iterator[Doubt]:
    sections = {category: section for section, category in words.CATEGORY_KEYS.items()}
    seen: dict[str, str] = {}
    for name, view in agreement.views.items():
        meaning = repr([(c, view.defaults[c], sorted(view.exceptions.get(c, {}).items())) for c in sections])
        if meaning in seen:
            yield Doubt("views-alike", f"/views/{name}", f"The view '{name}' does the same as '{seen[meaning]}'.",
                           "Keep one of the two.")  # fmt: skip
        seen.setdefault(meaning, name)
        for category, section in sections.items():
            pointer = f"/views/{name}/{section}"
            if section != "trade_secrets" and view.defaults[category] is Action.KEEP:
                yield Doubt("view-keeps-by-default", f"{pointer}/default", f"The view '{name}' keeps every kind of "
                               f"finding in '{section}' that is not named.",
                               "Write 'default: remove' and name what is to be kept.")  # fmt: skip
            written = _written(agreement.document, "views", name, section)
            for entity in written:
                if entity != words.DEFAULT and written[entity] == written.get(words.DEFAULT):
                    yield Doubt("rule-is-idle", f"{pointer}/{entity}", f"{entity} is treated like the default of "
                                   f"'{section}', so naming it changes nothing.", "Take it out.")  # fmt: skip


def _review(agreement: Agreement) -> Iterator[Doubt]:
    rule = agreement.review
    if rule is not None and rule.always and (rule.views or rule.confidence_below is not None):
        yield Doubt("rule-is-idle", "/review/when", "With 'always', the other conditions change nothing.",
                       "Keep 'always' alone, or take it out.")  # fmt: skip


def _written(document: Mapping[str, object], *path: str) -> Mapping[str, object]:
    value: object = document
    for key in path:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value if isinstance(value, Mapping) else {}


def _attestation(agreement: Agreement) -> Iterator[Doubt]:
    if agreement.attest_within < timedelta(days=1):
        yield Doubt("attestation-too-soon", "/deadlines/attestation", "Receivers have less than a day to delete their "
                    "copies and attest it, so the duty is overdue after any night.",
                    "Write at least P1D.")  # fmt: skip


_RULES: tuple[_Rule, ...] = (_left_out, _parties, _evidence, _retention, _views, _review, _attestation)
