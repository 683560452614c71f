"""Checkpoints: the signed head of the tree (c2sp.org/tlog-checkpoint in a signed note).

``origin``, size and base64 root, a line each, then signatures. The origin names the log and is the
name of its key, so a checkpoint of one log never passes for that of another. The size has one
spelling only: parsers that take ``007`` or ``+7`` for 7 let two texts claim one head.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Sequence
from dataclasses import dataclass

from gateway.errors import IntegrityFailure, InvalidInput
from gateway.translog.merkle import HASH_BYTES
from gateway.translog.note import Note, parse_note, sign_note, verify_note
from gateway.translog.vkey import ED25519, NoteSigner, VerifierKey

MAX_SIZE = 2**63 - 1
_SIZE = re.compile(r"0|[1-9]\d{0,18}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A tree head: at ``size`` entries the log ``origin`` has this root (32 bytes)."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    def text(self) -> str:
        """The text that is signed."""
        root = base64.b64encode(self.root).decode("ascii")
        return "".join(f"{line}\n" for line in (self.origin, self.size, root, *self.extensions))


@dataclass(frozen=True, slots=True)
class OpenedCheckpoint:
    """A checkpoint whose signature by the log has been verified; ``signed_by`` adds the witnesses."""

    checkpoint: Checkpoint
    note: Note
    signed_by: tuple[VerifierKey, ...]


def parse_checkpoint(text: str) -> Checkpoint:
    """The tree head in a note's text. Verifies no signature.

    Raises:
        InvalidInput: ``checkpoint-invalid`` for any spelling but the canonical one.
    """
    lines = text.split("\n")
    if len(lines) < 4 or lines.pop() != "" or not all(lines):
        raise _invalid("it has fewer than three lines, or an empty one")
    origin, size, encoded, *extensions = lines
    if not _SIZE.fullmatch(size) or int(size) > MAX_SIZE:
        raise _invalid("its size is not a plain decimal number")
    try:
        root = base64.b64decode(encoded.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError) as error:
        raise _invalid("its root is not base64") from error
    checkpoint = Checkpoint(origin, int(size), root, tuple(extensions))
    if len(root) != HASH_BYTES or checkpoint.text() != text:
        raise _invalid("its root is not 32 bytes in canonical base64")
    return checkpoint


def sign_checkpoint(checkpoint: Checkpoint, signer: NoteSigner) -> Note:
    """The checkpoint as a note signed by its log.

    Raises:
        InvalidInput: ``checkpoint-invalid`` if the signer has another name than the origin.
    """
    if signer.name != checkpoint.origin:
        raise _invalid("the key of the signer is not named like its origin")
    parse_checkpoint(checkpoint.text())
    return sign_note(checkpoint.text(), signer)


def open_checkpoint(untrusted: bytes, log_key: VerifierKey, witnesses: Sequence[VerifierKey] = ()) -> OpenedCheckpoint:
    """Parse a checkpoint and verify that its log, and which of the witnesses, signed it.

    Raises:
        InvalidInput: ``note-invalid``, ``checkpoint-invalid``.
        IntegrityFailure: ``note-unsigned``, ``note-signature-invalid``, ``checkpoint-origin``.
    """
    note = parse_note(untrusted)
    signed_by = verify_note(note, [log_key, *witnesses])
    if log_key not in signed_by or log_key.algorithm != ED25519:
        raise IntegrityFailure(
            "note-unsigned",
            "The log itself has not signed this checkpoint.",
            remedy="Check that the verifier key is that of this log.",
        )
    checkpoint = parse_checkpoint(note.text)
    if checkpoint.origin != log_key.name:
        raise IntegrityFailure(
            "checkpoint-origin",
            "The checkpoint is that of another log than the key's.",
            remedy="Check that checkpoint and verifier key belong together.",
        )
    return OpenedCheckpoint(checkpoint, note, signed_by)


def _invalid(reason: str) -> InvalidInput:
    return InvalidInput(
        "checkpoint-invalid",
        f"This is not a checkpoint: {reason}.",
        remedy="Take the whole text, unchanged, as the log gave it (c2sp.org/tlog-checkpoint).",
    )
