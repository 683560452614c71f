"""A signature puts one text into force, and no other."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from gateway.agreements.signing import PartySignature, parse_party_signature, statement, verify_party_signature
from gateway.agreements.text.parsing import parse_agreement
from gateway.envelope.signature import public_pem, sign
from gateway.errors import IntegrityFailure, InvalidInput

Bend = Callable[..., bytes]


@pytest.fixture(scope="module")
def key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP384R1())


def test_the_signed_bytes_are_published(sample: bytes) -> None:
    agreement = parse_agreement(sample)
    assert statement(agreement.ref) == (
        b'{"agreement":"eu-uk","digest":"' + agreement.digest.encode() + b'","statement":'
        b'"evidence-gateway/agreement-signature-v1","version":3}'
    )


def test_a_signature_travels_and_verifies(sample: bytes, key: ec.EllipticCurvePrivateKey) -> None:
    agreement = parse_agreement(sample)
    signed = PartySignature(agreement.ref, "cnil-fr", sign(key, statement(agreement.ref)))
    again = parse_party_signature(signed.to_json())
    assert again == signed
    verify_party_signature(agreement, again, public_pem(key.public_key()))


def test_another_text_or_version_is_refused(sample: bytes, bent: Bend, key: ec.EllipticCurvePrivateKey) -> None:
    agreement = parse_agreement(sample)
    signed = PartySignature(agreement.ref, "cnil-fr", sign(key, statement(agreement.ref)))
    for change in [("version: 3", "version: 4"), ("P90D", "P91D"), ("n: FR}", "n: DE}")]:
        with pytest.raises(IntegrityFailure) as caught:
            verify_party_signature(parse_agreement(bent(change)), signed, public_pem(key.public_key()))
        assert caught.value.code == "agreement-signature-other-version"


def test_claiming_the_other_text_does_not_help(sample: bytes, bent: Bend, key: ec.EllipticCurvePrivateKey) -> None:
    agreement, other = parse_agreement(sample), parse_agreement(bent(("P90D", "P91D")))
    signed = PartySignature(agreement.ref, "cnil-fr", sign(key, statement(agreement.ref)))
    with pytest.raises(IntegrityFailure) as caught:
        verify_party_signature(other, replace(signed, ref=other.ref), public_pem(key.public_key()))
    assert caught.value.code == "signature-invalid"


def test_another_key_a_stranger_and_a_bare_document_are_refused(sample: bytes, key: ec.EllipticCurvePrivateKey) -> None:
    agreement = parse_agreement(sample)
    pem = public_pem(key.public_key())
    foreign = sign(ec.generate_private_key(ec.SECP384R1()), statement(agreement.ref))
    bare = sign(key, agreement.digest.encode())
    for signature in (foreign, bare, b"", b"\x30\x00"):
        with pytest.raises(IntegrityFailure):
            verify_party_signature(agreement, PartySignature(agreement.ref, "cnil-fr", signature), pem)
    good = sign(key, statement(agreement.ref))
    with pytest.raises(InvalidInput) as caught:
        verify_party_signature(agreement, PartySignature(agreement.ref, "edpb-eu", good), pem)
    assert caught.value.code == "agreement-signer-not-a-party"


@pytest.mark.parametrize(
    "change",
    [{"extra": 1}, {"version": True}, {"version": "3"}, {"statement": "x"}, {"signature": "!"}, {"signature": ""},
     {"signature": "QUJ="}, {"agency": "../x"}, {"agreement": None}],
    ids=str,
)  # fmt: skip
def test_a_malformed_file_is_refused(sample: bytes, change: dict[str, object]) -> None:
    good = json.loads(PartySignature(parse_agreement(sample).ref, "cnil-fr", b"x").to_json())
    with pytest.raises(InvalidInput):
        parse_party_signature(json.dumps({**good, **change}).encode())
