"""Names that addresses spell, or that stand before them; and words that have nothing to do with any."""

from __future__ import annotations

import pytest

from gateway.detectors.people.mailbox_names import find_mailbox_names

NAMED = {
    "Lachlan Karada\u011f": "lachlan.karadag338@kestrel-labs.com",
    "Bj\u00f8rn Okafor": "okafor.bjorn@kestrel-labs.com",
    "Wioletta Ny-Berg": "wnyberg@kestrel-labs.com",
    "Siobh\u00e1n\tTamarin": "siobhant@kestrel-labs.com",
    "Tamarin, Siobh\u00e1n": "siobhan_tamarin@kestrel-labs.com",
    "**Rhys** Penrose": "rhys.penrose@kestrel-\nlabs.com",
}


@pytest.mark.parametrize("name", NAMED)
def test_a_name_that_an_address_spells(name: str) -> None:
    text = f"The Queue Drained when {name} replied. Later the Ranking Service wrote to {NAMED[name]} again."
    first, last = (text.index(word.strip("*,")) for word in name.split())
    (found,) = find_mailbox_names(text)
    assert found.entity == "PERSON"
    assert found.start <= min(first, last) < max(first, last) + 3 <= found.end


@pytest.mark.parametrize("between", [" <", " ", ", ", " (", " | "])
@pytest.mark.parametrize("name", ["In\u00e9s Moreau", "Kwame van der Berg"])
def test_a_name_before_an_address(name: str, between: str) -> None:
    text = f"User {name}{between}desk7@kestrel-labs.com logged in."
    assert any(text[f.start : f.end].endswith(name) for f in find_mailbox_names(text))


def test_the_owner_of_a_field() -> None:
    text = "Co-authored-by: wnyberg <12345+x@users.kestrel-labs.com>"
    assert [text[f.start : f.end] for f in find_mailbox_names(text)] == ["wnyberg"]


@pytest.mark.parametrize("login", ["mokafor", "okaform", "marenokafor", "mareno"])
def test_the_user_name_of_an_address(login: str) -> None:
    text = f"TODO({login}): ask maren.okafor@kestrel-labs.com about the markets."
    assert [text[f.start : f.end] for f in find_mailbox_names(text)] == [login]


@pytest.mark.parametrize(
    "text",
    [
        "Lachlan Karadag has no address here.",
        "The Ranking Service wrote to info@kestrel-labs.com, and Support Desk to noreply@kestrel-labs.com.",
        "Please Write to the Press Office press@kestrel-labs.com; E-mail Address: press@kestrel-labs.com",
        "The Data Protection Officer reads dataprotection@kestrel-labs.com.",
    ],
)
def test_other_words_stay(text: str) -> None:
    assert list(find_mailbox_names(text)) == []
