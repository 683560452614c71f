"""Real disks for tests: a small one (tmpfs) that is filled up, made read-only, and freed again; and one with
a journal (ext4 on a loop device) whose power can be cut."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

PAGE_BYTES = 4096


class MountRefused(Exception):
    """This user, or this container, may not mount anything."""


class SmallDisk:
    """The mounted folder; ``path`` is a private folder in it, for the one who stores something there."""

    def __init__(self, mount: Path) -> None:
        self._mount = mount
        self._filler = mount / "filler"
        self.path = mount / "data"
        self.path.mkdir(mode=0o700)

    def fill(self, leave_bytes: int = 0) -> None:
        """Take all space but about ``leave_bytes``, rounded up to pages."""
        with self._filler.open("ab", buffering=0) as file:
            for piece in (1 << 20, PAGE_BYTES):
                with suppress(OSError):
                    while file.write(bytes(piece)):
                        pass
            size = file.tell()
            pages = -(-leave_bytes // PAGE_BYTES)
            file.truncate((size // PAGE_BYTES - pages) * PAGE_BYTES)

    def take_all_names(self) -> None:
        """Leave space, but no inode for another file."""
        for number in range(100_000):
            try:
                (self._mount / f"name-{number}").touch()
            except OSError:
                return
        raise AssertionError("the disk has no limit on names")

    def free(self) -> None:
        """Give back what :meth:`fill` and :meth:`take_all_names` took."""
        self._filler.unlink(missing_ok=True)
        for path in self._mount.glob("name-*"):
            path.unlink()

    @contextmanager
    def read_only(self) -> Iterator[None]:
        """As a disk that the kernel has stopped writing to after errors."""
        _run("mount", "-o", "remount,ro", str(self._mount))
        try:
            yield
        finally:
            _run("mount", "-o", "remount,rw", str(self._mount))


@contextmanager
def small_disk(mount: Path, kilobytes: int, names: int = 2000) -> Iterator[SmallDisk]:
    """Mount one at ``mount``.

    Raises:
        MountRefused: With the reason.
    """
    mount.mkdir(mode=0o700)
    if os.geteuid() != 0:
        raise MountRefused("only root may mount a disk")
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={kilobytes}k,nr_inodes={names},mode=0700", "tmpfs", str(mount)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise MountRefused(done.stderr.strip())
    try:
        yield SmallDisk(mount)
    finally:
        _run("umount", "--lazy", str(mount))


class JournalledDisk:
    """An ext4 filesystem in an image; what has not been flushed is not in the image.

    Its automatic flushes are as good as off (``commit``), and it does not guess what a program that flushes
    too little might have meant (``noauto_da_alloc``). A copy of the image is what a power cut leaves,
    if the device keeps the order of its writes; that devices reorder what is not flushed is not imitated.
    """

    def __init__(self, images: Path, mount: Path) -> None:
        self._images, self._mount = images, mount
        self._number = 0
        self._attach()
        self.path = mount / "data"
        self.path.mkdir(mode=0o700)
        os.sync()

    def keep(self) -> None:
        """Remember the image as it is now."""
        _run("cp", "--sparse=always", str(self._image(self._number)), str(self._image(self._number + 1)))

    def cut(self) -> None:
        """Go back to what was remembered, as after a power cut at that moment; the journal is replayed."""
        _run("umount", "--lazy", str(self._mount))
        self._image(self._number).unlink()
        self._number += 1
        self._attach()

    def detach(self) -> None:
        """Take the disk away."""
        _run("umount", "--lazy", str(self._mount))

    def _attach(self) -> None:
        _run("mount", "-o", "loop,noauto_da_alloc,commit=900", str(self._image(self._number)), str(self._mount))

    def _image(self, number: int) -> Path:
        return self._images / f"image{number}"


@contextmanager
def journalled_disk(base: Path, megabytes: int) -> Iterator[JournalledDisk]:
    """Make and mount one below ``base``; its image lies in memory.

    Raises:
        MountRefused: With the reason.
    """
    images, mount = base / "images", base / "mount"
    with small_disk(images, kilobytes=3 * megabytes << 10):
        mount.mkdir(mode=0o700)
        with (images / "image0").open("wb") as file:
            file.truncate(megabytes << 20)
        try:
            _run("mkfs.ext4", "-q", "-E", "lazy_itable_init=0,lazy_journal_init=0", str(images / "image0"))
            disk = JournalledDisk(images, mount)
        except (OSError, subprocess.CalledProcessError) as error:
            raise MountRefused(f"no journalled disk can be made: {error}") from error
        try:
            yield disk
        finally:
            disk.detach()


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)
