"""The OCSF form held against the schema that the framework publishes (1.3.0), as a package of others ships it."""

from __future__ import annotations

import functools
import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from ocsf_json_schema import OcsfJsonSchemaEmbedded, get_ocsf_schema

import gateway
from gateway.evidence.lifecycle import TRANSITIONS
from gateway.evidence.package import AgreementRef, Principal
from gateway.exchange.record import event
from gateway.translog.entry import parse_entry, pending, place
from gateway.translog.extract import OCSF_VERSION, ocsf_event, ocsf_events

PERSON = Principal("p-7", "ico-uk", frozenset())
AGREEMENT = AgreementRef("eu-uk-ai-incidents", 3, "ab" * 32)


@functools.cache
def validator() -> Draft202012Validator:
    schema = OcsfJsonSchemaEmbedded(get_ocsf_schema(OCSF_VERSION)).get_class_schema("api_activity")
    assert schema["additionalProperties"] is False
    assert {"activity_id", "actor", "api", "src_endpoint", "type_uid"} <= set(schema["required"])
    return Draft202012Validator(schema)


def leaf(action: str, outcome: Any = "done", actor: Principal | None = PERSON, **members: Any) -> bytes:
    now = datetime(2026, 3, 1, tzinfo=UTC)
    made = event(action, outcome, now, ("release", "r-1"), actor=actor, **members)
    return place(pending(made, {}), 4, "0" * 64)[1]


def actions() -> list[str]:
    """Every action that stands in the source as a word of its own, and those of lifecycle.py."""
    found = {transition.action for transition in TRANSITIONS}
    for path in (Path(gateway.__file__).parent).rglob("*.py"):
        found |= set(
            re.findall(r'"([a-z]{3,12}\.[a-z-]{3,12})",?\s*\n?\s*"(?:done|permit|deny|failed)"', path.read_text())
        )
    assert len(found) > 15
    return sorted(found)


@pytest.mark.parametrize("outcome", ["permit", "deny", "done", "failed"])
@pytest.mark.parametrize("actor", [PERSON, None], ids=["person", "system"])
def test_valid_by_the_published_schema(outcome: str, actor: Principal | None) -> None:
    given = {"agreement": AGREEMENT, "clause": "/roles/x", "reason": "role-may-not-pull", "package": "k", "case": "c"}
    for members in ({}, given):
        (line,) = ocsf_events([leaf("release.pull", outcome, actor, **members)], "test.example/log", "0.1")
        validator().validate(json.loads(line))


def test_every_action_has_a_valid_event() -> None:
    for action in actions():
        item = ocsf_event(parse_entry(leaf(action)), "test.example/log", "0.1")
        validator().validate(item)
        assert item["type_uid"] == item["class_uid"] * 100 + item["activity_id"]


def test_the_schema_would_find_a_fault() -> None:
    good = ocsf_event(parse_entry(leaf("release.pull")), "test.example/log", "0.1")
    for change in ({"activity_id": 7}, {"extra": 1}, {"severity_id": "1"}, {"actor": {"user": {"nick": "x"}}}):
        assert not validator().is_valid({**good, **change}), change
    for missing in ("api", "src_endpoint", "metadata"):
        assert not validator().is_valid({k: v for k, v in good.items() if k != missing})


def test_activities() -> None:
    wanted = {"package.create": 1, "release.pull": 2, "package.submit": 3, "release.dispose": 4, "log.erase": 4}
    for action, activity in wanted.items():
        assert ocsf_event(parse_entry(leaf(action)), "o", "1")["activity_id"] == activity
