"""Each command of an officer with ``--credentials``, and the operator's after it, against a running gateway.

The gateway is the real one, set up in a folder of its own with its own PostgreSQL, and answers over HTTP
on the loopback interface; the commands know nothing of it but that folder, or a credentials file.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import text
from typer.testing import CliRunner

from gateway.api.app import create_app
from gateway.bootstrap.gateway import Gateway, open_gateway
from gateway.envelope.signature import private_pem, public_pem
from gateway.errors import Conflict, Denied, GatewayError, IntegrityFailure, InvalidInput, NotFound, Unavailable
from gateway.evidence.agency import RegisteredKey
from gateway.evidence.lifecycle import PackageState
from gateway.evidence.package import Principal
from gateway.keyring.file_keyring import FileKeyring
from gateway.main.command import app
from gateway.settings import read_settings
from gateway.storage.log.sequence import LogSequence
from gateway.translog.proof import parse_proof
from gateway.translog.vkey import parse_vkey
from gateway.workers.sequencer import Sequencer
from tests.fakes import seeds
from tests.integration.log.test_log_erasure import BASIS, NOTE, make_case
from tests.unit.api.world import ISSUER, World, served

#: The commands speak to the server over the loopback interface.
pytestmark = pytest.mark.enable_socket

FIRST, SECOND, STRANGER = "cnil-fr.officer", "ico-uk.officer", "cnil-fr.investigator"
EXHIBIT = "00000000-0000-4000-8000-00000000e001"
PERSON = "cnil-fr.investigator"


@dataclass(repr=False)
class Running:
    """A gateway that answers at an address, and the world of agencies that it knows."""

    world: World
    gateway: Gateway
    address: str

    def sequence(self) -> None:
        keyring = self.gateway.keyring
        rows = LogSequence(self.gateway.database.engine)
        sequencer = Sequencer(rows, self.gateway.log_store, keyring.log_signer, parse_vkey(keyring.log_vkey))
        try:
            sequencer.sequence_once()
        finally:
            sequencer.close()

    def credentials(self, principal: str) -> str:
        folder = self.world.folder / "credentials" / principal
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "auth.pem").write_bytes(private_pem(self.world.auth[principal]))
        (folder / "auth.pem").chmod(0o600)
        members = {
            "gateway": self.address,
            "issuer": ISSUER,
            "agency": principal.split(".")[0],
            "client_id": principal,
            "auth_key": "auth.pem",
            "auth_key_id": f"{principal}-1",
        }
        (folder / "credentials.json").write_text(json.dumps(members))
        return str(folder / "credentials.json")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    home = tmp_path_factory.mktemp("officer") / "home"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EVIDENCE_GATEWAY_HOME", str(home))
        patch.setenv("EVIDENCE_GATEWAY_PASSPHRASE", "a passphrase for this test only")
        patch.setenv("EVIDENCE_GATEWAY_PUBLIC_URL", ISSUER)
        settings = read_settings()
        FileKeyring.create(settings.key_path, settings.passphrase, settings.log_origin, cost=10)
        with open_gateway(settings) as gateway:
            world = World(home, database=gateway.database)
            _second_officer(world)
            with served(create_app(gateway), home, port=0) as address:
                yield Running(world, gateway, address)


def _second_officer(world: World) -> None:
    world.auth[SECOND] = ec.generate_private_key(ec.SECP256R1())
    pem = public_pem(world.auth[SECOND].public_key()).decode()
    since = world.now() - timedelta(days=1)
    with world.database.transaction() as tx:
        officer = Principal(SECOND, "ico-uk", frozenset({"compliance-officer"}))
        tx.directory.put_principal(officer, seeds.event("principal.put"))
        key = RegisteredKey(f"{SECOND}-1", "ico-uk", SECOND, "authentication", pem, since, None)
        tx.directory.add_key(key, seeds.event("key.add"))


@pytest.fixture(scope="module")
def acts(running: Running) -> int:
    """Seven pulls of an exhibit, of which two are denied, under the agreement; returns how many."""
    now = running.world.now()
    with running.world.database.transaction() as tx:
        for number in range(7):
            denied = number in (2, 5)
            tx.ledger.append(
                seeds.event(
                    "release.pull",
                    outcome="deny" if denied else "permit",
                    time=now - timedelta(minutes=number),
                    actor={"agency": "cnil-fr", "principal": PERSON},
                    object={"kind": "release", "id": f"r-{number}", "exhibit": EXHIBIT},
                    agreement=running.world.agreement.ref.as_dict(),
                    clause="/roles/investigator",
                    reason="role-may-not-pull" if denied else "permitted",
                )
            )
        # Between others: neither of the officer's agency nor under an agreement that she audits.
        tx.ledger.append(
            seeds.event("release.pull", outcome="permit", time=now, actor={"agency": "x", "principal": "x"})
        )
    running.sequence()
    return 7


def run(*arguments: str) -> str:
    result = CliRunner().invoke(app, list(arguments), catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def refusal(*arguments: str) -> GatewayError:
    result = CliRunner().invoke(app, list(arguments))
    assert isinstance(result.exception, GatewayError), result.output
    return result.exception


def test_search(running: Running, acts: int) -> None:
    officer = ("-c", running.credentials(FIRST))
    found = json.loads(run("audit", "search", "--principal", PERSON, "--exhibit", EXHIBIT, *officer, "--json"))
    assert len(found["entries"]) == acts
    assert found["next"] is None
    page = json.loads(run("audit", "search", "--exhibit", EXHIBIT, "--limit", "3", *officer, "--json"))
    assert (page["entries"], page["next"]) == (found["entries"][:3], found["entries"][2]["seq"] + 1)
    words = run("audit", "search", "--exhibit", EXHIBIT, "--limit", "3", *officer)
    assert words.splitlines()[-1] == f"more: --start {page['next']}"
    rest = run("audit", "search", "--exhibit", EXHIBIT, "--start", str(page["next"]), *officer)
    assert len(rest.splitlines()) == acts - 3
    assert f"{PERSON}@cnil-fr  release.pull deny" in rest
    filters = ("--outcome", "deny", "--reason", "role-may-not-pull", "--agency", "cnil-fr", "--action", "release.pull")
    more = ("--clause", "/roles/investigator", "--agreement", "eu-uk-ai-incidents", "--since", "2020-01-01")
    assert len(json.loads(run("audit", "search", *filters, *more, *officer, "--json"))["entries"]) == 2
    assert json.loads(run("audit", "search", "--agency", "x", *officer, "--json"))["entries"] == []
    assert len(json.loads(run("audit", "search", "--agency", "x", "--json"))["entries"]) == 1  # the operator's


def test_overviews(running: Running, acts: int) -> None:
    officer = ("-c", running.credentials(FIRST))
    assert len(run("audit", "person", PERSON, *officer).splitlines()) >= acts
    (reader,) = json.loads(run("audit", "readers", EXHIBIT, *officer, "--json"))
    assert (reader["agency"], reader["principal"], reader["times"]) == ("cnil-fr", PERSON, acts - 2)
    assert f"cnil-fr  {PERSON}  {acts - 2}" in run("audit", "readers", EXHIBIT, *officer)
    denials = json.loads(run("audit", "denials", *officer, "--json"))
    assert {"reason": "role-may-not-pull", "agency": "cnil-fr", "count": 2} in denials
    access = json.loads(run("audit", "access", *officer, "--json"))
    assert sum(row["pulls"] for row in access if row["agency"] == "cnil-fr") == acts - 2
    assert not [row for row in access if row["agency"] == "x"]
    assert refusal("audit", "readers", seeds.new_id(), *officer).code == "audit-nothing-found"
    assert refusal("audit", "denials", "--since", "2020-01-01", *officer).code == "audit-query-invalid"


@pytest.mark.parametrize("form", ["jsonl", "csv", "ocsf", "pdf"])
def test_exports(form: str, running: Running, acts: int, tmp_path: Path) -> None:
    officer = ("-c", running.credentials(FIRST))
    out = tmp_path / f"extract.{form}"
    answer = json.loads(run("audit", "search", "--exhibit", EXHIBIT, "--export", str(out), *officer, "--json"))
    assert (answer["out"], answer["entries"]) == (str(out), acts)
    assert answer["sha256"] == hashlib.sha256(out.read_bytes()).hexdigest()
    assert [path.name for path in tmp_path.iterdir()] == [out.name]
    running.sequence()
    taken = json.loads(run("audit", "search", "--action", "log.extract", *officer, "--json"))["entries"]
    assert answer["sha256"] in json.dumps(taken[-1]["detail"])
    assert taken[-1]["actor"]["principal"] == FIRST
    if form == "jsonl":
        key = parse_vkey(running.gateway.keyring.log_vkey)
        for line in map(json.loads, out.read_text("utf-8").splitlines()):
            parse_proof(line["proof"].encode()).verify(line["leaf"].encode(), key)
    again = refusal("audit", "search", "--exhibit", EXHIBIT, "--export", str(tmp_path / "no" / f"x.{form}"), *officer)
    assert isinstance(again, Unavailable)
    assert again.code == "export-unwritable"


def test_who_may_not(running: Running, acts: int, tmp_path: Path) -> None:
    stranger = ("-c", running.credentials(STRANGER))
    commands: list[tuple[str, ...]] = [
        ("audit", "search"),
        ("audit", "search", "--export", str(tmp_path / "x.csv")),
        ("audit", "person", PERSON),
        ("audit", "readers", EXHIBIT),
        ("audit", "denials"),
        ("audit", "access"),
        ("log", "erase", "--case", seeds.new_id(), "--legal-basis", BASIS),
        ("log", "erase", "--confirm", seeds.new_id()),
    ]
    for command in commands:
        assert isinstance(refusal(*command, *stranger), Denied | NotFound), command
    assert not list(tmp_path.iterdir())
    form = refusal("audit", "search", "--export", str(tmp_path / "x.exe"), "-c", running.credentials(FIRST))
    assert isinstance(form, InvalidInput)


def placed(running: Running, state: PackageState) -> tuple[str, int]:
    """A case, and the number of its entry with a note."""
    case_id, entry_id = make_case(running.world, state, f"case-{uuid.uuid4()}")
    running.sequence()
    with running.world.database.transaction() as tx:
        seq = tx.ledger.position(entry_id)
    assert seq is not None
    return case_id, seq


def values(running: Running, seq: int) -> list[str]:
    found = text("SELECT field FROM log_commitments JOIN log_entries USING (entry_id) WHERE seq = :seq ORDER BY field")
    with running.gateway.database.engine.connect() as connection:
        return list(connection.execute(found, {"seq": seq}).scalars())


def test_two_officers_erase_one_field(running: Running) -> None:
    case_id, seq = placed(running, PackageState.OPEN)
    first, second = ("-c", running.credentials(FIRST)), ("-c", running.credentials(SECOND))
    wanted = ("log", "erase", "--entry", str(seq), "--field", "note", "--legal-basis", BASIS)
    assert refusal("log", "erase", "--entry", str(seq), "--field", "no", "--legal-basis", BASIS, *first).code == (
        "erasure-field-unknown"
    )
    asked = json.loads(run(*wanted, *first, "--json"))
    assert (asked["case"], asked["entry"], asked["fields"], asked["confirmed_at"]) == (case_id, seq, ["note"], None)
    alone = refusal("log", "erase", "--confirm", asked["id"], *first)
    assert (type(alone), alone.code) == (Denied, "two-persons-required")
    assert values(running, seq) == ["note"]
    assert "Erased 1 values" in run("log", "erase", "--confirm", asked["id"], *second)
    assert values(running, seq) == []
    assert isinstance(refusal("log", "erase", "--confirm", asked["id"], *second), Conflict)
    assert refusal(*wanted, *first).code == "entry-unknown"
    running.sequence()
    agreed(running)
    shown = json.loads(run("log", "show", "--case", case_id, "--action", "log.erase", "--json"))["entries"]
    assert [(e["object"]["kind"], e["object"]["id"]) for e in shown if e["outcome"] == "done"][-1] == (
        "entry",
        str(seq),
    )


def test_two_officers_erase_a_case(running: Running) -> None:
    case_id, seq = placed(running, PackageState.DISPOSED)
    first, second = ("-c", running.credentials(FIRST)), ("-c", running.credentials(SECOND))
    words = run("log", "erase", "--case", case_id, "--legal-basis", BASIS, *first)
    assert words.startswith("Asked for, as ")
    asked = words.split(" as ")[1].split(".")[0]
    done = json.loads(run("log", "erase", "--confirm", asked, *second, "--json"))
    assert (done["values"], done["confirmed_by"], done["legal_basis"]) == (3, SECOND, BASIS)
    assert values(running, seq) == []
    rewritten, dropped = run("audit", "vacuum", "--wal").splitlines()
    assert rewritten == "Rewritten."
    assert dropped.startswith("The write-ahead log was dropped: ")
    running.sequence()
    agreed(running)


@pytest.mark.parametrize("vacuum", [True, False])
def test_the_operator_erases_one_entry(running: Running, vacuum: bool) -> None:
    _, seq = placed(running, PackageState.OPEN)
    command = ("log", "erase", "--entry", str(seq), "--legal-basis", BASIS, "--approved-by", FIRST)
    assert refusal(*command).code == "two-persons-required"
    assert refusal(*command, "--approved-by", STRANGER).code in ("role-may-not-audit", "action-not-permitted")
    more = ("--json",) if vacuum else ("--json", "--no-vacuum")
    answer = json.loads(run(*command, "--approved-by", SECOND, *more))
    assert answer == {"entry": seq, "values": 1, "vacuum": vacuum}
    assert values(running, seq) == []
    assert run("audit", "vacuum") == "Rewritten.\n"
    assert NOTE.encode() not in b"".join(
        p.read_bytes() for p in (running.world.folder / "log").rglob("*") if p.is_file()
    )
    running.sequence()
    agreed(running)


@pytest.mark.parametrize(
    "arguments",
    [
        ("--legal-basis", BASIS),
        ("--case", "c", "--entry", "1", "--legal-basis", BASIS),
        ("--case", "c", "--field", "note", "--legal-basis", BASIS),
        ("--entry", "1"),
        ("--confirm", "00000000-0000-4000-8000-000000000000"),
    ],
    ids=["nothing", "both", "field", "basis", "who"],
)
def test_erasures_that_are_not_said_well(arguments: tuple[str, ...], running: Running) -> None:
    assert refusal("log", "erase", *arguments).code == "erasure-target-missing"


def agreed(running: Running) -> dict[str, int]:
    """What ``log check-database`` answers; it must be right, and logged."""
    before = _reads(running)
    answer: dict[str, int] = json.loads(run("log", "check-database", "--json"))
    assert answer["rows"] == answer["published"]
    assert _reads(running) == before + 1
    return answer


def _reads(running: Running) -> int:
    asked = "position(convert_to('\"question\":\"check-database\"', 'UTF8') IN event) > 0"
    reads = text(f"SELECT count(*) FROM log_pending WHERE {asked}")  # noqa: S608
    with running.gateway.database.engine.connect() as connection:
        return int(connection.execute(reads).scalar_one())


def test_check_database_names_the_row(running: Running, acts: int) -> None:
    running.sequence()
    words = run("log", "check-database").splitlines()
    assert words[0].startswith("the database agrees with the log: ")
    running.sequence()
    seq = json.loads(run("audit", "search", "--exhibit", EXHIBIT, "--limit", "1", "--json"))["entries"][0]["seq"]
    engine = running.gateway.database.engine
    with engine.begin() as connection:
        connection.execute(text("UPDATE log_entries SET reason = 'x' WHERE seq = :seq"), {"seq": seq})
    fault = refusal("log", "check-database")
    assert isinstance(fault, IntegrityFailure)
    assert (fault.code, fault.where) == ("log-row-wrong", f"log_entries {seq} reason")
    with engine.begin() as connection:
        connection.execute(text("UPDATE log_entries SET reason = 'permitted' WHERE seq = :seq"), {"seq": seq})
    running.sequence()
    agreed(running)
    (failed,) = json.loads(run("audit", "search", "--action", "log.check", "--json"))["entries"]
    assert (failed["outcome"], failed["reason"]) == ("failed", "log-row-wrong")
    assert failed["detail"]["where"] == f"log_entries {seq} reason"
