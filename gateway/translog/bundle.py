"""What an exported log holds beside its tiles, and how those files are checked (docs/spec/log.md, "Export").

``SHA256SUMS`` names every other file that is no tile, so a byte flipped anywhere is found and its
place named; it is not signed, and need not be: what counts are the checkpoint, which the log signed,
and the key, which a verifier has from elsewhere. ``witnesses.txt`` says whose cosignatures the
exporter relied on and how many it asked for; a verifier may name its own instead.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gateway.errors import GatewayError, IntegrityFailure
from gateway.translog.checkpoint import Checkpoint, open_checkpoint
from gateway.translog.span import fault
from gateway.translog.tiles import PathReader
from gateway.translog.vkey import COSIGNATURE, VKEY_FILE, VerifierKey, parse_vkey

SUMS, README, VERIFIER = "SHA256SUMS", "README.txt", "verify.py"
CHECKPOINT_FILE, COSIGNED_FILE, WITNESSES_FILE = "checkpoint", "checkpoint-cosigned", "witnesses.txt"
_ALWAYS = frozenset({README, CHECKPOINT_FILE, VKEY_FILE, VERIFIER})
_SOMETIMES = frozenset({COSIGNED_FILE, WITNESSES_FILE})
_LINE = re.compile(r"([0-9a-f]{64})  ([A-Za-z0-9.-]{1,64})")
_QUORUM = re.compile(r"quorum (0|[1-9]\d?)", re.ASCII)


@dataclass(frozen=True, slots=True)
class WitnessPolicy:
    """Whose cosignatures count, and how many a checkpoint needs."""

    quorum: int
    witnesses: tuple[VerifierKey, ...]

    def encode(self) -> bytes:
        """The text of ``witnesses.txt``: ``quorum N``, then a verifier key a line."""
        lines = [f"quorum {self.quorum}", *(key.encode() for key in self.witnesses)]
        return "".join(f"{line}\n" for line in lines).encode("utf-8")

    def signers(self, signed_by: Sequence[VerifierKey], log_key: VerifierKey) -> tuple[VerifierKey, ...]:
        """Those of the keys that count: witnesses of this policy, one a public key, never the log's own."""
        distinct = {key.public_key: key for key in signed_by if key in self.witnesses}
        distinct.pop(log_key.public_key, None)
        return tuple(distinct.values())

    def met(self, signed_by: Sequence[VerifierKey], log_key: VerifierKey) -> bool:
        """Whether enough witnesses have signed."""
        return len(self.signers(signed_by, log_key)) >= self.quorum


NO_WITNESSES = WitnessPolicy(0, ())


@dataclass(frozen=True, slots=True)
class Cosigned:
    """The cosigned checkpoint of a bundle, and the witnesses that signed it."""

    checkpoint: Checkpoint
    signed_by: tuple[VerifierKey, ...]


def encode_sums(files: Mapping[str, bytes]) -> bytes:
    """The text of ``SHA256SUMS``, as the sha256sum program writes and checks it."""
    return "".join(f"{hashlib.sha256(files[name]).hexdigest()}  {name}\n" for name in sorted(files)).encode("ascii")


def check_files(read: PathReader) -> None:
    """Check that every file beside the tiles is the one that ``SHA256SUMS`` names.

    Raises:
        IntegrityFailure: ``log-file-missing``, ``log-bundle-file-wrong``, with the file in ``where``.
    """
    listed = read(SUMS)
    if listed is None:
        raise fault("log-file-missing", "The list of files is missing", SUMS)
    sums: dict[str, str] = {}
    for line in listed.decode("latin-1").split("\n")[:-1]:
        match = _LINE.fullmatch(line)
        if match is None:
            raise _wrong(SUMS)
        sums[match.group(2)] = match.group(1)
    again = "".join(f"{sums[name]}  {name}\n" for name in sorted(sums)).encode("ascii")
    present = {name for name in _SOMETIMES if read(name) is not None}
    if again != listed or not _ALWAYS | present <= sums.keys() <= _ALWAYS | _SOMETIMES:
        raise _wrong(SUMS)
    for name, digest in sorted(sums.items()):
        data = read(name)
        if data is None:
            raise fault("log-file-missing", "A file of the export is missing", name)
        if not hmac.compare_digest(hashlib.sha256(data).hexdigest(), digest):
            raise _wrong(f"{name} ({SUMS})")


def read_policy(read: PathReader) -> WitnessPolicy:
    """The witnesses that the bundle names; none if it names none.

    Raises:
        IntegrityFailure: ``log-witnesses-wrong``.
    """
    data = read(WITNESSES_FILE)
    if data is None:
        return NO_WITNESSES
    try:
        first, *keys = data.decode("utf-8").split("\n")[:-1]
        quorum = _QUORUM.fullmatch(first)
        policy = WitnessPolicy(int(quorum.group(1)) if quorum else -1, tuple(parse_vkey(key) for key in keys))
    except (GatewayError, ValueError) as error:
        raise fault("log-witnesses-wrong", "The list of witnesses is not in its form", WITNESSES_FILE) from error
    if policy.encode() != data or any(key.algorithm != COSIGNATURE for key in policy.witnesses):
        raise fault("log-witnesses-wrong", "The list of witnesses is not in its form", WITNESSES_FILE)
    return policy


def check_cosigned(
    read: PathReader, log_key: VerifierKey, policy: WitnessPolicy, *, required: bool = False
) -> Cosigned | None:
    """The bundle's cosigned checkpoint, if enough witnesses have signed it; None if there is none.

    Args:
        required: A missing one is a fault, because the verifier asked for a quorum.

    Raises:
        IntegrityFailure: ``log-file-missing``, ``log-checkpoint-wrong``, ``log-quorum-missed``.
    """
    data = read(COSIGNED_FILE)
    if data is None:
        if required:
            raise fault("log-file-missing", "There is no cosigned checkpoint", COSIGNED_FILE)
        return None
    try:
        opened = open_checkpoint(data, log_key, policy.witnesses)
    except GatewayError as error:
        raise fault("log-checkpoint-wrong", error.message.rstrip("."), COSIGNED_FILE) from error
    signers = policy.signers(opened.signed_by, log_key)
    if len(signers) < policy.quorum:
        raise fault("log-quorum-missed", f"{len(signers)} witnesses have cosigned; {policy.quorum} must", COSIGNED_FILE)
    return Cosigned(opened.checkpoint, signers)


def _wrong(where: str) -> IntegrityFailure:
    return fault("log-bundle-file-wrong", "A file of the export is not the one that its list of digests names", where)
