"""Signed notes: a text and the signatures under it (c2sp.org/signed-note).

Parsing is strict and gives back what writing would write, byte for byte, or refuses. Parsing
verifies nothing: the text of a note means nothing before :func:`verify_note` has returned.
Signatures by unknown keys are passed over, as the specification asks; one by a known key that does
not verify spoils the whole note.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass

from gateway.errors import IntegrityFailure, InvalidInput
from gateway.translog.cosignature import cosigned_at
from gateway.translog.vkey import COSIGNATURE, NoteSigner, VerifierKey, check_name

MAX_NOTE_BYTES = 1_000_000
MAX_SIGNATURES = 100


@dataclass(frozen=True, slots=True)
class NoteSignature:
    """One signature line. ``value`` is what follows the key id: 64 bytes, or 72 of a witness."""

    name: str
    key_id: bytes
    value: bytes

    def line(self) -> str:
        return f"— {self.name} {base64.b64encode(self.key_id + self.value).decode('ascii')}\n"


@dataclass(frozen=True, slots=True)
class Note:
    """A text that ends in a newline, and its signatures in order."""

    text: str
    signatures: tuple[NoteSignature, ...]

    def encode(self) -> bytes:
        return (self.text + "\n" + "".join(s.line() for s in self.signatures)).encode("utf-8")

    def signed_also_by(self, signer: NoteSigner) -> Note:
        """The same note with one more signature."""
        value = signer.sign(self.text.encode("utf-8"))
        signature = NoteSignature(check_name(signer.name), signer.key_id, value)
        return Note(self.text, (*self.signatures, signature))


def sign_note(text: str, *signers: NoteSigner) -> Note:
    """Sign a text.

    Raises:
        InvalidInput: ``note-invalid`` if the text has no newline at its end or control characters.
    """
    if not text.endswith("\n") or _has_control(text):
        raise _invalid("its text must end in a newline and have no other control characters")
    note = Note(text, ())
    for signer in signers:
        note = note.signed_also_by(signer)
    return note


def parse_note(untrusted: bytes) -> Note:
    """Take a note apart, without verifying it.

    Raises:
        InvalidInput: ``note-invalid`` for anything but a canonical note of at most 1 MB with 1 to
            100 signatures.
    """
    if len(untrusted) > MAX_NOTE_BYTES:
        raise _invalid(f"it is longer than {MAX_NOTE_BYTES} bytes")
    try:
        content = untrusted.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _invalid("it is not UTF-8") from error
    if _has_control(content):
        raise _invalid("it has control characters in it")
    # The *last* empty line divides: a text may have empty lines of its own.
    text, divider, lines = content.rpartition("\n\n")
    if not divider or not lines.endswith("\n"):
        raise _invalid("it has no signatures after an empty line, or its last line has no end")
    signatures = [_parse_signature(line) for line in lines[:-1].split("\n")]
    if len(signatures) > MAX_SIGNATURES:
        raise _invalid(f"it has more than {MAX_SIGNATURES} signatures")
    note = Note(text + "\n", tuple(signatures))
    if note.encode() != untrusted:
        raise _invalid("it is not in canonical form")
    return note


def verify_note(note: Note, keys: Sequence[VerifierKey]) -> tuple[VerifierKey, ...]:
    """The keys among ``keys`` that have signed the note, in the order of its signatures.

    Raises:
        IntegrityFailure: ``note-signature-invalid`` if a signature by one of the keys is wrong;
            ``note-unsigned`` if none of them has signed.
    """
    known = {(key.name, key.key_id): key for key in keys}
    found: list[VerifierKey] = []
    for signature in note.signatures:
        key = known.get((signature.name, signature.key_id))
        if key is None:
            continue
        if key.algorithm == COSIGNATURE:
            good = cosigned_at(note.text, signature.value, key) is not None
        else:
            good = key.verifies(note.text.encode("utf-8"), signature.value)
        if not good:
            raise IntegrityFailure(
                "note-signature-invalid",
                f"The signature of {key.name} on the note does not verify.",
                remedy="Do not rely on it; keep it as evidence and ask its signer.",
            )
        if key not in found:
            found.append(key)
    if not found:
        raise IntegrityFailure(
            "note-unsigned",
            "None of the expected keys has signed the note.",
            remedy="Check that the verifier key is that of this log.",
        )
    return tuple(found)


def _parse_signature(line: str) -> NoteSignature:
    dash, _, rest = line.partition(" ")
    name, _, encoded = rest.partition(" ")
    try:
        data = base64.b64decode(encoded.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError) as error:
        raise _invalid("a signature is not base64") from error
    if dash != "—" or len(data) < 5:
        raise _invalid("a signature line is not dash, name and signature")
    try:
        check_name(name)
    except InvalidInput as error:
        raise _invalid("a signature has an impossible name") from error
    return NoteSignature(name, data[:4], data[4:])


def _has_control(text: str) -> bool:
    return any(char < " " and char != "\n" for char in text)


def _invalid(reason: str) -> InvalidInput:
    return InvalidInput(
        "note-invalid",
        f"This is not a signed note: {reason}.",
        remedy="Take the whole text, unchanged, to the end of its last line (c2sp.org/signed-note).",
    )
