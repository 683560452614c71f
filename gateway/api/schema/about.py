"""What the gateway says of itself, of its log, and of its health."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

from pydantic import Field

from gateway.api.schema.base import Model
from gateway.exchange.log.audit import following
from gateway.exchange.ports.log import LoggedEntry


class LogIdentity(Model):
    """Name and key of the log, as a verifier needs them."""

    origin: str
    vkey: str = Field(description="c2sp.org/signed-note verifier key.")


class GatewayIdentity(Model):
    """Public facts. Compare the key's fingerprint by another channel before pinning it."""

    name: str
    version: str
    signing_key: str = Field(description="SubjectPublicKeyInfo PEM; verifies receipts and release manifests.")
    signing_key_sha256: str = Field(description="SHA-256 of the key's DER, hex: what two people compare by voice.")
    log: LogIdentity


class Health(Model):
    """``ok``, or what is not."""

    status: str
    checks: dict[str, str] = Field(default_factory=dict)


class LogEntry(Model):
    """One entry: its place and the exact bytes that the tree hashes."""

    seq: int
    leaf: str = Field(description="RFC 8785 JSON, UTF-8: SHA-256(0x00 || leaf) is its leaf hash.")


class LogEntries(Model):
    """A page of the entries that the caller may see; ``next`` is the value of ``start`` for the next."""

    entries: list[LogEntry]
    next: int | None

    @classmethod
    def page(cls, found: Sequence[LoggedEntry], limit: int) -> Self:
        return cls(
            entries=[LogEntry(seq=entry.seq, leaf=entry.leaf.decode()) for entry in found],
            next=following(found, limit),
        )


class AccessToken(Model):
    """RFC 6749 §5.1."""

    access_token: str
    token_type: str = Field(examples=["Bearer"])
    expires_in: int = Field(le=600, description="Seconds.")


TOKEN_FORM: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/x-www-form-urlencoded": {
                "schema": {
                    "type": "object",
                    "required": ["grant_type", "client_assertion_type", "client_assertion"],
                    "properties": {
                        "grant_type": {"type": "string", "const": "client_credentials"},
                        "client_assertion_type": {
                            "type": "string",
                            "const": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
                        },
                        "client_assertion": {
                            "type": "string",
                            "description": "ES256 JWT: iss = sub = client id, aud = the issuer, jti, exp (RFC 7523).",
                        },
                        "client_id": {"type": "string", "description": "If sent, it must be the assertion's subject."},
                    },
                },
                "example": {
                    "grant_type": "client_credentials",
                    "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
                    "client_assertion": "eyJhbGciOiJFUzI1NiIs…",
                },
            }
        },
    }
}
