"""Access tokens and client assertions: the one module that imports python-jose.

Issues and verifies RFC 9068 access tokens, and verifies RFC 7523 assertions (private_key_jwt), ES256
throughout (RFC 8725 for what can go wrong). The library is trusted with one thing, the signature
(docs/adr/0004-jose-confined.md): form is checked before it, in compact_jws.py, claims after it, here, against
the time that the caller passes. Keys are P-256 public key objects, so a public key can never be taken
for an HMAC secret. Replay of assertions is for the caller, who has a store.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence, Set
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography.hazmat.primitives.asymmetric import ec
from jose import jwk as jose_jwk
from jose import jws as jose_jws
from jose.backends.base import Key
from jose.exceptions import JOSEError

from gateway.envelope.signature import load_public_key
from gateway.errors import InvalidInput
from gateway.evidence.agency import RegisteredKey
from gateway.evidence.canonical import canonical_json
from gateway.evidence.package import Principal
from gateway.keyring.claims import GET_ANOTHER, Claims, Noun, refuse
from gateway.keyring.compact_jws import CompactJws, MalformedJws, parse_compact
from gateway.keyring.jwk import public_jwk, thumbprint

MAX_LIFETIME = timedelta(minutes=10)
MAX_ASSERTION_AHEAD = timedelta(minutes=5)
#: Keys tried for one assertion; more would make a forged one expensive to refuse.
MAX_KEYS_TRIED = 8

_ACCESS_TYPES = frozenset({"at+jwt"})
_ASSERTION_TYPES = frozenset({None, "jwt", "client-authentication+jwt"})


@dataclass(frozen=True, slots=True)
class AccessClaims:
    """What a verified access token says. ``scope`` is as issued; roles are looked up, not carried."""

    principal: str
    client_id: str
    agency: str
    scope: frozenset[str]
    jti: str
    issued_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class AssertionClaims:
    """What a verified client assertion says. Remember (client_id, jti) until ``expires_at``."""

    client_id: str
    jti: str
    expires_at: datetime
    key_id: str


class TokenAuthority:
    """Issues our access tokens and judges what clients send.

    Args:
        signing_key: P-256.
        issuer: Our issuer URL; also accepted as the audience of an assertion.
        audience: Audience of the access tokens: the API.

    Raises:
        InvalidInput: ``jwk-invalid`` if the key is on another curve.
    """

    def __init__(self, signing_key: ec.EllipticCurvePrivateKey, issuer: str, audience: str) -> None:
        self._public = signing_key.public_key()
        self.key_id = thumbprint(self._public)
        self._signer = _jose_key(signing_key)
        self._issuer = issuer
        self._audience = audience

    def issue_access_token(
        self, principal: Principal, scope: str, now: datetime, lifetime: timedelta = MAX_LIFETIME
    ) -> str:
        """An access token (RFC 9068) for a client, valid from ``now``.

        Args:
            scope: Space-separated (RFC 6749 §3.3).
            lifetime: At most 10 minutes, at least one second.

        Raises:
            InvalidInput: ``token-lifetime-invalid``.
        """
        if not timedelta(seconds=1) <= lifetime <= MAX_LIFETIME:
            raise InvalidInput(
                "token-lifetime-invalid",
                "An access token lives at least one second and at most ten minutes.",
                remedy="Ask for a shorter lifetime, and for a new token when it ends.",
            )
        issued = int(now.timestamp())
        claims = {
            "iss": self._issuer,
            "sub": principal.id,
            "aud": self._audience,
            "exp": issued + int(lifetime.total_seconds()),
            "iat": issued,
            "jti": secrets.token_urlsafe(16),
            "client_id": principal.id,
            "agency": principal.agency,
            "scope": scope,
        }
        headers = {"typ": "at+jwt", "kid": self.key_id}
        return jose_jws.sign(canonical_json(claims), self._signer, headers, "ES256")

    def verify_access_token(self, token: str, now: datetime) -> AccessClaims:
        """The claims of one of our access tokens.

        Raises:
            Unauthenticated: ``token-malformed``, ``token-signature-invalid``, ``token-claims-invalid``,
                ``token-issuer-wrong``, ``token-audience-wrong``, ``token-not-yet-valid``, ``token-expired``.
        """
        jws = _parse(token, _ACCESS_TYPES, "token")
        if jws.untrusted_header.get("kid") != self.key_id or not signed_by(token, jws, self._public):
            raise refuse("token", "signature-invalid", "was not signed by this gateway", GET_ANOTHER)
        claims = Claims(jws.untrusted_payload, "token")
        claims.expect("iss", self._issuer, "issuer-wrong", "was issued by somebody else")
        claims.expect("aud", self._audience, "audience-wrong", "was issued for another service")
        principal, client_id = claims.text("sub"), claims.text("client_id")
        issued, expires = claims.time("iat"), claims.time("exp")
        if principal != client_id or not timedelta(0) < expires - issued <= MAX_LIFETIME:
            raise claims.invalid("contradicts itself")
        claims.check_begun(issued, now)
        claims.check_not_over(expires, now)
        return AccessClaims(
            principal=principal,
            client_id=client_id,
            agency=claims.text("agency"),
            scope=frozenset(claims.text("scope", empty=True).split()),
            jti=claims.text("jti"),
            issued_at=issued,
            expires_at=expires,
        )

    def verify_client_assertion(
        self, assertion: str, keys: Sequence[RegisteredKey], token_endpoint: str, now: datetime
    ) -> AssertionClaims:
        """The claims of a client's assertion, signed by one of its usable authentication keys.

        Args:
            keys: The registered keys of the client that :meth:`untrusted_client_id` names. Others
                (another use, another principal, revoked, outdated) are passed over.
            token_endpoint: Our token endpoint's URL: the audience, unless it is our issuer URL.

        Raises:
            Unauthenticated: ``assertion-malformed``, ``assertion-signature-invalid``,
                ``assertion-claims-invalid``, ``assertion-audience-wrong``, ``assertion-not-yet-valid``,
                ``assertion-expired``, ``assertion-too-long-lived``.
        """
        jws = _parse(assertion, _ASSERTION_TYPES, "assertion")
        claims = Claims(jws.untrusted_payload, "assertion")
        client_id = claims.text("iss")
        usable = [k for k in keys if k.use == "authentication" and k.principal == client_id and k.usable(now)]
        signer = next((k for k in usable[:MAX_KEYS_TRIED] if _signed_with(assertion, jws, k)), None)
        if signer is None:
            # One answer for an unknown client, no key, a revoked key and a bad signature.
            raise refuse(
                "assertion",
                "signature-invalid",
                "was not signed by a usable key of a registered client",
                "Sign with the registered authentication key, and check that it is neither revoked nor outdated.",
            )
        if claims.text("sub") != client_id:
            raise claims.invalid("has an issuer (iss) and a subject (sub) that differ")
        claims.expect_audience((token_endpoint, self._issuer))
        expires = claims.time("exp")
        claims.check_not_over(expires, now)
        if expires - now > MAX_ASSERTION_AHEAD:
            raise refuse(
                "assertion",
                "too-long-lived",
                "is valid for more than five minutes",
                "Set exp to a minute from now, and make a new assertion for each request.",
            )
        for name in ("iat", "nbf"):
            if claims.has(name):
                begins = claims.time(name)
                claims.check_begun(begins, now)
                if begins >= expires:
                    raise claims.invalid("ends before it begins")
        return AssertionClaims(client_id, claims.text("jti"), expires, signer.id)

    def jwks(self) -> dict[str, list[dict[str, str]]]:
        """The JWKS document (RFC 7517 §5): the public key that our access tokens verify with."""
        return {"keys": [public_jwk(self._public)]}

    @staticmethod
    def untrusted_client_id(assertion: str) -> str:
        """The ``iss`` of an assertion whose signature nobody has checked: only to look up keys with.

        Raises:
            Unauthenticated: ``assertion-malformed``, ``assertion-claims-invalid``.
        """
        jws = _parse(assertion, _ASSERTION_TYPES, "assertion")
        return Claims(jws.untrusted_payload, "assertion").text("iss")


def _parse(untrusted: str, types: Set[str | None], noun: Noun) -> CompactJws:
    try:
        return parse_compact(untrusted, types=types)
    except MalformedJws as error:
        remedy = GET_ANOTHER if noun == "token" else "Send an ES256 JWT in compact form, see docs/api.md."
        raise refuse(noun, "malformed", f"cannot be accepted: {error.reason}", remedy) from None


def _signed_with(token: str, jws: CompactJws, key: RegisteredKey) -> bool:
    try:
        return signed_by(token, jws, load_public_key(key.material))
    except InvalidInput:
        return False


def signed_by(token: str, jws: CompactJws, key: ec.EllipticCurvePublicKey) -> bool:
    """Whether the key, if on P-256, signed the token that was parsed as ``jws``. Says nothing about claims."""
    # An object on the right curve, never bytes: jose can then neither guess a format nor see a secret.
    if not isinstance(key.curve, ec.SECP256R1):
        return False
    try:
        verifier = _jose_key(key)
        payload = jose_jws.verify(token, verifier, algorithms=["ES256"])
    except JOSEError:
        return False
    # What jose verified must be what we parsed, or our checks were about something else.
    return bool(payload == jws.untrusted_payload)


def _jose_key(key: ec.EllipticCurvePrivateKey | ec.EllipticCurvePublicKey) -> Key:
    # jose takes key objects of cryptography, which its type stubs leave out.
    return jose_jwk.construct(key, "ES256")  # type: ignore[arg-type]
