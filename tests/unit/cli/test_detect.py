"""``evidence-gateway detect``: the exact contract of --jsonl, views, bad lines, and the list for people."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from gateway.cli import detect as command
from gateway.detectors.ensemble import Ensemble
from gateway.errors import InvalidInput, NotFound

AGREEMENT = """
agreement: test-exchange
version: 1
title: Test exchange
parties:
  - {agency: aaa, jurisdiction: GB, may: [push, pull]}
  - {agency: bbb, jurisdiction: FR, may: [push, pull]}
in_force: {from: 2026-01-01, until: 2027-12-31}
legal_basis: ["UK GDPR Art. 50"]
purposes: [incident-investigation]
roles:
  investigator: {may: [pull], views: [standard]}
  submitter: {may: [push]}
evidence:
  incident-report: {media: [text/plain], max_size: 50 MB}
retention:
  default: {keep: P90D, counted_from: release}
views:
  standard:
    personal_data: {default: remove, PERSON: pseudonymise, DATE: keep}
    trade_secrets: {default: remove}
"""


@pytest.fixture
def run(detector: Ensemble, monkeypatch: pytest.MonkeyPatch) -> Runner:
    # The real detector, loaded once for all tests instead of once for each call.
    monkeypatch.setattr(command, "_load_detector", lambda: detector)
    return Runner()


class Runner:
    def __init__(self) -> None:
        self._app = typer.Typer()
        self._app.command()(command.detect)

    def __call__(self, *arguments: str, stdin: str | bytes = "") -> tuple[str, BaseException | None]:
        result = CliRunner().invoke(self._app, list(arguments), input=stdin)
        return result.stdout, result.exception


def line(text: str, **more: str) -> str:
    return json.dumps({"text": text, **more}) + "\n"


def test_one_line_of_spans_for_each_line_in_order(run: Runner) -> None:
    texts = ["Mr Redfearn left.", "nothing here", "😀 write to zoe@example.org", ""]
    out, error = run("--jsonl", stdin="".join(line(text) for text in texts) + line("Le 12 mars 2019", lang="fr"))
    assert error is None
    answers = [json.loads(each) for each in out.splitlines()]
    assert len(answers) == 5
    assert all(set(each) == {"spans"} for each in answers)
    (person,) = answers[0]["spans"]
    assert person == {"start": 0, "end": 11, "category": "personal-data", "entity": "PERSON", "confidence": 0.9,
                      "action": "remove"}  # fmt: skip
    assert answers[1]["spans"] == answers[3]["spans"] == []
    (mail,) = answers[2]["spans"]
    assert texts[2][mail["start"] : mail["end"]] == "zoe@example.org"
    assert answers[4]["spans"][0]["entity"] == "DATE"


def test_a_view_decides_what_is_masked(run: Runner, tmp_path: Path) -> None:
    agreement = tmp_path / "agreement.yaml"
    agreement.write_text(AGREEMENT, encoding="utf-8")
    text = "Mr Redfearn wrote to zoe@example.org on 12 March 2019."
    out, error = run("--jsonl", "--view", "standard", "--agreement", str(agreement), stdin=line(text))
    assert error is None
    assert [(each["entity"], each["action"]) for each in json.loads(out)["spans"]] == [
        ("PERSON", "pseudonymise"),
        ("EMAIL", "remove"),
    ]


@pytest.mark.parametrize(
    "bad", ["{", "[]", '{"text": 1}', '{"lang": "en"}', '{"text": "x", "lang": 3}', "", '{"text": "\\ud800'], ids=repr
)
def test_a_bad_line_is_named_and_ends_it(run: Runner, bad: str) -> None:
    out, error = run("--jsonl", stdin=line("fine") + bad + "\n" + line("never read"))
    assert len(out.splitlines()) == 1
    assert isinstance(error, InvalidInput)
    assert error.code == "detect-bad-line"
    assert error.where == "line 2"


def test_bytes_that_are_not_utf8(run: Runner) -> None:
    _, error = run("--jsonl", stdin=b'{"text": "\xff"}\n')
    assert isinstance(error, InvalidInput)
    assert error.where == "line 1"


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["--jsonl", "--view", "standard"], "detect-usage"),
        (["--jsonl", "--agreement", "x.yaml"], "detect-usage"),
        (["--jsonl", "file.txt"], "detect-usage"),
        (["/no/such/file.txt"], "file-unreadable"),
        (["--view", "v", "--agreement", "/no/such/file.yaml"], "file-unreadable"),
    ],
)
def test_wrong_use(run: Runner, arguments: list[str], code: str) -> None:
    _, error = run(*arguments)
    assert isinstance(error, InvalidInput | NotFound)
    assert error.code == code


def test_an_unknown_view_is_an_error(run: Runner, tmp_path: Path) -> None:
    agreement = tmp_path / "agreement.yaml"
    agreement.write_text(AGREEMENT, encoding="utf-8")
    _, error = run("--jsonl", "--view", "nobody", "--agreement", str(agreement))
    assert isinstance(error, NotFound)
    assert error.code == "unknown-view"
    assert "standard" in error.remedy


def test_list_for_people_and_json(run: Runner, tmp_path: Path) -> None:
    file = tmp_path / "note.txt"
    file.write_text("line one\nMr Redfearn \x1b[31mleft[/bold]\n", encoding="utf-8")
    out, error = run(str(file))
    assert error is None
    assert "Mr Redfearn" in out
    assert "PD-NAME" in out
    assert "\x1b[31m" not in out
    out, error = run(str(file), "--json")
    assert error is None
    assert json.loads(out)["spans"][0]["start"] == 9


def test_a_file_that_is_no_text(run: Runner, tmp_path: Path) -> None:
    file = tmp_path / "x.bin"
    file.write_bytes(b"\xff\xfe\x00")
    _, error = run(str(file))
    assert isinstance(error, InvalidInput)
    assert error.code == "file-not-text"
