"""What a log and a witness say to each other: ``add-checkpoint`` (c2sp.org/tlog-witness, formats.md §2).

The request is ``old N``, up to 63 consistency hashes, an empty line, and a signed checkpoint; the
answer is the witness's cosignature. :func:`judge` is the one decision of a witness: may this
checkpoint follow the one it holds? Nothing is stored or signed here; the witness must store before
it answers, in one atomic step with this decision.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from dataclasses import dataclass

from gateway.errors import Conflict, IntegrityFailure, InvalidInput
from gateway.translog.checkpoint import Checkpoint
from gateway.translog.cosignature import SIGNATURE_BYTES, cosigned_at
from gateway.translog.merkle import EMPTY_ROOT, HASH_BYTES, verify_consistency
from gateway.translog.note import Note, NoteSignature, parse_note
from gateway.translog.vkey import VerifierKey

ADD_CHECKPOINT = "add-checkpoint"
SIZE_TYPE = "text/x.tlog.size"
MAX_REQUEST_BYTES = 64 * 1024
MAX_ANSWER_BYTES = 16 * 1024
_MAX_HASHES = 63
_OLD = re.compile(r"old (0|[1-9]\d{0,18})", re.ASCII)
_SIZE = re.compile(rb"(0|[1-9][0-9]{0,18})\n?")


@dataclass(frozen=True, slots=True)
class AddCheckpoint:
    """A request: the log says that it grew from ``old`` entries to those of the checkpoint."""

    old: int
    proof: tuple[bytes, ...]
    checkpoint: bytes

    def encode(self) -> bytes:
        """The body of the request."""
        lines = [f"old {self.old}", *(base64.b64encode(item).decode("ascii") for item in self.proof)]
        return ("\n".join(lines) + "\n\n").encode("ascii") + self.checkpoint


def parse_add_checkpoint(untrusted: bytes) -> AddCheckpoint:
    """Take a request apart; only the canonical form is accepted. Verifies nothing.

    Raises:
        InvalidInput: ``witness-request-invalid``.
    """
    head, divider, checkpoint = untrusted.partition(b"\n\n")
    if len(untrusted) > MAX_REQUEST_BYTES or not divider:
        raise _invalid("it is too long, or has no empty line before the checkpoint")
    try:
        first, *lines = head.decode("ascii").split("\n")
        proof = tuple(base64.b64decode(line, validate=True) for line in lines[: _MAX_HASHES + 1])
    except (UnicodeDecodeError, binascii.Error) as error:
        raise _invalid("a line is not plain text or base64") from error
    old = _OLD.fullmatch(first)
    if old is None or len(proof) > _MAX_HASHES or any(len(item) != HASH_BYTES for item in proof):
        raise _invalid("it is not 'old', at most 63 hashes, empty line and checkpoint")
    request = AddCheckpoint(int(old.group(1)), proof, checkpoint)
    if request.encode() != untrusted:
        raise _invalid("it is not in canonical form")
    return request


def judge(request: AddCheckpoint, head: Checkpoint, known: Checkpoint | None) -> None:
    """Whether the log may move from the known checkpoint to this one.

    Args:
        request: What the log sent.
        head: The checkpoint in it, its signature by the log verified.
        known: The one the witness holds, or None if it has seen none of this log.

    Raises:
        InvalidInput: ``witness-request-invalid``: ``old`` is larger than the checkpoint (400).
        Conflict: ``witness-size-differs``: ``old`` is not the known size, which is in
            ``detail['size']`` (409).
        IntegrityFailure: ``log-proof-invalid``: the proof does not verify, or the root differs at
            the same size (422).
    """
    size, root = (0, EMPTY_ROOT) if known is None else (known.size, known.root)
    if request.old > head.size:
        raise _invalid("'old' is larger than the checkpoint's size")
    if request.old != size:
        raise Conflict(
            "witness-size-differs",
            f"The witness holds a checkpoint of {size} entries.",
            remedy="Ask again with a proof from that size.",
            size=size,
        )
    verify_consistency(size, head.size, root, head.root, request.proof)


def forks(one: Checkpoint, other: Checkpoint) -> bool:
    """Whether two signed checkpoints of one log prove, by themselves, that it has two histories."""
    same = one.origin == other.origin and one.size == other.size
    return same and not hmac.compare_digest(one.root, other.root)


def origin_id(origin: str) -> str:
    """Name of a log in paths: hex SHA-256 of its origin."""
    return hashlib.sha256(origin.encode("utf-8")).hexdigest()


def read_cosignature(untrusted: bytes, note: Note, key: VerifierKey) -> tuple[NoteSignature, int]:
    """The witness's signature line in its answer, and the Unix time it signed at.

    Args:
        untrusted: Body of the answer: signature lines.
        note: What was sent to be cosigned.
        key: The witness's key.

    Raises:
        InvalidInput: ``note-invalid``.
        IntegrityFailure: ``cosignature-invalid``: no good cosignature of this witness is in it.
    """
    # A note's own parser reads the lines: they are what would follow its text.
    answer = parse_note(note.text.encode("utf-8") + b"\n" + untrusted[:MAX_ANSWER_BYTES])
    for signature in answer.signatures:
        if (signature.name, signature.key_id) == (key.name, key.key_id) and len(signature.value) == SIGNATURE_BYTES:
            seconds = cosigned_at(note.text, signature.value, key)
            if seconds:
                return signature, seconds
    raise IntegrityFailure(
        "cosignature-invalid",
        f"The answer has no good cosignature of {key.name} on this checkpoint.",
        remedy="Check that the verifier key is that of this witness.",
    )


def read_size(untrusted: bytes) -> int:
    """The known size in the body of a 409.

    Raises:
        InvalidInput: ``witness-answer-invalid``.
    """
    match = _SIZE.fullmatch(untrusted)
    if match is None:
        raise InvalidInput(
            "witness-answer-invalid", "The witness's answer is not a size.", remedy="Ask who runs the witness."
        )
    return int(match.group(1))


def _invalid(reason: str) -> InvalidInput:
    return InvalidInput(
        "witness-request-invalid",
        f"This is not an add-checkpoint request: {reason}.",
        remedy="See c2sp.org/tlog-witness.",
    )
