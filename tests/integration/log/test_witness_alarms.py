"""A witness offline, refusing or late: an entry, a signed webhook at the sink, the quorum; appends go on."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse

from gateway.bootstrap.witnesses import WitnessAddress
from gateway.exchange.log.alerts import AlertRules
from gateway.exchange.ports.sequencing import COSIGNED
from gateway.keyring.file_keyring import FileKeyring
from gateway.keyring.gateway_keys import GatewayKeys
from gateway.storage.database import PostgresDatabase
from gateway.storage.log.sequence import LogSequence
from gateway.storage.schema.log_tables import log_entries
from gateway.translog.checkpoint import open_checkpoint
from gateway.translog.vkey import parse_vkey
from gateway.workers import background
from gateway.workers.alerts import Alerts, add_webhook
from gateway.workers.sequencer import Sequencer
from gateway.workers.witness_client import WitnessClient
from gateway.workers.witnesses import Witnesses
from tests.fakes import seeds
from tests.fakes.witness_world import Direct, OneWitness
from tests.unit.api.world import World

pytest_plugins = ("tests.fakes.postgres",)

SECRET = bytes(range(32))


class Stage:
    """A gateway on a real database, three witnesses of which two must sign, and the clock of who asks them."""

    def __init__(self, world: World, folder: Path) -> None:
        self.world, self.seconds = world, 1000.0
        self.key = parse_vkey(world.keyring.log_vkey)
        self.all = [OneWitness(folder / f"w{i}", f"w.example/{i}", self.key, 60 + i) for i in range(3)]
        self.transport = Direct()
        for number, witness in enumerate(self.all):
            self.transport.apps[f"w{number}"] = witness.app
        self.alerts = Alerts(world.gateway, AlertRules())
        self.witnesses = Witnesses(
            world.gateway.log_store,
            self.key,
            tuple(WitnessAddress(w.key.vkey, f"http://w{i}") for i, w in enumerate(self.all)),
            2,
            WitnessClient(self.key, self.transport),
            alarm=lambda *what: background._alarm(world.gateway, *what),
            monotonic=lambda: self.seconds,
        )

    def round(self, seconds: float = 0.0) -> int:
        """An append, its publication, the witnesses, the alerts and their delivery; the size of the log."""
        self.seconds += seconds
        with self.world.database.transaction() as tx:
            tx.ledger.append(seeds.event("release.pull"))
        self._sequence()
        self.witnesses.ask_once()
        self._sequence()
        self.alerts.raise_once()
        self.alerts.deliver_once()
        self._sequence()
        published = self.world.gateway.log_store.read("checkpoint")
        assert published is not None
        return open_checkpoint(published, self.key).checkpoint.size

    def _sequence(self) -> None:
        gateway = self.world.gateway
        sequencer = Sequencer(
            LogSequence(gateway.database.engine), gateway.log_store, gateway.keyring.log_signer, self.key
        )
        try:
            while sequencer.sequence_once() or not sequencer.leads:
                pass
        finally:
            sequencer.close()

    def cosigned(self) -> tuple[int, list[str]]:
        data = self.world.gateway.log_store.read(COSIGNED)
        assert data is not None
        opened = open_checkpoint(data, self.key, [w.key.vkey for w in self.all])
        return opened.checkpoint.size, [key.name for key in opened.signed_by if key != self.key]

    def entries(self, action: str) -> list[tuple[str, str]]:
        with self.world.gateway.database.engine.connect() as connection:
            leaves = [json.loads(leaf) for leaf in connection.execute(select(log_entries.c.leaf)).scalars()]
        return [(e["reason"], e["object"]["id"]) for e in leaves if e["action"] == action]


@pytest.fixture
def stage(tmp_path: Path, postgres_url: str) -> Iterator[Stage]:
    database = PostgresDatabase(postgres_url, keyring=FileKeyring(GatewayKeys.generate("test.example/log")))
    yield Stage(World(tmp_path / "world", database=database), tmp_path)
    database.close()


@contextmanager
def a_sink() -> Iterator[tuple[str, list[tuple[dict[str, str], bytes]]]]:
    got: list[tuple[dict[str, str], bytes]] = []

    class Sink(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            got.append(({k.lower(): v for k, v in self.headers.items()}, body))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Sink) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/alerts", got
        finally:
            server.shutdown()
            thread.join()


def _refusing(_request: Any) -> PlainTextResponse:
    return PlainTextResponse("no\n", 403)


@pytest.mark.enable_socket
@pytest.mark.parametrize(
    ("trouble", "reason"),
    [("offline", "witness-unreachable"), ("refusing", "witness-refused"), ("clock-back", "witness-unreachable")],
)
def test_one_of_three_in_trouble(stage: Stage, trouble: str, reason: str) -> None:
    with a_sink() as (url, got):
        # Of the operator, who gets what concerns no agreement.
        add_webhook(stage.world.gateway, url, SECRET, None, allow_private=True)
        stage.round()
        assert len(stage.cosigned()[1]) == 3
        if trouble == "offline":
            del stage.transport.apps["w1"]
        elif trouble == "refusing":
            app = Starlette()
            app.add_route("/add-checkpoint", _refusing, methods=["POST"])
            stage.transport.apps["w1"] = app
        else:
            stage.all[1].now -= 3600
        before = stage.round()
        sizes = [stage.round(seconds=70) for _ in range(3)]
        assert before < sizes[0] < sizes[1] < sizes[2]  # appends never stop
    assert stage.entries("witness.alarm") == [(reason, "w.example/1")]
    assert "witness-lag" in [rule for rule, _ in stage.entries("alert.raised")]
    # Two of three still make a quorum, for what is new.
    size, signers = stage.cosigned()
    assert signers == ["w.example/0", "w.example/2"]
    assert size > before
    headers, body = next((h, b) for h, b in got if json.loads(b)["data"]["rule"] == "witness-lag")
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    expected = base64.b64encode(hmac.new(SECRET, signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"


def test_without_a_quorum_the_log_grows_and_the_cosigned_checkpoint_stays(stage: Stage) -> None:
    stage.round()
    before = stage.cosigned()
    del stage.transport.apps["w0"], stage.transport.apps["w1"]
    size = stage.round()
    assert stage.round(seconds=70) > size
    assert stage.cosigned() == before
    assert sorted(stage.entries("witness.alarm")) == [
        ("witness-unreachable", "w.example/0"),
        ("witness-unreachable", "w.example/1"),
    ]
