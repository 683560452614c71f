"""The child's tasks: what is found in one exhibit does not depend on those that the child read before."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from gateway.redaction.document import CanonicalText, Finding
from gateway.workbench.child import Child


class FirstWord:
    """A detector for which it matters what stands around a word, as it does for models: the first is a name."""

    def detect(self, document: CanonicalText, language: str | None = None) -> list[Finding]:
        first = document.text.partition(" ")[0]
        return [Finding(0, len(first), "PERSON", "model/person", 0.9)] if first else []


def log(*messages: str) -> bytes:
    lines = [messages[n % len(messages)] for n in range(6_000)]
    return "".join(f"2026-11-24T10:{n // 60 % 60:02d}:{n % 60:02d}Z {line}\n" for n, line in enumerate(lines)).encode()


def survey(child: Child, data: bytes) -> Mapping[str, Any]:
    return child.work({"do": "survey", "data": data, "name": "a.log", "media_type": "text/plain", "max_scans": 1})


def survey_windows(child: Child, data: bytes) -> Mapping[str, Any]:
    child.work({"do": "window-survey", "name": "a.log", "media_type": "text/plain"})
    child.work({"do": "window-read", "data": data})
    return child.work({"do": "window-end"})


@pytest.mark.parametrize("look", [survey, survey_windows])
def test_what_was_read_before_changes_nothing(look: Any) -> None:
    one, other = log("Redfearn called", "Vane left again"), log("Vane left again", "Redfearn called")
    fresh = look(Child(FirstWord()), other)
    child = Child(FirstWord())
    assert look(child, one) != fresh
    assert look(child, other) == fresh
