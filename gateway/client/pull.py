"""Pull: fetch a release, believe nothing of it until it verifies, and put it in place at once.

In order:
 1. the release manifest and its signature, against the pinned key of the gateway;
 2. the .age file, streamed to disk, resumed by Range where the connection breaks;
 3. header and body against the digests that the manifest names;
 4. the policy stanza in the header against the policy in the manifest;
 5. decryption with the agency's identity, chunk by authenticated chunk, and the size against the manifest;
 6. the finished folder, moved to its name in one step; then the signed acknowledgement.
Whatever fails from 3 on is told to the gateway as a signed rejection, and leaves nothing behind.
"""

from __future__ import annotations

import base64
import hashlib
import os
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from gateway.client.connection import Connection
from gateway.client.download import Download
from gateway.client.progress import Progress, silent
from gateway.envelope.file import decrypt_stream
from gateway.envelope.header import Header, Identity
from gateway.envelope.manifest import Acknowledgement, ReleaseManifest
from gateway.envelope.policy import check_policy
from gateway.envelope.signature import sign, verify
from gateway.errors import Conflict, GatewayError, IntegrityFailure, InvalidInput, Misconfigured
from gateway.evidence.legend import LEGEND_FILE, legend


@dataclass(frozen=True, slots=True)
class Pulled:
    """A release that has arrived and verified.

    Attributes:
        folder: Holds ``manifest.json``, ``manifest.sig``, the .age file and, if it was decrypted, the exhibit.
        exhibit: The decrypted exhibit, or None.
    """

    manifest: ReleaseManifest
    folder: Path
    age_file: Path
    exhibit: Path | None
    acknowledged: bool


def pull(
    connection: Connection,
    release_id: str,
    out_dir: Path,
    *,
    decrypt: bool = True,
    acknowledge: bool = True,
    progress: Progress = silent,
) -> Pulled:
    """Pull one release into ``out_dir/<release id>/``.

    Args:
        decrypt: Also open it; needs the agency's identity. Without it, step 4 is done on the header as
            it stands, whose MAC only the holder of the identity can check.
        acknowledge: Send the signed acknowledgement; needs the agency's signing key.

    Raises:
        Conflict: ``already-pulled`` if the folder exists.
        IntegrityFailure: ``signature-invalid``, ``release-mismatch``, ``policy-mismatch``, ``age-…``.
        GatewayError: Whatever the gateway answered.
    """
    own = connection.credentials
    gateway_key = own.trusted_gateway_key()
    if acknowledge:
        own.own_signing_key()
    if decrypt and not own.identities:
        raise Misconfigured(
            "identity-missing",
            "The credentials name no age identity, so the exhibit cannot be opened.",
            remedy="Name the identity file as identity, or pull without decrypting.",
        )
    release_id = _checked_id(release_id)
    folder = out_dir / release_id
    if folder.exists():
        raise Conflict(
            "already-pulled", "This release is already there.", remedy="Remove the folder to pull again.",
            where=str(folder),
        )  # fmt: skip
    manifest_bytes = connection.get_bytes(f"/v1/releases/{release_id}/manifest")
    signature = connection.get_bytes(f"/v1/releases/{release_id}/manifest.sig")
    verify(gateway_key, manifest_bytes, signature, what="release manifest")
    manifest = ReleaseManifest.parse(manifest_bytes)
    if manifest.release != release_id or manifest.release_policy().recipient != own.agency:
        # Signed, but for something or somebody else: an answer that was swapped.
        raise _mismatch("The signed manifest is of another release or for another agency.")
    work = out_dir / f".{release_id}.part"
    work.mkdir(mode=0o700, parents=True, exist_ok=True)
    age_file = work / f"{manifest.exhibit_name}.age"
    try:
        _fetch(connection, manifest, age_file, progress)
        exhibit = _open(own.identities, manifest, age_file, work, progress) if decrypt else None
    except (IntegrityFailure, InvalidInput) as error:
        shutil.rmtree(work, ignore_errors=True)
        if acknowledge:
            _acknowledge(connection, manifest, manifest_bytes, error)
        raise
    _write(work / "manifest.json", manifest_bytes)
    _write(work / "manifest.sig", signature)
    if exhibit is not None:
        _write(work / LEGEND_FILE, legend().encode())
    _sync_folder(work)
    work.rename(folder)
    _sync_folder(out_dir)
    if acknowledge:
        _acknowledge(connection, manifest, manifest_bytes, None)
    return Pulled(manifest, folder, folder / age_file.name, folder / exhibit.name if exhibit else None, acknowledge)


def _fetch(connection: Connection, manifest: ReleaseManifest, age_file: Path, progress: Progress) -> None:
    total = manifest.header_size + manifest.body_size
    download = Download(connection, f"/v1/releases/{manifest.release}/content", age_file, total)
    download.run(lambda done: progress("download", age_file.name, done, total))
    body = hashlib.sha256()
    with age_file.open("rb") as stream:
        # Also compares the policy stanza with the policy in the manifest.
        manifest.check_header(stream.read(manifest.header_size))
        size = 0
        for piece in _pieces(stream):
            body.update(piece)
            size += len(piece)
    manifest.check_body(body.hexdigest(), size)


def _open(
    identities: Sequence[Identity], manifest: ReleaseManifest, age_file: Path, work: Path, progress: Progress
) -> Path:
    target = work / manifest.exhibit_name
    if target.name in (age_file.name, "manifest.json", "manifest.sig", LEGEND_FILE):
        target = work / f"exhibit-{manifest.exhibit_name}"
    done = 0

    with age_file.open("rb") as source, _private(target) as sink:

        def write(piece: bytes) -> None:
            nonlocal done
            done += len(piece)
            sink.write(piece)
            progress("decrypt", manifest.exhibit_name, done, manifest.plaintext_size)

        header: Header = decrypt_stream(source.read, write, identities)
        sink.flush()
        os.fsync(sink.fileno())
    # Once more over the header as it was decrypted with, whose MAC has verified now.
    check_policy(header, manifest.release_policy())
    if done != manifest.plaintext_size:
        raise _mismatch("The decrypted exhibit has another size than the signed manifest names.")
    return target


def _acknowledge(
    connection: Connection, manifest: ReleaseManifest, manifest_bytes: bytes, failure: GatewayError | None
) -> None:
    own = connection.credentials
    document = Acknowledgement(
        release=manifest.release,
        manifest_digest=hashlib.sha256(manifest_bytes).hexdigest(),
        outcome="accepted" if failure is None else "rejected",
        time=datetime.now(UTC),
        reason="" if failure is None else failure.code,
    ).canonical()
    body = {
        "acknowledgement": base64.b64encode(document).decode(),
        "signature": base64.b64encode(sign(own.own_signing_key(), document)).decode(),
        "key_id": own.signing_key_id,
    }
    try:
        connection.post(f"/v1/releases/{manifest.release}/acknowledgement", body)
    except Conflict as error:
        if error.code != "already-acknowledged":
            raise
    except GatewayError:
        # The reason for a rejection matters more to the caller than that it could not be delivered.
        if failure is None:
            raise


def _checked_id(release_id: str) -> str:
    if not release_id or not all(char in "0123456789abcdef-" for char in release_id):
        raise InvalidInput("release-id-invalid", "This is not a release's id.", remedy="List the inbox.")
    return release_id


def _pieces(stream: BinaryIO) -> Iterator[bytes]:
    while piece := stream.read(1 << 20):
        yield piece


def _private(path: Path) -> BinaryIO:
    # O_EXCL after unlink: nobody can have put a link there for us to write through.
    path.unlink(missing_ok=True)
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


def _write(path: Path, data: bytes) -> None:
    with _private(path) as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _mismatch(message: str) -> IntegrityFailure:
    return IntegrityFailure(
        "release-mismatch", message, remedy="Do not use the file; pull again, and tell the operator if it persists."
    )
