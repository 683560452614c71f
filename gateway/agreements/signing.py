"""What a party signs to put a version into force, and the file in which its signature travels.

The signature covers the RFC 8785 bytes of
``{"agreement", "digest", "statement": "evidence-gateway/agreement-signature-v1", "version"}``.
The statement separates the domain: these bytes are no manifest, receipt or assertion, so a
signature made for one is never one for the other. The digest covers the whole document. Signatures
are detached ECDSA (envelope/signature.py); the gateway never holds a party's signing key.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from gateway.agreements.model import Agreement
from gateway.envelope.signature import verify as verify_ecdsa
from gateway.errors import IntegrityFailure, InvalidInput
from gateway.evidence.canonical import canonical_json, parse_json
from gateway.evidence.names import check_identifier
from gateway.evidence.package import AgreementRef

STATEMENT = "evidence-gateway/agreement-signature-v1"
MAX_SIGNATURE_FILE_BYTES = 8192

#: Takes public key (PEM), data, signature (DER); raises IntegrityFailure unless they belong together.
Verify = Callable[[bytes, bytes, bytes], None]


def statement(ref: AgreementRef) -> bytes:
    """The bytes that a party signs for one version of an agreement."""
    return canonical_json({"agreement": ref.id, "version": ref.version, "digest": ref.digest, "statement": STATEMENT})


@dataclass(frozen=True, slots=True)
class PartySignature:
    """A party's signature as it is handed over: which version, who says to have signed, and the bytes."""

    ref: AgreementRef
    agency: str
    signature: bytes

    def to_json(self) -> bytes:
        """The signature file: canonical JSON and a newline."""
        members = {
            "agreement": self.ref.id,
            "version": self.ref.version,
            "digest": self.ref.digest,
            "statement": STATEMENT,
            "agency": self.agency,
            "signature": base64.b64encode(self.signature).decode("ascii"),
        }
        return canonical_json(members) + b"\n"


def parse_party_signature(untrusted: bytes) -> PartySignature:
    """Read a signature file, strictly. Says nothing about whether the signature is good.

    Raises:
        InvalidInput: ``agreement-signature-malformed``, or the codes of strict JSON.
    """
    members = parse_json(untrusted, max_bytes=MAX_SIGNATURE_FILE_BYTES, max_depth=2)
    expected = {"agreement": str, "version": int, "digest": str, "statement": str, "agency": str, "signature": str}
    if not isinstance(members, dict) or members.keys() != expected.keys():
        raise _malformed(f"it must have exactly the members {', '.join(expected)}")
    wrong = sorted(name for name, kind in expected.items() if type(members[name]) is not kind)
    if wrong:
        raise _malformed(f"these members have the wrong type: {', '.join(wrong)}")
    if members["statement"] != STATEMENT:
        raise _malformed(f"its statement is not '{STATEMENT}'")
    return PartySignature(
        AgreementRef(check_identifier(members["agreement"], what="agreement"), members["version"], members["digest"]),
        check_identifier(members["agency"], what="agency"),
        _decode(members),
    )


def verify_party_signature(
    agreement: Agreement, signed: PartySignature, public_pem: bytes, *, verify: Verify = verify_ecdsa
) -> None:
    """Return if a party has signed this very version.

    Args:
        agreement: The version as the gateway has it.
        signed: The signature file as parsed.
        public_pem: The registered signing key of ``signed.agency``.
        verify: Checks the signature itself.

    Raises:
        InvalidInput: ``agreement-signer-not-a-party``.
        IntegrityFailure: ``agreement-signature-other-version`` if another version or text was
            signed, ``signature-invalid`` if the key did not make it.
    """
    if signed.agency not in agreement.parties:
        raise InvalidInput(
            "agreement-signer-not-a-party",
            f"'{signed.agency}' is not a party to the agreement '{agreement.id}'.",
            remedy="Only the parties sign.",
        )
    ours = agreement.ref
    same = (signed.ref.id, signed.ref.version) == (ours.id, ours.version)
    if not same or not hmac.compare_digest(signed.ref.digest.encode(), ours.digest.encode()):
        raise IntegrityFailure(
            "agreement-signature-other-version",
            f"The signature is for another text than version {ours.version} of '{ours.id}' as it is here.",
            remedy="Compare the digests that 'agreements show' prints on both sides, and sign the same file.",
        )
    # Over our own statement, not over what the file says, so that only this text can be meant.
    verify(public_pem, statement(ours), signed.signature)


def _decode(members: dict[str, Any]) -> bytes:
    try:
        signature = base64.b64decode(members["signature"], validate=True)
    except (binascii.Error, ValueError):
        signature = b""
    if not signature or base64.b64encode(signature).decode("ascii") != members["signature"]:
        raise _malformed("its signature is not canonical base64")
    return signature


def _malformed(reason: str) -> InvalidInput:
    return InvalidInput(
        "agreement-signature-malformed",
        f"The signature file cannot be read: {reason}.",
        remedy="Make it with 'evidence-gateway agreements sign'.",
    )
