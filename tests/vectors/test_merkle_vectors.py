"""Inclusion and consistency proofs of transparency-dev/merkle, good and broken."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

from gateway.errors import IntegrityFailure
from gateway.translog.merkle import verify_consistency, verify_inclusion


def _vectors(shared: Path, kind: str) -> list[tuple[str, dict[str, Any]]]:
    folder = shared / "vectors" / "merkle" / kind
    return [(str(p.relative_to(folder)), json.loads(p.read_bytes())) for p in sorted(folder.rglob("*.json"))]


def _hashes(proof: list[str] | None) -> list[bytes]:
    return [base64.b64decode(item) for item in proof or []]


def test_inclusion_vectors(shared: Path) -> None:
    vectors = _vectors(shared, "inclusion")
    assert len(vectors) >= 50
    assert any(not v["wantErr"] for _, v in vectors)
    wrong = []
    for name, vector in vectors:
        try:
            verify_inclusion(
                vector["leafIdx"],
                vector["treeSize"],
                base64.b64decode(vector["leafHash"]),
                _hashes(vector["proof"]),
                base64.b64decode(vector["root"]),
            )
            refused = False
        except IntegrityFailure:
            refused = True
        if refused != vector["wantErr"]:
            wrong.append(name)
    assert wrong == []


def test_consistency_vectors(shared: Path) -> None:
    vectors = _vectors(shared, "consistency")
    assert len(vectors) >= 40
    assert any(not v["wantErr"] for _, v in vectors)
    wrong = []
    for name, vector in vectors:
        try:
            verify_consistency(
                vector["size1"],
                vector["size2"],
                base64.b64decode(vector["root1"]),
                base64.b64decode(vector["root2"]),
                _hashes(vector["proof"]),
            )
            refused = False
        except IntegrityFailure:
            refused = True
        if refused != vector["wantErr"]:
            wrong.append(name)
    assert wrong == []
