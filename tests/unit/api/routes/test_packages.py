"""Packages over HTTP: created, decided, repeated, refused, submitted, withdrawn."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

import pytest

from gateway.envelope.manifest import PackageReceipt
from gateway.envelope.signature import load_public_key, verify
from gateway.evidence.manifest import DeclaredExhibit
from tests.unit.api.conftest import Ask
from tests.unit.api.world import World

SUBMITTER = "ico-uk.submitter"
REPORT = b"The model advised the patient to stop the treatment."


def _declared(data: bytes = REPORT, name: str = "report.txt", kind: str = "incident-report") -> DeclaredExhibit:
    return DeclaredExhibit(name, kind, "text/plain", len(data), hashlib.sha256(data).hexdigest())


def test_creation_decides_every_exhibit(ask: Ask, world: World) -> None:
    body = world.creation(_declared(), _declared(b"w", "weights.txt", "training-data"))
    response = ask("POST", "/v1/packages", as_=SUBMITTER, json=body)
    assert response.status_code == 201
    package = response.json()
    assert package["state"] == "open"
    assert [e["state"] for e in package["exhibits"]] == ["declared", "refused"]
    permitted, refused = (e["decision"] for e in package["exhibits"])
    assert (permitted["outcome"], permitted["clause"]) == ("permit", "/evidence/incident-report")
    assert refused["outcome"] == "deny"
    assert refused["reasons"]
    actions = [(e.action, e.outcome) for e in world.database.events if e.object.get("id") == package["id"]]
    assert ("package.create", "permit") in actions
    assert "content_type" not in response.text


def test_a_package_of_which_nothing_is_permitted_is_denied_and_recorded(ask: Ask, world: World) -> None:
    body = world.creation(_declared(b"w", "weights.txt", "training-data"))
    response = ask("POST", "/v1/packages", as_=SUBMITTER, json=body)
    assert response.status_code == 403
    problem = response.json()
    assert problem["code"] == "no-exhibit-permitted"
    assert problem["clause"].startswith("/")
    assert problem["exhibits"][0]["outcome"] == "deny"
    assert world.database.state.packages == {}
    denial = world.database.events[-1]
    assert (denial.action, denial.outcome, denial.reason) == ("package.create", "deny", "no-exhibit-permitted")


def test_a_denial_that_cannot_be_recorded_is_not_given(ask: Ask, world: World) -> None:
    world.database.log_available = False
    response = ask("POST", "/v1/packages", as_=SUBMITTER, json=world.creation(_declared(kind="training-data")))
    assert (response.status_code, response.json()["code"]) == (503, "log-unavailable")
    assert "retry-after" in response.headers
    assert "training-data" not in response.text


def test_the_third_agency_hears_that_there_is_no_such_agreement(ask: Ask, world: World) -> None:
    foreign = ask("POST", "/v1/packages", as_="ftc-us.submitter", json=world.creation(_declared(), agency="ftc-us"))
    unknown = ask(
        "POST", "/v1/packages", as_=SUBMITTER, json=world.creation(_declared(), agreement="no-such-agreement")
    )
    assert (foreign.status_code, foreign.json()["code"]) == (404, "agreement-unknown")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "agreement-unknown")
    assert [e.outcome for e in world.database.events[-2:]] == ["deny", "deny"]


def test_a_signature_that_does_not_verify(ask: Ask, world: World) -> None:
    body = world.creation(_declared())
    body["manifest"]["purpose"] = "joint-enforcement"
    response = ask("POST", "/v1/packages", as_=SUBMITTER, json=body)
    assert (response.status_code, response.json()["code"]) == (422, "manifest-signature-invalid")
    assert world.database.state.packages == {}
    foreign = world.creation(_declared(), agency="cnil-fr")
    assert ask("POST", "/v1/packages", as_=SUBMITTER, json=foreign).json()["code"] == "signing-key-unknown"


def _changed(body: dict[str, Any], change: str) -> bytes:
    manifest = body["manifest"]
    exhibit = manifest["exhibits"][0]
    match change:
        case "unknown key":
            manifest["priority"] = 1
        case "unknown body key":
            body["force"] = True
        case "dots":
            exhibit["name"] = "../report.txt"
        case "NUL":
            exhibit["name"] = "a\0b.txt"
        case "bidi":
            exhibit["name"] = "report\u202etxt.exe"
        case "long name":
            exhibit["name"] = "n" * 10_000
        case "negative size":
            exhibit["size"] = -1
        case "huge size":
            exhibit["size"] = 2**50
        case "bad digest":
            exhibit["sha256"] = "zz"
        case "no exhibits":
            manifest["exhibits"] = []
        case "deep":
            return b'{"manifest":' + b"[" * 10_000 + b"]" * 10_000 + b"}"
        case "duplicate key":
            return b'{"manifest":{},"manifest":{}}'
        case "not json":
            return b"{"
        case "nan":
            return b'{"manifest":NaN}'
        case "not utf-8":
            return b'{"manifest":"\xff"}'
        case "large":
            return b'{"manifest":"' + b"x" * (1 << 20) + b'"}'
    return json.dumps(body).encode()


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ("unknown key", 400, "manifest-invalid"),
        ("unknown body key", 400, "request-invalid"),
        ("dots", 400, "name-unsafe"),
        ("NUL", 400, "name-unsafe"),
        ("bidi", 400, "name-unsafe"),
        ("long name", 413, "name-too-long"),
        ("negative size", 400, "manifest-invalid"),
        ("huge size", 400, "manifest-invalid"),
        ("bad digest", 400, "manifest-invalid"),
        ("no exhibits", 400, "manifest-invalid"),
        ("deep", 413, "json-too-deep"),
        ("duplicate key", 400, "json-duplicate-key"),
        ("not json", 400, "json-invalid"),
        ("nan", 400, "json-invalid"),
        ("not utf-8", 400, "json-invalid"),
        ("large", 413, "body-too-large"),
    ],
)
def test_bad_input_is_named_and_leaves_nothing(ask: Ask, world: World, change: str, status: int, code: str) -> None:
    content = _changed(world.creation(_declared()), change)
    response = ask("POST", "/v1/packages", as_=SUBMITTER, content=content, headers={"Content-Type": "application/json"})
    assert (response.status_code, response.json()["code"]) == (status, code)
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["remedy"]
    assert world.database.state.packages == {}


def test_only_json_is_read(ask: Ask, world: World) -> None:
    content = json.dumps(world.creation(_declared()))
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""):
        response = ask("POST", "/v1/packages", as_=SUBMITTER, content=content, headers={"Content-Type": kind})
        assert (response.status_code, response.json()["code"]) == (415, "media-type-unsupported")


def test_the_same_key_and_request_get_the_same_answer_once(ask: Ask, world: World) -> None:
    body, key = world.creation(_declared()), {"Idempotency-Key": "7d9f6c1e"}
    first = ask("POST", "/v1/packages", as_=SUBMITTER, json=body, headers=key)
    again = ask("POST", "/v1/packages", as_=SUBMITTER, json=body, headers=key)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.content == again.content
    assert again.headers["idempotency-replayed"] == "true"
    assert len(world.database.state.packages) == 1


def test_a_reused_key_is_refused_and_belongs_to_its_principal(ask: Ask, world: World) -> None:
    key = {"Idempotency-Key": "k"}
    assert ask("POST", "/v1/packages", as_=SUBMITTER, json=world.creation(_declared()), headers=key).is_success
    other = ask("POST", "/v1/packages", as_=SUBMITTER, json=world.creation(_declared(b"else")), headers=key)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency-key-reused")
    elsewhere = ask("POST", "/v1/packages", as_="ftc-us.submitter", json=world.creation(_declared()), headers=key)
    assert elsewhere.status_code == 404
    assert len(world.database.state.packages) == 1


@pytest.mark.parametrize("key", ["", "a b", "k" * 256, "ü".encode()])
def test_malformed_idempotency_keys(ask: Ask, world: World, key: str | bytes) -> None:
    response = ask(
        "POST", "/v1/packages", as_=SUBMITTER, json=world.creation(_declared()), headers={"Idempotency-Key": key}
    )
    assert (response.status_code, response.json()["code"]) == (400, "idempotency-key-invalid")


def test_a_refusal_is_not_remembered_under_the_key(ask: Ask, world: World) -> None:
    key = {"Idempotency-Key": "k"}
    refused = world.creation(_declared(kind="training-data"))
    assert ask("POST", "/v1/packages", as_=SUBMITTER, json=refused, headers=key).status_code == 403
    assert ask("POST", "/v1/packages", as_=SUBMITTER, json=world.creation(_declared()), headers=key).is_success


def test_the_whole_way_to_a_signed_receipt(ask: Ask, world: World) -> None:
    package = ask("POST", "/v1/packages", as_=SUBMITTER, json=world.creation(_declared())).json()
    address = f"/v1/packages/{package['id']}"
    early = ask("POST", f"{address}/submit", as_=SUBMITTER)
    assert (early.status_code, early.json()["code"]) == (409, "package-incomplete")
    exhibit = package["exhibits"][0]["id"]
    uploaded = ask("PUT", f"{address}/exhibits/{exhibit}/content", as_=SUBMITTER, content=REPORT)
    assert (uploaded.status_code, uploaded.json()["state"]) == (200, "uploaded")
    submitted = ask("POST", f"{address}/submit", as_=SUBMITTER, headers={"Idempotency-Key": "s"})
    receipt = base64.b64decode(submitted.json()["receipt"])
    signature = base64.b64decode(submitted.json()["signature"])
    verify(load_public_key(world.keyring.signing_key_pem()), receipt, signature)
    assert PackageReceipt.parse(receipt).manifest_digest == package["manifest_digest"]
    assert [job.step for job in world.database.jobs] == ["examine"]
    assert ask("POST", f"{address}/submit", as_=SUBMITTER, headers={"Idempotency-Key": "s"}).json() == submitted.json()
    assert ask("POST", f"{address}/submit", as_=SUBMITTER).status_code == 409
    state = ask("GET", address, as_=SUBMITTER).json()
    assert (state["state"], state["exhibits"][0]["state"]) == ("submitted", "uploaded")
    withdrawn = ask("POST", f"{address}/withdraw", as_=SUBMITTER, json={"reason": "sent in error"})
    assert withdrawn.json()["state"] == "withdrawn"


def test_another_agencys_package_is_answered_like_a_missing_one(ask: Ask, world: World) -> None:
    package = ask("POST", "/v1/packages", as_=SUBMITTER, json=world.creation(_declared())).json()
    answers = []
    for package_id in (package["id"], "00000000-0000-4000-8000-000000000000"):
        for method, tail in (("GET", ""), ("POST", "/submit"), ("POST", "/withdraw")):
            response = ask(method, f"/v1/packages/{package_id}{tail}", as_="cnil-fr.investigator")
            problem = response.json()
            del problem["instance"]
            answers.append((response.status_code, json.dumps(problem)))
    assert set(answers) == {answers[0]}
    assert answers[0][0] == 404
    assert ask("GET", "/v1/packages/../../etc", as_=SUBMITTER).status_code == 404
    assert ask("GET", "/v1/packages/not-a-uuid", as_=SUBMITTER).status_code == 404


def test_lists_are_paged_and_queries_are_strict(ask: Ask, world: World) -> None:
    for case in ("case-1", "case-2", "case-3"):
        assert ask("POST", "/v1/packages", as_=SUBMITTER, json=world.creation(_declared(), case=case)).is_success
    first = ask("GET", "/v1/packages?limit=2", as_=SUBMITTER).json()
    rest = ask("GET", f"/v1/packages?limit=2&after={first['next']}", as_=SUBMITTER).json()
    assert [p["case"] for p in first["packages"] + rest["packages"]] == ["case-3", "case-2", "case-1"]
    assert rest["next"] is None
    for query in ("limit=0", "limit=101", "limit=x", "limit=1&limit=2", "state=open", "after=" + "x" * 40):
        response = ask("GET", f"/v1/packages?{query}", as_=SUBMITTER)
        assert response.status_code == 400, query
        assert response.headers["content-type"] == "application/problem+json"
