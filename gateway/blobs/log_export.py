"""A copy of the published log in a folder, for somebody to check without us.

What lies in the folder is the log itself in its public form (c2sp.org/tlog-tiles): checkpoint,
hash tiles, entry bundles; with the verifier key and a text that tells how to check them. The export
decides nothing about who may have it, and proves nothing: the audit of the copy does.
"""

from __future__ import annotations

from pathlib import Path

from gateway.blobs.log_store import CHECKPOINT, LogStore
from gateway.errors import Conflict, IntegrityFailure, NotFound, Unavailable
from gateway.translog.checkpoint import Checkpoint, open_checkpoint
from gateway.translog.tiles import Tile, fetch, tiles_of_growth
from gateway.translog.vkey import VKEY_FILE, VerifierKey

README = "README.txt"

_TEXT = """\
This folder is a copy of an audit log: {origin}
{size} entries. Root hash of the tree over them (hex): {root}

  checkpoint       the signed head of the tree (c2sp.org/tlog-checkpoint, c2sp.org/signed-note)
  tile/            hash tiles, and entry bundles below tile/entries (c2sp.org/tlog-tiles)
  {vkey}         the verifier key of the log, as its operator gave it out

Check it, offline:

  pip install evidence-gateway
  evidence-gateway log verify .

That checks every entry's form, its number and its link to the one before, the whole tree and the
signature, and names the place of the first fault. The key in this folder proves nothing by itself:
compare it with the one you were given when the agencies set up their exchange, or pass that one
with --vkey. If you have kept an earlier checkpoint, pass it with --known: the check then also shows
that nothing before it was rewritten.

Entries are JSON (RFC 8785). They hold no personal data; where a value could be personal, there is a
salted hash of it. The format is described in docs/spec/log.md of the evidence gateway.
"""


def export_log(store: LogStore, log_key: VerifierKey, folder: Path) -> Checkpoint:
    """Copy the published log into a folder; an earlier export of the same log is brought up to date.

    Returns:
        The checkpoint that was exported.

    Raises:
        NotFound: ``checkpoint-unknown`` if nothing has been published yet.
        Conflict: ``export-folder-taken`` if the folder holds something else.
        IntegrityFailure: ``log-file-missing``, ``note-signature-invalid``...
        Unavailable: ``export-folder-unwritable``.
    """
    note = store.read(CHECKPOINT)
    if note is None:
        raise NotFound("checkpoint-unknown", "The log has no checkpoint yet.", remedy="Try again shortly.")
    checkpoint = open_checkpoint(note, log_key).checkpoint
    try:
        _claim(folder, (log_key.encode() + "\n").encode("utf-8"))
        for tile in tiles_of_growth(0, checkpoint.size):
            path = folder / tile.path
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(_stored(store, tile))
        text = _TEXT.format(origin=checkpoint.origin, size=checkpoint.size, root=checkpoint.root.hex(), vkey=VKEY_FILE)
        (folder / README).write_text(text, encoding="utf-8")
        # Last, so that a broken-off export is not taken for a whole one.
        (folder / CHECKPOINT).write_bytes(note)
    except OSError as error:
        raise Unavailable(
            "export-folder-unwritable",
            f"The export cannot be written ({error.strerror}).",
            remedy="Check the folder, its permissions and the space.",
        ) from error
    return checkpoint


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


def _stored(store: LogStore, tile: Tile) -> bytes:
    data = fetch(tile, store.read)
    if data is None:
        raise IntegrityFailure(
            "log-file-missing",
            "A file of the log is missing in the log store.",
            remedy="Restore it from an export or a copy of the store; do not make it anew.",
            where=tile.path,
        )
    return data
