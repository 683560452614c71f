"""The sections that say what happens to the data: evidence types, retention and views.

Nodes in, model out; who and when is who_sections.py. Where the file is silent the strictest reading
holds: a category that a view doesn't name is removed, an evidence type without opaque passes only
what the gateway can redact, a type without retention is an error.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from gateway.agreements import vocabulary as words
from gateway.agreements.durations import Duration, parse_duration
from gateway.agreements.model import CountedFrom, EvidenceRule, RetentionRule, View
from gateway.agreements.retention import never_decides
from gateway.agreements.sizes import parse_size
from gateway.agreements.text.typed_values import Reading, capital, quote
from gateway.agreements.text.who_sections import read_key
from gateway.agreements.text.yaml_nodes import MapNode, Node, ScalarNode
from gateway.errors import InvalidInput
from gateway.evidence.media import resolve_media_type
from gateway.evidence.taxonomy import ENTITIES, GENERALISABLE, PSEUDONYMISABLE, Action, Category

_COUNTED_FROM: dict[str, CountedFrom] = {
    "receipt": "receipt",
    "release": "release",
    "last-pull": "last-pull",
    "case-closing": "case-closing",
}


def read_evidence(reading: Reading, node: Node) -> tuple[dict[str, EvidenceRule], frozenset[str]]:
    """The permitted types with their rules, and the names of the forbidden ones."""
    permitted: dict[str, EvidenceRule] = {}
    forbidden: set[str] = set()
    for key, item in reading.open_mapping(node, "the section 'evidence'").items():
        name = read_key(reading, node, key, "the evidence type")
        if name == words.DEFAULT:
            reading.add(_key_node(node, key), "reserved-name", "'default' can't be an evidence type: 'retention' uses "
                        "the word for the types it doesn't name.", "Choose another name.")  # fmt: skip
        if isinstance(item, ScalarNode) and item.kind == "text":
            if reading.choice(item, f"the rule for {quote(key)}", (words.FORBIDDEN,), "unknown-rule"):
                forbidden.add(name)
            continue
        if not isinstance(item, MapNode):
            reading.wrong_type(
                item, f"the evidence type {quote(key)}", "'forbidden', or an object with media and max_size"
            )
            continue
        permitted[name] = _evidence_rule(reading, name, item)
    return permitted, frozenset(forbidden)


def _evidence_rule(reading: Reading, name: str, node: Node) -> EvidenceRule:
    what = f"the evidence type {quote(name)}"
    entries = reading.mapping(node, what, words.EVIDENCE)
    media: tuple[str, ...] = ()
    size: int | None = None
    opaque = mismatch = ""
    if "media" in entries:
        media = reading.distinct(entries["media"], f"the media of {what}", lambda item: _media_type(reading, item))
    if "max_size" in entries:
        size = reading.parsed(entries["max_size"], f"the size limit of {what}", parse_size)
    if "opaque" in entries:
        opaque = reading.choice(entries["opaque"], f"'opaque' of {what}", words.OPAQUE, "unknown-opaque")
    if "mismatch" in entries:
        mismatch = reading.choice(entries["mismatch"], f"'mismatch' of {what}", words.MISMATCH, "unknown-mismatch")
    return EvidenceRule(
        name, frozenset(media), size or 1, opaque == "allowed", "refuse" if mismatch == "refuse" else "quarantine"
    )


def _media_type(reading: Reading, node: Node) -> str:
    text = reading.text(node, "the media type", max_chars=127)
    if not text:
        return ""
    try:
        if text == text.lower() and ";" not in text:
            return resolve_media_type(text)
        remedy = "Write it in lower case and without parameters."
    except InvalidInput as error:
        remedy = error.remedy
    reading.add(node, "invalid-media-type", f"{quote(text)} is not a media type.", remedy)
    return ""


def read_retention(
    reading: Reading, node: Node, types: Collection[str], forbidden: Collection[str], views: Sequence[str]
) -> dict[str, RetentionRule]:
    """The rules by evidence type, and 'default'. Those of ``types`` that are not forbidden must be covered."""
    permitted = [name for name in types if name not in forbidden]
    rules: dict[str, RetentionRule] = {}
    for key, item in reading.open_mapping(node, "the section 'retention'").items():
        if key in forbidden:
            reading.add(_key_node(node, key), "never-applies", f"Retention for {quote(key)} never applies: the type is "
                        "forbidden.", "Take it out.")  # fmt: skip
        elif key != words.DEFAULT and key not in permitted:
            reading.unknown(_key_node(node, key), "the evidence type", key, (*permitted, words.DEFAULT),
                            "unknown-evidence-type")  # fmt: skip
        entries = reading.mapping(item, f"the retention of {quote(key)}", words.RETENTION)
        rule = _retention_rule(reading, entries, f"the retention of {quote(key)}")
        if rule is not None:
            rules[key] = replace(rule, views=_view_retention(reading, entries, key, rule, views))
    uncovered = sorted(set(permitted) - set(getattr(node, "entries", {})))
    if uncovered and words.DEFAULT not in getattr(node, "entries", {}):
        reading.add(node, "retention-missing", f"Nothing says how long to keep: {', '.join(map(quote, uncovered))}.",
                    "Add a rule for each, or a 'default'.")  # fmt: skip
    return rules


def _view_retention(
    reading: Reading, entries: Mapping[str, Node], key: str, whole: RetentionRule, views: Sequence[str]
) -> dict[str, RetentionRule]:
    rules: dict[str, RetentionRule] = {}
    if "views" not in entries:
        return rules
    node = entries["views"]
    for view, item in reading.open_mapping(node, f"'views' in the retention of {quote(key)}").items():
        what = f"the retention of {quote(key)} in the view {quote(view)}"
        if view not in views:
            reading.unknown(_key_node(node, view), "the view", view, views, "unknown-view")
        own = reading.mapping(item, what, words.VIEW_RETENTION)
        rule = _retention_rule(reading, own, what)
        if rule is None:
            continue
        if never_decides(rule, whole):
            reading.add(own["keep"], "never-applies", f"{capital(what)} never ends earlier than that of the type, so "
                        "it never decides.", "Shorten it, or take it out.")  # fmt: skip
        rules[view] = rule
    return rules


def _retention_rule(reading: Reading, entries: Mapping[str, Node], what: str) -> RetentionRule | None:
    keep: Duration | None = None
    counted = ""
    after: Duration | None = None
    if "keep" in entries:
        keep = reading.parsed(entries["keep"], f"'keep' in {what}", parse_duration)
    if "counted_from" in entries:
        counted = reading.choice(entries["counted_from"], f"'counted_from' in {what}", words.COUNTED_FROM,
                                 "unknown-counted-from")  # fmt: skip
    if "after_last_pull" in entries:
        after = reading.parsed(entries["after_last_pull"], f"'after_last_pull' in {what}", parse_duration)
    if keep is None or not counted:
        return None
    if after is not None and counted == "last-pull":
        reading.add(entries["after_last_pull"], "contradiction", f"{capital(what)} counts from the last pull twice.",
                    "Take after_last_pull out, or count 'keep' from release.")  # fmt: skip
    elif after is not None and counted != "case-closing" and after != keep and after.never_shorter(keep):
        # No pull comes before receipt or release, so the longer period always ends later.
        reading.add(entries["after_last_pull"], "never-applies", f"In {what}, after_last_pull is longer than keep, so "
                    "it never decides.", "Shorten after_last_pull, or take it out.")  # fmt: skip
    return RetentionRule(
        keep.nominal,
        _COUNTED_FROM[counted],
        None if after is None else after.nominal,
        keep_exact=keep,
        after_last_pull_exact=after,
    )


def read_views(reading: Reading, node: Node, forbidden: Collection[str]) -> dict[str, View]:
    """The views by name, every category of findings answered for."""
    views: dict[str, View] = {}
    for key, item in reading.open_mapping(node, "the section 'views'").items():
        name = read_key(reading, node, key, "the view")
        entries = reading.mapping(item, f"the view {quote(key)}", words.VIEW)
        defaults = dict.fromkeys(Category, Action.REMOVE)
        exceptions: dict[Category, Mapping[str, Action]] = {}
        for section, rules in entries.items():
            category = words.CATEGORY_KEYS[section]
            defaults[category], exceptions[category] = _category(reading, rules, section, category)
            if category is Category.SPECIAL_CATEGORY and "special-category-data" in forbidden:
                _check_special_category(reading, rules, defaults[category], exceptions[category])
        views[name] = View(name, defaults, exceptions)
    return views


def _category(reading: Reading, node: Node, section: str, category: Category) -> tuple[Action, dict[str, Action]]:
    what = f"'{section}'"
    entries = reading.open_mapping(node, what)
    own = {name for name, entity in ENTITIES.items() if entity.category is category}
    default = Action.REMOVE
    exceptions: dict[str, Action] = {}
    if isinstance(node, MapNode) and entries and words.DEFAULT not in entries:
        reading.add(node, "missing-key", f"{capital(what)} lacks the key 'default'.",
                    "Add 'default': what is done with the findings that are not named.")  # fmt: skip
    for key, item in entries.items():
        action = reading.choice(item, f"the action for {quote(key)}", tuple(Action), "unknown-action")
        if key == words.DEFAULT:
            default = Action(action) if action else default
        elif key not in ENTITIES:
            reading.unknown(_key_node(node, key), "the entity", key, sorted(own), "unknown-entity")
        elif key not in own:
            right = next(s for s, c in words.CATEGORY_KEYS.items() if c is ENTITIES[key].category)
            reading.add(_key_node(node, key), "entity-in-wrong-category", f"{key} does not belong to {what}.",
                        f"Move it to '{right}'.")  # fmt: skip
        elif action:
            _check_possible(reading, item, Action(action), {key}, key)
            exceptions[key] = Action(action)
    if words.DEFAULT in entries:
        _check_possible(reading, entries[words.DEFAULT], default, own, f"any entity of {what}")
    # "Pseudonymise by default" is said of what can bear a pseudonym; the rest is removed, the stricter act.
    for entity in sorted(own - _able(default) - exceptions.keys()):
        exceptions[entity] = Action.REMOVE
    return default, exceptions


def _able(action: Action) -> frozenset[str]:
    if action is Action.PSEUDONYMISE:
        return PSEUDONYMISABLE
    return GENERALISABLE if action is Action.GENERALISE else frozenset(ENTITIES)


def _check_possible(reading: Reading, node: Node, action: Action, entities: set[str], what: str) -> None:
    if entities & _able(action):
        return
    able = ", ".join(sorted(_able(action)))
    reading.add(node, "action-not-possible", f"'{action}' is not possible for {what}.",
                f"Write remove, or keep; {action} is for {able}.")  # fmt: skip


def _check_special_category(reading: Reading, node: Node, default: Action, exceptions: Mapping[str, Action]) -> None:
    if any(action.strictness < Action.REMOVE.strictness for action in (default, *exceptions.values())):
        reading.add(node, "contradiction", "This view lets special-category data through, but the section 'evidence' "
                    "forbids them, so a finding stops the package.", "Take one of the two out.")  # fmt: skip


def _key_node(node: Node, key: str) -> Node:
    return node.keys[key] if isinstance(node, MapNode) else node
