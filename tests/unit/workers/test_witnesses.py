"""The gateway asks its witnesses: quorum, offline, lagging, refusing, lying, and evidence of a fork."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest
from obstore.store import MemoryStore
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from gateway.blobs.log_store import LogStore
from gateway.bootstrap.witnesses import WitnessAddress, read_witnesses, witness_policy
from gateway.errors import IntegrityFailure, Misconfigured
from gateway.exchange.log.witness_report import read_witness_report
from gateway.exchange.ports.sequencing import COSIGNED
from gateway.settings import Settings
from gateway.translog.checkpoint import open_checkpoint
from gateway.workers.witness_client import WitnessClient
from gateway.workers.witnesses import Witnesses
from tests.fakes.published_log import SIGNER, PublishedLog
from tests.fakes.witness_world import Direct, OneWitness


class Stage:
    """Three witnesses, one log, and a clock that is set by hand."""

    def __init__(self, folder: Path, quorum: int = 2) -> None:
        self.log = PublishedLog(LogStore(MemoryStore()))
        self.transport = Direct()
        self.all = [OneWitness(folder / f"w{i}", f"w.example/{i}", SIGNER.vkey, 60 + i) for i in range(3)]
        self.addresses = tuple(WitnessAddress(w.key.vkey, f"http://w{i}") for i, w in enumerate(self.all))
        for number in range(3):
            self.up(number)
        self.now = 1000.0
        self.alarms: list[tuple[str, str, str]] = []
        self.quorum = quorum
        self.witnesses = self.start()

    def start(self) -> Witnesses:
        return Witnesses(
            self.log.store,
            SIGNER.vkey,
            self.addresses,
            self.quorum,
            WitnessClient(SIGNER.vkey, self.transport),
            alarm=lambda name, outcome, reason, detail: self.alarms.append((name, outcome, reason)),
            monotonic=lambda: self.now,
        )

    def up(self, number: int, app: Starlette | None = None) -> None:
        self.transport.apps[f"w{number}"] = app or self.all[number].app

    def down(self, number: int) -> None:
        del self.transport.apps[f"w{number}"]

    def cosigned(self) -> tuple[int, list[str]] | None:
        data = self.log.store.read(COSIGNED)
        if data is None:
            return None
        opened = open_checkpoint(data, SIGNER.vkey, [w.key.vkey for w in self.all])
        return opened.checkpoint.size, [key.name for key in opened.signed_by if key != SIGNER.vkey]

    def states(self) -> list[str]:
        report = read_witness_report(self.log.store)
        assert report is not None
        return [state.state for state in report.witnesses]


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path)


def answering(status: int, body: str = "", known: bytes | None = None) -> Starlette:
    async def answer(request: Request) -> Response:
        return PlainTextResponse(body, status)

    async def checkpoint(request: Request) -> Response:
        return Response(known, 200) if known else Response("", 404)

    return Starlette(
        routes=[Route("/add-checkpoint", answer, methods=["POST"]), Route("/checkpoint/{log}", checkpoint)]
    )


def test_all_cosign(stage: Stage) -> None:
    for size in (5, 305):
        stage.log.grow(size - len(stage.log.leaves))
        stage.witnesses.ask_once()
        assert stage.cosigned() == (size, ["w.example/0", "w.example/1", "w.example/2"])
    asked = len(stage.transport.asked)
    stage.witnesses.ask_once()
    assert len(stage.transport.asked) == asked  # who has signed is not asked again
    assert stage.states() == ["ok", "ok", "ok"]
    report = read_witness_report(stage.log.store)
    assert report is not None
    assert (report.quorum, report.met, report.size) == (2, True, 305)


def test_one_offline_stops_nothing_and_is_an_alarm_after_a_while(stage: Stage) -> None:
    stage.down(1)
    stage.log.grow(5)
    stage.witnesses.ask_once()
    assert stage.cosigned() == (5, ["w.example/0", "w.example/2"])
    assert stage.states() == ["ok", "unreachable", "ok"]
    assert stage.alarms == []
    for _ in range(40):
        stage.now += 5
        stage.log.grow(1)
        stage.witnesses.ask_once()
    assert stage.states() == ["ok", "behind", "ok"]
    assert stage.alarms == [("w.example/1", "failed", "witness-unreachable")]
    # 200 seconds, pauses up to a minute: it is not asked each time.
    assert len([path for path in stage.transport.asked if "w1/" in path]) < 12
    stage.up(1)
    stage.now += 60
    stage.witnesses.ask_once()
    assert stage.cosigned() == (45, ["w.example/0", "w.example/1", "w.example/2"])
    assert stage.alarms[-1] == ("w.example/1", "done", "witness-cosigns")


def test_without_a_quorum_nothing_new_is_published(stage: Stage) -> None:
    stage.log.grow(5)
    stage.witnesses.ask_once()
    stage.down(0)
    stage.down(1)
    stage.log.grow(5)
    stage.witnesses.ask_once()
    assert stage.cosigned() == (5, ["w.example/0", "w.example/1", "w.example/2"])
    stage.up(0)
    stage.now += 60
    stage.witnesses.ask_once()
    assert stage.cosigned() == (10, ["w.example/0", "w.example/2"])


@pytest.mark.parametrize(
    ("status", "body", "reason"),
    [
        (403, "no", "witness-refused"),
        (404, "no", "witness-refused"),
        (302, "", "witness-refused"),
        (422, "no", "witness-disagrees"),
        (409, "999\n", "witness-ahead"),
        (409, "x", "witness-answer-invalid"),
        (409, "09\n", "witness-answer-invalid"),
        (200, "", "witness-answer-invalid"),
        (200, "— w.example/1 AAAAAAAA\n", "witness-answer-invalid"),
        (200, "x" * 20_000, "witness-unreachable"),
        (500, "", "witness-unreachable"),
    ],
)
def test_one_that_refuses_or_lies_is_an_alarm_and_stops_nothing(
    status: int, body: str, reason: str, stage: Stage
) -> None:
    stage.up(1, answering(status, body))
    stage.log.grow(5)
    stage.witnesses.ask_once()
    stage.now += 61
    stage.witnesses.ask_once()
    assert stage.alarms == [("w.example/1", "failed", reason)]
    assert stage.cosigned() == (5, ["w.example/0", "w.example/2"])
    assert stage.witnesses.objection is None
    for _ in range(5):
        stage.now += 61
        stage.witnesses.ask_once()
    assert len(stage.alarms) == 1  # one an hour


def test_the_cosignature_of_another_does_not_count(stage: Stage) -> None:
    stage.up(1, stage.all[0].app)
    stage.log.grow(5)
    stage.witnesses.ask_once()
    assert stage.cosigned() == (5, ["w.example/0", "w.example/2"])


def test_at_start_whoever_knows_more_stops_the_log(stage: Stage) -> None:
    """Database and store were restored together: only the witnesses can tell."""
    old = stage.log.grow(5)
    head = open_checkpoint(old, SIGNER.vkey).checkpoint
    stage.witnesses.check(head, old)
    stage.log.grow(5)
    stage.witnesses.ask_once()
    restored = PublishedLog(LogStore(MemoryStore()))
    restored.grow(5)
    stage.log = restored
    with pytest.raises(IntegrityFailure) as caught:
        stage.start().check(head, old)
    assert caught.value.code == "log-witness-ahead"
    # Grown further, but otherwise.
    other = PublishedLog(LogStore(MemoryStore()), salt="other")
    note = other.grow(20)
    stage.log = other
    with pytest.raises(IntegrityFailure) as caught:
        stage.start().check(open_checkpoint(note, SIGNER.vkey).checkpoint, note)
    assert caught.value.code == "log-witness-disagrees"
    for number in range(3):
        stage.down(number)
    stage.start().check(open_checkpoint(note, SIGNER.vkey).checkpoint, note)


def test_while_running_only_evidence_stops_the_log(stage: Stage) -> None:
    stage.log.grow(5)
    stage.witnesses.ask_once()
    ahead = PublishedLog(LogStore(MemoryStore()), salt="other").grow(50)
    stage.up(1, answering(409, "50\n", known=b"not signed by us"))
    stage.log.grow(1)
    stage.witnesses.ask_once()
    assert stage.witnesses.objection is None
    stage.up(1, answering(409, "50\n", known=ahead))
    stage.log.grow(1)
    stage.now += 60
    stage.witnesses.ask_once()
    assert stage.witnesses.objection is not None
    assert stage.witnesses.objection.code == "log-witness-ahead"


def test_a_new_process_takes_up_what_was_known(stage: Stage) -> None:
    stage.log.grow(5)
    stage.witnesses.ask_once()
    stage.log.grow(5)
    stage.transport.asked.clear()
    again = stage.start()
    again.ask_once()
    assert len(stage.transport.asked) == 3  # no guess had to be corrected
    assert stage.cosigned() is not None


def test_the_file_of_witnesses(tmp_path: Path, stage: Stage) -> None:
    lines = [f"{address.vkey.encode()} {address.url}/" for address in stage.addresses]
    file = tmp_path / "witnesses"

    def read(text: str, quorum: int = 0) -> int:
        file.write_text(text)
        return len(read_witnesses(Settings(home=tmp_path, witnesses=file, witness_quorum=quorum)))

    assert read("# ours\n\n" + "\n".join(lines)) == 3
    assert witness_policy(Settings(home=tmp_path, witnesses=file, witness_quorum=2)).quorum == 2
    assert read_witnesses(Settings(home=tmp_path)) == ()
    for text in (
        lines[0] + "\n" + lines[0],
        lines[0] + " x",
        lines[0].split()[0],
        lines[0].replace("http:", "ftp:"),
        f"{SIGNER.vkey.encode()} http://w",
        "x http://w",
    ):
        with pytest.raises(Misconfigured) as caught:
            read(text)
        assert caught.value.code == "witnesses-file-invalid"
    with pytest.raises(Misconfigured) as caught:
        read(lines[0], 2)
    assert caught.value.code == "witness-quorum-impossible"
    file.unlink()
    with pytest.raises(Misconfigured):
        read_witnesses(Settings(home=tmp_path, witnesses=file))


def test_a_server_that_trickles_is_cut_off(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    class Trickle(httpx.BaseTransport):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            return httpx.Response(200, content=(b"x" for _ in range(10)))

    clock = iter(range(0, 1000, 3))
    monkeypatch.setattr("gateway.workers.witness_client.time.monotonic", lambda: float(next(clock)))
    client = WitnessClient(SIGNER.vkey, Trickle())
    stage.log.grow(5)
    from gateway.exchange.log.reader import LogReader
    from gateway.translog.note import parse_note

    prover = LogReader(stage.log.store, SIGNER.vkey).prover()
    assert client.ask(stage.addresses[0], prover, parse_note(prover.note), 0).code == "witness-unreachable"
