"""A redaction job: which renditions of one exhibit are asked for, the same object through parent, wire and child."""

from __future__ import annotations

from dataclasses import dataclass, field

from gateway.agreements.model import View
from gateway.exchange.ports.secrets import SecretRegister


@dataclass(frozen=True, slots=True)
class RenditionSpec:
    """A rendition to make: a view for an audience, with the key its pseudonyms are derived from."""

    view: View
    audience: str
    pseudonym_key: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class RedactionJob:
    """One exhibit to redact.

    Attributes:
        exhibit_id, source_commitment: For the report.
        name: Of the file; it is evidence too, and redacted with it.
        media_type: What the exhibit is treated as.
        stop_on: Categories (values of taxonomy.Category) that the agreement forbids.
        specs: The renditions to make, each once.
        names: Names of persons known from other exhibits of the package.
        register: Registered secrets of the party that pushed it.
    """

    exhibit_id: str
    name: str
    media_type: str
    source_commitment: str
    stop_on: frozenset[str]
    specs: tuple[RenditionSpec, ...]
    names: frozenset[str] = frozenset()
    register: SecretRegister | None = None
