"""The register of secrets over HTTP: real client, real server, and the command."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gateway.cli import secrets as command
from gateway.client import Credentials, GatewayClient
from gateway.client.secrets import SecretRegister
from gateway.errors import Conflict, Denied, InvalidInput, NotFound
from tests.unit.api.world import World

ClientOf = Callable[[str], GatewayClient]
SUBMITTER, INVESTIGATOR = "ico-uk.submitter", "cnil-fr.investigator"


def test_registered_listed_retired(client_of: ClientOf, caplog: pytest.LogCaptureFixture) -> None:
    own = SecretRegister(client_of(SUBMITTER).connection)
    with caplog.at_level(logging.DEBUG):
        term = own.term("blue", "Project Blue Heron")
        record = own.record("order", ["Orbitex GmbH", "450 kg", "Hamburg"], needed=3)
    assert own.term("blue", "Project Blue Heron") == term
    assert list(own.listed()) == [term, record]
    assert term.keys() == {"id", "label", "kind", "registered_by", "registered_at", "retired_at"}
    assert own.retire("blue")["retired_at"] is not None
    assert "Heron" not in caplog.text
    with pytest.raises(Conflict):
        own.term("blue", "Project Blue Heron")
    with pytest.raises(NotFound):
        own.retire("green")


def test_another_agency_sees_nothing_and_who_may_not_push_is_refused(world: World, client_of: ClientOf) -> None:
    SecretRegister(client_of(SUBMITTER).connection).term("blue", "Project Blue Heron")
    with pytest.raises(Denied) as denied:
        list(SecretRegister(client_of(INVESTIGATOR).connection).listed())
    assert denied.value.code == "secrets-not-permitted"
    assert world.database.events[-1].reason == "secrets-not-permitted"


@pytest.mark.parametrize(
    "body",
    [
        {"kind": "word", "text": "Project Blue Heron"},
        {"kind": "term"},
        {"kind": "term", "text": "Project Blue Heron", "needed": 2},
        {"kind": "record", "fields": ["Orbitex GmbH"]},
        {"kind": "record", "fields": ["Orbitex GmbH", "450 kg"], "needed": True},
        {"kind": "record", "fields": ["Orbitex GmbH", "x" * 401]},
        {"kind": "record", "fields": ["Orbitex GmbH", "450 kg"], "text": "Project Blue Heron"},
    ],
    ids=["kind", "no-text", "needed", "one-field", "no-number", "long-field", "both"],
)
def test_bad_bodies_are_refused_without_quoting_them(client_of: ClientOf, body: dict[str, object]) -> None:
    with pytest.raises(InvalidInput) as refused:
        client_of(SUBMITTER).connection.put_json("/v1/secrets/blue", body)
    assert refused.value.code == "request-invalid"
    assert not any(word in str(refused.value) for word in ("Heron", "Orbitex"))


def test_the_command(client_of: ClientOf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Credentials, "load", lambda path: None)
    monkeypatch.setattr("gateway.client.GatewayClient", lambda credentials: client_of(SUBMITTER))
    table = tmp_path / "orders.csv"
    table.write_text('Orbitex GmbH,"450 kg",Hamburg\n\nNordwerk AG,90 kg,\n', "utf-8")
    run = CliRunner()
    at = ["--credentials", "any"]
    made = run.invoke(command.secrets_app, ["register", "orders", "--records", str(table), *at, "--json"])
    assert made.exit_code == 0, made.output
    assert [s["label"] for s in json.loads(made.output)["secrets"]] == ["orders.1", "orders.2"]
    typed = run.invoke(command.secrets_app, ["register", "blue", "--term", "-", *at], input="Project Blue Heron\n")
    assert "Registered the term blue" in typed.output
    assert "Heron" not in typed.output
    assert run.invoke(command.secrets_app, ["retire", "orders.1", *at]).output == "Retired orders.1.\n"
    listed = run.invoke(command.secrets_app, ["list", *at]).output
    assert "2 in force." in listed
    assert listed.count("retired") == 1
    both = run.invoke(command.secrets_app, ["register", "x", "--term", "-", "--document", "-", *at])
    assert isinstance(both.exception, InvalidInput)
