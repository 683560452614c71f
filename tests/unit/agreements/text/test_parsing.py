"""A good file becomes exactly what it says; the document that is signed is the file as written."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest

from gateway.agreements.finding import AgreementInvalid
from gateway.agreements.text.parsing import parse_agreement, parse_with_places
from gateway.evidence.taxonomy import ENTITIES, Action, Category

POLICIES = sorted((Path(__file__).parents[4] / "policies" / "agreements").glob("*.yaml"))
Bend = Callable[..., bytes]


def test_the_published_sample_parses_verbatim(shared: Path) -> None:
    page = (shared / "design" / "agreement.md").read_text("utf-8")
    block = re.search(r"```yaml\n(.*?)```", page, re.DOTALL)
    assert block is not None
    agreement = parse_agreement(block[1].encode())
    assert agreement.ref.as_dict() == {
        "id": "eu-uk-ai-incidents",
        "version": 3,
        "digest": "7606f0824ef8db2f95fe1d6eedf118603aa112810b79931d4e63a327065cfa2a",
    }
    assert agreement.evidence["system-log"].max_size_bytes == 2 * 10**9
    assert agreement.recipients == "post-quantum"


@pytest.mark.parametrize("path", POLICIES, ids=lambda p: p.stem)
def test_the_worked_agreements_parse(path: Path) -> None:
    assert len(POLICIES) >= 3
    assert parse_agreement(path.read_bytes()).id == path.stem


def test_every_section_arrives_in_the_model(sample: bytes) -> None:
    agreement = parse_agreement(sample)
    assert (agreement.id, agreement.version, agreement.title) == ("eu-uk", 3, "Memorandum of understanding")
    assert list(agreement.parties) == ["ico-uk", "cnil-fr"]
    assert agreement.parties["cnil-fr"].may == {"push", "pull"}
    assert (agreement.in_force_from, agreement.in_force_until) == (date(2026, 1, 1), date(2027, 12, 31))
    assert agreement.purposes == ("investigation", "enforcement")
    assert agreement.roles["counsel"].views == ("standard", "ring")
    assert agreement.roles["counsel"].needs == {"order"}
    report = agreement.evidence["incident-report"]
    assert report.max_size_bytes == 50_000_000
    assert "message/rfc822" in report.media
    assert not report.opaque
    assert agreement.evidence["model-artifact"].opaque
    assert agreement.forbidden == {"special-category-data"}
    assert agreement.retention["incident-report"].keep == timedelta(days=180)
    assert agreement.retention["incident-report"].after_last_pull == timedelta(days=30)
    assert agreement.review is not None
    assert agreement.review.confidence_below == 0.8
    assert agreement.review.views == {"ring"}
    assert agreement.review.not_by_submitter
    assert agreement.deadlines == {"emergency": timedelta(hours=8), "ordinary": timedelta(days=10)}
    assert agreement.two_persons == {"activate", "unseal", "lift-hold", "export-log"}


def test_a_view_answers_for_every_category_and_removes_what_it_does_not_name(sample: bytes) -> None:
    view = parse_agreement(sample).views["standard"]
    assert view.action(Category.PERSONAL_DATA, "PERSON") is Action.PSEUDONYMISE
    assert view.action(Category.PERSONAL_DATA, "EMAIL") is Action.REMOVE
    assert view.action(Category.THIRD_PARTY_SECRET, "CREDENTIAL") is Action.REMOVE
    assert view.action(Category.SPECIAL_CATEGORY, "HEALTH") is Action.REMOVE


@pytest.mark.parametrize(("action", "able"), [("pseudonymise", "PERSON"), ("generalise", "DATE")])
def test_a_default_that_not_every_entity_can_bear_removes_the_others(bent: Bend, action: str, able: str) -> None:
    file = bent(("personal_data: {default: remove}", f"personal_data: {{default: {action}}}"))
    view = parse_agreement(file).views["ring"]
    acts = {name: view.action(e.category, name) for name, e in ENTITIES.items() if e.category is Category.PERSONAL_DATA}
    assert acts[able] == action
    assert acts["OCCUPATION"] is Action.REMOVE
    assert set(acts.values()) == {Action(action), Action.REMOVE}


def test_what_is_left_out_has_the_strict_meaning(bent: Bend) -> None:
    file = bent(
        ("safeguards: {two_persons: [activate, unseal, lift-hold, export-log]}\n", ""),
        ("encryption: {recipients: post-quantum}\n", ""),
        ("deadlines: {emergency: PT8H, ordinary: P10D}\n", ""),
        (", approvals: 1, not_by: submitter", ""),
        ('legal_basis: ["UK GDPR Art. 50"]\n', ""),
    )
    agreement = parse_agreement(file)
    assert agreement.two_persons == {"activate", "suspend", "end", "unseal", "lift-hold", "export-log"}
    assert agreement.recipients == "classical"
    assert agreement.deadlines == {}
    assert agreement.review is not None
    assert (agreement.review.approvals, agreement.review.not_by_submitter) == (1, True)
    assert parse_agreement(bent(("[activate, unseal, lift-hold, export-log]", "[]"))).two_persons == frozenset()


@pytest.mark.parametrize("indent", [None, 2, "\t"])
def test_json_is_read_alike(sample: bytes, indent: int | str | None) -> None:
    agreement = parse_agreement(sample)
    again = parse_agreement(json.dumps(agreement.document, indent=indent).encode())
    assert again == agreement
    assert again.digest == agreement.digest


def test_the_digest_covers_content_and_not_layout(sample: bytes, bent: Bend) -> None:
    digest = parse_agreement(sample).digest
    remarks = b"# a remark\n---\n" + sample.replace(b"\n", b"\r\n").replace(b"version: 3", b"version:   3  # third")
    assert parse_agreement(remarks).digest == digest
    assert parse_agreement(bent(("version: 3", "version: 4"))).digest != digest
    assert parse_agreement(bent(("max_size: 50 MB", "max_size: 50000 kB"))).digest != digest


def test_norway_is_not_false_and_words_are_not_truth_values(bent: Bend) -> None:
    file = bent(("jurisdiction: FR", "jurisdiction: NO"), ("purposes: [investigation,", "purposes: [on, yes, off,"))
    agreement = parse_agreement(file)
    assert agreement.parties["cnil-fr"].jurisdiction == "NO"
    assert agreement.purposes == ("on", "yes", "off", "enforcement")


def test_texts_may_be_in_any_script_and_beyond_the_basic_plane(bent: Bend) -> None:
    file = bent(("Memorandum of understanding", "Vereinbarung über 覚書 und \U00010330"))
    agreement = parse_agreement(file)
    assert agreement.title == "Vereinbarung über 覚書 und \U00010330"
    assert parse_agreement(json.dumps(agreement.document).encode()).title == agreement.title


def test_every_clause_knows_its_line(sample: bytes) -> None:
    places = parse_with_places(sample).places
    lines = sample.decode().splitlines()
    assert lines[places["/retention/default"][0] - 1].lstrip().startswith("default: {keep")
    line, column = places["/review/when/1"]
    assert lines[line - 1][column - 1 :].startswith("view-ring")
    assert places[""] == (1, 1)


def test_the_error_shows_its_first_finding_and_keeps_all(bent: Bend) -> None:
    import pickle

    with pytest.raises(AgreementInvalid) as caught:
        parse_agreement(bent(("version: 3", "version: three"), ("default: keep", "default: kep")))
    error = pickle.loads(pickle.dumps(caught.value))  # noqa: S301 -- our own bytes: errors cross process borders
    assert (error.code, error.where) == ("agreement-wrong-type", "line 2")
    assert error.detail["pointer"] == "/version"
    assert [f.line for f in error.findings] == [2, 29]
    assert "Did you mean 'keep'?" in error.findings[1].remedy
    assert json.dumps(error.as_dict())
