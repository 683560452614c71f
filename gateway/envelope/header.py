"""The header of an age v1 file: who can unwrap the file key, and what the header MAC binds.

Follows c2sp.org/age ("Header", ABNF included). Parsing is strict and whole: a header is accepted only
if writing it back gives the same bytes, and size and number of stanzas are bounded before any key
is touched. Stanzas of types we do not know are carried and skipped, as the standard asks. What a
stanza means is for the recipient types (x25519.py, hybrid.py) and for policy.py; the payload is body.py.
"""

from __future__ import annotations

import hmac
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from gateway.envelope import rawbase64
from gateway.errors import IntegrityFailure, InvalidInput, TooLarge

VERSION_LINE = b"age-encryption.org/v1\n"
FILE_KEY_BYTES = 16
#: A header for ten thousand X25519 recipients; nothing honest comes near.
MAX_HEADER_BYTES = 1 << 20
MAX_STANZAS = 10_000

_COLUMNS = 64
_MAC_BYTES = 32
_ARGUMENT = re.compile(r"[\x21-\x7e]+")
_END_MARK = b"\n---"


@dataclass(frozen=True, slots=True)
class Stanza:
    """One way to the file key, or a note to readers who know its type. ``args[0]`` is the type."""

    args: tuple[str, ...]
    body: bytes = b""

    def serialise(self) -> bytes:
        """The stanza's lines: arguments, then base64 wrapped at 64 columns, ending in a short line.

        Raises:
            InvalidInput: ``age-header-invalid`` if an argument is empty or not visible ASCII.
        """
        if not self.args or not all(_ARGUMENT.fullmatch(arg) for arg in self.args):
            raise _invalid("a stanza argument is empty or not visible ASCII")
        text = rawbase64.encode(self.body)
        # The last line must be shorter than 64, so a body that fills its lines gets an empty one.
        lines = [text[i : i + _COLUMNS] for i in range(0, len(text) + 1, _COLUMNS)]
        return "\n".join(["-> " + " ".join(self.args), *lines, ""]).encode("ascii")


class Recipient(Protocol):
    """Whom a file key can be wrapped for."""

    @property
    def post_quantum(self) -> bool:
        """Whether a quantum computer cannot open the stanza; the two kinds never share a header."""
        ...

    def wrap(self, file_key: bytes) -> Stanza:
        """A fresh stanza that only the recipient's identity can open."""
        ...


class Identity(Protocol):
    """The private half: opens a stanza that was made for it."""

    def unwrap(self, stanza: Stanza) -> bytes | None:
        """The file key, or None if the stanza is of another type or for somebody else.

        Raises:
            InvalidInput: ``age-header-invalid`` if the stanza is of this type but malformed.
        """
        ...


@dataclass(frozen=True, slots=True)
class Header:
    """A parsed header. Nothing in it may be believed before :meth:`verify` has passed."""

    stanzas: tuple[Stanza, ...]
    mac: bytes

    def serialise(self) -> bytes:
        """The header's bytes, the MAC line and its line feed included."""
        return _covered(self.stanzas) + b" " + rawbase64.encode(self.mac).encode("ascii") + b"\n"

    def verify(self, file_key: bytes) -> None:
        """Check the MAC, in constant time.

        Raises:
            IntegrityFailure: ``age-mac-mismatch``: the header was changed after it was written.
        """
        if not hmac.compare_digest(_mac(file_key, _covered(self.stanzas)), self.mac):
            raise IntegrityFailure(
                "age-mac-mismatch",
                "The header of the age file was changed after it was written.",
                remedy="Fetch the file again; if it fails again, tell the sender.",
            )

    def open(self, identities: Sequence[Identity]) -> bytes:
        """The file key, authenticated: the first stanza that one of the identities opens.

        Raises:
            InvalidInput: ``age-header-invalid`` for a malformed stanza or a passphrase stanza in company;
                ``age-no-match`` if none of the identities can open it.
            IntegrityFailure: ``age-mac-mismatch``.
        """
        # A passphrase stanza beside another would let its author pose as somebody who knows the
        # passphrase (c2sp.org/age, "scrypt recipient stanza"): refused whoever the reader is.
        scrypt = any(stanza.args[0] == "scrypt" for stanza in self.stanzas)
        if scrypt and len(self.stanzas) > 1:
            raise _invalid("a passphrase (scrypt) stanza must be the only one")
        for identity in identities:
            for stanza in self.stanzas:
                file_key = identity.unwrap(stanza)
                if file_key is not None:
                    self.verify(file_key)
                    return file_key
        raise InvalidInput(
            "age-no-match",
            "The file was encrypted with a passphrase, not to a key."
            if scrypt
            else "None of the given identities can open this file.",
            remedy="Use a stock age program for passphrases."
            if scrypt
            else "Use the private key whose public half was registered when the file was released.",
        )


def write_header(file_key: bytes, recipients: Sequence[Recipient], extra_stanzas: Sequence[Stanza] = ()) -> bytes:
    """A header that wraps the file key for each recipient; ``extra_stanzas`` follow, under the MAC.

    Args:
        file_key: 16 bytes.
        recipients: At least one, all post-quantum or all classical.
        extra_stanzas: Stanzas that readers may skip, such as the policy stanza.

    Raises:
        InvalidInput: ``age-recipients-mixed``, ``age-no-recipient``, ``age-file-key-invalid``.
    """
    check_file_key(file_key)
    if not recipients:
        raise InvalidInput(
            "age-no-recipient",
            "An age file needs a recipient.",
            remedy="Register a receiving key for the agency.",
        )
    if len({recipient.post_quantum for recipient in recipients}) > 1:
        # One classical stanza would undo what the post-quantum ones promise for the whole file.
        raise InvalidInput(
            "age-recipients-mixed",
            "Post-quantum and classical recipients cannot share a header.",
            remedy="Write one header for each kind.",
        )
    stanzas = (*(recipient.wrap(file_key) for recipient in recipients), *extra_stanzas)
    return Header(stanzas, _mac(file_key, _covered(stanzas))).serialise()


def new_file_key() -> bytes:
    """16 random bytes: the key of one body, never of two."""
    return secrets.token_bytes(FILE_KEY_BYTES)


def check_file_key(file_key: bytes) -> bytes:
    """Return the key if it has 16 bytes.

    Raises:
        InvalidInput: ``age-file-key-invalid``.
    """
    if len(file_key) != FILE_KEY_BYTES:
        raise InvalidInput("age-file-key-invalid", "A file key has 16 bytes.", remedy="Make one with new_file_key().")
    return file_key


def header_length(buffer: bytes | bytearray) -> int | None:
    """Bytes of the header at the start of ``buffer``, or None if more must be read.

    Only finds the end; :func:`parse_header` judges. Each call searches from the start, so add pieces
    of some size between calls.

    Raises:
        InvalidInput: ``age-header-invalid`` as soon as the version line is wrong.
        TooLarge: ``age-header-too-large`` if no end comes within :data:`MAX_HEADER_BYTES`.
    """
    start = bytes(buffer[: len(VERSION_LINE)])
    if not VERSION_LINE.startswith(start):
        armored = start.startswith(b"-----BEGIN AGE ")
        raise _invalid("it is in text armor, not binary" if armored else "it does not begin as an age v1 file")
    # No line of a valid header but the last begins with "---", so the first that does ends it.
    mark = buffer.find(_END_MARK)
    end = buffer.find(b"\n", mark + 1) if mark >= 0 else -1
    if end >= 0 and end < MAX_HEADER_BYTES:
        return end + 1
    if len(buffer) >= MAX_HEADER_BYTES:
        raise _too_large()
    return None


def parse_header(untrusted: bytes) -> Header:
    """Parse exactly one header, from version line to the line feed after the MAC.

    Raises:
        InvalidInput: ``age-header-invalid`` with the line, for anything that is not the one canonical
            spelling of a header.
        TooLarge: ``age-header-too-large``.
    """
    if len(untrusted) > MAX_HEADER_BYTES:
        raise TooLarge(
            "age-header-too-large", "The header of the age file is too large.", remedy="Use fewer recipients."
        )
    if not untrusted.startswith(VERSION_LINE) or not untrusted.endswith(b"\n"):
        raise _invalid("it does not begin and end as an age v1 header")
    try:
        lines = untrusted.decode("ascii").split("\n")[1:-1]
    except UnicodeDecodeError:
        raise _invalid("it contains bytes beyond ASCII") from None
    stanzas: list[Stanza] = []
    at = 0
    while at < len(lines) and lines[at].startswith("-> "):
        if len(stanzas) == MAX_STANZAS:
            raise _invalid(f"it has more than {MAX_STANZAS} stanzas", at)
        stanza, at = _parse_stanza(lines, at)
        stanzas.append(stanza)
    if not stanzas:
        raise _invalid("it has no recipient stanza", at)
    if at != len(lines) - 1 or not lines[at].startswith("--- "):
        raise _invalid("a stanza or the MAC line was expected", at)
    header = Header(tuple(stanzas), _decode(lines[at][4:], at, size=_MAC_BYTES))
    if header.serialise() != untrusted:
        raise _invalid("it is not in canonical form")
    return header


def _parse_stanza(lines: list[str], at: int) -> tuple[Stanza, int]:
    args = tuple(lines[at][3:].split(" "))
    if not all(_ARGUMENT.fullmatch(arg) for arg in args):
        raise _invalid("a stanza argument is empty or not visible ASCII", at)
    body: list[str] = []
    for number in range(at + 1, len(lines)):
        line = lines[number]
        if len(line) > _COLUMNS:
            raise _invalid("a line of a stanza body is longer than 64 characters", number)
        body.append(line)
        if len(line) < _COLUMNS:
            return Stanza(args, _decode("".join(body), number)), number + 1
    raise _invalid("a stanza body does not end in a short line", at)


def _decode(text: str, line: int, *, size: int | None = None) -> bytes:
    try:
        data = rawbase64.decode(text)
    except InvalidInput as error:
        raise _invalid("a base64 value is not canonical", line) from error
    if size is not None and len(data) != size:
        raise _invalid(f"a value of {size} bytes was expected", line)
    return data


def _covered(stanzas: Sequence[Stanza]) -> bytes:
    return VERSION_LINE + b"".join(stanza.serialise() for stanza in stanzas) + b"---"


def _mac(file_key: bytes, covered: bytes) -> bytes:
    key = HKDF(algorithm=SHA256(), length=32, salt=b"", info=b"header").derive(file_key)
    return hmac.digest(key, covered, "sha256")


def _invalid(reason: str, line: int | None = None) -> InvalidInput:
    return invalid_header(reason, where=None if line is None else f"header line {line + 2}")


def _too_large() -> TooLarge:
    return TooLarge(
        "age-header-too-large",
        f"The header of the age file has more than {MAX_HEADER_BYTES} bytes.",
        remedy="Encrypt the file for fewer recipients.",
    )


def invalid_header(reason: str, *, where: str | None = None) -> InvalidInput:
    """The error for a header, or a stanza of a known type, that the standard tells readers to refuse."""
    return InvalidInput(
        "age-header-invalid",
        f"This is not an age v1 file that can be read: {reason}.",
        remedy="Check that the file is complete and binary (not armored), or ask the sender to encrypt it again.",
        where=where,
    )
