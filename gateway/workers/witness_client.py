"""Asking one witness over HTTP to cosign a checkpoint (c2sp.org/tlog-witness), within limits of time and size.

A witness is somebody else's server: its answers are short or refused, redirects are not followed, and
what it signs is verified. Whatever goes wrong is an outcome with a stable code, never an exception.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import httpx

from gateway.bootstrap.witnesses import WitnessAddress
from gateway.errors import GatewayError
from gateway.translog.checkpoint import Checkpoint, open_checkpoint
from gateway.translog.note import Note, NoteSignature
from gateway.translog.prover import Prover
from gateway.translog.vkey import VerifierKey
from gateway.translog.witness import (
    ADD_CHECKPOINT,
    MAX_ANSWER_BYTES,
    AddCheckpoint,
    origin_id,
    read_cosignature,
    read_size,
)

UNREACHABLE, AHEAD, DISAGREES, REFUSED, BAD_ANSWER = (
    "witness-unreachable",
    "witness-ahead",
    "witness-disagrees",
    "witness-refused",
    "witness-answer-invalid",
)
_DEADLINE_SECONDS = 10.0
_TIMEOUT = httpx.Timeout(5.0, connect=3.0)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of asking.

    Attributes:
        signature: The cosignature, verified; None if there is none.
        seconds: Unix time in it.
        code: What went wrong, or empty.
        size: The size that the witness says it knows, if it said one.
        evidence: A checkpoint that our log signed and that our log does not bear out, if the witness
            showed one.
    """

    signature: NoteSignature | None = None
    seconds: int = 0
    code: str = ""
    size: int | None = None
    evidence: bytes | None = None


class WitnessClient:
    """Asks witnesses. Threads may share it.

    Args:
        log_key: The log's verifier key.
        transport: For tests; the network if None.
    """

    def __init__(self, log_key: VerifierKey, transport: httpx.BaseTransport | None = None) -> None:
        self._log_key = log_key
        # Uncompressed, so that the limit on the bytes that arrive is one on what they say.
        headers = {"User-Agent": "evidence-gateway", "Accept-Encoding": "identity"}
        self._http = httpx.Client(timeout=_TIMEOUT, follow_redirects=False, transport=transport, headers=headers)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def ask(self, witness: WitnessAddress, prover: Prover, note: Note, old: int) -> Outcome:
        """Ask for a cosignature.

        Args:
            prover: Under the checkpoint that is to be cosigned.
            note: That checkpoint.
            old: The size that the witness is thought to know; it corrects us if need be.
        """
        try:
            return self._ask(witness, prover, note, old)
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError):
            return Outcome(code=UNREACHABLE)
        except GatewayError:
            return Outcome(code=BAD_ANSWER)

    def _ask(self, witness: WitnessAddress, prover: Prover, note: Note, old: int) -> Outcome:
        size = prover.head.size
        known: int | None = None
        # The first guess may be wrong (409); the witness may have moved once more before the second.
        for _ in range(3):
            proof = prover.consistency(min(old, size)).hashes
            body = AddCheckpoint(min(old, size), proof, prover.note).encode()
            status, answer = self._send("POST", f"{witness.url}/{ADD_CHECKPOINT}", body)
            if status == 200:
                signature, seconds = read_cosignature(answer, note, witness.vkey)
                return Outcome(signature, seconds, size=size)
            if status == 422:
                return Outcome(code=DISAGREES, size=known, evidence=self._evidence(witness, prover))
            if status != 409:
                return Outcome(code=REFUSED if status < 500 else UNREACHABLE, size=known)
            known = read_size(answer)
            if known > size:
                return Outcome(code=AHEAD, size=known, evidence=self._evidence(witness, prover))
            old = known
        return Outcome(code=REFUSED, size=known)

    def _evidence(self, witness: WitnessAddress, prover: Prover) -> bytes | None:
        """The checkpoint that the witness holds, if our own key signed it and our log contradicts it."""
        try:
            status, data = self._send("GET", f"{witness.url}/checkpoint/{origin_id(self._log_key.name)}", None)
            if status != 200:
                return None
            theirs = open_checkpoint(data, self._log_key).checkpoint
        except (httpx.HTTPError, TimeoutError, GatewayError):
            return None
        return data if contradicts(theirs, prover) else None

    def _send(self, method: str, url: str, body: bytes | None) -> tuple[int, bytes]:
        deadline = time.monotonic() + _DEADLINE_SECONDS
        data = b""
        with self._http.stream(method, url, content=body) as response:
            for chunk in response.iter_raw():
                data += chunk
                # A server that trickles keeps within each read's time-out for ever.
                if len(data) > MAX_ANSWER_BYTES or time.monotonic() > deadline:
                    raise TimeoutError
        return response.status_code, data


def contradicts(theirs: Checkpoint, prover: Prover) -> bool:
    """Whether a checkpoint that our key signed is not one of the log that the prover proves."""
    if theirs.size > prover.head.size:
        return True
    return prover.consistency(theirs.size).old_root != theirs.root
