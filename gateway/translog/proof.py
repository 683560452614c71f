"""Offline proofs: one entry is in the log, checkable without it (c2sp.org/tlog-proof@v1).

A text of the entry's index, its audit path and a whole signed checkpoint. With the leaf bytes and
the log's verifier key, anyone can check it years later. ``extra`` is carried but proves nothing: no
signature covers it.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Sequence
from dataclasses import dataclass

from gateway.errors import InvalidInput
from gateway.translog.checkpoint import OpenedCheckpoint, open_checkpoint
from gateway.translog.merkle import HASH_BYTES, leaf_hash, verify_inclusion
from gateway.translog.note import MAX_NOTE_BYTES
from gateway.translog.vkey import VerifierKey

_HEADER = "c2sp.org/tlog-proof@v1"
_INDEX = re.compile(r"index (0|[1-9]\d{0,18})", re.ASCII)
_MAX_HASHES = 63
_MAX_EXTRA_BYTES = 65_536


@dataclass(frozen=True, slots=True)
class LogProof:
    """An inclusion proof with its checkpoint (the bytes of the signed note)."""

    index: int
    hashes: tuple[bytes, ...]
    checkpoint: bytes
    extra: bytes | None = None

    def encode(self) -> bytes:
        """The text of the proof; files of it end in ``.tlog-proof``."""
        lines = [_HEADER]
        if self.extra is not None:
            lines.append("extra " + base64.b64encode(self.extra).decode("ascii"))
        lines.append(f"index {self.index}")
        lines += [base64.b64encode(item).decode("ascii") for item in self.hashes]
        return ("\n".join(lines) + "\n\n").encode("ascii") + self.checkpoint

    def verify(self, leaf: bytes, log_key: VerifierKey, witnesses: Sequence[VerifierKey] = ()) -> OpenedCheckpoint:
        """Check that the leaf bytes are in the log at this index.

        Returns:
            The checkpoint that vouches for it; the caller decides whether enough witnesses signed.

        Raises:
            InvalidInput, IntegrityFailure: as :func:`open_checkpoint`; ``log-proof-invalid``.
        """
        opened = open_checkpoint(self.checkpoint, log_key, witnesses)
        head = opened.checkpoint
        verify_inclusion(self.index, head.size, leaf_hash(leaf), self.hashes, head.root)
        return opened


def parse_proof(untrusted: bytes) -> LogProof:
    """Take a proof apart, without verifying it; only the canonical form is accepted.

    Raises:
        InvalidInput: ``log-proof-malformed``.
    """
    head, divider, checkpoint = untrusted[: 2 * MAX_NOTE_BYTES].partition(b"\n\n")
    try:
        first, *lines = head.decode("ascii").split("\n")
        extra = None
        if lines and lines[0].startswith("extra "):
            extra = base64.b64decode(lines.pop(0).removeprefix("extra "), validate=True)
        index = _INDEX.fullmatch(lines.pop(0)) if lines else None
        hashes = tuple(base64.b64decode(line, validate=True) for line in lines[: _MAX_HASHES + 1])
    except (UnicodeDecodeError, binascii.Error) as error:
        raise _malformed("a line is not plain text or base64") from error
    if first != _HEADER or index is None or not divider:
        raise _malformed("it is not header, index, hashes, empty line and checkpoint")
    if len(hashes) > _MAX_HASHES or any(len(item) != HASH_BYTES for item in hashes):
        raise _malformed("a hash has not 32 bytes, or there are more than 63")
    if extra is not None and len(extra) > _MAX_EXTRA_BYTES:
        raise _malformed("its extra data are longer than 64 KiB")
    proof = LogProof(int(index.group(1)), hashes, checkpoint, extra)
    if proof.encode() != untrusted:
        raise _malformed("it is not in canonical form")
    return proof


def _malformed(reason: str) -> InvalidInput:
    return InvalidInput(
        "log-proof-malformed",
        f"This is not a proof of the log: {reason}.",
        remedy="Take the whole file, unchanged, as the log gave it (c2sp.org/tlog-proof).",
    )
