"""Presidio's recognisers of official and payment numbers, behind our terms.

An AnalyzerEngine with our own NlpEngine (nothing is downloaded) and a chosen registry: number formats
with check digits or telling context. Names, dates, places and contacts are found by our own rules and
by the models; Presidio's own e-mail and URL rules look up the public-suffix list on the network and
its IBAN rule swallows time-outs, so ours stand in for them.

A rule of Presidio that takes too long logs a line and is *skipped*; that would release what it should
have found. Its patterns are therefore compiled here, in a guard that turns a time-out into a failure.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from typing import Any

import regex
from presidio_analyzer import AnalyzerEngine, RecognizerRegistry
from presidio_analyzer import predefined_recognizers as predefined

from gateway.detectors.models.spacy_models import PackagedModels
from gateway.detectors.text.passage import Passage, Span
from gateway.errors import DetectionFailed

#: Seconds one pattern may take on one passage (of at most a few thousand characters).
RULE_SECONDS = 10.0
_THRESHOLD = 0.4
_LANGUAGES = ("en", "fr", "es")

#: Presidio's recogniser class to our entity.
_RECOGNISERS = {
    "CreditCardRecognizer": "CARD_NUMBER",
    "CryptoRecognizer": "CRYPTO_ADDRESS",
    "MedicalLicenseRecognizer": "MEDICAL_ID",
    "NhsRecognizer": "MEDICAL_ID",
    "UkNinoRecognizer": "NATIONAL_ID",
    "UsSsnRecognizer": "NATIONAL_ID",
    "UsItinRecognizer": "NATIONAL_ID",
    "UsPassportRecognizer": "PASSPORT",
    "UsLicenseRecognizer": "DRIVER_LICENCE",
    "UsBankRecognizer": "BANK_ACCOUNT",
    "EsNifRecognizer": "NATIONAL_ID",
    "EsNieRecognizer": "NATIONAL_ID",
    "ItFiscalCodeRecognizer": "NATIONAL_ID",
    "PlPeselRecognizer": "NATIONAL_ID",
    "FiPersonalIdentityCodeRecognizer": "NATIONAL_ID",
    "InAadhaarRecognizer": "NATIONAL_ID",
    "SgFinRecognizer": "NATIONAL_ID",
    "AuTfnRecognizer": "NATIONAL_ID",
    "AuMedicareRecognizer": "MEDICAL_ID",
}


#: What every recogniser here needs at least: a long word with a digit in it, or a run of digits.
_NUMBER_LIKE = re.compile(r"\b(?=[A-Za-z]*\d)\w{7,}|\d[\d .-]{5,}")


class RuleTimedOut(Exception):
    """A pattern exceeded its time. Not a TimeoutError: Presidio would swallow that."""


class _Guard:
    """A compiled pattern whose time-out can't be taken for "nothing found"."""

    def __init__(self, pattern: Any, name: str, seconds: float) -> None:
        self._pattern = pattern
        self._name = name
        self._seconds = seconds

    def finditer(self, text: str, **_: Any) -> Iterator[Any]:
        try:
            # A list, because a lazy iterator would time out outside this block.
            return iter(list(self._pattern.finditer(text, timeout=self._seconds)))
        except TimeoutError as error:
            raise RuleTimedOut(self._name) from error


class PresidioNumbers:
    """Finds official and payment numbers in passages of all three languages."""

    def __init__(self, models: PackagedModels, seconds: float = RULE_SECONDS) -> None:
        registry = RecognizerRegistry(recognizers=[], supported_languages=list(_LANGUAGES))
        self._entities: dict[str, str] = {}
        for language in _LANGUAGES:
            for name, entity in _RECOGNISERS.items():
                recogniser = getattr(predefined, name)(supported_language=language)
                self._entities[recogniser.supported_entities[0]] = entity
                _guard(recogniser, seconds)
                registry.add_recognizer(recogniser)
        self._engine = AnalyzerEngine(
            registry=registry,
            nlp_engine=models,
            supported_languages=list(_LANGUAGES),
            default_score_threshold=_THRESHOLD,
        )
        self._models = models

    def find(self, passage: Passage, document: Any) -> list[Span]:
        """Spans in a passage.

        Args:
            passage: What to read.
            document: The spaCy document of the passage's text, whose words are the context.

        Raises:
            DetectionFailed: ``detector-timed-out``, naming the rule.
        """
        if not _NUMBER_LIKE.search(passage.text):
            return []
        artifacts = self._models.artifacts(document, passage.language)
        try:
            results = self._engine.analyze(passage.text, language=passage.language, nlp_artifacts=artifacts)
        except RuleTimedOut as error:
            raise DetectionFailed(
                "detector-timed-out",
                f"The rule {error} took too long on a passage, so what it would have found is unknown.",
                remedy="Nothing was released. Try again; if it recurs, the exhibit needs a person.",
                rule=str(error),
            ) from error
        return [
            Span(
                result.start,
                result.end,
                self._entities[result.entity_type],
                f"presidio/{result.entity_type.lower().replace('_', '-')}",
                float(result.score),
            )
            for result in results
            # Some patterns match plain words where letters stand for digits.
            if any(char.isdigit() for char in passage.text[result.start : result.end])
        ]


def _guard(recogniser: Any, seconds: float) -> None:
    flags = recogniser.global_regex_flags
    # Presidio shares the pattern objects of a class among its instances; each engine gets its own.
    recogniser.patterns = [copy.copy(pattern) for pattern in recogniser.patterns]
    for pattern in recogniser.patterns:
        pattern.compiled_with_flags = flags
        pattern.compiled_regex = _Guard(regex.compile(pattern.regex, flags), pattern.name, seconds)
