"""The passphrase envelope: opens with the passphrase, and with nothing else."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gateway.errors import Misconfigured
from gateway.keyring.sealed_secret import seal, unseal

PASSPHRASE, SECRET = "correct horse battery", b"the keys"


@pytest.fixture(scope="module")
def envelope() -> bytes:
    return seal(SECRET, PASSPHRASE, cost=4)


def test_it_opens_with_its_passphrase(envelope: bytes) -> None:
    assert unseal(envelope, PASSPHRASE) == SECRET
    assert SECRET not in envelope
    assert unseal(seal(b"", "pässphräse mit ümlaut", cost=1), "pässphräse mit ümlaut") == b""


def test_no_two_envelopes_are_alike(envelope: bytes) -> None:
    again = json.loads(seal(SECRET, PASSPHRASE, cost=4))
    first = json.loads(envelope)
    assert first["kdf"]["salt"] != again["kdf"]["salt"]
    assert first["cipher"]["nonce"] != again["cipher"]["nonce"]


@pytest.mark.parametrize("passphrase", ["", "correct horse batterY", PASSPHRASE + " "])
def test_another_passphrase_opens_nothing(envelope: bytes, passphrase: str) -> None:
    with pytest.raises(Misconfigured) as caught:
        unseal(envelope, passphrase)
    assert caught.value.code == "passphrase-wrong"
    assert PASSPHRASE not in str(caught.value)


def test_a_short_passphrase_is_refused() -> None:
    with pytest.raises(Misconfigured) as caught:
        seal(SECRET, "short", cost=4)
    assert caught.value.code == "passphrase-too-short"


@pytest.mark.parametrize("cost", [3, 5])
def test_the_cost_is_authenticated(envelope: bytes, cost: int) -> None:
    value = json.loads(envelope)
    value["kdf"]["log2_n"] = cost
    with pytest.raises(Misconfigured) as caught:
        unseal(json.dumps(value).encode(), PASSPHRASE)
    assert caught.value.code == "passphrase-wrong"


def damaged(**changes: Any) -> bytes:
    value = json.loads(seal(SECRET, PASSPHRASE, cost=4))
    for path, new in changes.items():
        target, *rest = path.split("__")
        if rest:
            value[target][rest[0]] = new
        elif new is None:
            del value[target]
        else:
            value[target] = new
    return json.dumps(value).encode()


@pytest.mark.parametrize(
    "changes",
    [
        {"format": "evidence-gateway/key-file/v2"},
        {"kdf__name": "pbkdf2"},
        {"kdf__r": 1},
        {"kdf__p": True},
        {"kdf__log2_n": 40},
        {"kdf__log2_n": 0},
        {"kdf__log2_n": True},
        {"kdf__log2_n": "17"},
        {"kdf__salt": "AAAA"},
        {"kdf__salt": "!"},
        {"kdf__more": 1},
        {"cipher__name": "none"},
        {"cipher__nonce": ""},
        {"ciphertext": None},
        {"kdf": None},
        {"kdf": []},
        {"comment": "hello"},
    ],
)
def test_another_form_is_refused_before_any_work(changes: dict[str, Any]) -> None:
    with pytest.raises(Misconfigured) as caught:
        unseal(damaged(**changes), PASSPHRASE)
    assert caught.value.code == "key-file-invalid"


@pytest.mark.parametrize("data", [b"", b"[]", b"null", b"\xff", b"{" * 100, b'{"a":1,"a":2}'])
def test_what_is_no_envelope_is_refused(data: bytes) -> None:
    with pytest.raises(Misconfigured) as caught:
        unseal(data, PASSPHRASE)
    assert caught.value.code == "key-file-invalid"
