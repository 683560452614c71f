"""A system-call filter for the child that parses evidence (seccomp-BPF, Linux).

A process that installs the filter can never again open a socket, start another program or process,
change any file, trace or signal another process, or reach the kernel's riskier doors (io_uring,
bpf, keyrings, mounts, namespaces). Threads stay possible. The filter is a deny list, checked against
the architecture; calls newer than the ones known here are answered ENOSYS, so a newer kernel opens
no new way out. Numbers are those of the kernel's tables for x86-64 and AArch64
(arch/x86/entry/syscalls/syscall_64.tbl, include/uapi/asm-generic/unistd.h).

It does not look into memory that arguments point to, so it cannot judge paths; reading files is
confined by :mod:`gateway.sandbox.landlock`.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct
from collections.abc import Iterator
from dataclasses import dataclass

_PR_SET_NO_NEW_PRIVS = 38
_SECCOMP_SET_MODE_FILTER = 1
_SECCOMP_FILTER_FLAG_TSYNC = 1

_RET_KILL_PROCESS = 0x80000000
_RET_ERRNO = 0x00050000
_RET_ALLOW = 0x7FFF0000

# BPF opcodes: load a word of seccomp_data, jump if equal / greater / any bit set, return.
_LOAD, _JEQ, _JGT, _JSET, _RET = 0x20, 0x15, 0x25, 0x45, 0x06
_OFFSET_NUMBER, _OFFSET_ARCH, _OFFSET_ARGUMENTS = 0, 4, 16

_CLONE_THREAD = 0x00010000
#: Last call of the tables below (mseal). The x32 calls of x86-64 begin at 2**30, so they lie beyond too.
_LAST_KNOWN = 462


@dataclass(frozen=True, slots=True)
class _Machine:
    audit_arch: int
    seccomp: int
    numbers: dict[str, int]


def _table(listing: str) -> dict[str, int]:
    words = listing.split()
    return {name: int(number) for name, number in zip(words[::2], words[1::2], strict=True)}


# The calls from 424 on have the same numbers everywhere.
_COMMON = _table("""
pidfd_send_signal 424 io_uring_setup 425 io_uring_enter 426 io_uring_register 427 open_tree 428 move_mount 429
fsopen 430 fsconfig 431 fsmount 432 fspick 433 pidfd_open 434 clone3 435 openat2 437 pidfd_getfd 438
process_madvise 440 mount_setattr 442 quotactl_fd 443 memfd_secret 447 process_mrelease 448 fchmodat2 452
statmount 457 listmount 458 lsm_set_self_attr 460
""")
_X86_64 = _Machine(
    0xC000003E,
    317,
    _COMMON
    | _table("""
open 2 shmget 29 shmat 30 shmctl 31 socket 41 connect 42 accept 43 sendto 44 recvfrom 45 sendmsg 46 recvmsg 47
shutdown 48 bind 49 listen 50 getsockname 51 getpeername 52 socketpair 53 setsockopt 54 getsockopt 55 clone 56
fork 57 vfork 58 execve 59 kill 62 semget 64 semop 65 semctl 66 shmdt 67 msgget 68 msgsnd 69 msgrcv 70 msgctl 71
truncate 76 ftruncate 77 rename 82 mkdir 83 rmdir 84 creat 85 link 86 unlink 87 symlink 88 chmod 90 fchmod 91
chown 92 fchown 93 lchown 94 ptrace 101 setuid 105 setgid 106 setreuid 113 setregid 114 setgroups 116
setresuid 117 setresgid 119 setfsuid 122 setfsgid 123 capset 126 utime 132 mknod 133 uselib 134 personality 135
vhangup 153 modify_ldt 154 pivot_root 155 _sysctl 156 adjtimex 159 chroot 161 acct 163 settimeofday 164
mount 165 umount2 166 swapon 167 swapoff 168 reboot 169 sethostname 170 setdomainname 171 iopl 172 ioperm 173
init_module 175 delete_module 176 quotactl 179 setxattr 188 lsetxattr 189 fsetxattr 190 removexattr 197
lremovexattr 198 fremovexattr 199 tkill 200 io_setup 206 io_submit 209 lookup_dcookie 212 semtimedop 220
clock_settime 227 tgkill 234 utimes 235 mq_open 240 mq_unlink 241 kexec_load 246 add_key 248 request_key 249
keyctl 250 inotify_init 253 migrate_pages 256 openat 257 mkdirat 258 mknodat 259 fchownat 260 futimesat 261
unlinkat 263 renameat 264 linkat 265 symlinkat 266 fchmodat 268 unshare 272 vmsplice 278 move_pages 279
utimensat 280 fallocate 285 accept4 288 inotify_init1 294 perf_event_open 298 recvmmsg 299 fanotify_init 300
fanotify_mark 301 prlimit64 302 name_to_handle_at 303 open_by_handle_at 304 clock_adjtime 305 sendmmsg 307
setns 308 process_vm_readv 310 process_vm_writev 311 kcmp 312 finit_module 313 renameat2 316 memfd_create 319
kexec_file_load 320 bpf 321 execveat 322 userfaultfd 323
"""),
)
_AARCH64 = _Machine(
    0xC00000B7,
    277,
    _COMMON
    | _table("""
io_setup 0 io_submit 2 setxattr 5 lsetxattr 6 fsetxattr 7 removexattr 14 lremovexattr 15 fremovexattr 16
lookup_dcookie 18 inotify_init1 26 mknodat 33 mkdirat 34 unlinkat 35 symlinkat 36 linkat 37 renameat 38
umount2 39 mount 40 pivot_root 41 truncate 45 ftruncate 46 fallocate 47 chroot 51 fchmod 52 fchmodat 53
fchownat 54 fchown 55 openat 56 vhangup 58 quotactl 60 vmsplice 75 utimensat 88 acct 89 capset 91
personality 92 unshare 97 kexec_load 104 init_module 105 delete_module 106 clock_settime 112 ptrace 117
kill 129 tkill 130 tgkill 131 reboot 142 setregid 143 setgid 144 setreuid 145 setuid 146 setresuid 147
setresgid 149 setfsuid 151 setfsgid 152 setgroups 159 sethostname 161 setdomainname 162 settimeofday 170
adjtimex 171 mq_open 180 mq_unlink 181 msgget 186 msgctl 187 msgrcv 188 msgsnd 189 semget 190 semctl 191
semtimedop 192 semop 193 shmget 194 shmctl 195 shmat 196 shmdt 197 socket 198 socketpair 199 bind 200
listen 201 accept 202 connect 203 getsockname 204 getpeername 205 sendto 206 recvfrom 207 setsockopt 208
getsockopt 209 shutdown 210 sendmsg 211 recvmsg 212 add_key 217 request_key 218 keyctl 219 clone 220
execve 221 swapon 224 swapoff 225 migrate_pages 238 move_pages 239 perf_event_open 241 accept4 242
recvmmsg 243 prlimit64 261 fanotify_init 262 fanotify_mark 263 name_to_handle_at 264 open_by_handle_at 265
clock_adjtime 266 setns 268 sendmmsg 269 process_vm_readv 270 process_vm_writev 271 kcmp 272
finit_module 273 renameat2 276 memfd_create 279 bpf 280 execveat 281 userfaultfd 282 kexec_file_load 294
"""),
)
_MACHINES = {"x86_64": _X86_64, "aarch64": _AARCH64}

#: Answered ENOSYS, so that the C library falls back to a call whose arguments can be judged.
_ABSENT = frozenset({"clone3", "openat2"})


class _Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.c_void_p)]


def supported() -> bool:
    """Whether this machine has a filter here: Linux on x86-64 or AArch64."""
    return platform.system() == "Linux" and platform.machine() in _MACHINES and struct.calcsize("P") == 8


def install() -> None:
    """Confine this process, all its threads included, for good.

    Raises:
        OSError: The kernel refused; the process is not confined.
    """
    if not supported():
        raise OSError(errno.ENOSYS, "no system-call filter for this machine")
    machine = _MACHINES[platform.machine()]
    instructions = b"".join(_instructions(machine, os.getpid()))
    code = ctypes.create_string_buffer(instructions, len(instructions))
    program = _Program(len(instructions) // 8, ctypes.cast(code, ctypes.c_void_p))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "no_new_privs refused")
    flags = ctypes.c_ulong(_SECCOMP_FILTER_FLAG_TSYNC)
    result = libc.syscall(
        ctypes.c_long(machine.seccomp), ctypes.c_ulong(_SECCOMP_SET_MODE_FILTER), flags, ctypes.byref(program)
    )
    if result != 0:
        raise OSError(ctypes.get_errno() or errno.EBUSY, "system-call filter refused")


def _instructions(machine: _Machine, own_pid: int) -> Iterator[bytes]:
    def step(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
        return struct.pack("=HBBI", code, if_true, if_false, value)

    def refuse(number: int) -> bytes:
        return step(_RET, _RET_ERRNO | number)

    def argument(index: int) -> bytes:
        # Low half: both architectures are little-endian, and these arguments are 32 bits wide.
        return step(_LOAD, _OFFSET_ARGUMENTS + 8 * index)

    yield step(_LOAD, _OFFSET_ARCH)
    yield step(_JEQ, machine.audit_arch, if_true=1)
    yield step(_RET, _RET_KILL_PROCESS)
    yield step(_LOAD, _OFFSET_NUMBER)
    yield step(_JGT, _LAST_KNOWN, if_false=1)
    yield refuse(errno.ENOSYS)

    writing = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND | getattr(os, "O_TMPFILE", 0)
    # (call, argument, test, value): allowed only if the test holds, or for _JSET if no bit is set.
    for name, index, test, value in (
        ("clone", 0, "any bit", _CLONE_THREAD),
        ("kill", 0, "equal", own_pid),
        ("tgkill", 0, "equal", own_pid),
        ("prlimit64", 0, "equal", 0),
        ("open", 1, "no bit", writing & ~os.O_DIRECTORY),
        ("openat", 2, "no bit", writing & ~os.O_DIRECTORY),
    ):
        if name not in machine.numbers:
            continue
        yield step(_JEQ, machine.numbers[name], if_false=4)
        yield argument(index)
        if test == "no bit":
            yield step(_JSET, value, if_false=1)
        else:
            yield step(_JEQ if test == "equal" else _JSET, value, if_true=1)
        yield refuse(errno.EPERM)
        yield step(_RET, _RET_ALLOW)

    judged = {"clone", "kill", "tgkill", "prlimit64", "open", "openat"}
    for name, number in machine.numbers.items():
        if name not in judged:
            yield step(_JEQ, number, if_false=1)
            yield refuse(errno.ENOSYS if name in _ABSENT else errno.EPERM)
    yield step(_RET, _RET_ALLOW)
