"""Proofs and witnesses over HTTP: right, refused out of range, and never made of damaged tiles."""

from __future__ import annotations

import base64

import jsonschema
import pytest

from gateway.exchange.log.witness_report import WitnessReport, WitnessState, write_witness_report
from gateway.exchange.ports.sequencing import COSIGNED
from gateway.translog.checkpoint import open_checkpoint
from gateway.translog.merkle import leaf_hash, verify_consistency, verify_inclusion
from gateway.translog.proof import parse_proof
from gateway.translog.vkey import VerifierKey, parse_vkey
from tests.fakes.published_log import PublishedLog
from tests.unit.api.conftest import Ask
from tests.unit.api.world import World

ANYBODY = "cnil-fr.investigator"


@pytest.fixture
def log(world: World) -> PublishedLog:
    log = PublishedLog(world.gateway.log_store, world.gateway.keyring.log_signer)
    log.grow(300)
    return log


@pytest.fixture
def vkey(world: World) -> VerifierKey:
    return parse_vkey(world.gateway.keyring.log_vkey)


def test_inclusion(ask: Ask, log: PublishedLog, vkey: VerifierKey) -> None:
    log.grow(17)
    schemas = ask("GET", "/v1/openapi.json").json()["components"]
    for index, query, size in ((0, "", 317), (316, "", 317), (12, "&size=13", 13), (299, "&size=300", 300)):
        answer = ask("GET", f"/v1/log/proofs/inclusion?index={index}{query}", as_=ANYBODY).json()
        jsonschema.validate(answer, {"$ref": "#/components/schemas/InclusionProof", "components": schemas})
        assert (answer["index"], answer["size"]) == (index, size)
        assert answer["leaf_hash"] == leaf_hash(log.leaves[index]).hex()
        hashes = [base64.b64decode(text) for text in answer["hashes"]]
        verify_inclusion(index, size, leaf_hash(log.leaves[index]), hashes, bytes.fromhex(answer["root"]))
        head = open_checkpoint(answer["checkpoint"].encode(), vkey).checkpoint
        assert head.size == 317
        if not query:
            assert head.root.hex() == answer["root"]


def test_consistency(ask: Ask, log: PublishedLog, vkey: VerifierKey) -> None:
    log.grow(1000)
    schemas = ask("GET", "/v1/openapi.json").json()["components"]
    for old, query, new in ((0, "", 1300), (300, "", 1300), (255, "&to=300", 300), (1300, "", 1300)):
        answer = ask("GET", f"/v1/log/proofs/consistency?from={old}{query}", as_=ANYBODY).json()
        jsonschema.validate(answer, {"$ref": "#/components/schemas/ConsistencyProof", "components": schemas})
        assert (answer["from"], answer["to"]) == (old, new)
        hashes = [base64.b64decode(text) for text in answer["hashes"]]
        verify_consistency(old, new, bytes.fromhex(answer["from_root"]), bytes.fromhex(answer["to_root"]), hashes)


def test_an_offline_proof(ask: Ask, log: PublishedLog, vkey: VerifierKey) -> None:
    answer = ask("GET", "/v1/log/proofs/tlog-proof?index=77", as_=ANYBODY)
    assert "entry-77.tlog-proof" in answer.headers["content-disposition"]
    proof = parse_proof(answer.content)
    assert proof.verify(log.leaves[77], vkey).checkpoint.size == 300
    missing = ask("GET", "/v1/log/proofs/tlog-proof?index=77&cosigned=true", as_=ANYBODY)
    assert (missing.status_code, missing.json()["code"]) == (404, "checkpoint-not-cosigned")
    log.store.publish(log.checkpoint(), COSIGNED)
    log.grow(10)
    old = parse_proof(ask("GET", "/v1/log/proofs/tlog-proof?index=77&cosigned=true", as_=ANYBODY).content)
    assert old.verify(log.leaves[77], vkey).checkpoint.size == 300
    assert ask("GET", "/v1/log/checkpoint/cosigned", as_=ANYBODY).content == old.checkpoint


@pytest.mark.parametrize(
    "query",
    [
        "inclusion?index=300",
        "inclusion?index=5&size=5",
        "inclusion?index=5&size=301",
        "consistency?from=301",
        "consistency?from=5&to=4",
        "tlog-proof?index=300",
    ],
)
def test_out_of_range(query: str, ask: Ask, log: PublishedLog) -> None:
    answer = ask("GET", f"/v1/log/proofs/{query}", as_=ANYBODY)
    assert (answer.status_code, answer.json()["code"]) == (400, "log-proof-range")


def test_only_for_the_registered(ask: Ask, log: PublishedLog) -> None:
    for path in ("proofs/inclusion?index=1", "proofs/consistency?from=1", "proofs/tlog-proof?index=1", "witnesses"):
        assert ask("GET", f"/v1/log/{path}").status_code == 401
        assert ask("GET", f"/v1/log/{path}", as_=ANYBODY).status_code in (200, 404)
        assert ask("GET", f"/v1/log/{path}{'&' if '?' in path else '?'}x=1", as_=ANYBODY).status_code == 400


def test_damaged_tiles_make_no_proof(ask: Ask, log: PublishedLog) -> None:
    log.store.delete(["tile/0/000"])
    log.store.put_once([("tile/0/000", bytes(8192))])
    for path in ("inclusion?index=1", "consistency?from=100", "tlog-proof?index=200"):
        answer = ask("GET", f"/v1/log/proofs/{path}", as_=ANYBODY)
        assert (answer.status_code, answer.json()["code"]) == (500, "log-proof-invalid"), path
    log.store.delete(["tile/0/001.p/44"])
    missing = ask("GET", "/v1/log/proofs/inclusion?index=299", as_=ANYBODY)
    assert missing.json()["code"] == "log-file-missing"


def test_witnesses(ask: Ask, world: World) -> None:
    none = ask("GET", "/v1/log/witnesses", as_=ANYBODY)
    assert (none.status_code, none.json()["code"]) == (404, "witnesses-unknown")
    state = WitnessState("w.example/a", "w.example/a+x", "ok", 12, 1700000000)
    write_witness_report(world.gateway.log_store, WitnessReport(1, True, 12, (state,)))
    answer = ask("GET", "/v1/log/witnesses", as_=ANYBODY).json()
    assert (answer["quorum"], answer["met"], answer["size"]) == (1, True, 12)
    assert answer["witnesses"][0]["name"] == "w.example/a"
    assert ask("GET", "/readyz").json()["checks"]["witnesses"] == "ok"
    late = WitnessReport(1, True, 12, (state.but(state="behind"),))
    write_witness_report(world.gateway.log_store, late)
    ready = ask("GET", "/readyz")
    assert (ready.status_code, ready.json()["checks"]["witnesses"]) == (200, "behind")
