"""A copy of the published log in a folder, for somebody to check without us.

What lies in the folder is the log itself in its public form (c2sp.org/tlog-tiles): checkpoint,
hash tiles, entry bundles; the latest cosigned checkpoint and the witnesses' keys, if there are any;
the verifier key, a verifier that needs nothing of ours, a text on how to use it, and the digests of
those files. The export decides nothing about who may have it, and proves nothing: the audit of the
copy does.
"""

from __future__ import annotations

from pathlib import Path

from gateway.blobs import standalone_verifier
from gateway.errors import Conflict, IntegrityFailure, NotFound, Unavailable
from gateway.exchange.ports.sequencing import LogFiles
from gateway.translog.bundle import (
    CHECKPOINT_FILE,
    COSIGNED_FILE,
    NO_WITNESSES,
    README,
    SUMS,
    VERIFIER,
    WITNESSES_FILE,
    WitnessPolicy,
    encode_sums,
)
from gateway.translog.checkpoint import Checkpoint, open_checkpoint
from gateway.translog.tiles import Tile, fetch, tiles_of_growth
from gateway.translog.vkey import VKEY_FILE, VerifierKey

_TEXT = """\
This folder is a copy of an audit log: {origin}
{size} entries. Root hash of the tree over them (hex): {root}

  checkpoint           the signed head of the tree (c2sp.org/tlog-checkpoint, c2sp.org/signed-note)
  checkpoint-cosigned  the latest head that witnesses have cosigned (c2sp.org/tlog-cosignature), if any
  tile/                hash tiles, and entry bundles below tile/entries (c2sp.org/tlog-tiles)
  {vkey}             the verifier key of the log, as its operator gave it out
  witnesses.txt        verifier keys of the witnesses, and how many of them must sign, if any
  verify.py            a verifier in one file: Python 3.8 or later and the openssl program, nothing else
  SHA256SUMS           digests of the files above except tile/, which the tree itself vouches for

Check it, offline, with either of

  python3 verify.py .
  pip install evidence-gateway && evidence-gateway log verify .

Both check every entry's form, its number and its link to the one before, the whole tree and the
signatures, and name the place of the first fault. The key and the verifier in this folder prove
nothing by themselves: compare the key with the one you were given when the agencies set up their
exchange, or pass that one with --vkey, and get the verifier from a place you trust. If you have kept
an earlier checkpoint, pass it with --known: the check then also shows that nothing before it was
rewritten. Name witnesses that you trust with --witness, and how many must have signed with --quorum.

Entries are JSON (RFC 8785). They hold no personal data; where a value could be personal, there is a
salted hash of it. The format is described in docs/spec/log.md of the evidence gateway.
"""


def export_log(store: LogFiles, log_key: VerifierKey, folder: Path, policy: WitnessPolicy = NO_WITNESSES) -> Checkpoint:
    """Copy the published log into a folder; an earlier export of the same log is brought up to date.

    Args:
        policy: The witnesses to name, and how many of them must have cosigned.

    Returns:
        The checkpoint that was exported.

    Raises:
        NotFound: ``checkpoint-unknown`` if nothing has been published yet.
        Conflict: ``export-folder-taken`` if the folder holds something else.
        IntegrityFailure: ``log-file-missing``, ``note-signature-invalid``...
        Unavailable: ``export-folder-unwritable``.
    """
    # In this order: a cosigned checkpoint is then never ahead of the one exported.
    cosigned = store.read(COSIGNED_FILE)
    note = store.read(CHECKPOINT_FILE)
    if note is None:
        raise NotFound("checkpoint-unknown", "The log has no checkpoint yet.", remedy="Try again shortly.")
    checkpoint = open_checkpoint(note, log_key).checkpoint
    text = _TEXT.format(origin=checkpoint.origin, size=checkpoint.size, root=checkpoint.root.hex(), vkey=VKEY_FILE)
    files = {
        README: text.encode("utf-8"),
        VERIFIER: Path(standalone_verifier.__file__).read_bytes(),
        VKEY_FILE: _vkey_line(log_key),
        CHECKPOINT_FILE: note,
    }
    if policy.witnesses:
        files[WITNESSES_FILE] = policy.encode()
    if cosigned is not None:
        files[COSIGNED_FILE] = cosigned
    try:
        _claim(folder, files[VKEY_FILE])
        for tile in tiles_of_growth(0, checkpoint.size):
            path = folder / tile.path
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(_stored(store, tile))
        for name in (WITNESSES_FILE, COSIGNED_FILE):
            (folder / name).unlink(missing_ok=True)
        # The checkpoint and the digests last, so that a broken-off export is not taken for a whole one.
        for name, data in files.items():
            (folder / name).write_bytes(data)
        (folder / SUMS).write_bytes(encode_sums(files))
    except OSError as error:
        raise Unavailable(
            "export-folder-unwritable",
            f"The export cannot be written ({error.strerror}).",
            remedy="Check the folder, its permissions and the space.",
        ) from error
    return checkpoint


def _vkey_line(log_key: VerifierKey) -> bytes:
    return (log_key.encode() + "\n").encode("utf-8")


def _claim(folder: Path, vkey: bytes) -> None:
    mark = folder / VKEY_FILE
    if folder.exists() and any(folder.iterdir()) and not (mark.exists() and mark.read_bytes() == vkey):
        raise Conflict(
            "export-folder-taken",
            "The folder for the export holds something else already.",
            remedy="Name a new or empty folder.",
        )
    folder.mkdir(parents=True, exist_ok=True)
    mark.write_bytes(vkey)


def _stored(store: LogFiles, tile: Tile) -> bytes:
    data = fetch(tile, store.read)
    if data is None:
        raise IntegrityFailure(
            "log-file-missing",
            "A file of the log is missing in the log store.",
            remedy="Restore it from an export or a copy of the store; do not make it anew.",
            where=tile.path,
        )
    return data
