"""The token endpoint: who gets a token, who does not, and what an outsider learns."""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from gateway.client.assertion import make_assertion
from gateway.exchange.log import unknown_clients
from gateway.workers.housekeeping import housekeeping
from tests.unit.api.conftest import Ask
from tests.unit.api.world import ISSUER, World

SUBMITTER = "ico-uk.submitter"


def test_a_signed_assertion_buys_a_token_that_works(ask: Ask, world: World) -> None:
    response = ask("POST", "/oauth/token", data=world.assertion_form(SUBMITTER))
    assert response.status_code == 200
    assert response.headers["cache-control"] == "no-store"
    body = response.json()
    assert body["token_type"] == "Bearer"
    assert 0 < body["expires_in"] <= 600
    listed = ask("GET", "/v1/packages", headers={"Authorization": f"Bearer {body['access_token']}"})
    assert listed.status_code == 200
    issued = [e for e in world.database.events if e.action == "token.issue"]
    assert [(e.outcome, e.actor["principal"]) for e in issued] == [("permit", SUBMITTER)]


def test_an_assertion_is_accepted_once(ask: Ask, world: World) -> None:
    form = world.assertion_form(SUBMITTER)
    assert ask("POST", "/oauth/token", data=form).status_code == 200
    again = ask("POST", "/oauth/token", data=form)
    assert (again.status_code, again.json()["error"]) == (401, "invalid_client")
    denial = world.database.events[-1]
    assert (denial.action, denial.outcome, denial.reason) == ("token.issue", "deny", "assertion-replayed")


def _forged(world: World, case: str) -> str:
    now = int(world.now().timestamp())
    own = world.auth[SUBMITTER]
    if case == "another principal's key":
        return make_assertion(world.auth["cnil-fr.investigator"], f"{SUBMITTER}-1", SUBMITTER, ISSUER, now)
    if case == "an unregistered key":
        return make_assertion(ec.generate_private_key(ec.SECP256R1()), f"{SUBMITTER}-1", SUBMITTER, ISSUER, now)
    if case == "for another server":
        return make_assertion(own, f"{SUBMITTER}-1", SUBMITTER, "https://other.example", now)
    if case == "expired":
        return make_assertion(own, f"{SUBMITTER}-1", SUBMITTER, ISSUER, now - 120)
    if case == "an unknown client":
        return make_assertion(own, f"{SUBMITTER}-1", "nobody", ISSUER, now)
    header, payload, _ = make_assertion(own, f"{SUBMITTER}-1", SUBMITTER, ISSUER, now).split(".")
    if case == "no signature":
        return f"{header}.{payload}."
    assert case == "alg none"
    none = base64.urlsafe_b64encode(json.dumps({"alg": "none"}).encode()).rstrip(b"=").decode()
    return f"{none}.{payload}."


@pytest.mark.parametrize(
    "case",
    ["another principal's key", "an unregistered key", "for another server", "expired", "an unknown client",
     "no signature", "alg none"],
)  # fmt: skip
def test_a_forged_assertion_is_refused_and_nothing_is_told(ask: Ask, world: World, case: str) -> None:
    response = ask("POST", "/oauth/token", data=world.assertion_form(SUBMITTER, client_assertion=_forged(world, case)))
    assert response.status_code == 401
    assert response.json() == {
        "error": "invalid_client",
        "error_description": "The client assertion is not accepted.",
    }
    assert all(e.outcome == "deny" for e in world.database.events if e.action == "token.issue")


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"grant_type": ""}, "invalid_request"),
        ({"client_assertion_type": "x"}, "invalid_request"),
        ({"client_assertion": ""}, "invalid_request"),
        ({"client_secret": "x"}, "invalid_request"),
        ({"scope": "admin"}, "invalid_scope"),
        ({"client_id": "cnil-fr.investigator"}, "invalid_client"),
    ],
)
def test_malformed_requests(ask: Ask, world: World, changes: dict[str, str], error: str) -> None:
    response = ask("POST", "/oauth/token", data=world.assertion_form(SUBMITTER, **changes))
    assert response.json()["error"] == error
    assert response.status_code == (401 if error == "invalid_client" else 400)


def test_only_one_strict_form_is_read(ask: Ask, world: World) -> None:
    form = world.assertion_form(SUBMITTER)
    doubled = "&".join([*(f"{k}={v}" for k, v in form.items()), "grant_type=client_credentials"])
    urlencoded = {"Content-Type": "application/x-www-form-urlencoded"}
    assert ask("POST", "/oauth/token", content=doubled, headers=urlencoded).json()["error"] == "invalid_request"
    assert ask("POST", "/oauth/token", json=form).json()["error"] == "invalid_request"
    assert ask("POST", "/oauth/token", data=form, headers={"Authorization": "Basic eDp5"}).status_code == 400
    assert ask("POST", "/oauth/token", content=b"a=" + b"x" * 20_000, headers=urlencoded).status_code == 400
    assert ask("POST", "/oauth/token?grant_type=client_credentials", data=form).status_code == 400


def test_a_revoked_key_buys_nothing(ask: Ask, world: World) -> None:
    from tests.fakes import seeds

    with world.database.transaction() as tx:
        tx.directory.revoke_key(f"{SUBMITTER}-1", world.now() - timedelta(seconds=1), seeds.event("key.revoke"))
    assert ask("POST", "/oauth/token", data=world.assertion_form(SUBMITTER)).status_code == 401


def test_without_a_log_no_token_is_issued(ask: Ask, world: World) -> None:
    world.database.log_available = False
    response = ask("POST", "/oauth/token", data=world.assertion_form(SUBMITTER))
    assert (response.status_code, response.json()["code"]) == (503, "log-unavailable")
    assert "access_token" not in response.text


def test_metadata_and_keys(ask: Ask) -> None:
    metadata = ask("GET", "/.well-known/oauth-authorization-server").json()
    assert metadata["issuer"] == ISSUER
    assert metadata["token_endpoint"] == f"{ISSUER}/oauth/token"
    assert metadata["token_endpoint_auth_methods_supported"] == ["private_key_jwt"]
    keys = ask("GET", "/.well-known/jwks.json").json()["keys"]
    assert [key["kty"] for key in keys] == ["EC"]
    assert not any("d" in key for key in keys)


def refusals(world: World) -> list[Any]:
    return [event for event in world.database.events if event.action == "token.refuse"]


def test_strangers_are_counted_and_give_one_entry_a_window_however_many_they_are(ask: Ask, world: World) -> None:
    before = len(world.database.events)
    forms = [
        world.assertion_form(SUBMITTER, client_assertion=_forged(world, "an unknown client")),
        world.assertion_form(SUBMITTER, client_assertion="not.a.token"),
        world.assertion_form(SUBMITTER, client_id="cnil-fr.investigator"),
    ]
    for form in forms * 4:
        assert ask("POST", "/oauth/token", data=form).status_code == 401
    assert len(world.database.events) == before
    housekeeping(world.gateway)
    attempts = sum(world.database.state.unknown_clients.values())
    world.clock_offset += unknown_clients.WINDOW
    for _ in range(2):
        housekeeping(world.gateway)
    told = refusals(world)
    # The twelve may have fallen into two windows, if one ended between them.
    assert sum(event.detail["attempts"] for event in told) == 12 >= attempts
    assert len(told) <= 2
    assert {(e.outcome, e.reason, tuple(e.actor.items())) for e in told} == {
        ("deny", "client-unknown", (("system", "worker"),))
    }
    assert world.database.state.unknown_clients == {}
    assert "nobody" not in str(told)


def test_who_is_known_is_refused_with_an_entry_and_not_counted(ask: Ask, world: World) -> None:
    form = world.assertion_form(SUBMITTER, client_assertion=_forged(world, "an unregistered key"))
    assert ask("POST", "/oauth/token", data=form).status_code == 401
    assert world.database.state.unknown_clients == {}
    assert (world.database.events[-1].action, world.database.events[-1].outcome) == ("token.issue", "deny")
