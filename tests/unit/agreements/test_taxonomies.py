"""The published code lists are valid, agree with the tables in the code, and never reuse a code."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from gateway.evidence.taxonomy import ENTITIES, EVIDENCE_TYPES, REASON_CODES, Category

POLICIES = Path(__file__).parents[3] / "policies"
LISTS = sorted((POLICIES / "taxonomies").glob("*.yaml"))


def code_list(name: str) -> dict[str, dict[str, Any]]:
    entries = yaml.safe_load((POLICIES / "taxonomies" / f"{name}.yaml").read_text("utf-8"))["entries"]
    return {entry["code"]: entry for entry in entries}


def test_there_are_lists() -> None:
    assert [path.stem for path in LISTS] == [
        "ai-harm-domains", "ai-incident-dimensions", "evidence-types", "other-secrets", "personal-data",
        "reason-codes", "trade-secrets",
    ]  # fmt: skip


@pytest.mark.parametrize("path", LISTS, ids=lambda p: p.stem)
def test_a_list_is_valid_and_its_codes_differ(path: Path) -> None:
    schema = json.loads((POLICIES / "schema" / "code-list.schema.json").read_text("utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    text = path.read_text("utf-8")
    assert text.startswith("# yaml-language-server: $schema=../schema/code-list.schema.json\n")
    content = yaml.safe_load(text)
    jsonschema.Draft202012Validator(schema).validate(content)
    assert content["id"] == path.stem
    codes = [entry["code"] for entry in content["entries"]]
    assert len(codes) == len(set(codes))
    known: set[str] = set()
    for entry in content["entries"]:
        assert entry.get("parent") is None or entry["parent"] in known, "a parent stands before its parts"
        known.add(entry["code"])
        assert entry.get("reason_code") is None or entry["reason_code"] in REASON_CODES


def test_evidence_types_are_those_of_the_code() -> None:
    assert {code: entry["meaning"] for code, entry in code_list("evidence-types").items()} == EVIDENCE_TYPES


def test_reason_codes_are_those_of_the_code() -> None:
    published = {c: (e["meaning"], e["legal_basis"]) for c, e in code_list("reason-codes").items()}
    assert published == {r.code: (r.meaning, r.legal_basis) for r in REASON_CODES.values()}


@pytest.mark.parametrize(
    ("name", "categories"),
    [
        ("personal-data", {Category.PERSONAL_DATA, Category.SPECIAL_CATEGORY}),
        ("trade-secrets", {Category.TRADE_SECRET}),
        ("other-secrets", {Category.PRIVILEGE, Category.THIRD_PARTY_SECRET}),
    ],
)
def test_kinds_of_finding_are_those_of_the_code(name: str, categories: set[Category]) -> None:
    published = {code: (entry["meaning"], entry["reason_code"]) for code, entry in code_list(name).items()}
    assert published == {e.name: (e.meaning, e.reason) for e in ENTITIES.values() if e.category in categories}


def test_special_categories_are_marked() -> None:
    marked = {code for code, entry in code_list("personal-data").items() if entry["article_9"]}
    assert marked == {e.name for e in ENTITIES.values() if e.category is Category.SPECIAL_CATEGORY} != set()


def test_the_harm_taxonomy_has_the_domains_of_its_source() -> None:
    entries = code_list("ai-harm-domains").values()
    assert sum("parent" not in entry for entry in entries) == 7
    assert sum("parent" in entry for entry in entries) == 24
