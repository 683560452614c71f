"""Names by their capitals, in Spanish and French, and places in English after a preposition: what no model reads, or
reads badly.

Both languages write common words, months, nationalities and languages small, so a capital inside a
sentence is a name: two or more capitalised words are taken for a person, one after "en", "de" or "à"
for a place. Words of law and of public bodies, which both capitalise, are known and left. Names of
States are listed, as they are written in several words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from gateway.detectors.organisations.public_bodies import is_public
from gateway.detectors.text.letters import LOWER, UPPER
from gateway.detectors.text.nationalities import NATIONALITIES
from gateway.detectors.text.passage import Passage, Span
from gateway.redaction.matching import words_of

_CAP = rf"{UPPER}(?:{LOWER}|['’](?={LOWER}{{2}}))+(?:\s?[-‑]\s?(?:{UPPER}{LOWER}+|on\s?-\s?{UPPER}{LOWER}+))*"
_INSTITUTIONAL = frozenset(
    words_of(
        """tribunal tribunales cour corte court courts sala chambre audiencia juzgado fiscalía fiscal ministerio
        ministère gobierno gouvernement estado estados état états
        etat etats ley leyes loi lois código code convenio convention protocolo protocole artículo article comisión
        commission consejo conseil europa europe europea européenne
        europeo européen derechos droits humanos hommes homme humano constitución constitution secretaría greffe
        presidente président parte partie partes parties reglamento règlement
        sección section capítulo chapitre cámara lores lords comunes unión union república république reino royaume
        parlamento parlement senado sénat congreso congrès policía police
        seguridad sûreté social sociale sociales justicia justice apelación appel casación cassation supremo suprême
        suprema superior supérieur administrativo administratif constitucional constitutionnel penal pénal civil
        distrito
        district regional régional provincial condado comté oficina office junta comité dirección direction registro
        registre servicio service nacional national agencia agence asuntos affaires exteriores étrangères
        interior intérieur defensa défense educación éducation hacienda finances trabajo travail salud santé
        secretario secrétaire magistrados magistrats orden ordre decreto décret directiva directive
        sentencia arrêt caso cas asunto affaire hechos faits derecho droit procedimiento procédure demandante
        requérant gobernador gouverneur rey roi reina reine corona couronne iglesia église dios dieu
        act law bill board office state secretary home department crown house commission legal aid of the for and
        chief royal high supreme county magistrates queen bench division attorney general solicitor
        public prosecution service council trésor fisc administration fiscalité médiateur defensor ordenanza
        ordonnance grande gran sala grand chambre libro livre título titre ejército armée fuerzas forces
        primera primer première instancia instance libertad libertades libertés fundamentales fondamentales consejero
        consejera jurídico jurídica adjunto adjunta ayuntamiento mairie división general général générale reforma
        réforme agraria agraire asilo asile inmigración immigration sucesiones condicional jurídicos noël navidad
        protección protection datos données rule rules
        appendix annex paragraph protocol series january february march april may june july august
        september october november december english latin
        monday tuesday wednesday thursday friday saturday sunday christmas easter google excel word python java
        windows linux internet bank section part
        lord lady sir justicia señor señora monsieur madame maître don doña dr sr sra mme mm""",
    )
)
_FOLLOWS = {
    "es": re.compile(
        rf"\b(?:en|de|desde|hacia|a|cerca\sde|en\sla\sciudad\sde|en\sel\spueblo\sde)\s(?P<name>{_CAP}(?:\s(?:de\s"
        rf"|del\s|de\sla\s)?{_CAP}){{0,2}})"
    ),
    "en": re.compile(
        rf"\b(?:in|from|near|moved\sto|travell?ing\sto|trip\sto|flight\sto|city|country)\s(?P<name>{_CAP}"
        rf"(?:\s{_CAP}){{0,2}})(?=[\s,.;:!?]|$)"
    ),
    "fr": re.compile(
        rf"\b(?:à|en|de|vers|près\sde|depuis|[dD]\s?['’]\s?|du\spays\sde|au\spays\sde)\s?(?P<name>{_CAP}(?:\s"
        rf"(?:sur\s|de\s|du\s|la\s)?{_CAP}){{0,2}})"
    ),
}
_SEVERAL = re.compile(
    rf"(?<=[\w,;)”\"«»(]\s)(?P<name>{_CAP}(?:\s(?:de\sla\s|de\slos\s|de\s|del\s|van\s|von\s|bin\s)?{_CAP}){{1,4}})"
)
_STATES = re.compile(
    r"\b(?:Royaume\s?-\s?Uni(?:\sde\sGrande\s?-\s?Bretagne\set\sd\s?['’]\s?Irlande\sdu\sNord)?|Reino\sUnido"
    r"(?:\sde\sGran\sBretaña\se\sIrlanda\sdel\sNorte)?|Grande\s?-\s?Bretagne|Gran\sBretaña|États\s?-\s?Unis"
    r"(?:\sd\s?['’]\s?Amérique)?|Estados\sUnidos(?:\sde\sAmérica)?"
    r"|Pays\s?-\s?Bas|Países\sBajos|(?:République|Royaume|Principauté|Confédération|Fédération|Grand\s?-\s?Duché)\s"
    r"(?:de\s(?:la\s)?|du\s|d\s?['’]\s?|des\s)?(?:[A-ZÉÈ]\w+|\w+e)(?:\s?-\s?[A-Z]\w+)?"
    r"|(?:República|Reino|Principado|Confederación|Federación|Gran\sDucado)\s(?:de\s(?:la\s)?|del\s)?[A-ZÁÉÍÓÚ]?\w+"
    r"(?:\s(?:Federal|Checa))?"
    r"|Turquie|Turquía|Suède|Suecia|Norvège|Noruega|Pologne|Polonia|France|Francia|Espagne|España|Italie|Italia"
    r"|Allemagne|Alemania|Autriche|Austria|Suisse|Suiza|Belgique|Bélgica|Danemark|Dinamarca|Finlande|Finlandia"
    r"|Islande|Islandia|Irlande|Irlanda|Portugal|Grèce|Grecia"
    r"|Chypre|Chipre|Hongrie|Hungría|Roumanie|Rumanía|Rumania|Bulgarie|Bulgaria|Russie|Rusia|Ukraine|Ucrania"
    r"|Moldova|Moldavia|Géorgie|Georgia|Arménie|Armenia|Lituanie|Lituania|Lettonie|Letonia|Estonie|Estonia|Croatie"
    r"|Croacia|Slovénie|Eslovenia|Slovaquie|Eslovaquia|Albanie|Albania"
    r"|Serbie|Serbia|Malte|Malta|Angleterre|Inglaterra|Écosse|Ecosse|Escocia|pays\sde\sGalles|Gales|Irak|Iran|Irán"
    r"|Maroc|Marruecos|Algérie|Argelia|Tunisie|Túnez|Chine|China|Inde|India|Nigeria|Nigéria|Floride|Florida)\b"
)


def find_capitals(passage: Passage) -> Iterator[Span]:
    """Persons and places in Spanish and French passages, places in English ones."""
    follows = _FOLLOWS.get(passage.language)
    if follows is None or passage.commercial:
        return
    text = passage.text
    for match in _STATES.finditer(text) if passage.language != "en" else ():
        yield Span(match.start(), match.end(), "LOCATION", "capitals/state", 0.7)
    for match in follows.finditer(text):
        if is_name(match.group("name")):
            yield Span(match.start("name"), match.end("name"), "LOCATION", "capitals/place", 0.55)
    if passage.language == "es":
        for match in _SEVERAL.finditer(text):
            if is_name(match.group("name")):
                yield Span(match.start("name"), match.end("name"), "PERSON", "capitals/person", 0.55)


def is_name(name: str) -> bool:
    """Whether capitalised words may be a name: neither a nationality nor words of law and of public bodies."""
    if NATIONALITIES["en"].fullmatch(name):
        return False
    return not _INSTITUTIONAL.intersection(words_of(name)) and not is_public(name)
