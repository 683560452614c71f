"""Reviews over HTTP and on the command line: listed in pages, looked at, decided; every look is an entry."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from typer.testing import CliRunner

import gateway.client
from gateway.client import Credentials, GatewayClient
from gateway.errors import Denied, NotFound
from gateway.evidence.canonical import canonical_json
from gateway.main.command import app
from tests.fakes import seeds
from tests.unit.api.world import ISSUER, World
from tests.unit.client.conftest import Transports

ClientOf = Callable[[str], GatewayClient]
SUBMITTER, REVIEWER, STRANGER = "ico-uk.submitter", "ico-uk.reviewer", "ftc-us.submitter"
FINDING = {
    "id": "f1", "page": 2, "start": 10, "end": 19, "category": "personal_data", "entity": "PERSON", "rule": "names",
    "confidence": 0.61, "action": "remove", "reason_code": "PD-NAME", "pseudonym": None,
}  # fmt: skip
REPORT = {"findings": [FINDING], "counts": {"names": 1}, "verified": {"layers": ["text", "bytes"], "hits": 0}}
FACTS = {"v": 1, "exhibit": "e", "view": "ring", "source_commitment": "0" * 64}


def waiting(world: World, number: int) -> str:
    report = canonical_json({**FACTS, **REPORT, "findings": [{**FINDING, "confidence": "0.61"}]})
    when = seeds.NOW + timedelta(minutes=number)
    return world.in_review(f"2026-{number:04}", created_at=when, report=report)


def actions(world: World, action: str) -> list[Any]:
    return [event for event in world.database.events if event.action == action]


def test_reviews_come_in_pages_that_a_decision_does_not_move(world: World, client_of: ClientOf) -> None:
    renditions = [waiting(world, number) for number in (3, 1, 2)]
    oldest_first = [renditions[1], renditions[2], renditions[0]]
    client = client_of(REVIEWER)
    first = client.connection.get("/v1/reviews", {"limit": 2})
    assert [item["rendition"] for item in first["reviews"]] == oldest_first[:2]
    assert first["next"] == oldest_first[1]
    client.reject(oldest_first[1])
    second = client.connection.get("/v1/reviews", {"limit": 2, "after": first["next"]})
    assert ([item["rendition"] for item in second["reviews"]], second["next"]) == ([oldest_first[2]], None)
    assert [item["rendition"] for item in client.reviews()] == [oldest_first[0], oldest_first[2]]
    assert [event.detail["returned"] for event in actions(world, "review.list")] == [2, 1, 2]
    assert client_of(STRANGER).reviews() == []


def test_a_look_is_for_those_who_may_review_and_is_recorded(world: World, client_of: ClientOf) -> None:
    rendition = waiting(world, 1)
    shown = client_of(REVIEWER).review(rendition)
    assert (shown["state"], shown["approvals_needed"]) == ("in-review", 1)
    assert shown["report"] == f"/v1/renditions/{rendition}/report"
    with pytest.raises(Denied) as denied:
        client_of(SUBMITTER).review(rendition)
    assert denied.value.code == "role-may-not-review"
    with pytest.raises(NotFound):
        client_of(STRANGER).review(rendition)
    looks = [(event.outcome, event.actor["principal"], event.reason) for event in actions(world, "review.read")]
    assert looks == [
        ("permit", REVIEWER, ""),
        ("deny", SUBMITTER, "role-may-not-review"),
        ("deny", STRANGER, "rendition-unknown"),
    ]


@pytest.fixture
def run(world: World, transports: Transports, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """A command of ``reviews`` as a principal; what it prints."""

    def invoke(principal: str, *arguments: str) -> str:
        credentials = world.credentials(principal, ISSUER)
        monkeypatch.setattr(Credentials, "load", lambda _path: credentials)
        monkeypatch.setattr(gateway.client, "GatewayClient", lambda given: GatewayClient(given, transport=transports()))
        answer = CliRunner().invoke(app, ["reviews", *arguments, "--credentials", "unused"], catch_exceptions=True)
        if answer.exception is not None and not isinstance(answer.exception, SystemExit):
            raise answer.exception
        assert answer.exit_code == 0, answer.output
        return answer.output

    return invoke


def test_a_reviewer_lists_shows_and_decides_on_the_command_line(world: World, run: Callable[..., str]) -> None:
    rendition = waiting(world, 1)
    listed = run(REVIEWER, "list")
    assert rendition in listed
    assert "0 of 1 approvals" in listed
    shown = run(REVIEWER, "show", rendition)
    assert "    1  names" in shown
    assert "0.61  PERSON  remove  page 2 characters 10-19" in shown
    both = json.loads(run(REVIEWER, "show", rendition, "--json"))
    assert (both["review"]["rendition"], both["report"]["counts"]) == (rendition, {"names": 1})
    assert len(actions(world, "review.read")) == len(actions(world, "report.read")) == 2
    with pytest.raises(Denied):
        run(SUBMITTER, "decide", rendition, "approve")
    assert run(REVIEWER, "decide", rendition, "approve", "--note", "page 2 by hand") == "The rendition is approved.\n"
    (approved,) = actions(world, "review.approve")
    assert approved.erasable == {"note": "page 2 by hand"}
    assert run(REVIEWER, "list") == "0 reviews.\n"
    assert json.loads(run(REVIEWER, "list", "--json")) == {"reviews": []}
    assert run(REVIEWER, "decide", waiting(world, 2), "reject") == "The rendition is rejected.\n"
