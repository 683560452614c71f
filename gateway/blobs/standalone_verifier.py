#!/usr/bin/env python3
"""Verify an exported audit log with nothing but Python (3.8+) and the openssl program.

    python3 verify.py [FOLDER] [--vkey KEY] [--known CHECKPOINT] [--quorum N] [--witness VKEY]... [--json]

This one file is a verifier of its own, written from docs/spec/log.md: it shares no code with the
evidence gateway and imports only the standard library. It checks, in this order,

1. SHA256SUMS names every file beside the tiles, and each has the digest it says;
2. the checkpoint is signed by the log's key (Ed25519, by the openssl program);
3. each entry bundle holds exactly the entries its place calls for, each in its one form (RFC 8785),
   with the next number, naming the hash of the entry before it;
4. every hash tile holds the hashes of what lies below it (RFC 6962, c2sp.org/tlog-tiles);
5. at the size of each checkpoint that is known, or that the witnesses cosigned, the root is that one;
6. the root over all entries is the one in the checkpoint.

It stops at the first fault, names its place, and ends with 1. It ends with 0 if all is right, with 2
if this is no export. A copy of this file that came with the log proves little: get it elsewhere,
and compare the key with the one you were given.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

WIDTH = 256
MAX_ENTRY = 65535
FILES = ("README.txt", "checkpoint", "log.vkey", "verify.py")
OPTIONAL = ("checkpoint-cosigned", "witnesses.txt")
HEX = r"[0-9a-f]{64}"
FIELD = r"[a-z][a-z0-9_]{0,63}"
CONTROL = re.compile(r"[\x00-\x1f\x7f]")


class Fault(Exception):
    """What is wrong, and where."""

    def __init__(self, code: str, message: str, where: str) -> None:
        super().__init__(message)
        self.code, self.message, self.where = code, message, where


def sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


# --- notes, keys, checkpoints (c2sp.org/signed-note, /tlog-checkpoint, /tlog-cosignature) ----------
def unbase64(text: str) -> bytes:
    data = base64.b64decode(text.encode("ascii"), validate=True)
    if base64.b64encode(data).decode() != text:
        raise ValueError("not canonical base64")
    return data


def parse_vkey(text: str) -> tuple[str, bytes, int, bytes]:
    """Name, key id, algorithm (1: Ed25519, 4: cosignature) and public key."""
    name, key_id, encoded = text.split("+", 2)
    material = unbase64(encoded)
    expected = sha256(name.encode() + b"\n" + material)[:4]
    if len(material) != 33 or material[0] not in (1, 4) or expected.hex() != key_id or not name:
        raise ValueError("the key id does not belong to the key")
    if any(c.isspace() or ord(c) < 32 for c in name) or len(name) > 255:
        raise ValueError("a key cannot have this name")
    return name, expected, material[0], material[1:]


def ed25519(public_key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether openssl finds the signature good."""
    der = bytes.fromhex("302a300506032b6570032100") + public_key  # SubjectPublicKeyInfo, RFC 8410
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for part, data in (("key", der), ("message", message), ("signature", signature)):
            (folder / part).write_bytes(data)
        command = "openssl pkeyutl -verify -pubin -keyform DER -rawin -inkey key -in message -sigfile signature"
        return subprocess.run(command.split(), cwd=name, capture_output=True, check=False).returncode == 0


def parse_note(data: bytes) -> tuple[str, list[tuple[str, bytes, bytes]]]:
    """The text, and name, key id and bytes of each signature."""
    content = data.decode("utf-8")
    if len(data) > 1000000 or any(c < " " and c != "\n" for c in content):
        raise ValueError("control characters, or more than 1 MB")
    text, divider, lines = content.rpartition("\n\n")
    if not divider or not lines.endswith("\n"):
        raise ValueError("no signatures after an empty line")
    signatures = []
    for line in lines[:-1].split("\n"):
        dash, name, encoded = line.split(" ", 2)
        value = unbase64(encoded)
        if dash != "—" or len(value) < 5 or not name or "+" in name or any(c.isspace() for c in name):
            raise ValueError("a signature line is not dash, name and signature")
        signatures.append((name, value[:4], value[4:]))
    if len(signatures) > 100:
        raise ValueError("more than 100 signatures")
    return text + "\n", signatures


def open_checkpoint(data: bytes, log_vkey: str, witnesses: list[str], where: str) -> tuple[int, bytes, set[str]]:
    """Size, root, and the vkeys that signed; the log must have."""
    try:
        text, signatures = parse_note(data)
        keys = {vkey: parse_vkey(vkey) for vkey in [log_vkey, *witnesses]}
        signed = set()
        for name, key_id, value in signatures:
            for vkey, (key_name, known_id, algorithm, public_key) in keys.items():
                if (name, key_id) != (key_name, known_id):
                    continue
                message = text.encode()
                if algorithm == 4:
                    if len(value) != 72 or value[0] > 127:
                        raise ValueError("a cosignature has not 72 bytes")
                    seconds = int.from_bytes(value[:8], "big")
                    message, value = f"cosignature/v1\ntime {seconds}\n".encode() + message, value[8:]
                if len(value) != 64 or not ed25519(public_key, message, value):
                    raise ValueError(f"the signature of {name} does not verify")
                signed.add(vkey)
        lines = text.split("\n")
        if len(lines) < 4 or not all(lines[:-1]) or not re.fullmatch(r"0|[1-9][0-9]{0,18}", lines[1]):
            raise ValueError("not origin, size and root")
        origin, size, root = lines[0], int(lines[1]), unbase64(lines[2])
        if len(root) != 32 or size >= 2**63:
            raise ValueError("the root has not 32 bytes")
        if log_vkey not in signed or keys[log_vkey][2] != 1 or origin != keys[log_vkey][0]:
            raise ValueError("the log itself has not signed it")
    except ValueError as error:
        raise Fault("log-checkpoint-wrong", f"the checkpoint is wrong: {error}", where) from None
    return size, root, signed


# --- entries --------------------------------------------------------------------------------------
def number(digits: str) -> int:
    if len(digits) > 17 or abs(int(digits)) > 2**53 - 1:
        raise ValueError("a number is too large")
    return int(digits)


def no_number(_digits: str) -> Any:
    raise ValueError("a number is not an integer")


def check_values(value: Any, depth: int = 1) -> None:
    if isinstance(value, (dict, list)):
        if depth > 32:
            raise ValueError("nested too deeply")
        if isinstance(value, dict) and not all(name.isascii() for name in value):
            raise ValueError("a member name is not ASCII")
        for child in value.values() if isinstance(value, dict) else value:
            check_values(child, depth + 1)


def texts(value: Any) -> bool:
    return isinstance(value, dict) and all(isinstance(v, str) and not CONTROL.search(v) for v in value.values())


def matches(pattern: str, value: Any) -> bool:
    return isinstance(value, str) and re.fullmatch(pattern, value, re.ASCII) is not None


def is_time(value: Any) -> bool:
    return matches(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", value) and bool(
        datetime.strptime(value, "%Y-%m-%dT%H:%M:%S.%fZ")  # noqa: DTZ007 - only to see that it exists
    )


def is_reference(value: Any) -> bool:
    if not isinstance(value, dict) or not value:
        return value == {}
    named = sorted(value) == ["digest", "id", "version"] and texts({"id": value["id"]})
    return named and type(value["version"]) is int and matches(HEX, value["digest"])


# Every member of an entry, and what it must be.
MEMBERS: dict[str, Callable[[Any], bool]] = {
    "action": lambda v: matches(r"[a-z][a-z0-9-]*(\.[a-z0-9][a-z0-9-]*)+", v),
    "actor": lambda v: texts(v) and ("agency" in v or "system" in v),
    "agreement": is_reference,
    "clause": lambda v: isinstance(v, str) and v[:1] in ("", "/"),
    "commitments": lambda v: texts(v) and all(matches(FIELD, k) and matches(HEX, v[k]) for k in v),
    "detail": lambda v: isinstance(v, dict),
    "object": lambda v: texts(v) and "kind" in v and "id" in v,
    "outcome": lambda v: v in ("permit", "deny", "done", "failed"),
    "prev": lambda v: matches(HEX, v),
    "reason": lambda v: isinstance(v, str) and len(v) <= 1000,
    "seq": lambda v: type(v) is int and v >= 0,
    "time": is_time,
    "v": lambda v: type(v) is int and v == 1,
}


def parse_entry(leaf: bytes) -> dict[str, Any]:
    """The members of an entry; ValueError unless the bytes are its one form."""
    if len(leaf) > MAX_ENTRY:
        raise ValueError("it is too long")
    try:
        entry = json.loads(leaf.decode("utf-8"), parse_int=number, parse_float=no_number, parse_constant=no_number)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    check_values(entry)
    again = json.dumps(entry, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    if again.encode("utf-8") != leaf:
        raise ValueError("it is not in canonical form")
    if not isinstance(entry, dict) or entry.keys() != MEMBERS.keys():
        raise ValueError("its members are not those of version 1")
    for name, right in MEMBERS.items():
        if not right(entry[name]):
            raise ValueError(f"its member {name} has not the form of version 1")
    return entry


# --- the tree in its files (c2sp.org/tlog-tiles) --------------------------------------------------
def tile_path(level: str, index: int, width: int) -> str:
    digits = str(index)
    digits = digits.rjust(-(-len(digits) // 3) * 3, "0")
    groups = [digits[i : i + 3] for i in range(0, len(digits), 3)]
    name = "/".join(["x" + group for group in groups[:-1]] + groups[-1:])
    return f"tile/{level}/{name}" + (f".p/{width}" if width < WIDTH else "")


def read_tile(folder: Path, level: str, index: int, width: int) -> bytes:
    """The file; a partial one may be gone once the full one is there, and is then its beginning."""
    path = folder / tile_path(level, index, width)
    if path.is_file():
        return path.read_bytes()
    full = folder / tile_path(level, index, WIDTH)
    if not full.is_file():
        raise Fault("log-file-missing", "a file of the log is missing", tile_path(level, index, width))
    data, end = full.read_bytes(), 0
    if level != "entries":
        return data[: 32 * width]
    for _ in range(width):
        end += 2 + int.from_bytes(data[end : end + 2], "big")
    return data[:end]


def leaves_of(data: bytes, width: int) -> Iterator[bytes]:
    end = 0
    for _ in range(width):
        start = end + 2
        end = start + int.from_bytes(data[end:start], "big")
        if start > len(data) or end > len(data):
            raise ValueError("an entry is cut short")
        yield data[start:end]
    if end != len(data):
        raise ValueError("there are bytes after the last entry")


def perfect_root(hashes: list[bytes]) -> bytes:
    while len(hashes) > 1:
        hashes = [sha256(b"\x01" + hashes[i] + hashes[i + 1]) for i in range(0, len(hashes), 2)]
    return hashes[0]


def root_of(levels: list[list[bytes]]) -> bytes:
    """The root from the rightmost tile of each level: fold the complete subtrees, smallest first."""
    root = b""
    for hashes in levels:
        end = len(hashes)
        for bit in range(8):
            if len(hashes) >> bit & 1:
                node = perfect_root(hashes[end - (1 << bit) : end])
                end -= 1 << bit
                root = sha256(b"\x01" + node + root) if root else node
    return root or sha256(b"")


def compare(folder: Path, level: int, index: int, hashes: list[bytes]) -> None:
    stored = read_tile(folder, str(level), index, len(hashes))
    if stored != b"".join(hashes):
        place = next((i for i, h in enumerate(hashes) if stored[32 * i : 32 * i + 32] != h), len(hashes))
        path = tile_path(str(level), index, len(hashes))
        raise Fault("log-tile-wrong", "a tile does not hold the hashes of the tree below it", f"{path} hash {place}")


def check_entries(folder: Path, size: int, root: bytes, known: list[tuple[int, bytes, str]]) -> None:
    """Steps 3 to 6."""
    levels: list[list[bytes]] = []
    counts: list[int] = []
    prev, count = "0" * 64, 0

    def check_known() -> None:
        for known_size, known_root, where in known:
            if known_size == count and root_of(levels) != known_root:
                raise Fault("log-rewritten", f"the first {count} entries are not those of a known checkpoint", where)

    check_known()
    for start in range(0, size, WIDTH):
        width = min(WIDTH, size - start)
        path = tile_path("entries", start // WIDTH, width)
        hashes = read_tile(folder, "0", start // WIDTH, width)
        try:
            leaves = list(leaves_of(read_tile(folder, "entries", start // WIDTH, width), width))
        except ValueError as error:
            raise Fault("log-entry-wrong", f"the bundle is wrong: {error}", path) from None
        for leaf in leaves:
            where = f"{path} entry {count}"
            digest = sha256(b"\x00" + leaf)
            offset = count - start
            if hashes[32 * offset : 32 * offset + 32] != digest:
                if vouched(folder, start // WIDTH, hashes, size, root):
                    raise Fault("log-entry-wrong", f"entry {count} is not the one in the tree", where)
                tile = tile_path("0", start // WIDTH, width)
                raise Fault("log-tile-wrong", f"the hash of entry {count} is not in the tile", f"{tile} hash {offset}")
            try:
                entry = parse_entry(leaf)
            except ValueError as error:
                raise Fault("log-entry-wrong", f"entry {count} is wrong: {error}", where) from None
            if entry["seq"] != count or entry["prev"] != prev:
                raise Fault("log-chain-broken", f"entry {count} does not follow on the one before", where)
            prev, count = digest.hex(), count + 1
            push(folder, levels, counts, digest)
            check_known()
    for level, rest in enumerate(levels):
        if rest:
            compare(folder, level, counts[level] // WIDTH, rest)
    if root_of(levels) != root:
        raise Fault("log-root-wrong", "the root over all entries is not that of the checkpoint", "checkpoint")


def push(folder: Path, levels: list[list[bytes]], counts: list[int], digest: bytes) -> None:
    level = 0
    while True:
        if level == len(levels):
            levels.append([])
            counts.append(0)
        levels[level].append(digest)
        counts[level] += 1
        if len(levels[level]) < WIDTH:
            return
        compare(folder, level, counts[level] // WIDTH - 1, levels[level])
        digest, levels[level], level = perfect_root(levels[level]), [], level + 1


def vouched(folder: Path, index: int, hashes: bytes, size: int, root: bytes) -> bool:
    """Whether the tree above stands by the tile; then it is the entry that is wrong."""
    if len(hashes) % 32 or not hashes:
        return False
    parts = [hashes[i : i + 32] for i in range(0, len(hashes), 32)]
    try:
        if len(parts) == WIDTH:
            above = read_tile(folder, "1", index // WIDTH, min(WIDTH, size // WIDTH - index // WIDTH * WIDTH))
            return above[index % WIDTH * 32 :][:32] == perfect_root(parts)
        levels, level = [], 0
        while size >> (8 * level):
            count = size >> (8 * level)
            data = b"" if count % WIDTH == 0 else read_tile(folder, str(level), count // WIDTH, count % WIDTH)
            levels.append([data[i : i + 32] for i in range(0, len(data), 32)])
            level += 1
        return root_of(levels) == root
    except (Fault, IndexError):
        return False


# --- the bundle -----------------------------------------------------------------------------------
def check_sums(folder: Path) -> None:
    """Step 1."""

    def wrong(where: str) -> Fault:
        return Fault("log-bundle-file-wrong", "a file is not the one that SHA256SUMS names", where)

    if not (folder / "SHA256SUMS").is_file():
        raise Fault("log-file-missing", "the list of files is missing", "SHA256SUMS")
    data = (folder / "SHA256SUMS").read_bytes()
    sums = {line[66:]: line[:64] for line in data.decode("latin-1").split("\n")[:-1]}
    again = "".join(f"{digest}  {name}\n" for name, digest in sorted(sums.items()))
    if again.encode("latin-1") != data or not all(matches(HEX, digest) for digest in sums.values()):
        raise wrong("SHA256SUMS")
    present = {name for name in OPTIONAL if (folder / name).is_file()}
    if not set(FILES) | present <= set(sums) <= set(FILES) | set(OPTIONAL):
        raise wrong("SHA256SUMS")
    for name, digest in sorted(sums.items()):
        if not (folder / name).is_file():
            raise Fault("log-file-missing", "a file of the bundle is missing", name)
        if sha256((folder / name).read_bytes()).hex() != digest:
            raise wrong(f"{name} (SHA256SUMS)")


def check_witnesses(folder: Path, vkey: str, given: list[str], quorum: int | None) -> tuple[int, bytes, int] | None:
    """Size and root of the cosigned checkpoint and how many witnesses signed it."""
    needed, keys = 0, []
    if (folder / "witnesses.txt").is_file():
        try:
            first, *keys = (folder / "witnesses.txt").read_text(encoding="utf-8").split("\n")[:-1]
            needed = int(re.fullmatch(r"quorum (0|[1-9]\d?)", first, re.ASCII).group(1))  # type: ignore[union-attr]
            for key in keys:
                parse_vkey(key)
        except (ValueError, AttributeError):
            raise Fault("log-witnesses-wrong", "the list of witnesses is not in its form", "witnesses.txt") from None
    if given:
        keys, needed = given, len(given) if quorum is None else quorum
    elif quorum is not None:
        needed = quorum
    if not (folder / "checkpoint-cosigned").is_file():
        if needed and (given or quorum):
            raise Fault("log-file-missing", "there is no cosigned checkpoint", "checkpoint-cosigned")
        return None
    data = (folder / "checkpoint-cosigned").read_bytes()
    size, root, signed = open_checkpoint(data, vkey, keys, "checkpoint-cosigned")
    # One key under two names is one witness, and the log is none of its own.
    distinct = {parse_vkey(key)[3] for key in signed if key != vkey} - {parse_vkey(vkey)[3]}
    if len(distinct) < needed:
        raise Fault("log-quorum-missed", f"{len(distinct)} witnesses signed; {needed} must", "checkpoint-cosigned")
    return size, root, len(distinct)


def verify(
    folder: Path,
    vkey: str | None = None,
    known: list[Path] | None = None,
    witnesses: list[str] | None = None,
    quorum: int | None = None,
) -> dict[str, Any]:
    """All steps; Fault for the first thing that is wrong."""
    check_sums(folder)
    inside = (folder / "log.vkey").read_text(encoding="utf-8", errors="replace").strip()
    key = vkey or inside
    try:
        parse_vkey(key)
    except ValueError as error:
        raise Fault("log-key-wrong", f"the verifier key is wrong: {error}", "log.vkey") from None
    size, root, _ = open_checkpoint((folder / "checkpoint").read_bytes(), key, [], "checkpoint")
    seen: list[tuple[int, bytes, str]] = []
    cosigned = check_witnesses(folder, key, witnesses or [], quorum)
    if cosigned is not None:
        seen.append((cosigned[0], cosigned[1], "checkpoint-cosigned"))
    for path in known or []:
        known_size, known_root, _ = open_checkpoint(path.read_bytes(), key, [], str(path))
        seen.append((known_size, known_root, str(path)))
    for known_size, _, where in seen:
        if known_size > size:
            raise Fault("log-shrunk", f"the log is smaller than a checkpoint of {known_size}", where)
    check_entries(folder, size, root, seen)
    return {
        "verified": True,
        "origin": parse_vkey(key)[0],
        "size": size,
        "root": root.hex(),
        "cosigned_size": cosigned[0] if cosigned else None,
        "cosignatures": cosigned[2] if cosigned else 0,
        "key_from_bundle": vkey is None,
        "vkey": key,
    }


def main() -> int:
    write = sys.stdout.write
    parser = argparse.ArgumentParser(description="Verify an exported audit log, offline.")
    parser.add_argument("folder", nargs="?", default=".", type=Path, help="the export (this folder)")
    parser.add_argument("--vkey", help="the log's verifier key as you were given it")
    parser.add_argument("--known", action="append", type=Path, help="a checkpoint you kept; may be repeated")
    parser.add_argument("--witness", action="append", help="verifier key of a witness you trust; may be repeated")
    parser.add_argument("--quorum", type=int, help="how many witnesses must have signed")
    parser.add_argument("--json", action="store_true", help="answer in JSON")
    asked = parser.parse_args()
    if not any((asked.folder / name).is_file() for name in ("checkpoint", "SHA256SUMS")):
        parser.error("this is not the folder of an exported log")
    try:
        answer = verify(asked.folder, asked.vkey, asked.known, asked.witness, asked.quorum)
    except Fault as fault:
        report = {"code": fault.code, "message": fault.message, "where": fault.where}
        plain = f"NOT VERIFIED [{fault.code}]: {fault.message} (at {fault.where})"
        write((json.dumps({"verified": False, "fault": report}) if asked.json else plain) + "\n")
        return 1
    if asked.json:
        write(json.dumps(answer) + "\n")
        return 0
    write(f"verified: {answer['size']} entries of {answer['origin']}\n  root {answer['root']}\n")
    if answer["cosignatures"]:
        write(f"  {answer['cosignatures']} witness(es) cosigned the first {answer['cosigned_size']} entries\n")
    if answer["key_from_bundle"]:
        write(f"  the key came with the copy; compare it with the one you were given: {answer['vkey']}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
