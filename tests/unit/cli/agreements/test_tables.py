"""matrix, diff and the ODRL commands: every format, and nothing of an agreement gets out of its place."""

from __future__ import annotations

import csv
import io
import json
from html.parser import HTMLParser
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gateway.agreements.diff import compare_agreements
from gateway.agreements.text.parsing import parse_agreement
from gateway.cli.agreements.app import agreements_app
from gateway.cli.agreements.matrix import matrix_csv
from gateway.cli.agreements.page import element, table, text
from gateway.errors import InvalidInput
from gateway.policy.matrix import permission_matrix
from tests.unit.agreements.odrl.test_odrl import RELEASE

POLICIES = Path(__file__).parents[4] / "policies" / "agreements"
SAMPLE = POLICIES / "eu-uk-ai-incidents.yaml"
NETWORK = POLICIES / "safety-network.yaml"
#: A title that would be a script, a purpose, and an attribute that breaks out, if they could.
EVIL_TITLE = """<script>alert(1)</script>"><img src=x onerror=alert(1)> & 'co'"""


def run(*arguments: str, code: int = 0) -> str:
    result = CliRunner().invoke(agreements_app, list(arguments))
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == code, result.output
    return result.stdout


@pytest.fixture
def evil(tmp_path: Path) -> Path:
    path = tmp_path / "evil.yaml"
    title = json.dumps(EVIL_TITLE)
    source = SAMPLE.read_text("utf-8")
    source = source.replace("title: Memorandum of understanding on AI incident evidence", f"title: {title}")
    source = source.replace("version: 3", "version: 4").replace(
        "jsonl, txt], max_size: 2 GB", "+cmd/-x], max_size: 2 GB, opaque: allowed"
    )
    path.write_text(source, "utf-8")
    return path


class Tree(HTMLParser):
    """Elements in order, open ones on a stack; fails on what is not closed in order."""

    VOID = {"meta"}

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def tree(page: str) -> Tree:
    parsed = Tree()
    parsed.feed(page)
    parsed.close()
    assert parsed.open == []
    return parsed


def check_page(page: str) -> Tree:
    """Well formed, self-contained, labelled."""
    parsed = tree(page)
    names = [name for name, _ in parsed.elements]
    assert page.startswith("<!DOCTYPE html>")
    assert dict(parsed.elements)["html"] == {"lang": "en"}
    assert [names.count(name) for name in ("title", "main", "h1")] == [1, 1, 1]
    assert not {"script", "img", "link", "iframe", "a", "form"} & set(names)
    assert not any(key.startswith("on") or key in ("src", "href") for _, attrs in parsed.elements for key in attrs)
    policies = [a["content"] for _, a in parsed.elements if a.get("http-equiv") == "Content-Security-Policy"]
    assert policies == ["default-src 'none'; style-src 'unsafe-inline'"]
    assert names.count("caption") == names.count("table") >= 1
    assert all(attrs.get("scope") in ("col", "row") for name, attrs in parsed.elements if name == "th")
    return parsed


def test_matrix_as_text_has_parties_with_the_same_rights_together() -> None:
    out = run("matrix", str(NETWORK))
    assert "\neu-ai-office, aisi-uk, bnetza-de, datatilsynet-no, pdpc-sg\n" in out
    assert "\nobservatory-ch\n" in out
    assert "needs cleared-room, ring-undertaking; review first: always" in out
    assert "submitter           nothing  -               the agency may not push under this agreement" in out
    assert out.endswith("Anything else is refused.\n")


def test_matrix_as_csv_has_every_row(tmp_path: Path) -> None:
    out = tmp_path / "matrix.csv"
    assert run("matrix", str(NETWORK), "--format", "csv", "--out", str(out)) == ""
    rows = list(csv.DictReader(io.StringIO(out.read_bytes().decode())))
    expected = permission_matrix(parse_agreement(NETWORK.read_bytes()))
    names = ("party", "role", "action", "evidence_type", "view", "clause")
    assert [tuple(row[name] for name in names) for row in rows] == [
        tuple(getattr(row, name) for name in names) for row in expected
    ]
    assert [row["permitted"] for row in rows] == ["yes" if row.permitted else "no" for row in expected]


def test_no_cell_of_the_csv_is_a_formula(evil: Path) -> None:
    rows = list(csv.reader(io.StringIO(matrix_csv(permission_matrix(parse_agreement(evil.read_bytes()))))))
    cells = [cell for row in rows for cell in row]
    assert not any(cell.startswith(("=", "+", "-", "@")) for cell in cells)
    assert any(cell.startswith("'+cmd/-x; ") for cell in cells)
    assert all(len(row) == len(rows[0]) for row in rows)


def test_matrix_in_json() -> None:
    answer = json.loads(run("matrix", str(SAMPLE), "--json"))
    assert answer["agreement"]["digest"] == parse_agreement(SAMPLE.read_bytes()).digest
    assert len(answer["rows"]) == len(permission_matrix(parse_agreement(SAMPLE.read_bytes())))


def test_matrix_as_a_page() -> None:
    parsed = check_page(run("matrix", str(NETWORK), "--format", "html"))
    words = "".join(parsed.words)
    for word in (
        "observatory-ch",
        "technical-documentation",
        "not redacted",
        "needs cleared-room",
        "P30D from receipt",
    ):
        assert word in words


def test_a_page_escapes_what_an_agreement_says(evil: Path) -> None:
    for page in (run("matrix", str(evil), "--format", "html"), run("diff", str(SAMPLE), str(evil), "--format", "html")):
        parsed = check_page(page)
        assert EVIL_TITLE in "".join(parsed.words)


def test_markup_is_made_by_builders_only() -> None:
    assert text("<b>") == "&lt;b&gt;"
    assert element("p", "<b>", element("i", '"'), title='"><x') == (
        '<p title="&quot;&gt;&lt;x">&lt;b&gt;<i>&quot;</i></p>'
    )
    assert "&lt;th&gt;" in table("<c>", ["<th>"], [["<td>"]])


def test_diff_says_first_what_people_may_do(tmp_path: Path) -> None:
    new = tmp_path / "new.yaml"
    log = "  system-log:      {media: [csv, json, jsonl, txt], max_size: 2 GB}\n"
    assert log in SAMPLE.read_text("utf-8")
    new.write_text(SAMPLE.read_text("utf-8").replace(log, ""), "utf-8")
    out = run("diff", str(SAMPLE), str(new))
    assert out.startswith(
        "Investigators of ico-uk and cnil-fr:\n  - Investigators of ico-uk and cnil-fr may no longer pull system-log.\n"
    )
    assert out.endswith("Whoever sends evidence:\n  - system-log may no longer be sent.\n")
    answer = json.loads(run("diff", str(SAMPLE), str(new), "--format", "json"))
    assert [change["kind"] for change in answer] == ["people", "people", "people", "rule"]
    parsed = check_page(run("diff", str(SAMPLE), str(new), "--format", "html"))
    assert "Investigators of ico-uk and cnil-fr may no longer pull system-log." in parsed.words
    assert "Nothing changes." in run("diff", str(SAMPLE), str(SAMPLE))
    page = tree(run("diff", str(SAMPLE), str(SAMPLE), "--format", "html"))
    assert page.words.count("Nothing changes.") == 2


def test_odrl_goes_out_and_comes_back(tmp_path: Path) -> None:
    odrl, again = tmp_path / "a.jsonld", tmp_path / "again.yaml"
    told = json.loads(run("export-odrl", str(SAMPLE), "--out", str(odrl), "--json"))
    assert "/legal_basis" in {item["clause"] for item in told["beyond_odrl"]}
    assert run("import-odrl", str(odrl), "--out", str(again)) == ""
    assert parse_agreement(again.read_bytes()) == parse_agreement(SAMPLE.read_bytes())
    written = json.loads(run("import-odrl", str(odrl), "--json"))
    assert written == parse_agreement(SAMPLE.read_bytes()).document
    assert json.loads(run("export-odrl", str(again)))["eg:digest"] == told["digest"]


def test_export_says_on_standard_error_what_odrl_cannot_say() -> None:
    result = CliRunner().invoke(agreements_app, ["export-odrl", str(SAMPLE)])
    assert json.loads(result.stdout)["@type"] == "Agreement"
    assert "the provisions of law on which the parties share (/legal_basis; carried in eg:beyond)" in result.stderr


def test_a_release_policy_is_exported_too(tmp_path: Path) -> None:
    path = tmp_path / "policy.json"
    path.write_bytes(RELEASE.canonical())
    policy = json.loads(run("export-odrl", str(path)))
    assert (policy["@type"], policy["eg:case"]) == ("Set", "case-1")


def test_what_is_no_odrl_is_refused_and_nothing_is_written(tmp_path: Path) -> None:
    bad, out = tmp_path / "bad.jsonld", tmp_path / "out.yaml"
    bad.write_text("{}", "utf-8")
    with pytest.raises(InvalidInput) as refused:
        run("import-odrl", str(bad), "--out", str(out))
    assert refused.value.code == "odrl-invalid"
    assert not out.exists()


def test_the_matrix_shows_rules_of_views_mismatch_and_attestation(tmp_path: Path) -> None:
    source = SAMPLE.read_text("utf-8")
    for old, new in (
        ("after_last_pull: P30D}", "after_last_pull: P30D, views: {confidentiality-ring: {keep: P20D, "
         "counted_from: release}}}"),
        ("[pdf, txt, docx, eml], max_size: 50 MB", "[pdf, txt, docx, eml], max_size: 50 MB, mismatch: refuse"),
        ("ordinary: P10D", "ordinary: P10D, attestation: P14D"),
    ):  # fmt: skip
        assert old in source
        source = source.replace(old, new)
    file = tmp_path / "agreement.yaml"
    file.write_text(source, "utf-8")
    for shown in (run("matrix", str(file)), run("matrix", str(file), "--format", "html")):
        assert "in the view confidentiality-ring: P180D from release" in shown
        assert "P20D from release" in shown
        assert "refused and destroyed" in shown
        assert "quarantined" in shown
        assert "within P14D" in shown


def test_a_rule_for_a_view_never_gives_more_time(tmp_path: Path) -> None:
    old, new = SAMPLE.read_text("utf-8"), tmp_path / "new.yaml"
    rule = "after_last_pull: P30D}"
    view = "after_last_pull: P30D, views: {confidentiality-ring: {keep: P300D, counted_from: receipt}}}"
    assert rule in old
    new.write_text(old.replace(rule, view), "utf-8")
    for before, after, effect in ((SAMPLE, new, "less"), (new, SAMPLE, "more")):
        changes = compare_agreements(parse_agreement(before.read_bytes()), parse_agreement(after.read_bytes()))
        assert [c.effect for c in changes if c.affected == "how long evidence is kept"] == [effect]
