"""The log's folder when flushing fails: nothing counts as durable that was not flushed, also when it is tried again."""

from __future__ import annotations

import errno
import itertools
import os
from pathlib import Path

import pytest

from gateway.blobs.log_store import LocalLogStore
from gateway.errors import Unavailable

STAGE = [("staging/3-aa", b"stage")]
TILES = [("tile/0/000.p/3", b"hashes"), ("tile/entries/000.p/3", b"entries"), ("tile/1/x001/000", b"above")]
HEAD = b"head of 3"


class Disk:
    """Flushes for real, keeps what was flushed, and fails once, at the n-th flush."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, fails_at: int) -> None:
        self._fails_at = fails_at
        self._flush = os.fsync
        self.count = 0
        self.flushed: set[str] = set()
        monkeypatch.setattr(os, "fsync", self.fsync)

    def fsync(self, descriptor: int) -> None:
        self.count += 1
        if self.count == self._fails_at:
            raise OSError(errno.EIO, "Input/output error")
        self.flushed.add(str(Path(f"/proc/self/fd/{descriptor}").readlink()))
        self._flush(descriptor)


def publish(store: LocalLogStore) -> None:
    """The order in which the sequencer writes."""
    store.put_once(STAGE)
    if store.head() != HEAD:
        assert store.swap_head(None, HEAD)
    store.put_once(TILES)
    store.publish(HEAD)


def test_whichever_flush_fails_it_is_refused_and_done_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for fails_at in itertools.count(1):
        folder = tmp_path / f"log{fails_at}"
        store = LocalLogStore(folder)
        with monkeypatch.context() as patch:
            disk = Disk(patch, fails_at)
            try:
                publish(store)
            except Unavailable:
                assert disk.count == fails_at
            else:
                assert disk.count < fails_at
                break
            assert store.read("checkpoint") in (None, HEAD)
            publish(store)
            folders = [path for file in folder.rglob("tile/**/*") for path in file.parents]
            needed = {str(path) for path in folders if path.is_relative_to(folder)}
            assert needed
            assert needed <= disk.flushed, fails_at
    assert fails_at > 12
