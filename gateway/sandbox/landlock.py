"""Which files the parsing child may read (Landlock, Linux 5.13 and later).

The child gets read access to the interpreter, its libraries and the gateway's own code, and to
nothing else: not the gateway's keys, stores or settings, not another process's environment under
/proc. It may write, create, remove or rename nothing. Where the kernel's version allows, TCP and
abstract unix sockets and signals to outside are refused here a second time. The numbers are those of
include/uapi/linux/landlock.h.
"""

from __future__ import annotations

import ctypes
import errno
import os
import struct
from collections.abc import Iterable
from pathlib import Path

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_VERSION_QUERY = 1
_RULE_PATH_BENEATH = 1
_EXECUTE, _READ_FILE, _READ_DIR = 1 << 0, 1 << 2, 1 << 3
_PR_SET_NO_NEW_PRIVS = 38

#: File-system rights that each version of the interface knows, by version.
_RIGHTS_BITS = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}
_NET_BOTH = 0b11
_SCOPE_BOTH = 0b11


def version() -> int:
    """The kernel's Landlock version, 0 if it has none."""
    libc = ctypes.CDLL(None, use_errno=True)
    result = int(libc.syscall(ctypes.c_long(_CREATE_RULESET), None, ctypes.c_size_t(0), ctypes.c_uint(_VERSION_QUERY)))
    return max(result, 0)


def restrict_reads(folders: Iterable[str]) -> None:
    """Allow this process to read beneath ``folders`` (or the files themselves) and nothing else.

    Where the kernel has no Landlock, nothing is restricted.

    Raises:
        OSError: The kernel has Landlock but refused a rule.
    """
    abi = version()
    if abi == 0:
        return
    libc = ctypes.CDLL(None, use_errno=True)
    handled = (1 << _RIGHTS_BITS.get(abi, 16)) - 1
    attributes = struct.pack("=QQQ", handled, _NET_BOTH if abi >= 4 else 0, _SCOPE_BOTH if abi >= 6 else 0)
    attributes = attributes[: 24 if abi >= 6 else 16 if abi >= 4 else 8]
    ruleset = libc.syscall(
        ctypes.c_long(_CREATE_RULESET), ctypes.c_char_p(attributes), ctypes.c_size_t(len(attributes)), ctypes.c_uint(0)
    )
    _check(ruleset, "ruleset")
    try:
        for name in sorted(set(folders)):
            path = Path(name)
            if not path.exists():
                continue
            # Shared libraries are mapped executable; starting programs is refused by seccomp.
            rights = _READ_FILE | _EXECUTE | (_READ_DIR if path.is_dir() else 0)
            descriptor = os.open(name, os.O_PATH | os.O_CLOEXEC)
            try:
                rule = struct.pack("=Qi", rights, descriptor)
                _check(
                    libc.syscall(
                        ctypes.c_long(_ADD_RULE),
                        ctypes.c_int(ruleset),
                        ctypes.c_uint(_RULE_PATH_BENEATH),
                        ctypes.c_char_p(rule),
                        ctypes.c_uint(0),
                    ),
                    "rule",
                )
            finally:
                os.close(descriptor)
        _check(libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs")
        _check(libc.syscall(ctypes.c_long(_RESTRICT_SELF), ctypes.c_int(ruleset), ctypes.c_uint(0)), "restriction")
    finally:
        os.close(ruleset)


def _check(result: int, what: str) -> None:
    if result < 0:
        raise OSError(ctypes.get_errno() or errno.EINVAL, f"landlock {what} refused")
