"""Access tokens at the door: everything but one good bearer token is 401."""

from __future__ import annotations

import base64
import json
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from gateway.exchange.parties.onboard import revoke_key
from gateway.keyring.tokens import TokenAuthority
from tests.unit.api.conftest import Ask
from tests.unit.api.world import ISSUER, PRINCIPALS, World

SUBMITTER = "ico-uk.submitter"


def test_without_a_token_there_is_a_bare_challenge(ask: Ask) -> None:
    response = ask("GET", "/v1/packages")
    assert (response.status_code, response.json()["code"]) == (401, "token-missing")
    assert response.headers["www-authenticate"] == 'Bearer realm="evidence-gateway"'


@pytest.mark.parametrize(
    "header", ["Basic eDp5", "Bearer", "Bearer a b", "Bearer é", "bearer=x", "Bearer " + "a" * 5000]
)
def test_malformed_headers(ask: Ask, header: str) -> None:
    response = ask("GET", "/v1/packages", headers={"Authorization": header.encode()})
    assert (response.status_code, response.json()["code"]) == (401, "token-malformed")
    assert 'error="invalid_token"' in response.headers["www-authenticate"]


def test_two_headers_or_a_token_in_the_query_do_not_count(ask: Ask, world: World) -> None:
    token = world.token(SUBMITTER)
    doubled = [("Authorization", f"Bearer {token}"), ("Authorization", f"Bearer {token}")]
    assert ask("GET", "/v1/packages", headers=doubled).json()["code"] == "token-malformed"
    assert ask("GET", f"/v1/packages?access_token={token}").status_code in (400, 401)


def test_an_expired_token(ask: Ask, world: World) -> None:
    token = world.token(SUBMITTER)
    world.clock_offset = timedelta(minutes=11)
    response = ask("GET", "/v1/packages", headers={"Authorization": f"Bearer {token}"})
    assert (response.status_code, response.json()["code"]) == (401, "token-expired")


def test_a_foreign_and_an_unsigned_token(ask: Ask, world: World) -> None:
    foreign = TokenAuthority(ec.generate_private_key(ec.SECP256R1()), ISSUER, ISSUER)
    token = foreign.issue_access_token(PRINCIPALS[0], "", world.now())
    assert ask("GET", "/v1/packages", headers={"Authorization": f"Bearer {token}"}).status_code == 401
    payload = world.token(SUBMITTER).split(".")[1]
    none = base64.urlsafe_b64encode(json.dumps({"alg": "none", "typ": "at+jwt"}).encode()).rstrip(b"=").decode()
    unsigned = ask("GET", "/v1/packages", headers={"Authorization": f"Bearer {none}.{payload}."})
    assert unsigned.status_code == 401


def test_a_revoked_key_ends_the_tokens_it_could_have_bought(ask: Ask, world: World) -> None:
    token = world.token(SUBMITTER)
    world.clock_offset = timedelta(seconds=2)
    with world.database.transaction() as tx:
        revoke_key(tx, f"{SUBMITTER}-1", world.now())
    response = ask("GET", "/v1/packages", headers={"Authorization": f"Bearer {token}"})
    assert (response.status_code, response.json()["code"]) == (401, "token-revoked")
    (denial,) = [e for e in world.database.events if e.action == "token.use"]
    assert (denial.outcome, denial.reason) == ("deny", "token-revoked")
    assert ask("GET", "/v1/inbox", as_="cnil-fr.investigator").status_code == 200
    world.clock_offset = timedelta(seconds=4)
    assert ask("GET", "/v1/packages", as_=SUBMITTER).status_code == 200


def test_a_principal_that_was_moved_or_removed_is_out_at_once(ask: Ask, world: World) -> None:
    token = world.token(SUBMITTER)
    del world.database.state.principals[SUBMITTER]
    response = ask("GET", "/v1/packages", headers={"Authorization": f"Bearer {token}"})
    assert (response.status_code, response.json()["code"]) == (401, "principal-unknown")


def test_every_operation_but_the_public_ones_needs_a_token(ask: Ask) -> None:
    paths = ask("GET", "/v1/openapi.json").json()["paths"]
    asked = 0
    for path, operations in paths.items():
        for method, operation in operations.items():
            if operation.get("security"):
                address = path.replace("{path}", "0/000")
                for name in ("package_id", "exhibit_id", "release_id", "rendition_id"):
                    address = address.replace(f"{{{name}}}", "00000000-0000-4000-8000-000000000000")
                response = ask(method.upper(), address)
                assert response.status_code == 401, (method, path)
                asked += 1
    assert asked >= 17
