"""``agreements simulate``: the folder, the decisions and the exit code, for one reader and for all."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from gateway.agreements.text.parsing import parse_agreement
from gateway.errors import InvalidInput, ResidueFound
from gateway.evidence.taxonomy import ENTITIES
from gateway.exchange.ports.redaction_job import RedactionJob, RenditionSpec
from gateway.exchange.ports.workbench import Inside, Redacted, Source
from gateway.main.command import app
from gateway.simulation.all_readers import simulate_all
from gateway.simulation.one_reader import simulate
from gateway.simulation.scenario import every_scenario, scenario
from tests.fakes.exchange import TextWorkbench

SAMPLE = Path(__file__).parents[4] / "policies" / "agreements" / "eu-uk-ai-incidents.yaml"
AGREEMENT = parse_agreement(SAMPLE.read_bytes())
NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)


class CountingWorkbench(TextWorkbench):
    """Counts how often a file is opened and redacted; its reports say what the words of a file are."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[str] = []
        self.residue_of_everything = False

    def examine(self, source: Source, untrusted_name: str, declared_media_type: str) -> Any:
        self.calls.append(f"examine {untrusted_name}")
        return super().examine(source, untrusted_name, declared_media_type)

    def redact(self, source: Source, job: RedactionJob, *where: Any) -> Redacted:
        self.calls.append(f"redact {job.name}")
        if self.residue_of_everything and any(spec.view.name.startswith("(") for spec in job.specs):
            raise ResidueFound("residue-found", "A value was left.")
        return super().redact(source, job, *where)

    def _render(self, data: bytes, job: RedactionJob, spec: RenditionSpec) -> Any:
        rendition = super()._render(data, job, spec)
        kinds = {"<": ("PERSON", "PD-NAME"), "$": ("AMOUNT", "TS-COMMERCIAL"), "@": ("DATE", "PD-DATE")}
        findings = []
        for word in data.decode().split(" "):
            if word[:1] in kinds:
                entity, code = kinds[word[:1]]
                action = spec.view.action(ENTITIES[entity].category, entity)
                if action != "keep":
                    findings.append({"entity": entity, "action": str(action), "reason_code": code})
        rendition.report["findings"].extend(findings)  # type: ignore[attr-defined]  # the fake's report is a dict
        return rendition


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "report.txt").write_text("<Ann pays $100 on @monday to <Bob", "utf-8")
    (folder / "weights.bin").write_bytes(b"\x7fELF weights")
    return sorted(folder.iterdir())


def for_all(workbench: TextWorkbench, files: Sequence[Path], out: Path, **question: Any) -> dict[str, Any]:
    decisions = simulate_all(every_scenario(AGREEMENT, NOW, **question), files, out, workbench)
    assert json.loads((out / "decisions.json").read_text("utf-8")) == json.loads(json.dumps(decisions))
    return decisions


def reader(decisions: dict[str, Any], role: str, agency: str) -> dict[str, Any]:
    (found,) = [r for r in decisions["readers"] if (r["role"], r["agency"]) == (role, agency)]
    return found


def test_each_file_is_opened_and_redacted_once_for_all_readers(files: list[Path], tmp_path: Path) -> None:
    workbench = CountingWorkbench()
    for_all(workbench, files, tmp_path / "out")
    assert sorted(workbench.calls) == ["examine report.txt", "examine weights.bin", "redact report.txt"]


def test_each_reader_has_a_folder_of_what_it_would_receive(files: list[Path], tmp_path: Path) -> None:
    out = tmp_path / "out"
    decisions = for_all(CountingWorkbench(), files, out)
    written = {str(path.relative_to(out)) for path in out.rglob("*") if path.is_file()}
    views = ("investigator/standard", "ring-counsel/standard", "ring-counsel/confidentiality-ring")
    expected = {f"{a}/{v}/report.txt{e}" for a in AGREEMENT.parties for v in views for e in ("", ".report.json")}
    assert written == expected | {"decisions.json"}
    assert "[TS-COMMERCIAL]" in (out / "ico-uk/ring-counsel/standard/report.txt").read_text("utf-8")
    assert "$100" in (out / "ico-uk/ring-counsel/confidentiality-ring/report.txt").read_text("utf-8")
    one, other = (out / f"{a}/investigator/standard/report.txt" for a in AGREEMENT.parties)
    assert one.read_bytes() != other.read_bytes(), "pseudonyms of different recipients are unlinkable"
    items = reader(decisions, "ring-counsel", "ico-uk")["files"][0]["views"]
    assert all((out / item["rendition"]).is_file() and (out / item["report"]).is_file() for item in items)
    assert [item["review_required"] for item in items] == [False, True]


def test_the_answers_for_all_are_those_for_each(files: list[Path], tmp_path: Path) -> None:
    decisions = for_all(CountingWorkbench(), files, tmp_path / "all")
    for one in decisions["readers"]:
        who = f"{one['role']}@{one['agency']}"
        alone = simulate(scenario(AGREEMENT, who, NOW), files, tmp_path / who, CountingWorkbench())
        for mine, same in zip(alone["files"], one["files"], strict=True):
            assert {k: v for k, v in mine.items() if k != "views"} == {k: v for k, v in same.items() if k != "views"}
            assert [v["view"] for v in mine["views"]] == [v["view"] for v in same["views"]]
            for view in mine["views"]:
                folder = tmp_path / "all" / one["agency"] / one["role"]
                rendition = (tmp_path / who / view["rendition"]).read_bytes()
                assert (folder / view["rendition"]).read_bytes() == rendition


def test_the_summary_says_what_is_received_kept_and_lost(files: list[Path], tmp_path: Path) -> None:
    decisions = for_all(CountingWorkbench(), files, tmp_path / "out")
    summary = reader(decisions, "ring-counsel", "cnil-fr")["summary"]
    assert summary["receives"] == {"standard": ["report.txt"], "confidentiality-ring": ["report.txt"]}
    assert summary["keeps"] == {"standard": {"DATE": 1}, "confidentiality-ring": {"AMOUNT": 1, "DATE": 1}}
    assert summary["changed"]["standard"] == {"pseudonymise": {"PERSON": 2}}
    assert summary["loses"] == {"standard": {"TS-COMMERCIAL": 1}, "confidentiality-ring": {}}
    assert summary["kept_for"]["incident-report"].startswith("P180D from release")
    assert summary["refused"] == [{"file": "weights.bin", "code": "media-type-not-permitted", "clause": "/evidence"}]
    sentences = summary["sentences"]
    assert sentences[0] == "ring-counsel of cnil-fr would receive 1 of 2 files."
    assert "In the view standard, these stay readable: 1 DATE." in sentences
    assert "In the view standard, these are replaced by pseudonyms: 2 PERSON." in sentences
    assert sentences[-1].startswith("Not received: weights.bin, because no evidence type")
    idle = reader(decisions, "reviewer", "ico-uk")["summary"]["sentences"]
    assert idle == ["reviewer of ico-uk would receive nothing: the role 'reviewer' may not pull (/roles/reviewer/may)."]


def test_only_those_who_may_pull_count_as_refused(files: list[Path], tmp_path: Path) -> None:
    assert for_all(CountingWorkbench(), files[:1], tmp_path / "a")["refused"] == 0
    assert for_all(CountingWorkbench(), files, tmp_path / "b")["refused"] == 1


def test_a_named_sender_is_no_reader(files: list[Path], tmp_path: Path) -> None:
    decisions = for_all(CountingWorkbench(), files[:1], tmp_path / "out", sender="ico-uk")
    assert {r["agency"] for r in decisions["readers"]} == {"cnil-fr"}


def test_a_file_that_stops_stops_for_all(tmp_path: Path) -> None:
    path = tmp_path / "ill.txt"
    path.write_text("#asthma of <Ann", "utf-8")
    decisions = for_all(CountingWorkbench(), [path], tmp_path / "out")
    assert decisions["refused"] == 1
    (result,) = reader(decisions, "investigator", "ico-uk")["files"]
    assert (result["code"], result["clause"]) == ("forbidden-data-found", "/evidence/special-category-data")


def test_the_rendition_that_nobody_receives_stops_nothing(files: list[Path], tmp_path: Path) -> None:
    workbench = CountingWorkbench()
    workbench.residue_of_everything = True
    summary = reader(for_all(workbench, files[:1], tmp_path / "out"), "investigator", "ico-uk")["summary"]
    assert summary["receives"] == {"standard": ["report.txt"]}
    assert "In the view standard, what stays readable in report.txt could not be counted." in summary["sentences"]


@pytest.mark.parametrize("who", ["investigator", "nobody@ico-uk", "investigator@nowhere", "everybody"])
def test_a_wrong_reader_is_refused(who: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        scenario(AGREEMENT, who, NOW)
    assert refused.value.code == "simulate-invalid"


def test_the_command_with_real_parsers_and_detectors(tmp_path: Path) -> None:
    report = tmp_path / "report.txt"
    report.write_text("Written by Alice Johnson (alice.johnson@example.org) in Leeds.\n", "utf-8")
    weights = tmp_path / "weights.bin"
    weights.write_bytes(bytes(range(256)) * 4)
    out = tmp_path / "out"
    arguments = ["agreements", "simulate", "--agreement", str(SAMPLE), "--out", str(out)]
    one = CliRunner().invoke(app, [*arguments, "--as", "investigator@ico-uk", "--json", str(report), str(weights)])
    assert one.exit_code == 3, one.output
    decisions = json.loads((out / "decisions.json").read_text("utf-8"))
    assert json.loads(one.stdout) == decisions
    assert [f["outcome"] for f in decisions["files"]] == ["permit", "deny"]
    rendition = (out / "standard" / "report.txt").read_text("utf-8")
    assert "Johnson" not in rendition
    assert "alice" not in rendition
    everybody = CliRunner().invoke(app, [*arguments, "--as", "all", str(report)])
    assert everybody.exit_code == 0, everybody.output
    assert "Investigator of ico-uk would receive 1 of 1 files." in everybody.stdout
    # Pseudonyms are the same as when the reader was simulated alone.
    assert (out / "ico-uk" / "investigator" / "standard" / "report.txt").read_text("utf-8") == rendition


@pytest.mark.parametrize(
    ("fate", "outcome", "clause"),
    [
        ("", "quarantine", "/evidence/incident-report"),
        (", mismatch: quarantine", "quarantine", "/evidence/incident-report/mismatch"),
        (", mismatch: refuse", "deny", "/evidence/incident-report/mismatch"),
    ],
)
def test_what_is_not_as_its_name_says_ends_as_on_a_server(tmp_path: Path, fate: str, outcome: str, clause: str) -> None:
    source = SAMPLE.read_text("utf-8")
    rule = "[pdf, txt, docx, eml], max_size: 50 MB"
    assert rule in source
    agreement = parse_agreement(source.replace(rule, rule + fate).encode())
    file = tmp_path / "letter.txt"
    file.write_bytes(b"\x7fELF no letter")
    question = scenario(agreement, "investigator@ico-uk", NOW, types={"letter.txt": "incident-report"})
    (result,) = simulate(question, [file], tmp_path / "one", CountingWorkbench())["files"]
    assert (result["outcome"], result["code"], result["clause"]) == (outcome, "media-type-mismatch", clause)
    every = every_scenario(agreement, NOW, types={"letter.txt": "incident-report"})
    decisions = simulate_all(every, [file], tmp_path / "all", CountingWorkbench())
    (same,) = reader(decisions, "investigator", "ico-uk")["files"]
    assert (same["outcome"], same["clause"]) == (outcome, clause)
    assert decisions["refused"] == 1


def test_a_declared_type_that_no_evidence_may_have_is_refused_before_the_bytes_are_looked_at(tmp_path: Path) -> None:
    file = tmp_path / "letter.tiff"
    file.write_bytes(b"Dear <Ann")
    question = scenario(AGREEMENT, "investigator@ico-uk", NOW, types={"letter.tiff": "incident-report"})
    (result,) = simulate(question, [file], tmp_path / "out", CountingWorkbench())["files"]
    assert (result["outcome"], result["code"]) == ("deny", "media-type-not-permitted")


@pytest.mark.parametrize(
    ("attached", "code"), [("text/csv", "permitted"), ("image/png", "attachment-type-not-permitted")]
)
def test_what_is_attached_to_a_message_is_judged_as_on_a_server(
    files: list[Path], tmp_path: Path, attached: str, code: str
) -> None:
    workbench = CountingWorkbench()
    workbench.inside = Inside((), (attached,))
    question = scenario(AGREEMENT, "investigator@ico-uk", NOW, types={"report.txt": "incident-report"})
    (report, _) = simulate(question, files, tmp_path / "out", workbench)["files"]
    assert (report["outcome"], report["code"]) == ("permit" if code == "permitted" else "deny", code)
