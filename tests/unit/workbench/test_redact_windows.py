"""A long exhibit, redacted window by window, hides what it would hide as a whole."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence

import pytest

from gateway.agreements.model import View
from gateway.detectors.structure.legends import Enclosures
from gateway.errors import IntegrityFailure, ResidueFound
from gateway.evidence.media import CSV, JSON_LINES, TEXT
from gateway.evidence.taxonomy import Action, Category
from gateway.exchange.ports.redaction_job import RedactionJob, RenditionSpec
from gateway.exchange.ports.secrets import SecretRegister
from gateway.exchange.ports.workbench import CleanRendition
from gateway.formats import limits
from gateway.formats.registry import FORMATS
from gateway.formats.text.windows import WINDOWED
from gateway.redaction.document import CanonicalText, Finding, Layer, WindowedFormat, WindowReader
from gateway.redaction.finding_list import FindingList
from gateway.redaction.fingerprint import Fingerprinter
from gateway.workbench import redact_windows
from gateway.workbench.redact_whole import redact_exhibit
from gateway.workbench.redact_windows import Surveyed, WindowRedaction, WindowSurvey

KEY = b"k" * 32
PARAGRAPH = (
    "the controller lowers the thermal ceiling in seven uneven stages whenever the observed gradient leaves its "
    "corridor for longer than two sampling intervals and restores it only after calibration has been confirmed"
)


class Names:
    """Knows a person by "Ms", an address of the network by its dots, health by a word."""

    _RULES = (
        ("PERSON", re.compile(r"Ms [A-Z][a-z]+(?: [A-Z][a-z]+)?")),
        ("IP_ADDRESS", re.compile(r"ip=(\d+\.\d+\.\d+\.\d+)")),
        ("HEALTH", re.compile(r"epilepsy")),
    )

    def detect(self, document: CanonicalText, language: str | None = None) -> list[Finding]:
        found = [
            Finding(match.start(match.re.groups), match.end(), entity, f"test/{entity.lower()}", 0.9)
            for entity, pattern in self._RULES
            for match in pattern.finditer(document.text)
        ]
        return sorted(found, key=lambda each: each.start)


def view(name: str = "full", **actions: Action) -> View:
    defaults = {category: actions.get(category.name.lower(), Action.REMOVE) for category in Category}
    return View(name=name, defaults=defaults, exceptions={})


@pytest.fixture(autouse=True)
def _small_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "WINDOW_CHARS", 300)


def pieces(data: bytes, step: int = 97) -> Iterable[bytes]:
    return (data[start : start + step] for start in range(0, len(data), step))


def surveyed(media_type: str, data: bytes, name: str = "log.txt") -> Surveyed:
    survey = WindowSurvey(WINDOWED[media_type], Names(), Enclosures().find, name)
    for piece in pieces(data):
        survey.feed(piece)
    found = survey.finish()
    # As between two processes.
    return Surveyed(found.names, FindingList.from_bytes(found.findings.to_bytes()))


def redacted(
    media_type: str,
    data: bytes,
    *,
    views: Sequence[View] = (view(),),
    names: frozenset[str] = frozenset(),
    register: SecretRegister | None = None,
    name: str = "log.txt",
    format_: WindowedFormat | None = None,
    stop_on: frozenset[str] = frozenset(),
) -> tuple[list[bytes], list[CleanRendition]] | tuple[str, ...]:
    specs = tuple(RenditionSpec(each, "*", KEY) for each in views)
    redaction = WindowRedaction(
        surveyed(media_type, data, name),
        RedactionJob("E1", name, media_type, "0" * 64, stop_on, specs, names, register),
        format_=format_ or WINDOWED[media_type],
        detector=Names(),
    )
    for piece in pieces(data):
        redaction.learn(piece)
    if stopped := redaction.learned():
        return stopped
    outputs = [bytearray() for _ in views]
    for piece in pieces(data):
        for out, made in zip(outputs, redaction.make(piece), strict=True):
            out += made
    last, renditions = redaction.finish()
    return [bytes(out + end) for out, end in zip(outputs, last, strict=True)], renditions


def single(media_type: str, data: bytes, **options: object) -> tuple[str, CleanRendition]:
    outputs, renditions = redacted(media_type, data, **options)  # type: ignore[arg-type]
    return outputs[0].decode(), renditions[0]  # type: ignore[union-attr, return-value]


def log(lines: int) -> list[str]:
    return [f"line {n} of the log, from ip=10.0.{n % 3}.{n % 7}, all is well" for n in range(lines)]


def test_what_is_removed_in_the_last_window_is_removed_in_the_first() -> None:
    lines = log(60)
    lines[0] = "Redfearn called again"
    lines[30] = "orla.redfearn logged in at 10.0.1.1"
    lines[59] = "It was Ms Orla Redfearn, from ip=10.99.1.1"
    lines[2] = "seen: 10.99.1.1"
    text, rendition = single(TEXT, "\n".join(lines).encode())
    assert "edfearn" not in text
    assert "10.99.1.1" not in text
    assert "10.0.1.1" not in text
    assert "all is well" in text
    assert rendition.report["not_listed"] == 0
    assert "test/ip_address/again" in {each["rule"] for each in rendition.report["findings"]}


@pytest.mark.parametrize("action", [Action.REMOVE, Action.PSEUDONYMISE], ids=["remove", "pseudonymise"])
def test_windows_give_the_rendition_that_the_whole_gives(action: Action) -> None:
    lines = log(40)
    for number in range(0, 40, 5):
        lines[number] = f"Ms Orla Redfearn and Ms Kim {'Hale' if number % 2 else 'Vane'} met; Redfearn left"
    data = ("\n".join(lines) + "\n").encode()
    wanted = view(personal_data=action)
    text, rendition = single(TEXT, data, views=[wanted])
    (whole,) = redact_exhibit(
        data,
        RedactionJob("E1", "log.txt", TEXT, "0" * 64, frozenset(), (RenditionSpec(wanted, "*", KEY),)),
        format_=FORMATS[TEXT],
        detector=Names(),
    ).renditions
    assert text == whole.data.decode()
    stretches = [(each["start"], each["end"], each["path"]) for each in rendition.report["findings"]]
    assert stretches == [(each["start"], each["end"], each["path"]) for each in whole.report["findings"]]
    assert rendition.report["characters"] == whole.report["characters"]


def test_tables_and_json_lines_stay_well_formed() -> None:
    rows = [
        ["number", "who", "note"],
        *[[str(n), f"Ms Orla R{'x' * (n % 5)}e", 'say "so", or\nnot'] for n in range(50)],
    ]
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    text, rendition = single(CSV, out.getvalue().encode(), name="table.csv")
    back = list(csv.reader(io.StringIO(text, newline="")))
    assert [row[0] for row in back] == [row[0] for row in rows]
    assert {row[2] for row in back[1:]} == {'say "so", or\nnot'}
    assert all("Orla" not in row[1] for row in back)
    assert rendition.report["findings"][-1]["cell"] == "row 51 column who"
    text, _ = single(JSON_LINES, b"".join(b'{"id": %d, "who": "Ms Orla Reed"}\n' % n for n in range(50)))
    assert text.count("\n") == 50
    assert "Reed" not in text


def test_a_view_that_keeps_names_keeps_them_and_another_does_not() -> None:
    data = "\n".join([*log(20), "Ms Orla Redfearn", *log(20), "Redfearn"]).encode()
    outputs, renditions = redacted(TEXT, data, views=[view("all", personal_data=Action.KEEP), view("none")])
    assert b"Ms Orla Redfearn" in outputs[0]
    assert b"edfearn" not in outputs[1]
    assert [each.view for each in renditions] == ["all", "none"]  # type: ignore[union-attr]


def test_names_of_the_package_are_found_and_those_found_are_told() -> None:
    data = "\n".join([*log(30), "Szymborska and Ms Kim Hale"]).encode()
    assert "Ms Kim Hale" in surveyed(TEXT, data).names
    text, _ = single(TEXT, data, names=frozenset({"Ms Wislawa Szymborska"}))
    assert "Szymborska" not in text


def test_an_entity_that_stops_stops() -> None:
    data = "\n".join([*log(30), "she has epilepsy"]).encode()
    assert redacted(TEXT, data, stop_on=frozenset({"special-category"})) == ("HEALTH",)
    assert redacted(TEXT, data, views=[view(special_category=Action.STOP)]) == ("HEALTH",)


def test_a_copy_of_a_registered_document_is_found_across_a_seam() -> None:
    register = SecretRegister(KEY, (Fingerprinter(KEY).document("S1", PARAGRAPH * 2),))
    for before in range(3, 12):
        data = "\n".join([*log(before), PARAGRAPH.replace(" ", "\n"), *log(9)]).encode()
        text, _ = single(TEXT, data, register=register)
        assert "thermal" not in text
        assert "calibration" not in text
        assert text.count("all is well") == before + 9


def test_a_marked_passage_reaches_over_windows() -> None:
    data = "\n".join([*log(3), "[BEGIN CONFIDENTIAL]", *log(40), "[END CONFIDENTIAL]", *log(2)]).encode()
    text, _ = single(TEXT, data)
    assert text.count("all is well") == 5


def test_a_name_on_the_cut_of_a_long_line_is_found() -> None:
    for length in range(20, 34):
        line = " ".join(["all is well"] * length + ["Ms Orla Redfearn left"] + ["all is well"] * 60)
        text, _ = single(TEXT, line.encode())
        assert "Orla" not in text
        assert "edfearn" not in text
        assert text.count("all is well") == length + 60


def test_the_name_of_the_file_is_redacted_by_what_is_in_the_file() -> None:
    data = "\n".join([*log(30), "Ms Orla Redfearn"]).encode()
    _, rendition = single(TEXT, data, name="notes_redfearn.txt")
    assert "redfearn" not in rendition.name
    assert rendition.name.endswith(".txt")


def test_a_report_lists_the_first_and_counts_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redact_windows, "_MAX_LISTED", 10)
    _, rendition = single(TEXT, "\n".join(log(50)).encode())
    assert len(rendition.report["findings"]) == 10
    assert rendition.report["not_listed"] == 40
    assert sum(rendition.report["counts"].values()) == 50


class Leaky:
    """A format that leaves the original behind: in each window, or where two windows meet."""

    media_type = TEXT

    def __init__(self, window: str = "", seam: str = "") -> None:
        self._window, self._seam = window, seam

    def reader(self) -> WindowReader:
        return WINDOWED[TEXT].reader()

    def layers(self, data: bytes) -> Iterable[Layer]:
        yield Layer("text", data.decode() + self._window)

    def seam(self, data: bytes) -> Iterable[Layer]:
        yield Layer("seam", self._seam, raw=True)


@pytest.mark.parametrize("leak", [Leaky(window=" Redfearn"), Leaky(seam="x Redfearn"), Leaky(seam="by 10.0.211.135.")])
def test_a_value_of_any_window_left_in_any_other_stops_the_exhibit(leak: Leaky) -> None:
    data = "\n".join([*log(30), "Ms Orla Redfearn ip=10.0.211.135"]).encode()
    with pytest.raises(ResidueFound):
        redacted(TEXT, data, format_=leak)


def test_an_exhibit_that_changes_between_passings_is_refused() -> None:
    data = b"nothing to find\n" * 200
    redaction = WindowRedaction(
        surveyed(TEXT, data),
        RedactionJob("E1", "log.txt", TEXT, "0" * 64, frozenset(), ()),
        format_=WINDOWED[TEXT],
        detector=Names(),
    )
    redaction.learn(data[: len(data) // 2])
    with pytest.raises(IntegrityFailure) as refusal:
        redaction.learned()
    assert refusal.value.code == "exhibit-changed"
