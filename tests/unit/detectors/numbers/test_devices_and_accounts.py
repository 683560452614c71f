"""Devices, vehicles, accounts, crypto-assets, coordinates: forms that are found, and what only looks like them."""

from __future__ import annotations

import pytest

from gateway.detectors.ensemble import Rule
from gateway.detectors.numbers.accounts import find_accounts
from gateway.detectors.numbers.check_digits import IBAN_CHARS
from gateway.detectors.numbers.devices import find_devices
from gateway.detectors.numbers.identifiers import find_identifiers
from gateway.detectors.places.coordinates import find_coordinates
from gateway.detectors.text.passage import Passage

#: Rule, text with the expected value marked «like this», entity.
FOUND: list[tuple[Rule, str, str]] = [
    (find_devices, "la voiture «AB-123-CD»", "LICENCE_PLATE"),
    (find_devices, "registration number «AB12 CDE»", "LICENCE_PLATE"),
    (find_devices, "mit dem Kennzeichen «B-MW 1234»", "LICENCE_PLATE"),
    (find_devices, "license plate «7ABC123»", "LICENCE_PLATE"),
    (find_devices, "a car with the number plate «34 ABC 123»", "LICENCE_PLATE"),
    (find_devices, "VIN «1HGCM82633A004352» registered", "LICENCE_PLATE"),
    (find_devices, "Fahrgestellnummer «WVWZZZ1JZXW000001»", "LICENCE_PLATE"),
    (find_devices, "S/N: «C02XG2JHJGH5»", "DEVICE_ID"),
    (find_devices, "serial number «4CE0460D0G»", "DEVICE_ID"),
    (find_devices, "numéro de série «SN-4839201-AB»", "DEVICE_ID"),
    (find_devices, "IMEI «49-015420-323751-8»", "DEVICE_ID"),
    (find_devices, "attached «8933010000549064683» to the cell", "DEVICE_ID"),
    (find_devices, "IMSI «310150123456789» attached to cell 7", "DEVICE_ID"),
    (find_devices, "MEID «A0000049A9C5F1»", "DEVICE_ID"),
    (find_devices, "android_id: «9774d56d682e549c»", "DEVICE_ID"),
    (find_devices, "device_id=«9774d56d682e549c» os=android", "DEVICE_ID"),
    (find_devices, '"sessionId": "«a8f5f167f44f4964»"', "DEVICE_ID"),
    (find_devices, "IDFA «6D92078A-8246-4BA4-AE5B-76104861E7DC»", "DEVICE_ID"),
    (find_accounts, "transfer to «BE71 0961 2345 6769» today", "IBAN"),
    (find_accounts, "transfer to «SE4550000000058398257466» before Friday", "IBAN"),
    (find_accounts, "transfer to «MT84 MALT 0110 0001 2345 MTLC AST0 01S» at once", "IBAN"),
    (find_accounts, "charged «4111 1111 1111 1111» twice", "CARD_NUMBER"),
    (find_accounts, "charged «3400 000000 00009» twice", "CARD_NUMBER"),
    (find_accounts, "SWIFT code «DEUTDEFF500»", "BANK_ACCOUNT"),
    (find_accounts, "BIC: «BNPAFRPP»", "BANK_ACCOUNT"),
    (find_accounts, "sort code «20-00-00»", "BANK_ACCOUNT"),
    (find_accounts, "routing number «021000021»", "BANK_ACCOUNT"),
    (find_accounts, "sent to «1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa» on", "CRYPTO_ADDRESS"),
    (find_accounts, "sent to «TJCnKsPa7y5okkXvQAidZBzqx3QyQ6sxMW» on", "CRYPTO_ADDRESS"),
    (find_accounts, "sent to «rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh» on", "CRYPTO_ADDRESS"),
    (find_accounts, "sent to «0x52908400098527886E0F7030069857D2E4169EE7» on", "CRYPTO_ADDRESS"),
    (find_accounts, "sent to «bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq» on", "CRYPTO_ADDRESS"),
    (find_coordinates, "at «48.8584, 2.2945» he", "COORDINATES"),
    (find_coordinates, "at «48°51'29.6\"N 2°17'40.2\"E» he", "COORDINATES"),
    (find_coordinates, "at «48° 51′ 29″ N, 2° 17′ 40″ E»", "COORDINATES"),
    (find_coordinates, "at «48.8584° N, 2.2945° E»", "COORDINATES"),
    (find_coordinates, "at «N 48° 51.494 E 002° 17.670»", "COORDINATES"),
    (find_coordinates, "lat=«48.8584» x", "COORDINATES"),
    (find_coordinates, "latitude: «-33.8688»,", "COORDINATES"),
    (find_coordinates, "grid «31U DQ 48251 11932»", "COORDINATES"),
    (find_coordinates, "at «///filled.count.soap»", "COORDINATES"),
    (find_identifiers, "from «fe80::1ff:fe23:4567:890a%eth0» refused", "IP_ADDRESS"),
    (find_identifiers, "from «::1» refused", "IP_ADDRESS"),
    (find_identifiers, "route «2001:db8::/32» added", "IP_ADDRESS"),
    (find_identifiers, "peer «::ffff:192.0.2.128» up", "IP_ADDRESS"),
    (find_identifiers, "from «001b.4411.3ab7» port 2", "MAC_ADDRESS"),
    (find_identifiers, "Telegram: «jdoe_77»", "HANDLE"),
    (find_identifiers, "username: «jdoe77»", "HANDLE"),
    (find_identifiers, "posted by «u/throwaway8821»", "HANDLE"),
    (find_identifiers, "Discord «jdoe#4821»", "HANDLE"),
]  # fmt: skip

NOT_FOUND: list[tuple[Rule, str]] = [
    (find_devices, "part C02XG2JHJGH5 of the set"),
    (find_devices, "model AB12 CDE"),
    (find_devices, "a total of 490154203237518 bytes"),
    (find_devices, "the session identified three issues"),
    (find_devices, "client identification is required by section 12"),
    (find_devices, "1HGCM82633A004353 units"),
    (find_accounts, "transfer to BE71 0961 2345 6760 today"),
    (find_accounts, "charged 4111 1111 1111 1112 twice"),
    (find_accounts, "sent to 1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb on"),
    (find_accounts, "SWIFT action was needed; a BIC pen"),
    (find_coordinates, "it rose from 12.5, 3.2 to 4 per cent"),
    (find_coordinates, "an angle of 45° and 30 °C"),
    (find_coordinates, "the late 1990s; latitude in the matter"),
    (find_identifiers, "std::vector and 12:30:45, chapter 3::4x"),
    (find_identifiers, "he was a user of the service; login failed"),
]


@pytest.mark.parametrize(("rule", "marked", "entity"), FOUND)
def test_found(rule: Rule, marked: str, entity: str) -> None:
    value = marked[marked.index("«") + 1 : marked.index("»")]
    text = marked.replace("«", "").replace("»", "")
    assert (entity, value) in [(each.entity, text[each.start : each.end]) for each in rule(Passage(text, 0))]


@pytest.mark.parametrize(("rule", "text"), NOT_FOUND)
def test_not_found(rule: Rule, text: str) -> None:
    assert [text[each.start : each.end] for each in rule(Passage(text, 0)) if each.entity != "PHONE"] == []


@pytest.mark.parametrize("country", sorted(IBAN_CHARS))
def test_an_iban_of_every_country_with_a_word_after_it(country: str) -> None:
    body = "1234567890" * 4
    body = body[: IBAN_CHARS[country] - 4]
    check = 98 - int("".join(str(int(char, 36)) for char in f"{body}{country}00")) % 97
    value = f"{country}{check:02d}{body}"
    grouped = " ".join(value[at : at + 4] for at in range(0, len(value), 4))
    for written in (value, grouped):
        text = f"transfer to {written} soon, today"
        found = find_accounts(Passage(text, 0))
        assert written in [text[each.start : each.end] for each in found if each.rule == "iban"]
    wrong = f"transfer to {grouped[:-1]}{(int(grouped[-1]) + 1) % 10} soon"
    assert "iban" not in [each.rule for each in find_accounts(Passage(wrong, 0))]
