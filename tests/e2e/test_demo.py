"""The demonstration, as a newcomer runs it: a real server process on a real PostgreSQL, all the way.

One run serves all tests of this module. Everything is looked at from outside: exit code, what is in
the folder of results, what the log says, what stock tools make of it.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from gateway.cli.demo.evidence import demo_exhibits
from gateway.formats.registry import format_for

#: Values of the invented evidence that no reader may see, in any of its files.
PERSONAL = ("Fournier", "Okafor", "Sørensen", "Wieczorek", "Margaret Ellis", "rue des Tanneurs", "12 34 56 78",
            "@example.org", "198.51.100.23", "FR76")  # fmt: skip
COMMERCIAL = ("48,500", "0.0042", "6.25")


@dataclass(frozen=True)
class Run:
    folder: Path
    results: Path
    summary: dict[str, Any]
    told: str

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        environment = {
            **os.environ,
            "EVIDENCE_GATEWAY_HOME": str(self.folder / "home"),
            "EVIDENCE_GATEWAY_PASSPHRASE_FILE": str(self.folder / "passphrase"),
        }
        return subprocess.run(
            [sys.executable, "-m", "gateway", *arguments], env=environment, capture_output=True, text=True, check=False
        )

    def renditions(self, reader: str, view: str) -> dict[str, str]:
        """Text of each rendition that a reader pulled, by the name of the original exhibit."""
        names = {e["id"]: e["name"] for e in self.summary["package"]["exhibits"]}
        texts = {}
        for folder in (self.results / reader / view).iterdir():
            manifest = json.loads((folder / "manifest.json").read_bytes())
            file = folder / manifest["exhibit"]["name"]
            format_ = format_for(manifest["exhibit"]["media_type"])
            assert format_ is not None
            layers = "\n".join(layer.text for layer in format_.layers(file.read_bytes()))
            texts[names[manifest["policy"]["exhibit"]]] = layers
        return texts


def demo(folder: Path, results: Path, *files: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "gateway", "demo", "--json", "--folder", folder, "--results", results, *files],
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("demo")
    done = demo(folder / "stage", folder / "results")
    assert done.returncode == 0, done.stdout + done.stderr
    return Run(folder / "stage", folder / "results", json.loads(done.stdout), done.stderr)


def test_what_the_agreement_does_not_permit_is_refused_with_its_clause(run: Run) -> None:
    states = {e["name"]: (e["state"], e["reason"], e["clause"]) for e in run.summary["package"]["exhibits"]}
    assert states["loansort-4.2.safetensors"] == ("refused", "evidence-type-not-permitted", "/evidence")
    assert {s[0] for name, s in states.items() if not name.endswith(".safetensors")} == {"redacted"}
    assert "evidence-type-not-permitted" in "".join(run.told.split())


def test_both_readers_pulled_and_see_no_person(run: Run) -> None:
    standard = run.renditions("ico-uk.investigator", "standard")
    ring = run.renditions("ico-uk.counsel", "confidentiality-ring")
    assert len(standard) == len(ring) == len(demo_exhibits()) - 1
    for name, text in [*standard.items(), *ring.items()]:
        assert [value for value in PERSONAL if value in text] == [], name


def test_the_two_views_differ_in_the_trade_secrets(run: Run) -> None:
    standard = run.renditions("ico-uk.investigator", "standard")["hosting-contract.txt"]
    ring = run.renditions("ico-uk.counsel", "confidentiality-ring")["hosting-contract.txt"]
    assert [value for value in COMMERCIAL if value in standard] == []
    assert [value for value in COMMERCIAL if value not in ring] == []


def test_what_is_kept_is_still_there(run: Run) -> None:
    standard = run.renditions("ico-uk.investigator", "standard")
    assert "LoanSort" in standard["incident-report.docx"]
    assert "LoanSort" in standard["incident-report.pdf"]
    assert "confidence" in standard["lending-log.csv"]
    assert "2026-09-03T22:40:02Z" in standard["lending-log.jsonl"]


def test_every_pulled_file_verifies_with_openssl(run: Run) -> None:
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl is not installed")
    folders = [p.parent for p in run.results.glob("ico-uk.*/*/*/manifest.json")]
    assert folders
    for folder in folders:
        done = subprocess.run(
            [openssl, "dgst", "-sha384", "-verify", run.folder / "agencies" / "gateway.pem",
             "-signature", folder / "manifest.sig", folder / "manifest.json"],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.stdout.strip() == "Verified OK", done.stderr


def test_every_pulled_file_opens_with_the_stock_age_program(run: Run) -> None:
    age = shutil.which("age")
    if age is None:
        pytest.skip("age is not installed (Debian package age)")
    files = list(run.results.glob("ico-uk.*/*/*/*.age"))
    assert files
    for file in files:
        done = subprocess.run(
            [age, "-d", "-i", run.folder / "agencies" / "ico-uk.identity.txt", file], capture_output=True, check=False
        )
        assert done.returncode == 0
        assert done.stdout == file.with_suffix("").read_bytes()


def test_the_exported_log_verifies_and_tells_the_story(run: Run) -> None:
    done = run.command("log", "verify", str(run.results / "log"), "--json")
    assert done.returncode == 0, done.stderr
    shown = run.command("log", "show", "--package", run.summary["package"]["id"], "--json")
    actions = {(e["action"], e["outcome"]) for e in json.loads(shown.stdout)["entries"]}
    for expected in (("package.create", "permit"), ("exhibit.authorize", "deny"), ("exhibit.upload", "done"),
                     ("exhibit.examine", "permit"), ("rendition.create", "done"), ("review.approve", "permit"),
                     ("release.seal", "done"), ("release.available", "done"), ("release.pull", "permit"),
                     ("release.acknowledge", "done")):  # fmt: skip
        assert expected in actions
    denials = json.loads(run.command("log", "show", "--outcome", "deny", "--json").stdout)["entries"]
    assert {"release.read"} <= {d["action"] for d in denials if d["actor"].get("agency") == "garante-it"}


def test_the_log_holds_no_personal_data(run: Run) -> None:
    entries = b"".join(p.read_bytes() for p in (run.results / "log").rglob("*") if p.is_file()).decode("latin-1")
    for value in (*PERSONAL, "incident-report.docx", run.summary["case"]):
        assert value.encode().decode("latin-1") not in entries


def test_a_changed_byte_of_the_exported_log_is_found(run: Run, tmp_path: Path) -> None:
    bundle = tmp_path / "log"
    shutil.copytree(run.results / "log", bundle)
    tile = max((p for p in bundle.rglob("*") if "entries" in p.parts and p.is_file()), key=lambda p: p.stat().st_size)
    data = bytearray(tile.read_bytes())
    data[len(data) // 2] ^= 1
    tile.write_bytes(data)
    done = run.command("log", "verify", str(bundle))
    assert done.returncode == 1
    assert "error [" in done.stderr


def test_nothing_rests_in_plain_text(run: Run) -> None:
    for path in (run.folder / "home").rglob("*"):
        if path.is_file() and "database" not in path.parts:
            data = path.read_bytes()
            for value in (*PERSONAL, *COMMERCIAL):
                # A time of day may hold "6.25", and so may ciphertext, now and then.
                sought = value if len(value) > 5 else f"{value}%"
                assert sought.encode() not in data, path


def test_a_second_run_uses_the_stage_and_opens_a_new_case(run: Run, tmp_path: Path) -> None:
    note = tmp_path / "note.txt"
    note.write_text("On 3 May 2026 Eleanor Whitfield wrote to Priya Raman at priya.raman@example.org.\n")
    done = demo(run.folder, tmp_path / "results", str(note))
    assert done.returncode == 0, done.stdout + done.stderr
    summary = json.loads(done.stdout)
    assert summary["case"] != run.summary["case"]
    pulled = next((tmp_path / "results" / "ico-uk.investigator").rglob("note.txt")).read_text()
    assert "Whitfield" not in pulled
    assert "priya" not in pulled


def test_the_real_documents_come_out(run: Run, shared: Path, tmp_path: Path) -> None:
    documents = sorted((shared / "data" / "documents").iterdir())
    assert documents
    done = demo(run.folder, tmp_path / "results", *[str(d) for d in documents])
    assert done.returncode == 0, done.stdout + done.stderr
    package = json.loads(done.stdout)["package"]
    assert {e["state"] for e in package["exhibits"]} == {"redacted"}


def test_doctor_finds_the_stage_healthy(run: Run) -> None:
    done = run.command("doctor", "--json")
    assert done.returncode == 0, done.stdout
    assert json.loads(done.stdout)["ok"] is True
