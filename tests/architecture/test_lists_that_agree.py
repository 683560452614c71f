"""What two places of the code list is the same in both: neither may import the other, so a test holds them together."""

from __future__ import annotations

import tomllib
from pathlib import Path

from gateway.detectors.text.language import LANGUAGES
from gateway.detectors.text.nationalities import NATIONALITIES
from gateway.evidence import media, taxonomy
from gateway.evidence.lifecycle import NEXT_STEP, TRANSITIONS, PackageState
from gateway.exchange.quarantine import UNDER_WAY, UNFINISHED
from gateway.formats.text import windows
from gateway.redaction import pseudonym

ROOT = Path(__file__).resolve().parents[2]


def test_types_that_are_opened_in_windows() -> None:
    assert set(windows.WINDOWED) == media.WINDOWED


def test_every_entity_that_can_be_pseudonymised_has_a_word() -> None:
    assert set(pseudonym._KINDS) == taxonomy.PSEUDONYMISABLE


def test_every_language_has_its_nationalities() -> None:
    assert set(NATIONALITIES) == set(LANGUAGES)


def test_a_suspension_stops_a_package_at_every_step_that_a_worker_resumes() -> None:
    assert set(NEXT_STEP) <= set(UNFINISHED)
    assert set(UNFINISHED) - set(UNDER_WAY) == {PackageState.SUBMITTED}
    assert {t.source for t in TRANSITIONS if t.target is PackageState.QUARANTINED} == set(UNFINISHED)


def test_every_step_stands_in_the_contract_of_independence() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    (modules,) = [each["modules"] for each in contracts if each["type"] == "independence"]
    assert {f"gateway.exchange.{step}" for step in NEXT_STEP.values()} <= set(modules)
