"""Who the client is: the keys of a principal and of its agency, and the gateway's key it trusts.

A JSON file that names the others, relative to itself; private keys are never inside it. Read once:

    {"gateway": "https://gateway.example.eu", "agency": "ico-uk", "client_id": "ico-uk-submitter",
     "auth_key": "auth.pem", "auth_key_id": "…", "signing_key": "signing.pem", "signing_key_id": "…",
     "identity": "identity.txt", "gateway_key": "gateway.pem"}

``auth_key`` (P-256) proves who asks. The rest may be missing where it is not needed: ``signing_key``
signs manifests and acknowledgements, ``identity`` (age) opens releases, and ``gateway_key`` is the
gateway's public signing key, pinned: without it no receipt and no release can be believed.
"""

from __future__ import annotations

import stat
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric import ec

from gateway.envelope.header import Identity
from gateway.envelope.recipient import parse_identity_file
from gateway.envelope.signature import load_private_key, load_public_key
from gateway.errors import InvalidInput, Misconfigured
from gateway.evidence.canonical import parse_json
from gateway.evidence.names import check_identifier

_REQUIRED = ("gateway", "agency", "client_id", "auth_key", "auth_key_id")
_OPTIONAL = ("signing_key", "signing_key_id", "identity", "gateway_key", "issuer", "allow_plain_http")
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True)
class Credentials:
    """The keys, loaded.

    Attributes:
        gateway: Base address. Plain http is refused for other hosts than this one, unless
            ``allow_plain_http`` says that something else protects the way.
        issuer: Audience of assertions; the base address unless the operator gave another name.
    """

    gateway: str
    agency: str
    client_id: str
    auth_key: ec.EllipticCurvePrivateKey = field(repr=False)
    auth_key_id: str
    signing_key: ec.EllipticCurvePrivateKey | None = field(default=None, repr=False)
    signing_key_id: str = ""
    identities: Sequence[Identity] = field(default=(), repr=False)
    gateway_key: ec.EllipticCurvePublicKey | None = field(default=None, repr=False)
    issuer: str = ""
    allow_plain_http: bool = False

    def __post_init__(self) -> None:
        _check_address(self.gateway, self.allow_plain_http)
        if not isinstance(self.auth_key.curve, ec.SECP256R1):
            raise Misconfigured(
                "auth-key-invalid",
                "The authentication key is not on P-256, so it cannot make ES256 assertions.",
                remedy="Generate an authentication key with 'keys generate'.",
            )

    @property
    def audience(self) -> str:
        """Whom assertions are made for. Never taken from a server's answer: a hostile one could name another."""
        return self.issuer or self.gateway.rstrip("/")

    @classmethod
    def load(cls, path: Path) -> Credentials:
        """Read the file and the keys it names.

        Raises:
            Misconfigured: ``credentials-invalid``, ``credentials-readable-by-others``, ``insecure-url``.
        """
        try:
            members = parse_json(path.read_bytes(), max_bytes=65_536)
        except OSError as error:
            raise _invalid(f"the file cannot be read ({error.strerror})", path) from error
        except InvalidInput as error:
            raise _invalid(error.message, path) from error
        if not isinstance(members, dict):
            raise _invalid("a JSON object is expected", path)
        for key, value in members.items():
            if key not in _REQUIRED + _OPTIONAL:
                raise _invalid(f"the key {key[:40]!r} is not known", path)
            if not isinstance(value, bool if key == "allow_plain_http" else str):
                raise _invalid(f"the value of {key!r} has the wrong type", path)
        missing = [key for key in _REQUIRED if key not in members]
        if missing:
            raise _invalid(f"missing: {', '.join(missing)}", path)
        return cls(
            gateway=members["gateway"],
            agency=check_identifier(members["agency"], what="agency"),
            client_id=members["client_id"],
            auth_key=load_private_key(_secret(path, members["auth_key"])),
            auth_key_id=members["auth_key_id"],
            signing_key=load_private_key(_secret(path, members["signing_key"])) if "signing_key" in members else None,
            signing_key_id=members.get("signing_key_id", ""),
            identities=tuple(parse_identity_file(_secret(path, members["identity"]))) if "identity" in members else (),
            gateway_key=load_public_key(_read(path, members["gateway_key"])) if "gateway_key" in members else None,
            issuer=members.get("issuer", ""),
            allow_plain_http=members.get("allow_plain_http", False),
        )

    def trusted_gateway_key(self) -> ec.EllipticCurvePublicKey:
        """The pinned key.

        Raises:
            Misconfigured: ``gateway-key-not-pinned``.
        """
        if self.gateway_key is None:
            raise Misconfigured(
                "gateway-key-not-pinned",
                "The credentials do not name the gateway's signing key, so nothing it signs can be believed.",
                remedy="Get the key from /v1/gateway, compare its fingerprint with the operator by another "
                "channel, and name the file as gateway_key.",
            )
        return self.gateway_key

    def own_signing_key(self) -> ec.EllipticCurvePrivateKey:
        """The agency's signing key.

        Raises:
            Misconfigured: ``signing-key-missing``.
        """
        if self.signing_key is None or not self.signing_key_id:
            raise Misconfigured(
                "signing-key-missing",
                "The credentials name no signing key of the agency.",
                remedy="Name the key file as signing_key and its registered id as signing_key_id.",
            )
        return self.signing_key


def is_loopback(address: str) -> bool:
    """Whether the address is this machine."""
    return urlsplit(address).hostname in _LOOPBACK


def _check_address(address: str, allow_plain_http: bool) -> None:
    parts = urlsplit(address)
    if parts.scheme not in ("https", "http") or not parts.hostname or parts.query or parts.fragment or parts.username:
        raise Misconfigured(
            "credentials-invalid",
            "The gateway's address is not a plain http or https address.",
            remedy="Write it as https://host[:port].",
            where="gateway",
        )
    if parts.scheme == "http" and not is_loopback(address) and not allow_plain_http:
        raise Misconfigured(
            "insecure-url",
            "The gateway's address is plain http on another machine; tokens would travel in the clear.",
            remedy="Use https, or set allow_plain_http if a tunnel protects the way.",
            where="gateway",
        )


def _read(credentials: Path, name: str) -> bytes:
    path = credentials.parent / name
    try:
        return path.read_bytes()
    except OSError as error:
        raise _invalid(f"a file it names cannot be read ({error.strerror})", path) from error


def _secret(credentials: Path, name: str) -> bytes:
    data = _read(credentials, name)
    path = credentials.parent / name
    if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO) & ~stat.S_IXGRP & ~stat.S_IXOTH:
        raise Misconfigured(
            "credentials-readable-by-others",
            "A private key file can be read or written by others.",
            remedy=f"chmod 600 {path.name}",
            where=str(path),
        )
    return data


def _invalid(reason: str, path: Path) -> Misconfigured:
    return Misconfigured(
        "credentials-invalid",
        f"The credentials cannot be used: {reason}.",
        remedy="See docs/api.md, 'Credentials'.",
        where=str(path),
    )
