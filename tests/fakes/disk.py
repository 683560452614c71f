"""A real, small disk: a tmpfs that is mounted for a test, filled up, made read-only, and freed again."""

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


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)
