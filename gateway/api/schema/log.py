"""Proofs of the log and the state of its witnesses, as the API answers them."""

from __future__ import annotations

from pydantic import Field

from gateway.api.schema.base import SHA256, Base64, Model


class InclusionProof(Model):
    """RFC 6962 §2.1.1: the entry with this leaf hash stands at ``index`` of the tree of ``size`` entries."""

    origin: str
    index: int
    size: int
    leaf_hash: SHA256
    root: SHA256
    hashes: list[Base64] = Field(description="The audit path, the leaf's sibling first; 32 bytes each.")
    checkpoint: str = Field(description="The signed checkpoint that vouches for the root, or for a tree it begins.")


class ConsistencyProof(Model):
    """RFC 6962 §2.1.2: the tree of ``to`` entries begins with the whole tree of ``from`` entries."""

    origin: str
    from_: int = Field(alias="from", serialization_alias="from")
    to: int
    from_root: SHA256
    to_root: SHA256
    hashes: list[Base64] = Field(description="32 bytes each.")
    checkpoint: str = Field(description="The signed checkpoint that vouches for the root at ``to``, or beyond.")


class WitnessBody(Model):
    """One witness. ``state`` is ok, behind, unreachable, refused or unknown (not asked yet)."""

    name: str
    vkey: str
    state: str
    size: int | None = Field(description="Size of the largest checkpoint it has cosigned, as far as known.")
    cosigned_at: int | None = Field(description="Unix seconds of that cosignature, by its own clock.")
    reason: str = Field(description="Stable code of what was last wrong, or empty.")


class Witnesses(Model):
    """The witnesses of the log, and whether enough of them stand by it."""

    quorum: int = Field(description="How many must cosign; 0 if none must.")
    met: bool = Field(description="Whether enough have cosigned the latest cosigned checkpoint.")
    size: int | None = Field(description="Size of the latest checkpoint with a quorum.")
    witnesses: list[WitnessBody]
