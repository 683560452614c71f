"""The local folder: privacy, durability, what a crash leaves."""

from __future__ import annotations

import errno
import fcntl
import os
import resource
from pathlib import Path

import pytest

from gateway.blobs import local
from gateway.blobs.local import LocalWriter
from gateway.blobs.store import S3Options, open_blobs
from gateway.errors import Misconfigured, Unavailable


def staged(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / ".staging").iterdir())


def test_the_folder_and_its_files_are_private(tmp_path: Path) -> None:
    folder = tmp_path / "blobs"
    writer = open_blobs(f"file://{folder}").create("originals/a")
    writer.write(b"evidence")
    writer.commit()
    assert folder.stat().st_mode & 0o777 == 0o700
    assert (folder / "originals").stat().st_mode & 0o777 == 0o700
    assert (folder / "originals" / "a").stat().st_mode & 0o777 == 0o600


def test_a_folder_that_others_can_enter_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "blobs"
    open_blobs(f"file://{folder}").create("a").commit()
    folder.chmod(0o755)
    with pytest.raises(Misconfigured) as refusal:
        open_blobs(f"file://{folder}")
    assert refusal.value.code == "blob-folder-unsafe"


def test_bytes_and_names_are_flushed_before_the_commit_returns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blobs = open_blobs(f"file://{tmp_path}/blobs")
    flushed: list[str] = []
    real = os.fsync

    def fsync(descriptor: int) -> None:
        flushed.append(str(Path(f"/proc/self/fd/{descriptor}").readlink()).removeprefix(f"{tmp_path}/blobs"))
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    writer = blobs.create("originals/x/a")
    writer.write(b"evidence")
    assert flushed == []
    writer.commit()
    # First the bytes; then each new folder in the one above it; last the name of the blob.
    assert flushed[0].startswith("/.staging/")
    assert flushed[1:] == ["", "/originals", "/originals/x"]
    flushed.clear()
    blobs.delete("originals/x/a")
    assert flushed == ["/originals/x"]


def test_neither_commit_nor_abort_nor_a_forgotten_writer_leaves_a_staging_file(tmp_path: Path) -> None:
    blobs = open_blobs(f"file://{tmp_path}/blobs")
    writers = [blobs.create(f"originals/{number}") for number in range(3)]
    assert len(staged(tmp_path / "blobs")) == 3
    writers[0].commit()
    writers[1].abort()
    del writers[:]
    assert staged(tmp_path / "blobs") == []


def test_staging_files_of_dead_writers_go_at_the_next_start_or_cleaning_those_of_living_stay(tmp_path: Path) -> None:
    folder = tmp_path / "blobs"
    blobs = open_blobs(f"file://{folder}")
    living = blobs.create("originals/a")
    living.write(b"evidence")
    for name in ("dead", "young"):
        (folder / ".staging" / name).write_bytes(b"half")
    for path in (folder / ".staging").iterdir():
        if path.name != "young":
            os.utime(path, (1, 1))
    open_blobs(f"file://{folder}")
    assert "dead" not in staged(folder)
    assert "young" in staged(folder)
    os.utime(folder / ".staging" / "young", (1, 1))
    blobs.clean()
    assert len(staged(folder)) == 1
    living.commit()
    assert open_blobs(f"file://{folder}").read("originals/a") == b"evidence"


def test_a_full_disk_is_told_as_such_and_leaves_nothing(tmp_path: Path) -> None:
    blobs = open_blobs(f"file://{tmp_path}/blobs")
    writer = blobs.create("originals/a")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, hard))
    try:
        with pytest.raises(Unavailable) as refusal:
            writer.write(b"x" * 200)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    writer.abort()
    assert refusal.value.code == "blob-store-unavailable"
    assert staged(tmp_path / "blobs") == []
    with pytest.raises(Unavailable) as full, local.storing():
        raise OSError(errno.ENOSPC, "No space left on device")
    assert full.value.code == "blob-store-full"


def test_errors_do_not_quote_paths(tmp_path: Path) -> None:
    with pytest.raises(Unavailable) as refusal:
        LocalWriter(tmp_path / "nowhere", "originals/a")
    assert str(tmp_path) not in str(refusal.value)


def test_a_writer_holds_the_lock_that_marks_it_as_living(tmp_path: Path) -> None:
    open_blobs(f"file://{tmp_path}/blobs")
    writer = LocalWriter(tmp_path / "blobs", "originals/a")
    (name,) = staged(tmp_path / "blobs")
    with (tmp_path / "blobs" / ".staging" / name).open("rb") as file, pytest.raises(BlockingIOError):
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    writer.abort()


@pytest.mark.parametrize("url", ["", "blobs", "file:blobs", "file://host/blobs", "ftp://x/y", "s3://", "s3://b/p?x=1"])
def test_urls_that_name_no_store_are_refused(url: str) -> None:
    with pytest.raises(Misconfigured) as refusal:
        open_blobs(url)
    assert refusal.value.code == "blob-url-invalid"


def test_the_secret_of_s3_is_not_shown() -> None:
    assert "hidden" not in repr(S3Options(secret_access_key="hidden"))
