"""Each rule on plain examples: what it must find, and what it must leave."""

from __future__ import annotations

import pytest

from gateway.detectors.ensemble import Rule
from gateway.detectors.numbers.accounts import find_accounts
from gateway.detectors.numbers.check_digits import iban, luhn
from gateway.detectors.numbers.dates import find_dates
from gateway.detectors.numbers.identifiers import find_identifiers
from gateway.detectors.numbers.quantities import find_quantities
from gateway.detectors.organisations.private_bodies import find_organisations
from gateway.detectors.people.names_by_capitals import find_capitals
from gateway.detectors.people.names_by_form import find_people
from gateway.detectors.people.occupations_en import find_occupations
from gateway.detectors.people.origins import find_origins
from gateway.detectors.people.special_category import find_special_category
from gateway.detectors.places.addresses import find_addresses
from gateway.detectors.secrets.commercial import find_terms, is_commercial
from gateway.detectors.secrets.commercial_fr_es import find_terms_fr_es
from gateway.detectors.secrets.credentials import find_credentials
from gateway.detectors.secrets.technical import find_technical
from gateway.detectors.structure.legends import find_marked
from gateway.detectors.text.language import detect_language
from gateway.detectors.text.passage import Passage

# text with the expected values marked «like this»; everything unmarked must be left
FOUND: list[tuple[Rule, str, str]] = [
    (find_dates, "en", "heard on «12 March 2019» and «3 May», again in «June 2020»"),
    (find_dates, "fr", "déposée le «1er août 1998», puis les «14 et 15 février 1990»"),
    (find_dates, "es", "los días «16 y 17 de abril de 1997» y en «enero de 1995»"),
    (find_dates, "en", "at «2024-01-05T10:11:12Z» or «05/01/2024»"),
    (find_dates, "en", "born in «1948»; the Benefits Act 1992; Law no. 1971; 2004 units"),
    (find_dates, "en", "the driver, aged «47», and his «12»-year-old son"),
    (find_identifiers, "en", "application (no. «47335/06»), nos. «511, 513 and 514/2»; Protocol No. 11"),
    (find_identifiers, "en", "Regulation (EU) 2016/679 and Directive 95/46 apply"),
    (find_identifiers, "fr", "requête (no «18949/91») et loi no 466"),
    (find_identifiers, "en", "write to «ann@example.org» or see «https://example.org/x?y=1»."),
    (find_identifiers, "en", "from «106.31.73.20» by «00:1A:2B:3C:4D:5E»; version 1.2.3"),
    (find_accounts, "en", "pay to «GB82 WEST 1234 5698 7654 32» by card «4111 1111 1111 1111»"),
    (find_identifiers, "en", "call «+44 20 7946 0018», phone: «555-123-4567»"),
    (find_identifiers, "en", "it cost 10 000 000 and 1,234,567.89"),
    (find_people, "en", "«Mr Arthur Redfearn» met «Mrs A.-M. de la Tour», and «Lord Rodger of Earlsferry»"),
    (find_people, "en", "I. THE CIRCUMSTANCES of Exhibit B. Promptly after"),
    (find_people, "fr", "«M. Peter Maxwell» et «MM. R. Reed», «I. Jamieson» et «A. Dickson»"),
    (find_people, "es", "el «Sr. Ali Çimen» y la «Sra. Lowe» con «Don Juan Pérez»"),
    (find_people, "en", 'called “«K».” in the file; «K» and «K» came'),
    (find_organisations, "en", "«Serco Limited», «Antares Pharma, Inc.» and the Court of Appeal"),
    (find_organisations, "en", "employed by «Mitchells Solicitors»"),
    (find_origins, "en", "a «Turkish national»; the Turkish Government; «Muslims» came"),
    (find_origins, "fr", "deux ressortissants «britanniques»"),
    (find_addresses, "en", "lives at «14 Crown Street, Flat 3», «SW1A 1AA»"),
    (find_addresses, "fr", "au «31 rue de la République»; il habite à «Lyon»"),
    (find_quantities, "en", "compensation of «PLN 7,500» and «292 euros»; two judges"),
    (find_quantities, "fr", "pendant «trois» mois; «2 282» hectares; les deux parties"),
    (find_occupations, "en", "He worked as a «bus driver» and said the driver left"),
    (find_credentials, "en", "key «AKIAIOSFODNN7EXAMPLE» password: «hunter2!x» or a password reset"),
    (find_credentials, "en", "postgres://«bob:s3cret»@db/x"),
    (find_marked, "en", "open. «[BEGIN CONFIDENTIAL] the recipe [END CONFIDENTIAL]» open"),
    (find_marked, "en", "TRADE SECRET: «mix at 40 degrees\nfor an hour»\n\nopen"),
    (find_special_category, "en", "was diagnosed with «diabetes»; the diabetes clinic"),
    (find_technical, "en", "learning_rate = «3e-4», a «70B» parameter model"),
    (find_technical, "en", "System prompt: «You are a careful assistant.»\n\nUser: hello"),
    (find_capitals, "es", "Viven en «Lincoln» y «Jan Ciągadlak» recurrió ante el Tribunal Superior de Justicia"),
    (find_capitals, "fr", "dirigée contre le «Royaume-Uni», à «Lapithos», devant la Cour de cassation"),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "language", "marked"), FOUND)
def test_a_rule_finds_what_is_marked_and_nothing_else(rule: Rule, language: str, marked: str) -> None:
    text, expected = _unmarked(marked)
    covered = [False] * len(text)
    for span in rule(Passage(text, 0, language)):
        assert 0 <= span.start < span.end <= len(text)
        covered[span.start : span.end] = [True] * (span.end - span.start)
    for at, char in enumerate(text):
        if char.isalnum():
            assert covered[at] == expected[at], (
                f"{'missed' if expected[at] else 'took'}: …{text[max(0, at - 15) : at + 15]}…"
            )


def _unmarked(marked: str) -> tuple[str, list[bool]]:
    text, expected, inside = "", [], False
    for char in marked:
        if char in "«»":
            inside = char == "«"
        else:
            text += char
            expected.append(inside)
    return text, expected


CONTRACT = (
    "3.1 Supplier shall deliver the Products to Purchaser under this Agreement within {} days of each Purchase Order. "
    "The Price is ${} per unit and the royalty is {}% of Net Sales; Licensee shall order at least {} units each Year."
)


def test_terms_only_in_commercial_passages() -> None:
    text = CONTRACT.format("forty-five", "19.75", "12.5", "54,700")
    assert is_commercial(text)
    found = {(text[span.start : span.end], span.entity) for span in find_terms(Passage(text, 0, commercial=True))}
    assert {("forty-five", "DURATION"), ("19.75", "AMOUNT"), ("12.5", "PERCENT"), ("54,700", "VOLUME")} <= found
    assert not list(find_terms(Passage(text, 0, commercial=False)))


@pytest.mark.parametrize(
    ("language", "text", "terms"),
    [
        ("en", "capped at two times the fees; income is shared 70/30; over 2,000 calls", ["two", "70/30", "2,000"]),
        ("fr", "1 200 unités au prix de 34,90 euros, remise de 7,5 %, trois ans, article 4",
         ["1 200", "34,90", "7,5", "trois"]),
        ("es", "2.400 unidades a 18,75 € con un 12 % y preaviso de noventa días, cláusula 4",
         ["2.400", "18,75", "12", "noventa"]),
    ],
)  # fmt: skip
def test_terms_in_three_languages(language: str, text: str, terms: list[str]) -> None:
    passage = Passage(text, 0, language, commercial=True)
    found = {text[span.start : span.end] for rule in (find_terms, find_terms_fr_es) for span in rule(passage)}
    assert found == set(terms)
    assert not list(find_terms_fr_es(Passage(text, 0, language, commercial=False)))


def test_a_judgment_is_not_commercial() -> None:
    text = (
        "The applicant complained to the Court of Appeal that the Agreement was void. The Tribunal gave judgment and "
        "the applicant, Mr Orr, alleged a breach of Article 6 of the Convention by the Government."
    )
    assert not is_commercial(text)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("The applicant was born in the town and lived there with his wife.", "en"),
        ("Le requérant est né dans la ville et il y habite avec sa femme.", "fr"),
        ("El demandante nació en la ciudad y vive allí con su esposa.", "es"),
        ("id;name;4711", "en"),
    ],
)
def test_language(text: str, language: str) -> None:
    assert detect_language(text) == language


def test_check_digits() -> None:
    assert luhn("4111111111111111")
    assert not luhn("4111111111111112")
    assert iban("GB82 WEST 1234 5698 7654 32")
    assert not iban("GB82 WEST 1234 5698 7654 33")
    assert not iban("GB82")
