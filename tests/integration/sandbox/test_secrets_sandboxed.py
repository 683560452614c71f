"""Registered secrets through the real sandbox, detectors and formats: gone from the file, named in the report."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from gateway.agreements.model import View
from gateway.evidence.taxonomy import Action, Category
from gateway.exchange.ports.redaction_job import RedactionJob, RenditionSpec
from gateway.exchange.ports.secrets import SecretRegister
from gateway.exchange.ports.workbench import Source
from gateway.redaction.fingerprint import Fingerprinter
from gateway.workbench.parent import SandboxedWorkbench
from gateway.workbench.wire import decode_job, encode_job

KEY = b"r" * 32
VIEW = View("standard", dict.fromkeys(Category, Action.REMOVE), {})
PASSAGE = (
    "def anneal(batch): the furnace ramps eleven degrees every minute, holds the ceramic beneath argon, "
    "then vents through copper filters before quenching everything inside fluorinated oil"
)
MAKER = Fingerprinter(KEY)
REGISTER = SecretRegister(
    KEY,
    (
        MAKER.term("t-1", "Blaureiher"),
        MAKER.record("r-1", ["quartz liner", "batch seven"]),
        MAKER.document("d-1", PASSAGE),
    ),
)
TEXT = f"The blau-\nreiher runs.\nA quartz liner for batch seven.\nNext comes this: {PASSAGE}. The end is plain.\n"


@pytest.fixture(scope="module")
def workbench() -> Iterator[SandboxedWorkbench]:
    made = SandboxedWorkbench(workers=1, memory_bytes=3 << 30, seconds=120, max_bytes=1 << 20)
    yield made
    made.close()


def _job(register: SecretRegister | None) -> RedactionJob:
    specs = (RenditionSpec(VIEW, "all", b"p" * 32),)
    return RedactionJob("e1", "Blaureiher.txt", "text/plain", "0" * 64, frozenset(), specs, register=register)


def _redact(workbench: SandboxedWorkbench, register: SecretRegister | None) -> tuple[str, str, list[str]]:
    out = bytearray()
    (rendition,) = workbench.redact(Source.of(TEXT.encode()), _job(register), [out.extend]).renditions
    codes = [f["rule"] for f in rendition.report["findings"] if f["reason_code"] == "TS-REGISTERED"]
    return out.decode(), rendition.name, codes


def test_all_kinds_are_removed_and_reported(workbench: SandboxedWorkbench) -> None:
    text, name, rules = _redact(workbench, REGISTER)
    for word in ("reiher", "quartz", "batch seven", "furnace", "fluorinated"):
        assert word not in text.casefold()
    assert "The end is plain." in text
    assert "reiher" not in name.casefold()
    assert {rule.removesuffix("/again") for rule in rules} == {"registered/t-1", "registered/r-1", "registered/d-1"}


def test_without_a_register_the_text_stays(workbench: SandboxedWorkbench) -> None:
    text, _, rules = _redact(workbench, None)
    assert "quartz liner" in text
    assert rules == []


@pytest.mark.parametrize("register", [REGISTER, None])
def test_a_job_is_the_same_on_both_sides_of_the_pipe(register: SecretRegister | None) -> None:
    assert decode_job(encode_job(_job(register))) == _job(register)
