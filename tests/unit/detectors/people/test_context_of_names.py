"""Names, roles and conditions that the words around them give away, in three languages; and what looks like them."""

from __future__ import annotations

import pytest

from gateway.detectors.ensemble import Ensemble, Rule
from gateway.detectors.numbers.quantities import find_quantities
from gateway.detectors.organisations.local_bodies import find_local_bodies
from gateway.detectors.people.names_by_form import find_people
from gateway.detectors.people.occupations_en import find_occupations
from gateway.detectors.people.occupations_fr_es import find_occupations_fr_es
from gateway.detectors.people.relatives import find_relatives
from gateway.detectors.people.special_category import find_special_category
from gateway.detectors.structure.captions import find_captions
from gateway.detectors.structure.chats import find_speakers
from gateway.detectors.text.passage import Passage
from gateway.redaction.document import CanonicalText, Segment

#: Text with what must be found marked «like this»; nothing else may be.
CASES: list[tuple[Rule, str, str]] = [
    (find_relatives, "fr", "son épouse, «Nolwenn», et sa sœur «Leïla Ben Amor»; son avocat Maître X; sa femme a"),
    (find_relatives, "es", "su hijo «Jorge» y su esposa «Ana de la Cruz»; su madre vive"),
    (find_relatives, "es", "«Amparo Ferrándiz» lo niega. El Tribunal Supremo dice. En Valencia llueve."),
    (find_relatives, "fr", "les époux «Moldovan» et la famille «Durand-Roux»; la famille royale"),
    (find_relatives, "en", "the «Kowalski» family; the Supreme Court; the nuclear family"),
    (find_relatives, "fr", "hier, «Karim Benhaddou», 35 ans, a dit"),
    (find_relatives, "en", "to «Agnes Moore» (41) and others"),
    (find_speakers, "en", "«mika_r»: hey\n«sam.o»: yes?\n«mika_r»: no"),
    (find_speakers, "en", "[10:02] «Bogdan»: a\n[10:03] «Lena»: b\n[10:05] «Bogdan»: c"),
    (find_speakers, "en", "user: hello\nassistant: hi\nuser: bye\nassistant: bye"),
    (find_speakers, "en", "Subject: one\nDate: two\nSubject: three"),
    (find_people, "en", "«Mr Elchin Ramiz oglu Hasanov» was heard"),
    (find_people, "en", "42 U.S.C. 1983 and 29 C.F.R. 1604"),
    (find_people, "fr", "«Maître Hélène Guivarc'h», avocate"),
    (find_occupations_fr_es, "fr", "M. X, «plombier», fut engagé en qualité de «chauffagiste» moyennant"),
    (find_occupations_fr_es, "fr", "le médecin traitant; les journalistes; le directeur de la prison"),
    (find_occupations_fr_es, "es", "doña X, «farmacéutica», trabajaba como «cuidadora» en casa"),
    (find_occupations_fr_es, "es", "el médico forense y la policía local acudieron"),
    (find_occupations, "en", "He works for the post in Leeds as a «lorry driver», she is «Chief Data Officer»"),
    (find_special_category, "en", "he had a «fractured rib» and «bruises on his left arm»"),
    (find_special_category, "en", "she has «post-traumatic stress disorder» and takes «sertraline 100 mg»"),
    (find_special_category, "en", "the hands of the clock, a breach of the arm's length principle, 20 mg of salt"),
    (find_special_category, "fr", "dont il était «délégué syndical»"),
    (find_quantities, "en", "bought for «1,350,000 Estonian kroons»; data of «2.3 million consumers»"),
    (find_quantities, "es", "tardó «ciento veinte» días; «treinta y dos» meses"),
    (find_local_bodies, "fr", "«COUR D'APPEL DE RENNES» et COUR DE CASSATION"),
    (find_local_bodies, "en", "the «Sabail District Police Office» and the police"),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "language", "marked"), CASES)
def test_found_and_nothing_else(rule: Rule, language: str, marked: str) -> None:
    text, wanted, start = "", [], 0
    for char in marked:
        if char == "«":
            start = len(text)
        elif char == "»":
            wanted.append(text[start:])
        else:
            text += char
    assert sorted(text[span.start : span.end] for span in rule(Passage(text, 0, language))) == sorted(wanted)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Halden Lending Systems Ltd runs it. On Monday Halden said no; Halden Street is far.", 1),
        ("National Timber Works Ltd said so. The National plan failed.", 0),
        ("Orbit Data Holdings Ltd wrote. The orbit is low and Orbit denied it.", 0),
        ("Medway Lettings Ltd (“Medway”) answered. Medway was late.", 2),
    ],
)
def test_companies_by_their_short_names(detector: Ensemble, text: str, found: int) -> None:
    findings = detector.with_tagger(None).detect(CanonicalText(text, (Segment(0, len(text), ""),), "plain", "1"), "en")
    assert [each.rule for each in findings].count("organisation/short-name") == found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ELENA MARQUEZ, Plaintiff, v. CLEARHIRE TECHNOLOGIES, INC., Defendant.",
         ["CLEARHIRE TECHNOLOGIES, INC.", "ELENA MARQUEZ"]),
        ("JACQUELINE S. CORLEY, United States District Judge", ["JACQUELINE S. CORLEY"]),
        ("UNITED STATES DISTRICT COURT, Plaintiff; IT IS SO ORDERED; THE FACTS", []),
    ],
)  # fmt: skip
def test_captions(text: str, expected: list[str]) -> None:
    assert sorted({text[span.start : span.end] for span in find_captions(Passage(text, 0))}) == expected
