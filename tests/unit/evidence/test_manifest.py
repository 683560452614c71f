"""The package manifest: strict, canonical, and every refusal points at its place."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from gateway.errors import InvalidInput, TooLarge
from gateway.evidence.canonical import parse_json
from gateway.evidence.manifest import MAX_EXHIBITS, parse_manifest

GOOD: dict[str, Any] = {
    "agreement": "eu-uk-ai-incidents",
    "case": "case-1",
    "purpose": "incident-investigation",
    "exhibits": [
        {"name": "a.pdf", "evidence_type": "incident-report", "media_type": "pdf", "size": 3, "sha256": "0" * 64}
    ],
}


def test_a_manifest_is_read_and_written_alike() -> None:
    manifest = parse_manifest(GOOD)
    assert manifest.exhibits[0].media_type == "application/pdf"
    assert manifest.urgency == "ordinary"
    again = parse_manifest(parse_json(manifest.canonical()))
    assert again == manifest
    assert again.digest() == manifest.digest()


def change(path: str, value: Any) -> Callable[[dict[str, Any]], None]:
    *parents, last = path.split("/")

    def apply(document: dict[str, Any]) -> None:
        target: Any = document
        for part in parents:
            target = target[int(part)] if part.isdigit() else target[part]
        target[last] = value

    return apply


@pytest.mark.parametrize(
    ("slip", "where"),
    [
        (change("extra", 1), "/extra"),
        (change("exhibits/0/comment", "x"), "/exhibits/0/comment"),
        (change("exhibits", []), "/exhibits"),
        (change("exhibits", "a.pdf"), "/exhibits"),
        (change("exhibits/0/size", -1), "/exhibits/0/size"),
        (change("exhibits/0/size", True), "/exhibits/0/size"),
        (change("exhibits/0/size", 1.5), "/exhibits/0/size"),
        (change("exhibits/0/size", "3"), "/exhibits/0/size"),
        (change("exhibits/0/sha256", "0" * 63), "/exhibits/0/sha256"),
        (change("exhibits/0/sha256", "A" * 64), "/exhibits/0/sha256"),
        (change("exhibits/0/name", "../a.pdf"), "/exhibits/0/name"),
        (change("exhibits/0/media_type", "pdf please"), "/exhibits/0/media_type"),
        (change("urgency", "yesterday"), "/urgency"),
        (change("note", "x" * 2001), "/note"),
        (change("case", "Case 1"), "case"),
        (lambda d: d.pop("purpose"), "/"),
    ],
)
def test_every_slip_is_refused_at_its_place(slip: Callable[[dict[str, Any]], None], where: str) -> None:
    document = copy.deepcopy(GOOD)
    slip(document)
    with pytest.raises(InvalidInput) as refusal:
        parse_manifest(document)
    assert refusal.value.where == where


@pytest.mark.parametrize("document", [None, [], "manifest", 3])
def test_what_is_no_object(document: object) -> None:
    with pytest.raises(InvalidInput) as refusal:
        parse_manifest(document)
    assert refusal.value.code == "manifest-invalid"


def test_two_exhibits_of_one_name() -> None:
    document = copy.deepcopy(GOOD)
    document["exhibits"].append({**document["exhibits"][0], "name": "A.PDF"})
    with pytest.raises(InvalidInput) as refusal:
        parse_manifest(document)
    assert refusal.value.where == "/exhibits/1/name"


def test_too_many_exhibits() -> None:
    document = copy.deepcopy(GOOD)
    document["exhibits"] = document["exhibits"] * (MAX_EXHIBITS + 1)
    with pytest.raises(TooLarge) as refusal:
        parse_manifest(document)
    assert refusal.value.code == "manifest-too-many-exhibits"
