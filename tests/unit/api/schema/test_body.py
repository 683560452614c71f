"""Request bodies: known keys, right types, canonical base64, and our own words for what is not."""

from __future__ import annotations

import base64
from typing import Annotated, Any

import pytest

from gateway.api.schema.body import Body, chars, octets
from gateway.api.schema.custody import AttestationBody, HoldPlacement
from gateway.api.schema.erasure import ErasureRequest
from gateway.api.schema.package import PackageCreation, Withdrawal
from gateway.api.schema.release import AcknowledgementBody, ReviewNote
from gateway.api.schema.secret import SecretMaterial
from gateway.errors import GatewayError, InvalidInput

_ID = "0b8e2f6a-3f64-4b0e-9f0a-1d1f5f0c6a11"
_SIGNED = {"signature": "YQ==", "key_id": "k"}
VALID: list[tuple[type[Body], dict[str, Any]]] = [
    (PackageCreation, {"manifest": {}, **_SIGNED}),
    (Withdrawal, {}),
    (ReviewNote, {}),
    (AcknowledgementBody, {"acknowledgement": "YQ==", **_SIGNED}),
    (AttestationBody, {"attestation": "YQ==", **_SIGNED}),
    (HoldPlacement, {"agreement": "a", "case": "c", "reason": "r"}),
    (HoldPlacement, {"package": _ID, "reason": "r"}),
    (HoldPlacement, {"exhibit": _ID, "reason": "r"}),
    (ErasureRequest, {"case": _ID, "legal_basis": "r"}),
    (ErasureRequest, {"entry": 1, "fields": ["a"], "legal_basis": "r"}),
    (SecretMaterial, {"kind": "term", "text": "t"}),
    (SecretMaterial, {"kind": "record", "fields": ["a", "b"], "needed": 2}),
]


class Letter(Body):
    a: int
    b: int = 0


class Sealed(Body):
    signature: Annotated[bytes, octets()] = b""
    text: Annotated[str, chars(3)] = ""


def test_takes_what_it_knows() -> None:
    assert Letter.checked({"a": 1, "b": 2}) == Letter(a=1, b=2)
    assert Sealed.checked({"text": "abc"}).text == "abc"
    assert Sealed.checked({"signature": base64.b64encode(b"signature").decode()}).signature == b"signature"


@pytest.mark.parametrize(
    ("body", "where"), [([], "/"), (None, "/"), ("a", "/"), ({"a": 1, "c": 1}, "/c"), ({}, "/a"), ({"b": 1}, "/a")]
)
def test_refuses_unknown_and_missing_members(body: Any, where: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        Letter.checked(body)
    assert caught.value.code == "request-invalid"
    assert caught.value.where == where


@pytest.mark.parametrize(
    ("value", "why"),
    [
        (None, "not text"),
        (7, "not text"),
        ("", "empty"),
        ("YQ", "no padding"),
        ("YR==", "bits that decode to nothing"),
        ("YQ==\n", "a line feed"),
        ("Y Q=", "a space"),
        ("YQ-_", "the other alphabet"),
        ("é===", "not ASCII"),
        (base64.b64encode(b"x" * 161).decode(), "longer than a signature"),
    ],
)
def test_refuses_what_is_not_canonical_base64(value: Any, why: str) -> None:
    with pytest.raises(InvalidInput):
        Sealed.checked({"signature": value})


@pytest.mark.parametrize(("model", "valid"), VALID)
def test_every_member_that_does_not_fit_is_refused_in_our_words(model: type[Body], valid: dict[str, Any]) -> None:
    for name in model.model_fields:
        for value in ({"q": "zq9"}, 1.5, True, ["zq9", 5], [["zq9"]] * 40, "zq9" * 600_000):
            with pytest.raises(GatewayError) as caught:
                model.checked({**valid, name: value})
            said = f"{caught.value.message} {caught.value.where}"
            assert caught.value.code in ("request-invalid", "identifier-invalid", "manifest-invalid"), name
            assert "zq9" not in said, name
            for word in ("Input", "should", "valid ", "as described"):
                assert word not in said.replace("not a valid name", ""), name
