"""Long exhibits through the real sandbox, detectors and formats, in pieces: found everywhere, nothing left."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

import pytest

from gateway.agreements.model import View
from gateway.errors import IntegrityFailure, TooLarge, Unparsable
from gateway.evidence.taxonomy import Action, Category
from gateway.exchange.ports.redaction_job import RedactionJob, RenditionSpec
from gateway.exchange.ports.secrets import SecretRegister
from gateway.exchange.ports.workbench import CleanRendition, Source
from gateway.redaction.fingerprint import Fingerprinter
from gateway.workbench.parent import SandboxedWorkbench

KEY = b"r" * 32
REMOVE = View("standard", dict.fromkeys(Category, Action.REMOVE), {})
PSEUDONYMS = View("pseudonymous", dict.fromkeys(Category, Action.PSEUDONYMISE), {})
SPECS = (RenditionSpec(REMOVE, "*", bytes(32)), RenditionSpec(PSEUDONYMS, "ico-uk", b"p" * 32))
REGISTER = SecretRegister(KEY, (Fingerprinter(KEY).term("t-1", "Blaureiher"),))
PIECE = 1 << 18


@pytest.fixture(scope="module")
def workbench() -> Iterator[SandboxedWorkbench]:
    made = SandboxedWorkbench(
        workers=1,
        memory_bytes=3 << 30,
        seconds=120,
        max_bytes=1 << 20,
        window_from_bytes=1 << 17,
        max_windowed_bytes=4 << 20,
    )
    yield made
    made.close()


def log(lines: int) -> str:
    return "".join(
        f"2026-11-24T10:{n // 60 % 60:02d}:{n % 60:02d}Z INFO worker-{n % 4} the queue was read and all jobs are done\n"
        for n in range(lines)
    )


def read_whole() -> bytes:
    raise AssertionError("a long exhibit is not to be read whole")


def source_of(data: bytes) -> Source:
    return Source(len(data), read_whole, lambda: (data[start : start + PIECE] for start in range(0, len(data), PIECE)))


def redacted(
    workbench: SandboxedWorkbench, data: bytes, name: str, media_type: str, register: SecretRegister | None = None
) -> tuple[list[str], tuple[CleanRendition, ...]]:
    outputs = [bytearray() for _ in SPECS]
    job = RedactionJob("e1", name, media_type, "0" * 64, frozenset(), SPECS, register=register)
    outcome = workbench.redact(source_of(data), job, [out.extend for out in outputs])
    return [out.decode() for out in outputs], outcome.renditions


def test_a_log_of_several_windows(workbench: SandboxedWorkbench) -> None:
    text = (
        "2026-11-24T09:00:00Z WARN Redfearn asked about Blaureiher again\n"
        + log(4_000)
        + "2026-11-24T11:00:00Z ERROR The complaint of Ms Orla Redfearn, orla.redfearn@example.org, is open\n"
        + log(4_000)
        + "2026-11-24T12:00:00Z INFO orla.redfearn@example.org wrote, O. Redfearn signed\n"
    )
    assert len(text) > 1 << 19
    outputs, renditions = redacted(workbench, text.encode(), "gateway.log", "text/plain", register=REGISTER)
    for output, rendition in zip(outputs, renditions, strict=True):
        assert output.count("\n") == text.count("\n")
        assert "the queue was read and all jobs are done" in output
        assert "edfearn" not in output
        assert "laureiher" not in output
        assert "example.org" not in output
        assert rendition.data == b""
        assert rendition.report["verified"]["hits"] == 0
        assert rendition.report["characters"] == len(text)
    label = outputs[1].split("The complaint of ")[1].split("]")[0]
    assert label.startswith("[Person ")
    assert outputs[1].splitlines()[0].split(" asked")[0].endswith(label + "]")


def test_a_table_of_several_windows(workbench: SandboxedWorkbench) -> None:
    out = io.StringIO()
    rows = [["id", "customer name", "status", "comment"]]
    for n in range(9_000):
        rows.append([str(n % 50), ("Jane Roe", "Piotr Nowak")[n % 2], "closed", 'answered, "in time"'])
    rows[-1][3] = "ask Roe or jane.roe@example.com"
    csv.writer(out).writerows(rows)
    outputs, _ = redacted(workbench, out.getvalue().encode(), "tickets.csv", "text/csv")
    back = list(csv.reader(io.StringIO(outputs[0], newline="")))
    assert len(back) == len(rows)
    assert back[0] == rows[0]
    assert {row[1] for row in back[1:]} == {"[PD-NAME]"}
    assert {row[3] for row in back[1:-1]} == {'answered, "in time"'}
    assert "Roe" not in outputs[0]
    pseudonyms = {row[1] for row in csv.reader(io.StringIO(outputs[1], newline=""))}
    assert len(pseudonyms) == 3


def test_what_was_surveyed_is_not_read_again(workbench: SandboxedWorkbench) -> None:
    data = (log(6_000) + "Ms Orla Redfearn\n" + log(6_000)).encode()
    survey = workbench.survey(source_of(data), name="a.log", media_type="text/plain")
    assert "Ms Orla Redfearn" in survey.names
    assert len(survey.findings) < len(data) / 2
    assert b"edfearn" not in survey.findings


def test_an_examination_reads_everything_and_says_what_is_wrong(workbench: SandboxedWorkbench) -> None:
    fine = log(16_000).encode()
    examined = workbench.examine(source_of(fine), "a.log", "text/plain")
    assert (examined.media_type, examined.redactable, examined.characters) == ("text/plain", True, len(fine))
    broken = fine + b"caf\xe9\n"
    with pytest.raises(Unparsable) as refusal:
        workbench.examine(source_of(broken), "a.log", "text/plain")
    assert (refusal.value.code, refusal.value.where) == ("text-encoding-unknown", f"byte {len(fine) + 3}")
    pdf = b"%PDF-1.7\n" + fine
    with pytest.raises(TooLarge) as too_large:
        workbench.examine(source_of(pdf), "a.pdf", "application/pdf")
    assert too_large.value.code == "exhibit-too-large-to-redact"


def test_what_is_longer_than_can_be_opened_in_windows_is_refused(workbench: SandboxedWorkbench) -> None:
    with pytest.raises(TooLarge) as refusal:
        workbench.examine(source_of(log(1).encode() * 80_000), "a.log", "text/plain")
    assert refusal.value.code == "exhibit-too-large-to-redact"


def test_a_failure_in_the_middle_leaves_the_workbench_usable(workbench: SandboxedWorkbench) -> None:
    data = log(16_000).encode()

    def cut_off() -> Iterator[bytes]:
        yield data[:PIECE]
        raise IntegrityFailure("exhibit-digest-mismatch", "The stored exhibit is not what was uploaded.")

    with pytest.raises(IntegrityFailure):
        workbench.survey(Source(len(data), read_whole, cut_off), name="a.log", media_type="text/plain")
    short = Source.of(b"Ms Orla Redfearn")
    assert workbench.survey(short, name="a.txt", media_type="text/plain").names == {"Ms Orla Redfearn"}
