"""The heart of redaction with real text format, real plan and proof, and a detector that finds what it is told."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pytest

from gateway.agreements.model import View
from gateway.errors import DetectionFailed, ResidueFound
from gateway.evidence.taxonomy import Action, Category
from gateway.exchange.ports.redaction_job import RedactionJob, RenditionSpec
from gateway.exchange.ports.workbench import Redacted
from gateway.formats.text.plaintext import TextFormat
from gateway.redaction.document import CanonicalText, Document, Finding, Replacement
from gateway.workbench.redact_whole import redact_exhibit

STRICT = View("standard", dict.fromkeys(Category, Action.REMOVE), {})
PSEUDONYMS = View(
    "named", dict.fromkeys(Category, Action.REMOVE), {Category.PERSONAL_DATA: {"PERSON": Action.PSEUDONYMISE}}
)
TEXT = "Ada Lovelace wrote to Charles. Later Ada Lovelace met Grace Hopper; the price was 400 euros."


class Patterns:
    """Finds what the patterns say."""

    def __init__(self, **patterns: str) -> None:
        self.patterns = patterns

    def detect(self, document: CanonicalText, language: str | None = None) -> list[Finding]:
        found = [
            Finding(m.start(), m.end(), entity, "test", 0.9)
            for entity, pattern in self.patterns.items()
            for m in re.finditer(pattern, document.text)
        ]
        return sorted(found, key=lambda f: f.start)


def redact(
    text: str,
    detector: Patterns,
    *views: View,
    name: str = "note.txt",
    stop_on: frozenset[str] = frozenset(),
    names: frozenset[str] = frozenset(),
) -> Redacted:
    specs = tuple(RenditionSpec(view, "ico-uk", b"k" * 32) for view in views)
    job = RedactionJob("e1", name, "text/plain", "0" * 64, stop_on, specs, names)
    return redact_exhibit(text.encode(), job, format_=TextFormat(), detector=detector)


def test_each_view_gets_its_own_rendition_from_one_detection() -> None:
    outcome = redact(TEXT, Patterns(PERSON="Ada Lovelace|Grace Hopper"), STRICT, PSEUDONYMS)
    strict, named = (r.data.decode() for r in outcome.renditions)
    assert "Lovelace" not in strict + named
    assert "Charles" in strict
    assert "[PD-NAME]" in strict
    first, second, third = re.findall(r"\[Person ([^]]+)\]", named)
    assert first == second != third


def test_the_report_places_findings_and_holds_no_value() -> None:
    outcome = redact(TEXT, Patterns(PERSON="Ada Lovelace", AMOUNT="400"), STRICT)
    report = outcome.renditions[0].report
    assert len(report["findings"]) == 3
    assert report["verified"]["hits"] == 0
    assert "Lovelace" not in repr(report)
    assert {f["reason_code"] for f in report["findings"]} == {"PD-NAME", "TS-COMMERCIAL"}


def test_what_was_found_once_is_removed_everywhere() -> None:
    once = Patterns(PERSON="^Ada Lovelace")
    data = redact(TEXT, once, STRICT).renditions[0].data
    assert b"Lovelace" not in data


def test_a_forbidden_category_stops_before_anything_is_made() -> None:
    outcome = redact(TEXT, Patterns(HEALTH="price"), STRICT, stop_on=frozenset({"special-category"}))
    assert outcome == Redacted((), ("HEALTH",))


def test_a_stop_action_of_the_view_stops_too() -> None:
    stopping = View("v", dict.fromkeys(Category, Action.REMOVE), {Category.PERSONAL_DATA: {"PERSON": Action.STOP}})
    assert redact(TEXT, Patterns(PERSON="Ada Lovelace"), stopping).stopped_by == ("PERSON",)


def test_a_detector_that_fails_ends_in_nothing() -> None:
    class Broken(Patterns):
        def detect(self, document: CanonicalText, language: str | None = None) -> list[Finding]:
            raise DetectionFailed("detector-failed", "It broke.")

    with pytest.raises(DetectionFailed):
        redact(TEXT, Broken(), STRICT)


def test_a_format_that_leaks_is_caught_by_the_residue_check(monkeypatch: pytest.MonkeyPatch) -> None:
    parse = TextFormat.parse

    def leaky(self: TextFormat, data: bytes) -> Document:
        document = parse(self, data)
        render = document.render

        class Leaky:
            canonical = document.canonical

            def render(self, replacements: Sequence[Replacement]) -> bytes:
                return render(replacements) + b"\n<!-- Ada Lovelace -->"

        return Leaky()

    monkeypatch.setattr(TextFormat, "parse", leaky)
    with pytest.raises(ResidueFound) as stopped:
        redact(TEXT, Patterns(PERSON="Ada Lovelace"), STRICT)
    assert "Lovelace" not in str(stopped.value) + repr(stopped.value.detail)


@pytest.mark.parametrize(
    ("name", "delivered"),
    [
        ("note.txt", "note.txt"),
        ("statement_of_Ada Lovelace.txt", "statement_of_[PD-NAME].txt"),
        ("statement of lovelace.txt", "exhibit.txt"),  # in another form than the detector finds
    ],
)
def test_the_file_name_is_redacted_like_the_text(name: str, delivered: str) -> None:
    outcome = redact(TEXT, Patterns(PERSON="Ada Lovelace"), STRICT, name=name)
    assert outcome.renditions[0].name == delivered


def test_short_forms_in_another_exhibit_bear_the_pseudonym_of_the_full_name() -> None:
    names = frozenset({"Marie-Claire Dubois"})
    letter = redact("Marie-Claire Dubois wrote.", Patterns(PERSON="Marie-Claire Dubois"), PSEUDONYMS, names=names)
    (label,) = re.findall(r"\[Person [^]]+\]", letter.renditions[0].data.decode())
    text = "Dubois's car. M.-C. D. came. M.-C. Dubois too, and MARIE-CLAIRE DUBOIS."
    other = redact(text, Patterns(), PSEUDONYMS, names=names).renditions[0].data.decode()
    assert other == f"{label}'s car. {label} came. {label} too, and {label}."


def test_initials_that_fit_two_people_are_neither_of_them() -> None:
    names = frozenset({"Marie-Claire Dubois", "Max Carl Dorn"})
    other = redact("M. C. D. came.", Patterns(), PSEUDONYMS, names=names).renditions[0].data.decode()
    apart = [
        redact(f"{name} came.", Patterns(PERSON=name), PSEUDONYMS, names=names).renditions[0].data.decode()
        for name in sorted(names)
    ]
    assert len({other, *apart}) == 3
