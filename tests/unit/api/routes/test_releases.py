"""Inbox, signed manifest, acknowledgement, report, reviews, log, health."""

from __future__ import annotations

import base64
import hashlib
from datetime import UTC, datetime
from typing import Any

from fastapi import FastAPI

from gateway.envelope.manifest import Acknowledgement, ReleaseManifest
from gateway.envelope.signature import load_public_key, sign, verify
from gateway.errors import GatewayError, IntegrityFailure
from tests.fakes import seeds
from tests.unit.api.conftest import Ask
from tests.unit.api.world import World

INVESTIGATOR = "cnil-fr.investigator"


def _acknowledgement(world: World, release: str, manifest: bytes, **changes: Any) -> dict[str, Any]:
    document = Acknowledgement(
        release=release,
        manifest_digest=hashlib.sha256(manifest).hexdigest(),
        outcome="accepted",
        time=datetime.now(UTC).replace(microsecond=0),
    ).canonical()
    key = changes.get("key", world.signing["cnil-fr"])
    return {
        "acknowledgement": base64.b64encode(document).decode(),
        "signature": base64.b64encode(sign(key, document)).decode(),
        "key_id": changes.get("key_id", "cnil-fr.signing-1"),
    }


def test_the_inbox_shows_what_one_may_pull_page_by_page(ask: Ask, world: World) -> None:
    releases = {world.release(b"text %d" % i) for i in range(1)}
    inbox = ask("GET", "/v1/inbox", as_=INVESTIGATOR).json()
    assert {r["id"] for r in inbox["releases"]} == releases
    described = inbox["releases"][0]
    assert described == ask("GET", f"/v1/releases/{described['id']}", as_=INVESTIGATOR).json()
    assert ask("HEAD", described["content"], as_=INVESTIGATOR).headers["etag"] == described["etag"]
    page = ask("GET", "/v1/inbox?limit=1", as_=INVESTIGATOR).json()
    assert page["next"] == described["id"]
    assert ask("GET", f"/v1/inbox?limit=1&after={page['next']}", as_=INVESTIGATOR).json() == {
        "releases": [],
        "next": None,
    }
    assert ask("GET", "/v1/inbox", as_="ico-uk.submitter").json()["releases"] == []
    # A role that may not pull sees nothing, but its pages go on.
    officer = ask("GET", "/v1/inbox?limit=1", as_="cnil-fr.officer").json()
    assert officer == {"releases": [], "next": described["id"]}


def test_the_manifest_is_byte_for_byte_what_was_signed(ask: Ask, world: World) -> None:
    release = world.release(b"text")
    manifest = ask("GET", f"/v1/releases/{release}/manifest", as_=INVESTIGATOR).content
    signature = ask("GET", f"/v1/releases/{release}/manifest.sig", as_=INVESTIGATOR)
    pem = ask("GET", "/v1/gateway").json()["signing_key"]
    verify(load_public_key(pem), manifest, signature.content)
    assert ReleaseManifest.parse(manifest).release == release
    assert signature.headers["content-type"] == "application/octet-stream"


def test_an_acknowledgement_is_taken_once(ask: Ask, world: World) -> None:
    release = world.release(b"text")
    address = f"/v1/releases/{release}"
    manifest = ask("GET", f"{address}/manifest", as_=INVESTIGATOR).content
    body = _acknowledgement(world, release, manifest)
    key = {"Idempotency-Key": "a"}
    first = ask("POST", f"{address}/acknowledgement", as_=INVESTIGATOR, json=body, headers=key)
    assert first.status_code == 201
    again = ask("POST", f"{address}/acknowledgement", as_=INVESTIGATOR, json=body, headers=key)
    assert again.content == first.content
    third = ask("POST", f"{address}/acknowledgement", as_=INVESTIGATOR, json=body)
    assert (third.status_code, third.json()["code"]) == (409, "already-acknowledged")
    assert ask("GET", address, as_=INVESTIGATOR).json()["acknowledged_at"] is not None


def test_acknowledgements_that_are_not_the_agencys(ask: Ask, world: World) -> None:
    release = world.release(b"text")
    address = f"/v1/releases/{release}/acknowledgement"
    manifest = ask("GET", f"/v1/releases/{release}/manifest", as_=INVESTIGATOR).content
    forged = _acknowledgement(world, release, manifest, key=world.signing["ico-uk"])
    assert ask("POST", address, as_=INVESTIGATOR, json=forged).status_code == 422
    foreign = _acknowledgement(world, release, manifest, key=world.signing["ico-uk"], key_id="ico-uk.signing-1")
    assert ask("POST", address, as_=INVESTIGATOR, json=foreign).json()["code"] == "signing-key-unknown"
    other = _acknowledgement(world, release, b"another manifest")
    assert ask("POST", address, as_=INVESTIGATOR, json=other).json()["code"] == "acknowledgement-mismatch"
    assert world.database.state.releases[release].acknowledged_at is None


def test_the_report_is_for_sender_and_receiver(ask: Ask, world: World) -> None:
    world.release(b"text")
    rendition = next(iter(world.database.state.renditions))
    for principal in (INVESTIGATOR, "ico-uk.submitter"):
        report = ask("GET", f"/v1/renditions/{rendition}/report", as_=principal)
        assert report.json()["verified"]["hits"] == 0
    for principal in ("ftc-us.submitter", "cnil-fr.officer"):
        refused = ask("GET", f"/v1/renditions/{rendition}/report", as_=principal)
        assert (refused.status_code, refused.json()["code"]) == (404, "rendition-unknown")


def test_review_needs_another_person_of_the_sending_agency(ask: Ask, world: World) -> None:
    rendition = world.in_review()
    pending = ask("GET", "/v1/reviews", as_="ico-uk.reviewer").json()["reviews"]
    assert [(r["rendition"], r["approvals_needed"]) for r in pending] == [(rendition, 1)]
    assert ask("GET", "/v1/reviews", as_="ftc-us.submitter").json() == {"reviews": [], "next": None}
    address = f"/v1/reviews/{rendition}/approve"
    assert ask("POST", address, as_="ico-uk.submitter").status_code == 403
    assert ask("POST", address, as_="ftc-us.submitter").status_code == 404
    approved = ask("POST", address, as_="ico-uk.reviewer", json={"note": "checked"})
    assert approved.json()["state"] == "approved"
    assert ask("POST", f"/v1/reviews/{rendition}/reject", as_="ico-uk.reviewer").status_code == 409
    assert ask("POST", address, as_="ico-uk.reviewer", json={"note": "n" * 501}).status_code == 400


def test_reading_the_log_needs_a_right_and_is_recorded(ask: Ask, world: World) -> None:
    world.release(b"text")
    for _ in range(4):
        ask("GET", "/v1/inbox", as_=INVESTIGATOR)
    ask("GET", "/v1/packages", as_="ftc-us.submitter")
    world.database.sequence()
    answer = ask("GET", "/v1/log/entries?limit=1000", as_="cnil-fr.officer").json()
    assert answer["entries"]
    assert not any('"ftc-us"' in entry["leaf"] for entry in answer["entries"])
    read = world.database.events[-1]
    assert (read.action, read.outcome) == ("log.read", "done")
    for principal in (INVESTIGATOR, "ftc-us.submitter"):
        refused = ask("GET", "/v1/log/entries", as_=principal)
        assert refused.status_code == 403
        denial = world.database.events[-1]
        assert (denial.action, denial.outcome) == ("log.read", "deny")
    page = ask("GET", "/v1/log/entries?limit=2&start=0", as_="cnil-fr.officer").json()
    following = ask("GET", f"/v1/log/entries?limit=2&start={page['next']}", as_="cnil-fr.officer").json()
    assert following["entries"][0]["seq"] > page["entries"][-1]["seq"]


def test_checkpoint_and_hash_tiles_but_never_entry_bundles(ask: Ask, world: World) -> None:
    empty = ask("GET", "/v1/log/checkpoint", as_=INVESTIGATOR)
    assert (empty.status_code, empty.json()["code"]) == (404, "checkpoint-unknown")
    store = world.gateway.log_store
    store.publish(b"test.example/log\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n\n")
    store.put_once([("tile/0/000.p/1", b"h" * 32), ("tile/entries/000.p/1", b"secret entry")])
    assert ask("GET", "/v1/log/checkpoint", as_=INVESTIGATOR).text.startswith("test.example/log\n")
    tile = ask("GET", "/v1/log/tile/0/000.p/1", as_=INVESTIGATOR)
    assert tile.content == b"h" * 32
    assert "immutable" in tile.headers["cache-control"]
    for path in (
        "entries/000.p/1",
        "0/001",
        "0/0",
        "%2e%2e/checkpoint",
        "0/000.p/1/%2e%2e/%2e%2e/%2e%2e/head",
        "63/x000/000",
    ):
        assert ask("GET", f"/v1/log/tile/{path}", as_=INVESTIGATOR).status_code == 404, path


def test_public_facts_and_health(ask: Ask, world: World) -> None:
    identity = ask("GET", "/v1/gateway").json()
    assert identity["log"]["vkey"].startswith("test.example/log+")
    assert "PRIVATE" not in str(identity)
    assert ask("GET", "/healthz").json()["status"] == "ok"
    assert ask("GET", "/readyz").json() == {"status": "ok", "checks": {"database": "ok", "log": "ok"}}
    world.database.available = False
    unready = ask("GET", "/readyz")
    assert (unready.status_code, unready.json()["checks"]["database"]) == (503, "unavailable")
    assert ask("GET", "/healthz").status_code == 200
    down = ask("GET", "/v1/packages", as_=None, headers={"Authorization": "Bearer x"})
    assert down.status_code == 401


def test_a_log_that_stands_still_is_not_ready(ask: Ask, app: FastAPI) -> None:
    class Standing:
        refusal: GatewayError | None = None

    app.state.sequencer = Standing()
    assert ask("GET", "/readyz").status_code == 200
    Standing.refusal = IntegrityFailure("log-forked", "The log is forked at /secret/place.")
    unready = ask("GET", "/readyz")
    assert (unready.status_code, unready.json()["checks"]["sequencer"]) == (503, "unavailable")
    assert "secret" not in unready.text


def test_a_database_that_is_away(ask: Ask, world: World) -> None:
    headers = world.bearer("ico-uk.submitter")
    world.database.available = False
    response = ask("GET", f"/v1/packages/{seeds.new_id()}", headers=headers)
    assert (response.status_code, response.json()["code"]) == (503, "database-unavailable")
