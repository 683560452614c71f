"""Files of secrets: created once, whole, and for their owner alone."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from gateway.errors import Conflict, Misconfigured, Unavailable
from gateway.keyring import private_file


def test_a_file_is_created_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "gateway.key"
    old = os.umask(0)
    try:
        private_file.create(path, b"secret")
    finally:
        os.umask(old)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert private_file.read(path) == b"secret"
    assert list(path.parent.iterdir()) == [path]


def test_an_existing_file_is_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "gateway.key"
    private_file.create(path, b"first")
    with pytest.raises(Conflict) as caught:
        private_file.create(path, b"second")
    assert caught.value.code == "key-file-exists"
    assert path.read_bytes() == b"first"
    assert list(tmp_path.iterdir()) == [path]


def test_a_dangling_link_is_not_followed(tmp_path: Path) -> None:
    path = tmp_path / "gateway.key"
    path.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(Conflict):
        private_file.create(path, b"secret")
    assert not (tmp_path / "elsewhere").exists()


def test_replace_keeps_the_mode_and_leaves_nothing_behind(tmp_path: Path) -> None:
    path = tmp_path / "gateway.key"
    private_file.create(path, b"first")
    private_file.replace(path, b"second")
    assert private_file.read(path) == b"second"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o620, 0o666, 0o777])
def test_a_file_open_to_others_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "gateway.key"
    private_file.create(path, b"secret")
    path.chmod(mode)
    with pytest.raises(Misconfigured) as caught:
        private_file.read(path)
    assert caught.value.code == "key-file-permissions"


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    fifo, large = tmp_path / "fifo", tmp_path / "large"
    os.mkfifo(fifo, 0o600)
    large.write_bytes(bytes(private_file.MAX_BYTES + 1))
    large.chmod(0o600)
    for path, code in [
        (tmp_path / "absent", "key-file-missing"),
        (tmp_path, "key-file-invalid"),
        (fifo, "key-file-invalid"),
        (large, "key-file-invalid"),
    ]:
        with pytest.raises(Misconfigured) as caught:
            private_file.read(path)
        assert caught.value.code == code


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(Unavailable) as caught:
        private_file.create(tmp_path / "file" / "gateway.key", b"secret")
    assert caught.value.code == "key-file-unwritable"
