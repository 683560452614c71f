"""Running PostgreSQL when the gateway runs as root, which PostgreSQL itself refuses to.

Run by an ordinary user there is nothing to do. Run by root (containers, first tries on a server)
there are two ways, tried in this order:

1. A *user namespace* that maps root, and nobody else, to an ordinary account. PostgreSQL sees an
   ordinary user, its files go on belonging to root, and no folder has to be opened to anyone.
2. Where namespaces are forbidden (the default of container engines): another *account*, to which
   the data folder is given, with the one capability to pass through folders that only root may enter.

Neither ever widens the permissions of a folder or adds an account to the system.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from gateway.errors import Misconfigured

# The kernel shows every user that a namespace does not map as this one (overflowuid). Were root
# mapped to it, any local user would look like root to PostgreSQL's peer authentication.
_OVERFLOW_UID = 65534

# Preferred for PostgreSQL where root has to give it to another account.
_ACCOUNTS = ("postgres", "nobody")

_INTO_NAMESPACE = """
import ctypes, os, sys
uid, gid, program = sys.argv[1:4]
libc = ctypes.CDLL(None, use_errno=True)
if libc.unshare(0x10000000) != 0:  # CLONE_NEWUSER
    sys.exit(os.strerror(ctypes.get_errno()))
for name, text in (("setgroups", "deny"), ("uid_map", uid + " 0 1"), ("gid_map", gid + " 0 1")):
    with open("/proc/self/" + name, "w") as file:
        file.write(text)
os.execv(program, sys.argv[3:])
"""


@dataclass(frozen=True, slots=True)
class Privileges:
    """How to start a program of PostgreSQL.

    Attributes:
        prefix: Arguments to put before the program and its arguments.
        owner: Uid that the data folder has to belong to, on disk.
        peer: Name under which the gateway appears to PostgreSQL on a unix socket.
    """

    prefix: tuple[str, ...]
    owner: int
    peer: str


def privileges() -> Privileges:
    """How programs of PostgreSQL are to be started by this process.

    Raises:
        Misconfigured: ``embedded-postgres-account`` if this process has no account, or is root
            and neither way is open.
    """
    uid = os.geteuid()
    if uid == 0:
        return _through_namespace() or _through_account() or _refuse("it runs as root")
    try:
        return Privileges((), uid, pwd.getpwuid(uid).pw_name)
    except KeyError:
        return _refuse(f"its user id {uid} has no entry in the list of accounts")


def possible_owners() -> frozenset[int]:
    """Uids that a data folder of this gateway may belong to: ours, or that of the account root gives it to."""
    uid = os.geteuid()
    account = _ordinary_account(*_ACCOUNTS) if uid == 0 else None
    return frozenset({uid, account.pw_uid}) if account else frozenset({uid})


def _through_namespace() -> Privileges | None:
    account = _ordinary_account()
    if account is None or not sys.executable or not sys.platform.startswith("linux"):
        return None
    prefix = (sys.executable, "-I", "-S", "-c", _INTO_NAMESPACE, str(account.pw_uid), str(account.pw_gid))
    return Privileges(prefix, 0, account.pw_name) if _runs(prefix) else None


def _through_account() -> Privileges | None:
    setpriv = shutil.which("setpriv")
    account = _ordinary_account(*_ACCOUNTS)
    if setpriv is None or account is None:
        return None
    prefix = (
        setpriv,
        f"--reuid={account.pw_uid}",
        f"--regid={account.pw_gid}",
        "--clear-groups",
        "--inh-caps=-all,+dac_override",
        "--ambient-caps=-all,+dac_override",
    )
    return Privileges(prefix, account.pw_uid, "root") if _runs(prefix) else None


def _ordinary_account(*preferred: str) -> pwd.struct_passwd | None:
    for name in preferred:
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    accounts = [entry for entry in pwd.getpwall() if entry.pw_uid not in (0, _OVERFLOW_UID)]
    return min(accounts, key=lambda entry: entry.pw_uid, default=None)


def _runs(prefix: tuple[str, ...]) -> bool:
    program = shutil.which("true")
    if program is None:
        return False
    try:
        return subprocess.run([*prefix, program], capture_output=True, timeout=30, check=False).returncode == 0
    except (OSError, subprocess.SubprocessError):
        return False


def _refuse(reason: str) -> Privileges:
    raise Misconfigured(
        "embedded-postgres-account",
        f"The gateway can't start its private PostgreSQL: {reason}.",
        remedy="Run the gateway as an ordinary user with an account, or set the URL of another PostgreSQL.",
    )


def give_to(folder: Path, owner: int) -> None:
    """Make ``owner`` own the folder and all that is in it, if it does not own the folder yet."""
    if folder.stat().st_uid == owner:
        return
    for parent, _, files in os.walk(folder):
        for place in (parent, *(os.path.join(parent, name) for name in files)):  # noqa: PTH118 - os.walk gives strings
            os.chown(place, owner, -1, follow_symlinks=False)
