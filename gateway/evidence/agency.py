"""Agencies and their registered keys. Authentication, signing and receiving are kept apart.

- ``authentication``: of a principal; ES256 (P-256), verifies private_key_jwt assertions (RFC 7523).
- ``signing``: of the agency; ECDSA P-384 or P-256, verifies manifests, agreements, acknowledgements.
- ``receiving``: of the agency; an age recipient (``age1...``) that releases are encrypted to.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

KeyUse = Literal["authentication", "signing", "receiving"]


@dataclass(frozen=True, slots=True)
class Agency:
    """A regulator or authority; the tenant boundary. ``jurisdiction`` is ISO 3166-1 alpha-2."""

    id: str
    name: str
    jurisdiction: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class RegisteredKey:
    """A public key. ``material`` is SubjectPublicKeyInfo PEM, or an age recipient for receiving."""

    id: str
    agency: str
    principal: str | None  # set for authentication keys only
    use: KeyUse
    material: str
    valid_from: datetime
    valid_until: datetime | None
    revoked_at: datetime | None = None

    def usable(self, now: datetime) -> bool:
        """Whether the key may be relied on at ``now``: begun, not over, not revoked."""
        return is_valid(self.valid_from, self.valid_until, self.revoked_at, now)


def is_valid(begins: datetime, ends: datetime | None, revoked_at: datetime | None, now: datetime) -> bool:
    """Whether a key may be relied on at ``now``: begun, not over, not revoked."""
    return begins <= now and (ends is None or now < ends) and (revoked_at is None or now < revoked_at)
