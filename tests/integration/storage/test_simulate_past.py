"""``simulate-past`` and ``lint --home``: on the fakes as on a gateway that was really set up."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gateway.agreements.text.parsing import parse_agreement
from gateway.bootstrap.gateway import Gateway, open_gateway
from gateway.exchange.ports.database import Database
from gateway.keyring.file_keyring import FileKeyring
from gateway.main.command import app
from gateway.settings import read_settings
from gateway.simulation.past import newest_packages, simulate_past
from tests.contract import world
from tests.fakes import seeds
from tests.fakes.database import FakeDatabase

SOURCE = world.SAMPLE.read_text("utf-8")


@pytest.fixture
def gateway(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Gateway]:
    monkeypatch.setenv("EVIDENCE_GATEWAY_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("EVIDENCE_GATEWAY_PASSPHRASE", "a passphrase for this test only")
    settings = read_settings()
    FileKeyring.create(settings.key_path, settings.passphrase, settings.log_origin)
    with open_gateway(settings) as gateway:
        yield gateway


def push_more(database: Database, number: int) -> list[str]:
    """The world and as many packages more, a minute apart; ids, newest first."""
    here = world.build(database)
    ids = [here.package.id]
    with database.transaction() as tx:
        for minute in range(1, number + 1):
            at = seeds.NOW + timedelta(minutes=minute)
            package = replace(here.package, id=seeds.new_id(), created_at=at)
            exhibits = [replace(here.exhibits[0], id=seeds.new_id(), package_id=package.id)]
            tx.packages.add(package, exhibits, seeds.event("package.create"))
            ids.append(package.id)
    return ids[::-1]


def test_the_newest_packages_of_the_agreement_are_found() -> None:
    database = FakeDatabase()
    ids = push_more(database, 5)
    draft = parse_agreement(SOURCE.encode())
    other = parse_agreement(SOURCE.replace("agreement: eu-uk-ai-incidents", "agreement: another").encode())
    with database.transaction() as tx:
        assert [package.id for package in newest_packages(tx, draft, 3)] == ids[:3]
        assert [package.id for package in newest_packages(tx, draft, 200)] == ids
        assert newest_packages(tx, other, 3) == []


def test_a_look_back_is_recorded_and_changes_nothing() -> None:
    database = FakeDatabase()
    push_more(database, 2)
    before = dict(database.state.packages)
    draft = parse_agreement(SOURCE.replace("version: 3", "version: 4").encode())
    with database.transaction() as tx:
        answer = simulate_past(tx, draft, 10, seeds.NOW)
    assert (answer["judged"], answer["refused"]) == (3, 0)
    entry = database.events[-1]
    assert (entry.action, entry.outcome, entry.object["id"]) == ("agreement.simulate-past", "done", draft.id)
    assert entry.detail["draft_digest"] == draft.digest
    assert database.state.packages == before


def test_the_command_on_a_real_gateway(gateway: Gateway, tmp_path: Path) -> None:
    ids = push_more(gateway.database, 3)
    draft = tmp_path / "draft.yaml"
    draft.write_text(SOURCE.replace("incident-investigation, ", ""), "utf-8")
    arguments = ["agreements", "simulate-past", "--agreement", str(draft)]
    told = CliRunner().invoke(app, [*arguments, "--last", "3"])
    assert told.exit_code == 3, told.output
    assert told.stdout == (
        "Under this draft, 3 of the last 3 packages would have been refused: 3 because the agreement does not list "
        "this purpose (/purposes).\n"
    )
    same = CliRunner().invoke(app, [*arguments[:-1], str(world.SAMPLE), "--json"])
    answer = json.loads(same.stdout)
    assert [verdict["package"] for verdict in answer["packages"]] == ids
    assert (same.exit_code, answer["refused"]) == (0, 0)


def test_lint_holds_an_agreement_against_the_people_there_are(gateway: Gateway) -> None:
    world.build(gateway.database)
    result = CliRunner().invoke(
        app, ["agreements", "lint", str(world.SAMPLE), "--home", str(gateway.settings.home), "--json"]
    )
    assert result.exit_code == 0, result.output
    (answer,) = json.loads(result.stdout)
    # The world has submitters and investigators only.
    assert {finding["code"] for finding in answer["findings"]} == {
        "agreement-role-nobody-holds", "agreement-view-nobody-sees", "agreement-too-few-reviewers",
    }  # fmt: skip
