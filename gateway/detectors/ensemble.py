"""All detectors as one: cut, tell the language, read, collect; any failure is a failure of the whole.

A text is read in passages of a few thousand characters (passage.py), so cost grows linearly. Each rule
sees each passage; the models read passages of their language in batches; labels of segments speak for
whole values. Offsets are brought back to the canonical text, and a finding that would cross from one
value into the next is cut at the border. Overlaps are left to the plan.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any

from gateway.detectors.models.ner import find_named
from gateway.detectors.models.presidio import PresidioNumbers
from gateway.detectors.models.spacy_models import PackagedModels
from gateway.detectors.models.tagger import Tagger
from gateway.detectors.models.tagger_features import Columns
from gateway.detectors.numbers.accounts import find_accounts
from gateway.detectors.numbers.case_numbers import find_case_numbers
from gateway.detectors.numbers.dates import find_dates
from gateway.detectors.numbers.devices import find_devices
from gateway.detectors.numbers.identifiers import find_identifiers
from gateway.detectors.numbers.national_ids import find_national_ids
from gateway.detectors.numbers.quantities import find_quantities
from gateway.detectors.organisations.local_bodies import find_local_bodies
from gateway.detectors.organisations.private_bodies import find_organisations
from gateway.detectors.organisations.short_names import find_short_names, short_names
from gateway.detectors.people.mailbox_names import find_mailbox_names
from gateway.detectors.people.names_by_capitals import find_capitals
from gateway.detectors.people.names_by_form import find_people
from gateway.detectors.people.occupations_en import find_occupations
from gateway.detectors.people.occupations_fr_es import find_occupations_fr_es
from gateway.detectors.people.origins import find_origins
from gateway.detectors.people.relatives import find_relatives
from gateway.detectors.people.special_category import find_special_category
from gateway.detectors.people.user_names import find_user_names
from gateway.detectors.places.addresses import find_addresses
from gateway.detectors.places.coordinates import find_coordinates
from gateway.detectors.places.whole_addresses import find_whole_addresses
from gateway.detectors.reconcile import reconciled
from gateway.detectors.secrets.commercial import find_terms, is_commercial
from gateway.detectors.secrets.commercial_fr_es import find_terms_fr_es
from gateway.detectors.secrets.credentials import find_credentials
from gateway.detectors.secrets.technical import find_technical
from gateway.detectors.structure.captions import find_captions
from gateway.detectors.structure.chats import find_speakers
from gateway.detectors.structure.disguised import find_disguised
from gateway.detectors.structure.encoded import find_encoded
from gateway.detectors.structure.labels import find_labelled
from gateway.detectors.structure.legends import find_enclosed, find_marked
from gateway.detectors.structure.values import find_columns_of_persons, without_idle_guesses
from gateway.detectors.text.language import LANGUAGES, detect_language
from gateway.detectors.text.passage import Passage, Span, cut
from gateway.errors import DetectionFailed, GatewayError
from gateway.redaction.document import CanonicalText, Finding, Segment

Rule = Callable[[Passage], Iterable[Span]]

RULES: tuple[Rule, ...] = (
    find_people,
    find_relatives,
    find_captions,
    find_speakers,
    find_capitals,
    find_dates,
    find_identifiers,
    find_case_numbers,
    find_national_ids,
    find_accounts,
    find_devices,
    find_coordinates,
    find_organisations,
    find_local_bodies,
    find_origins,
    find_addresses,
    find_whole_addresses,
    find_quantities,
    find_occupations,
    find_occupations_fr_es,
    find_terms,
    find_terms_fr_es,
    find_credentials,
    find_marked,
    find_special_category,
    find_technical,
)
_BATCH = 16
#: How often what is decoded is looked through for what is encoded in it.
_DECODINGS = 2


class Ensemble:
    """The :class:`gateway.redaction.document.Detector` that the gateway uses."""

    def __init__(
        self,
        models: PackagedModels,
        numbers: PresidioNumbers,
        rules: tuple[Rule, ...] = RULES,
        tagger: Tagger | None = None,
    ) -> None:
        self._models = models
        self._numbers = numbers
        self._rules = rules
        self._tagger = tagger

    def with_tagger(self, tagger: Tagger | None) -> Ensemble:
        """The same detectors with another tagger, or none (training and its measures)."""
        return Ensemble(self._models, self._numbers, self._rules, tagger)

    def before_tagging(self, text: str, language: str | None = None) -> Iterator[tuple[Passage, list[Span], Any]]:
        """Each passage of running text with what rules and models found in it, and its spaCy document (training)."""
        for passage in self._passages(text, language):
            if not passage.commercial:
                (document,) = self._models.read([passage.text], passage.language)
                yield passage, self._spans(passage, document), document

    def detect(self, document: CanonicalText, language: str | None = None) -> list[Finding]:
        """All findings, sorted by start; they may overlap.

        Args:
            document: The text and its segments.
            language: ``en``, ``fr`` or ``es`` if known; anything else is told per passage.

        Raises:
            DetectionFailed: ``detector-failed``, ``detector-timed-out``.
        """
        return self._detect(document, language, _DECODINGS)

    def _detect(self, document: CanonicalText, language: str | None, decodings: int) -> list[Finding]:
        try:
            found = set(find_labelled(document.text, document.segments))
            found.update(find_enclosed(document.text))
            found.update(find_disguised(document.text))
            found.update(find_mailbox_names(document.text))
            found.update(find_user_names(document.text))
            if decodings:
                found.update(find_encoded(document.text, lambda inside: self._detect(inside, language, decodings - 1)))
            passages = list(self._passages(document.text, language))
            for start in range(0, len(passages), _BATCH):
                found.update(self._read(passages[start : start + _BATCH]))
            names = short_names(document.text, found)
            found.update(finding for passage in passages for finding in find_short_names(passage, names))
            found.update(find_columns_of_persons(found, document))
            believed = without_idle_guesses(reconciled(document.text, found), document)
            inside = list(_within_segments(believed, document))
        except GatewayError:
            raise
        except Exception as error:
            raise _failed("ensemble", error) from error
        return sorted(inside, key=lambda each: (each.start, each.end, each.entity, each.rule))

    def _passages(self, text: str, language: str | None) -> Iterator[Passage]:
        whole = detect_language(text)
        commercial = False
        for start, end in cut(text):
            piece = text[start:end]
            spoken = language if language in LANGUAGES else detect_language(piece, whole)
            # A short last piece of a contract has too few words to tell; it follows what went before.
            commercial = is_commercial(piece) or (commercial and end - start < 400)
            yield Passage(piece, start, spoken or "en", commercial)

    def _read(self, passages: list[Passage]) -> Iterator[Finding]:
        for language in LANGUAGES:
            spoken = [passage for passage in passages if passage.language == language]
            with self._models.reading(language):
                yield from self._read_spoken(spoken, language)

    def _read_spoken(self, spoken: list[Passage], language: str) -> Iterator[Finding]:
        try:
            documents = self._models.read([passage.text for passage in spoken], language)
        except Exception as error:
            raise _failed("models", error) from error
        for passage, document in zip(spoken, documents, strict=True):
            spans = self._spans(passage, document)
            if self._tagger is not None:
                try:
                    spans = self._tagger.judge(passage, Columns(document), spans)
                except Exception as error:
                    raise _failed("tagger", error) from error
            for span in spans:
                start, end = passage.offset + span.start, passage.offset + span.end
                yield Finding(start, end, span.entity, span.rule, span.confidence)

    def _spans(self, passage: Passage, document: Any) -> list[Span]:
        spans = self._apply("models", passage, partial(find_named, document=document))
        spans += self._apply("presidio", passage, partial(self._numbers.find, document=document))
        for rule in self._rules:
            spans += self._apply(getattr(rule, "__name__", "rule"), passage, rule)
        return spans

    @staticmethod
    def _apply(name: str, passage: Passage, rule: Rule) -> list[Span]:
        try:
            return list(rule(passage))
        except GatewayError:
            raise
        except Exception as error:
            raise _failed(name, error) from error


def build_detector(*, tagger: bool = True) -> Ensemble:
    """The whole ensemble, models loaded. Takes seconds; do it once a process.

    Args:
        tagger: Off only to train the tagger itself.

    Raises:
        Misconfigured: ``model-missing``, ``tagger-weights``.
    """
    models = PackagedModels()
    models.load()
    return Ensemble(models, PresidioNumbers(models), RULES, Tagger.load() if tagger else None)


def _failed(name: str, error: Exception) -> DetectionFailed:
    # The type only: the text of a foreign error may quote what it was reading.
    return DetectionFailed(
        "detector-failed",
        f"The detector {name} failed ({type(error).__name__}), so what it would have found is unknown.",
        remedy="Nothing was released. Try again; if it recurs, the exhibit needs a person.",
        rule=name,
    )


def _within_segments(findings: Iterable[Finding], document: CanonicalText) -> Iterator[Finding]:
    """Findings cut at the borders of values that are not one running text."""
    for finding in findings:
        first, last = document.segment_at(finding.start), document.segment_at(finding.end - 1)
        # What lies between values belongs to the format; nothing of it is a finding.
        one = first is not None and (first is last or (last is not None and first.flow and first.flow == last.flow))
        if one or not document.segments:
            yield finding
        else:
            yield from _pieces(finding, document.segments)


def _pieces(finding: Finding, segments: tuple[Segment, ...]) -> Iterator[Finding]:
    for segment in segments:
        start, end = max(finding.start, segment.start), min(finding.end, segment.end)
        if start < end:
            yield Finding(start, end, finding.entity, finding.rule, finding.confidence)
