"""What changes from one version of an agreement to the next, in sentences an officer understands.

Compares meanings, not texts: what agencies, roles and readers may do and see before and after. Each
sentence says who is affected and whether they may now do more, less, or something else, so that a
reader of a long list finds the permissions first.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from gateway.agreements.model import Agreement, Party, RetentionRule, Role
from gateway.agreements.vocabulary import CATEGORY_KEYS
from gateway.evidence.taxonomy import ENTITIES

Effect = Literal["more", "less", "other"]


@dataclass(frozen=True, slots=True)
class Change:
    """One difference. ``clause`` points into the version in which the rule stands."""

    affected: str
    effect: Effect
    sentence: str
    clause: str

    def as_dict(self) -> dict[str, Any]:
        return {"affected": self.affected, "effect": self.effect, "sentence": self.sentence, "clause": self.clause}


def compare_agreements(old: Agreement, new: Agreement) -> tuple[Change, ...]:
    """All differences, grouped by who is affected: agencies, then roles, then readers, then everybody."""
    return (
        *_parties(old, new),
        *_roles(old, new),
        *_views(old, new),
        *_evidence(old, new),
        *_retention(old, new),
        *_general(old, new),
    )


def _parties(old: Agreement, new: Agreement) -> Iterator[Change]:
    for agency in _either(old.parties, new.parties):
        before, after = old.parties.get(agency), new.parties.get(agency)
        who = f"the agency {agency}"
        if before is None and after is not None:
            yield Change(who, "more", f"{agency} becomes a party and may {_and(after.may)}.", _party_clause(new, after))
        elif before is not None and after is None:
            yield Change(who, "less", f"{agency} is no longer a party.", _party_clause(old, before))
        elif before is not None and after is not None:
            clause = _party_clause(new, after)
            yield from _rights(who, agency, before.may, after.may, clause)
            if before.jurisdiction != after.jurisdiction:
                yield Change(
                    who, "other", f"{agency} is now of {after.jurisdiction}, not {before.jurisdiction}.", clause
                )


def _roles(old: Agreement, new: Agreement) -> Iterator[Change]:
    for name in _either(old.roles, new.roles):
        before, after = old.roles.get(name), new.roles.get(name)
        who, clause = f"the role {name}", f"/roles/{name}"
        if before is None and after is not None:
            seen = f" the views {_and(after.views)}" if after.views else ""
            yield Change(who, "more", f"The role {name} is new and may {_and(after.may)}{seen}.", clause)
        elif after is None:
            yield Change(who, "less", f"The role {name} no longer exists.", clause)
        elif before is not None:
            yield from _rights(who, f"holders of {name}", before.may, after.may, clause)
            yield from _role_views(who, before, after, clause)
            for need in sorted(after.needs - before.needs):
                yield Change(who, "less", f"Holders of {name} now also need {need}.", f"{clause}/needs")
            for need in sorted(before.needs - after.needs):
                yield Change(who, "more", f"Holders of {name} no longer need {need}.", clause)


def _role_views(who: str, before: Role, after: Role, clause: str) -> Iterator[Change]:
    pulls = "pull" in after.may
    for view in sorted(set(after.views) - set(before.views)):
        verb = "pull" if pulls else "review"
        yield Change(who, "more", f"Holders of {after.name} may now {verb} the view {view}.", f"{clause}/views")
    for view in sorted(set(before.views) - set(after.views)):
        verb = "pull" if pulls else "review"
        yield Change(who, "less", f"Holders of {after.name} may no longer {verb} the view {view}.", clause)


def _views(old: Agreement, new: Agreement) -> Iterator[Change]:
    for name in _either(old.views, new.views):
        before, after = old.views.get(name), new.views.get(name)
        who, clause = f"readers of the view {name}", f"/views/{name}"
        if before is None:
            yield Change(who, "other", f"The view {name} is new.", clause)
        elif after is None:
            yield Change(who, "less", f"The view {name} no longer exists.", clause)
        else:
            sections = {category: section for section, category in CATEGORY_KEYS.items()}
            for entity in ENTITIES.values():
                was, now = before.action(entity.category, entity.name), after.action(entity.category, entity.name)
                if was is not now:
                    effect: Effect = "more" if now.strictness < was.strictness else "less"
                    sentence = f"In the view {name}, {entity.name} ({entity.meaning.lower()}): {now}, before {was}."
                    written = sections[entity.category] in _object(new.document, "views", name)
                    yield Change(who, effect, sentence, f"{clause}/{sections[entity.category]}" if written else clause)


def _evidence(old: Agreement, new: Agreement) -> Iterator[Change]:
    who = "whoever sends evidence"
    for name in _either(old.evidence, new.evidence):
        before, after = old.evidence.get(name), new.evidence.get(name)
        clause = f"/evidence/{name}"
        if after is None:
            yield Change(
                who, "less", f"{name} may no longer be sent.", clause if name in new.forbidden else "/evidence"
            )
        elif before is None:
            yield Change(who, "more", f"{name} may now be sent.", clause)
        else:
            for media in sorted(after.media - before.media):
                yield Change(who, "more", f"{name} may now be sent as {media}.", f"{clause}/media")
            for media in sorted(before.media - after.media):
                yield Change(who, "less", f"{name} may no longer be sent as {media}.", f"{clause}/media")
            if before.max_size_bytes != after.max_size_bytes:
                effect: Effect = "more" if after.max_size_bytes > before.max_size_bytes else "less"
                sentence = f"{name} may have {after.max_size_bytes:,} bytes, before {before.max_size_bytes:,}."
                yield Change(who, effect, sentence, f"{clause}/max_size")
            if before.opaque != after.opaque:
                sentence = f"{name} may {'now' if after.opaque else 'no longer'} pass where it can't be looked into."
                yield Change(who, "more" if after.opaque else "less", sentence, clause)
            if before.mismatch != after.mismatch:
                fate = "refused and destroyed" if after.mismatch == "refuse" else "quarantined"
                yield Change(who, "other", f"{name} that is not as declared is now {fate}.", clause)
    for name in sorted(new.forbidden - old.forbidden):
        yield Change(who, "less", f"{name} is now forbidden.", f"/evidence/{name}")
    for name in sorted(old.forbidden - new.forbidden):
        yield Change(who, "more", f"{name} is no longer forbidden.", "/evidence")
    for purpose in sorted(set(new.purposes) - set(old.purposes)):
        yield Change(who, "more", f"Evidence may now be used for {purpose}.", "/purposes")
    for purpose in sorted(set(old.purposes) - set(new.purposes)):
        yield Change(who, "less", f"Evidence may no longer be used for {purpose}.", "/purposes")


def _retention(old: Agreement, new: Agreement) -> Iterator[Change]:
    who = "how long evidence is kept"
    for name in new.evidence:
        if name not in old.evidence:
            continue
        before, _ = old.retention_for(name)
        after, clause = new.retention_for(name)
        if replace(before, views={}) != replace(after, views={}):
            yield Change(
                who, _longer(before, after), f"{name} is kept {_kept(after)}; before, {_kept(before)}.", clause
            )
        for view in _either(before.views, after.views):
            was, now = before.views.get(view), after.views.get(view)
            if was == now:
                continue
            said = f"{name} in the view {view} is kept {'as long as elsewhere' if now is None else _kept(now)}"
            effect = _ends_later(was, now)
            at = clause if now is None else f"{clause}/views/{view}"
            yield Change(who, effect, f"{said}; before, {'as long as elsewhere' if was is None else _kept(was)}.", at)


def _longer(before: RetentionRule, after: RetentionRule) -> Effect:
    return "other" if after.keep == before.keep else "more" if after.keep > before.keep else "less"


def _ends_later(was: RetentionRule | None, now: RetentionRule | None) -> Effect:
    """Of a view's rule: it can only end retention earlier than the type's, so a new one never gives more."""
    if was is None or now is None:
        return "less" if was is None else "more"
    return _longer(was, now) if was.counted_from == now.counted_from else "other"


def _kept(rule: RetentionRule) -> str:
    after = f", {rule.after_last_pull_period} after the last pull" if rule.after_last_pull_period else ""
    return f"{rule.keep_period} from {rule.counted_from}{after}"


def _general(old: Agreement, new: Agreement) -> Iterator[Change]:
    who = "everybody"
    if old.id != new.id:
        yield Change(who, "other", f"These are different agreements: '{old.id}' and '{new.id}'.", "/agreement")
    sections: tuple[tuple[str, str, object, object], ...] = (
        ("title", "The title", old.title, new.title),
        ("in_force", "The first day", old.in_force_from, new.in_force_from),
        ("in_force", "The last day", old.in_force_until, new.in_force_until),
        ("legal_basis", "The legal basis", "; ".join(old.legal_basis), "; ".join(new.legal_basis)),
        ("review", "Review", _written(old, "review"), _written(new, "review")),
        ("encryption", "Encryption", old.recipients, new.recipients),
        ("deadlines", "Deadlines", _written(old, "deadlines"), _written(new, "deadlines")),
        ("safeguards", "Two persons are needed to", _and(old.two_persons), _and(new.two_persons)),
    )
    for key, noun, before, after in sections:
        if before != after:
            sentence = f"{noun}: {after or 'nothing'}; before, {before or 'nothing'}."
            yield Change(who, "other", sentence, f"/{key}" if key in new.document else "")


def _rights(who: str, subject: str, before: frozenset[str], after: frozenset[str], clause: str) -> Iterator[Change]:
    subject = subject[:1].upper() + subject[1:] if " " in subject else subject
    for right in sorted(after - before):
        yield Change(who, "more", f"{subject} may now {right}.", clause)
    for right in sorted(before - after):
        yield Change(who, "less", f"{subject} may no longer {right}.", clause)


def _party_clause(agreement: Agreement, party: Party) -> str:
    return f"/parties/{list(agreement.parties).index(party.agency)}"


def _either(old: Mapping[str, object], new: Mapping[str, object]) -> list[str]:
    return list(dict.fromkeys([*old, *new]))


def _object(document: Mapping[str, object], *path: str) -> Mapping[str, object]:
    value: object = document
    for key in path:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value if isinstance(value, Mapping) else {}


def _written(agreement: Agreement, key: str) -> str:
    parts = []
    for name, value in _object(agreement.document, key).items():
        text = " or ".join(map(str, value)) if isinstance(value, list) else str(value)
        parts.append(f"{name.replace('_', ' ')} {text}")
    return ", ".join(parts)


def _and(items: frozenset[str] | tuple[str, ...]) -> str:
    return " and ".join(sorted(items))
