"""Occupations in French and Spanish texts, where the text says them of a person: "en qualité de …", ", plombier,".

Under a name of their own, which the tagger does not withdraw: the French and Spanish texts that it learned from have no
occupations annotated, so it would take each of them for nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from gateway.detectors.text.passage import Passage, Span, spans

_FR = (
    r"(?:agent(?:e)?\s(?:de\s\w+|immobilier|commercial)|agriculteur|agricultrice|aide-soignante?|ambulancier|architecte"
    r"|artisan|artiste|assistante?(?:\smaternelle|\ssociale|\sde\sdirection)?|banquier|boucher|boulanger|cadre|caissière"
    r"|caissier|chanteu(?:r|se)|charpentier|chauffagiste|chauffeur(?:\s(?:routier|de\s\w+))?|chef\s(?:d[’'](?:équipe|entreprise)"
    r"|de\s\w+)|chercheu(?:r|se)|chirurgien(?:ne)?|coiffeu(?:r|se)|comédien(?:ne)?|commerçante?|commercial|comptable"
    r"|conduct(?:eur|rice)\s\w+|consultante?|cuisini(?:er|ère)|dentiste|dessinat(?:eur|rice)|direct(?:eur|rice)(?:\s\w+)?"
    r"|éducat(?:eur|rice)|électricien(?:ne)?|employée?\s(?:de|à|du)\s\w+|enseignante?|étudiante?|fonctionnaire|garagiste"
    r"|gardien(?:ne)?|gérante?|gynécologue|historien(?:ne)?|infirmi(?:er|ère)|informaticien(?:ne)?|ingénieure?"
    r"|institut(?:eur|rice)|jardinier|journaliste|juriste|kinésithérapeute|libraire|maçon|magasinier|manutentionnaire|mécanicien"
    r"|médecin(?:\s\w+)?|menuisier|militaire|musicien(?:ne)?|notaire|ouvri(?:er|ère)(?:\s\w+)?|pasteur|pêcheur|peintre"
    r"|pharmacien(?:ne)?|photographe|pilote|plombier|policier|pompier|professeure?(?:\sde\s\w+)?|psychiatre|psychologue"
    r"|retraitée?|sage-femme|secrétaire|serveu(?:r|se)|soudeur|technicien(?:ne)?|traduct(?:eur|rice)|vendeu(?:r|se)"
    r"|vétérinaire|viticulteur)"
)
_ES = (
    r"(?:abogad[oa]\sdel\sestado|administrativ[oa]|agente\s(?:comercial|inmobiliari[oa])|agricultor[a]?|albañil|arquitect[oa]"
    r"|artista|asistenta|auxiliar\s(?:administrativ[oa]|de\s\w+)|azafata|bailarina?|bombero|camarer[oa]|camioner[oa]|cantante"
    r"|carnicer[oa]|carpinter[oa]|chófer|cirujan[oa]|cociner[oa]|comercial|comerciante|conductora?|conserje|contable"
    r"|cuidador[a]?|dependient[ea]|dentista|diseñador[a]?|editor[a]?|electricista|emplead[oa]\s(?:de|del)\s\w+|enfermer[oa]"
    r"|empresari[oa]|escritor[a]?|estudiante|farmacéutic[oa]|fontaner[oa]|fotógraf[oa]|funcionari[oa]|ganader[oa]"
    r"|guardia\scivil|historiador[a]?|informátic[oa]|ingenier[oa]|jardiner[oa]|jubilad[oa]|limpiador[a]?|maestr[oa]|mecánic[oa]"
    r"|médic[oa]|militar|músic[oa]|notari[oa]|obrer[oa]|panader[oa]|peluquer[oa]|peón|periodista|pescador|piloto|pintor[a]?"
    r"|policía\slocal|profesor[a]?(?:\sde\s\w+)?|psicólog[oa]|psiquiatra|sacerdote|secretari[oa]\s\w+|soldado|taxista|técnic[oa]"
    r"|trabajador[a]?\ssocial|traductor[a]?|transportista|vendedor[a]?|veterinari[oa])"
)
_SAID = {
    "fr": re.compile(
        r"(?:\b(?:comme|en\squalité\sd(?:e\s|[’'])|profession\sd(?:e\s|[’'])|exer\w+\s(?:la\sprofession|le\smétier)\sd(?:e\s|[’'])"
        rf"|métier\sd(?:e\s|[’'])|est|était|devenue?|employée?\scomme)\s?(?:une?\s)?|,\s|\b[Uu]ne?\s)(?P<name>{_FR}s?)(?=\s?[,.;)]"
        r"|\s(?:de\s(?:profession|métier|\d)|à\s|au\s|chez\s|dans\s|moyennant|et\s|depuis|né))"
    ),
    "es": re.compile(
        r"(?:\b(?:como|de\sprofesión|en\scalidad\sde|oficio\sde|profesión\sde|trabaj\w+\sde|es|era|fue)\s(?:una?\s)?|,\s|\b[Uu]na?\s)"
        rf"(?P<name>{_ES}s?)(?=\s?[,.;)]|\s(?:de\s(?:profesión|oficio|\d)|en\s|para\s|y\s|desde))"
    ),
}


def find_occupations_fr_es(passage: Passage) -> Iterator[Span]:
    """Occupations said of persons in French and Spanish."""
    pattern = _SAID.get(passage.language)
    if pattern is None or passage.commercial:
        return
    yield from spans(pattern, passage.text, "OCCUPATION", "role", 0.5, "name")
