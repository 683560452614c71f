"""Push: declare, sign, upload, submit, and check the receipt.

The digest of each file is computed first, streaming, because the manifest declares it before a byte
of evidence moves. A file that changes between the two readings is refused by the gateway, whose
digest decides. Nothing is held in memory but the piece that is being sent.
"""

from __future__ import annotations

import base64
import hashlib
import mimetypes
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gateway.client.connection import Connection
from gateway.client.progress import Progress, silent
from gateway.envelope.manifest import PackageReceipt
from gateway.envelope.signature import sign, verify
from gateway.errors import Conflict, IntegrityFailure, InvalidInput, Unavailable
from gateway.evidence.manifest import DeclaredExhibit, PackageManifest
from gateway.evidence.media import EXTENSIONS, OCTETS, resolve_media_type
from gateway.evidence.names import check_exhibit_name, propose_exhibit_name

PIECE_BYTES = 1 << 20
_TYPE_OF_EXTENSION = {extension: media_type for media_type, extension in EXTENSIONS.items()}


@dataclass(frozen=True, slots=True)
class ExhibitFile:
    """A file to push. Name and media type are taken from the path where they are not given."""

    path: Path
    evidence_type: str
    media_type: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class Pushed:
    """What a push ended in.

    Attributes:
        package: The package as the gateway describes it, exhibits with their decisions.
        receipt: The gateway's signed receipt, verified; ``signature`` is over exactly these bytes.
        refused: Exhibits that the agreement does not permit; they were not sent.
    """

    package: dict[str, Any]
    receipt: bytes
    signature: bytes
    refused: tuple[dict[str, Any], ...]


def push(
    connection: Connection,
    files: Sequence[ExhibitFile],
    *,
    agreement: str,
    case: str,
    purpose: str,
    urgency: str = "ordinary",
    note: str = "",
    progress: Progress = silent,
) -> Pushed:
    """Push files as one package.

    Raises:
        Denied: The agreement permits none of it; ``detail['clause']`` says which rule decided.
        IntegrityFailure: ``receipt-mismatch`` or ``signature-invalid``: do not trust the receipt.
        GatewayError: Whatever else the gateway answered.
    """
    own = connection.credentials
    signing_key, gateway_key = own.own_signing_key(), own.trusted_gateway_key()
    manifest = PackageManifest(
        agreement=agreement,
        case=case,
        purpose=purpose,
        exhibits=tuple(declare(file, progress) for file in files),
        urgency=urgency,
        note=note,
    )
    package = connection.post(
        "/v1/packages",
        {
            "manifest": manifest.as_dict(),
            "signature": base64.b64encode(sign(signing_key, manifest.canonical())).decode(),
            "key_id": own.signing_key_id,
        },
    )
    by_ordinal = {exhibit["ordinal"]: exhibit for exhibit in package["exhibits"]}
    if package["manifest_digest"] != manifest.digest() or set(by_ordinal) != set(range(len(files))):
        raise _mismatch()
    for ordinal, file in enumerate(files):
        if by_ordinal[ordinal]["state"] != "refused":
            _upload(connection, package["id"], by_ordinal[ordinal]["id"], file, manifest.exhibits[ordinal], progress)
    answer = connection.post(f"/v1/packages/{package['id']}/submit", {})
    receipt, signature = base64.b64decode(answer["receipt"]), base64.b64decode(answer["signature"])
    verify(gateway_key, receipt, signature, what="receipt")
    _check_receipt(PackageReceipt.parse(receipt), package, manifest)
    refused = tuple(exhibit for exhibit in package["exhibits"] if exhibit["state"] == "refused")
    return Pushed(package, receipt, signature, refused)


def declare(file: ExhibitFile, progress: Progress = silent) -> DeclaredExhibit:
    """Measure and hash a file, streaming.

    Raises:
        InvalidInput: ``file-unreadable``, ``name-unsafe``, ``media-type-invalid``.
    """
    name = check_exhibit_name(file.name or propose_exhibit_name(file.path.name))
    try:
        total = file.path.stat().st_size
        digest = hashlib.sha256()
        done = 0
        for piece in _pieces(file.path):
            digest.update(piece)
            done += len(piece)
            progress("digest", name, done, total)
    except OSError as error:
        raise InvalidInput(
            "file-unreadable",
            f"A file cannot be read ({error.strerror}).",
            remedy="Check its path and permissions.",
            where=str(file.path),
        ) from error
    return DeclaredExhibit(
        name=name,
        evidence_type=file.evidence_type,
        media_type=resolve_media_type(file.media_type or media_type_of(file.path)),
        size_bytes=done,
        sha256=digest.hexdigest(),
    )


def media_type_of(path: Path) -> str:
    """The media type that the file's extension stands for; octets where it says nothing."""
    known = _TYPE_OF_EXTENSION.get(path.suffix.lower()) or mimetypes.guess_type(path.name)[0]
    return known or OCTETS


def _upload(
    connection: Connection,
    package_id: str,
    exhibit_id: str,
    file: ExhibitFile,
    declared: DeclaredExhibit,
    progress: Progress,
) -> None:
    def content() -> Iterator[bytes]:
        done = 0
        for piece in _pieces(file.path):
            # More than was declared would break the framing of the request; less, the server notices.
            piece = piece[: declared.size_bytes - done]
            done += len(piece)
            if piece:
                yield piece
            progress("upload", declared.name, done, declared.size_bytes)
        if done < declared.size_bytes:
            raise InvalidInput(
                "file-changed",
                "A file became shorter while it was being pushed.",
                remedy="Push it again once nothing writes to it any more.",
                where=str(file.path),
            )

    try:
        connection.put(f"/v1/packages/{package_id}/exhibits/{exhibit_id}/content", content, declared.size_bytes)
    except Conflict as error:
        # A repeated upload whose first answer was lost. Its digest was checked against the manifest.
        if error.code != "exhibit-already-uploaded":
            raise


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb", buffering=0) as stream:
        while piece := stream.read(PIECE_BYTES):
            yield piece


def _check_receipt(receipt: PackageReceipt, package: dict[str, Any], manifest: PackageManifest) -> None:
    # The digests are taken from our own manifest: what the gateway has must be what we declared.
    expected = {
        (exhibit["id"], manifest.exhibits[exhibit["ordinal"]].sha256, _left_out(exhibit["state"]))
        for exhibit in package["exhibits"]
    }
    acknowledged = {(exhibit_id, sha256, _left_out(state)) for exhibit_id, sha256, state in receipt.exhibits}
    if (
        receipt.package != package["id"]
        or receipt.manifest_digest != manifest.digest()
        or len(receipt.exhibits) != len(expected)
        or acknowledged != expected
    ):
        raise _mismatch()


def _left_out(state: str) -> bool:
    return state == "refused"


def _mismatch() -> IntegrityFailure:
    return IntegrityFailure(
        "receipt-mismatch",
        "The gateway acknowledges something else than was pushed.",
        remedy="Keep both documents and ask the operator; do not rely on this push.",
    )


#: States in which a sender waits for nothing that happens by itself.
SETTLED = frozenset({"in-review", "released", "quarantined", "withdrawn", "disposed"})


def wait(
    connection: Connection, package_id: str, *, timeout_seconds: float, poll_seconds: float = 1.0
) -> dict[str, Any]:
    """Follow a submitted package until it is released, stopped, or waits for a person.

    Raises:
        Unavailable: ``package-still-processing`` after ``timeout_seconds`` of waiting.
    """
    waited = 0.0
    while True:
        package: dict[str, Any] = connection.get(f"/v1/packages/{package_id}")
        if package["state"] in SETTLED:
            return package
        if waited >= timeout_seconds:
            raise Unavailable(
                "package-still-processing",
                f"The package is still '{package['state']}' after {timeout_seconds:.0f} seconds.",
                remedy="Ask for its state later.",
            )
        connection.sleep(poll_seconds)
        waited += poll_seconds
