"""Redactions by rule over HTTP: who may ask, what is counted, where it ends."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gateway.cli.redaction_explain import redaction_app
from gateway.client import Credentials, GatewayClient
from gateway.errors import Denied, InvalidInput, NotFound
from gateway.evidence.canonical import canonical_json
from gateway.exchange.log import redaction_explained
from tests.unit.api.world import World

ClientOf = Callable[[str], GatewayClient]
OFFICER, SUBMITTER = "cnil-fr.officer", "ico-uk.submitter"
AGREEMENT = "eu-uk-ai-incidents"


def finding(number: int, rule: str, confidence: float) -> dict[str, object]:
    return {
        "id": f"f{number}", "path": "", "start": number, "end": number + 1, "category": "personal-data",
        "entity": "PERSON", "rule": rule, "confidence": confidence, "action": "remove", "reason_code": "PD-NAME",
    }  # fmt: skip


@pytest.fixture
def reports(world: World) -> World:
    """Two renditions with a report each."""
    world.release(b"one")
    (rendition,) = world.database.state.renditions.values()
    found = [finding(1, "person/titled", 0.9), finding(2, "person/titled/again", 0.5)]
    first = canonical_json({"view": "standard", "findings": found})
    second = canonical_json({"view": "ring", "findings": [finding(1, "tagger/person", 0.8)]})
    state = world.database.state.renditions
    state[rendition.id] = replace(rendition, report=first)
    state["other"] = replace(rendition, id="other", view="ring", report=second)
    return world


def test_counts_by_rule_and_the_entry(reports: World, client_of: ClientOf) -> None:
    answer = client_of(OFFICER).redaction_statistics(AGREEMENT)
    assert (answer["agreement"], answer["reports"], answer["complete"]) == (AGREEMENT, 2, True)
    titled, tagged = answer["rules"]
    assert titled == {
        "rule": "person/titled", "reports": 1, "redactions": 2, "again": 1, "lowest_confidence": 0.5,
        "mean_confidence": 0.7, "entities": ["PERSON"],
    }  # fmt: skip
    assert tagged["rule"] == "tagger/person"
    asked = reports.database.events[-1]
    assert (asked.action, asked.detail["question"]) == ("log.search", "redactions")


@pytest.mark.parametrize(("limit", "value"), [("MAX_REPORTS", 1), ("MAX_READ_BYTES", 300)])
def test_no_answer_reads_without_end(
    reports: World, client_of: ClientOf, monkeypatch: pytest.MonkeyPatch, limit: str, value: int
) -> None:
    monkeypatch.setattr(redaction_explained, limit, value)
    answer = client_of(OFFICER).redaction_statistics(AGREEMENT)
    assert (answer["reports"], answer["complete"]) == (1, False)


def test_who_may_not(reports: World, client_of: ClientOf) -> None:
    with pytest.raises(Denied):
        client_of(SUBMITTER).redaction_statistics(AGREEMENT)
    with pytest.raises(NotFound):
        client_of(OFFICER).redaction_statistics("another")
    assert (reports.database.events[-1].outcome, reports.database.events[-1].reason) == ("deny", "agreement-unknown")


def test_the_command(reports: World, client_of: ClientOf, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(Credentials, "load", lambda path: None)
    monkeypatch.setattr("gateway.client.GatewayClient", lambda credentials: client_of(OFFICER))
    shown = CliRunner().invoke(redaction_app, ["statistics", "--agreement", AGREEMENT, "--credentials", "any"])
    assert shown.output.endswith("3 redactions in 2 reports.\n"), shown.output
    for wrong in ([], ["--agreement", AGREEMENT], [str(tmp_path / "r.json"), "--agreement", AGREEMENT, "-c", "any"]):
        result = CliRunner().invoke(redaction_app, ["statistics", *wrong])
        assert isinstance(result.exception, InvalidInput)
        assert result.exception.code == "statistics-usage"
