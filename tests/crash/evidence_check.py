"""What must hold for evidence after a restart, and damage that shows that each of it is looked at.

At once, before anything is put right:

1. a row that says there are bytes has them, whole, with a key that opens them; one that does not, has none;
2. a key is destroyed if and only if the log says so; certificates and disposed rows name destroyed keys only;
3. a blob that no live row names is written down as one to be erased, or its erasure waits in the queue;
4. what was acknowledged is there, with exactly one entry of the log for it.

Then, after what was left is resumed, and after retention and housekeeping:

5. each package that was acknowledged got to its end;
6. no blob, no staging file, no usable key, no job is left; every certificate is signed;
7. the published log is whole and has all entries.
"""

from __future__ import annotations

import json
import os
import shutil
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import select, text

from gateway.envelope.body import NONCE_BYTES, BodyDecryptor
from gateway.errors import GatewayError
from gateway.evidence.canonical import sha256_hex
from gateway.storage.schema.all_tables import (
    certificates,
    exhibits,
    file_keys,
    log_entries,
    log_pending,
    packages,
    renditions,
    unfinished_blobs,
)
from gateway.translog.verifier import audit
from tests.crash.evidence_work import Process, Site, work
from tests.crash.processes import acknowledge, acknowledged, must, say

_LONG_AGO = (1, 1)


def check(site: Site) -> int:
    """Restart and look at all of the above; says what is broken. 0 if nothing is."""
    process = site.start()
    broken = _at_once(process)
    process.take_over()
    while process.sequencer.sequence_once() or not process.sequencer.leads:
        time.sleep(0.01)
    process.settle()
    broken += _resumed(process)
    for path in (site.folder / "blobs" / ".staging").iterdir():
        os.utime(path, _LONG_AGO)
    for _ in range(2):
        process.grow_old()
    # To look for what waits for review is an entry too.
    process.sequencer.sequence_once()
    broken += _at_the_end(process)
    process.sequencer.close()
    for line in broken:
        say(f"BROKEN: {line}")
    return 1 if broken else 0


class _Rows:
    """What the database says."""

    def __init__(self, process: Process) -> None:
        with process.database.engine.begin() as connection:
            self.packages = connection.execute(select(packages)).all()
            self.exhibits = connection.execute(select(exhibits)).all()
            self.renditions = connection.execute(select(renditions)).all()
            self.keys = {key.id: key for key in connection.execute(select(file_keys)).all()}
            self.certificates = connection.execute(select(certificates)).all()
            self.unfinished = set(connection.execute(select(unfinished_blobs.c.name)).scalars())
            jobs = connection.execute(text("SELECT task_name, args->>'package_id' AS package FROM procrastinate_jobs"))
            self.jobs = {(job.task_name, job.package) for job in jobs}
            waiting = connection.execute(select(log_pending.c.event)).scalars().all()
            placed = connection.execute(select(log_entries.c.leaf)).scalars().all()
        entries = [json.loads(bytes(data)) for data in (*waiting, *placed)]
        self.waiting, self.placed = len(waiting), len(placed)
        self.entries = Counter((entry["action"], entry["object"]["id"]) for entry in entries)


def _at_once(process: Process) -> list[str]:
    rows = _Rows(process)
    broken: list[str] = []
    live: set[str] = set()
    for row in (*rows.exhibits, *rows.renditions):
        if row.state == "declared":
            if row.blob is not None or row.file_key_id is not None:
                broken.append(f"an exhibit has bytes that were never taken in: {row.id}")
        elif row.state not in ("disposed", "refused"):
            live.add(row.blob)
            broken += _unreadable(process, row, rows.keys[row.file_key_id])
    destroyed = {key.id for key in rows.keys.values() if key.destroyed_at is not None}
    said = {name: count for (action, name), count in rows.entries.items() if action == "key.destroy"}
    if said != dict.fromkeys(destroyed, 1):
        broken.append("destroyed keys and entries that say so differ")
    certified = {key["id"] for row in rows.certificates for key in json.loads(bytes(row.facts))["keys"]}
    gone = {row.file_key_id for row in (*rows.exhibits, *rows.renditions) if row.state == "disposed"} - {None}
    if not certified | gone <= destroyed or not destroyed <= certified:
        broken.append("certificates, disposed rows and destroyed keys differ")
    erasing = {
        row.blob
        for row in (*rows.exhibits, *rows.renditions)
        if row.state == "disposed" and ("erase", row.package_id) in rows.jobs
    }
    for name in _stored(process.site) - live - rows.unfinished - erasing:
        broken.append(f"a blob that nobody will erase: {name}")
    return broken + _unkept(process.site, rows)


def _unreadable(process: Process, row: Any, key: Any) -> list[str]:
    with process.database.transaction() as tx:
        wrapped = tx.file_keys.get(key.id)
    try:
        body = process.blobs.read(row.blob)
        assert wrapped is not None
        decryptor = BodyDecryptor(process.world.keyring.unwrap(wrapped), body[:NONCE_BYTES])
        data = decryptor.update(body[NONCE_BYTES:]) + decryptor.finish()
    except GatewayError as error:
        return [f"evidence cannot be read: {row.id}, {error.code}"]
    right = sha256_hex(body) == row.body_sha256 and sha256_hex(data) == row.sha256
    return [] if right else [f"evidence has other bytes: {row.id}"]


def _unkept(site: Site, rows: _Rows) -> list[str]:
    """What was acknowledged and is not so, or was written down twice."""
    states = {row.id: row.state for row in (*rows.packages, *rows.exhibits)}
    actions = {"upload": "exhibit.upload", "submit": "package.submit", "pull": "release.pull"}
    broken = [
        f"an acknowledged {what} is lost: {name}"
        for what, name in acknowledged(site.notes)
        if rows.entries[actions[what], name] == 0 or states.get(name) in ("open", "declared")
    ]
    for row in rows.exhibits:
        if rows.entries["exhibit.upload", row.id] != (row.file_key_id is not None):
            broken.append(f"entries and uploads differ: {row.id}")
    for row in rows.packages:
        count = rows.entries["package.submit", row.id]
        if count > 1 or (row.state == "open" and count) or (row.state == "released" and not count):
            broken.append(f"entries and submissions differ: {row.id}")
    return broken


def _resumed(process: Process) -> list[str]:
    rows = _Rows(process)
    states = {row.id: row.state for row in rows.packages}
    ended = ("released", "quarantined", "disposed")
    pushed = [name for what, name in acknowledged(process.site.notes) if what == "submit"]
    return [f"a package does not go on: {n}, {states.get(n)}" for n in pushed if states.get(n) not in ended]


def _at_the_end(process: Process) -> list[str]:
    rows = _Rows(process)
    blobs = process.site.folder / "blobs"
    broken = [f"left after disposal: {name}" for name in sorted(_stored(process.site))]
    broken += [f"left in staging: {path.name}" for path in (blobs / ".staging").iterdir()]
    broken += [f"still to be erased: {name}" for name in sorted(rows.unfinished)]
    broken += [f"a job is left: {job}" for job in sorted(rows.jobs)]
    broken += [f"a package is {row.state}: {row.id}" for row in rows.packages if row.state != "disposed"]
    broken += [f"a key is left: {key.id}" for key in rows.keys.values() if key.destroyed_at is None]
    broken += [f"a certificate is not signed: {row.id}" for row in rows.certificates if row.signature is None]
    issued = {name: count for (action, name), count in rows.entries.items() if action == "certificate.issue"}
    if issued != dict.fromkeys((row.id for row in rows.certificates), 1):
        broken.append("certificates and entries of their issue differ")
    try:
        published = audit(process.log_store.read, process.vkey).checkpoint.size
    except GatewayError as error:
        return [*broken, f"audit: {error.code} {error.where}"]
    if rows.waiting or published != rows.placed:
        broken.append(f"{rows.waiting} entries wait, {rows.placed} are placed, {published} published")
    return broken


def _stored(site: Site) -> set[str]:
    """Names of all committed blobs."""
    root = site.folder / "blobs"
    files = (path.relative_to(root) for path in root.rglob("*") if path.is_file())
    return {str(path) for path in files if path.parts[0] != ".staging"}


def selftest(new_site: Callable[[], Site]) -> None:
    """Break each invariant on purpose: the check must find it, or it could not fail at all.

    Raises:
        Failed: It was not found.
    """
    for damage in (_lost_blob, _stray_blob, _lost_acknowledgement, _key_come_back, _cut_blob):
        site = new_site()
        name = f"self-test of evidence, {damage.__name__[1:]}"
        # Killed before retention ends, so that there is something live to damage.
        must(lambda site=site: work(site, 1, "pull-committed", 1), f"{name}, work", expected=-9)  # type: ignore[misc]
        if damage is _key_come_back:
            must(lambda site=site: check(site), f"{name}, before")  # type: ignore[misc]
        must(lambda site=site, damage=damage: damage(site), f"{name}, damage")  # type: ignore[misc]
        must(lambda site=site: check(site), f"{name}, after", expected=1)  # type: ignore[misc]


def _first_blob(site: Site) -> Path:
    return site.folder / "blobs" / min(_stored(site))


def _lost_blob(site: Site) -> int:
    _first_blob(site).unlink()
    return 0


def _cut_blob(site: Site) -> int:
    os.truncate(_first_blob(site), 20)
    return 0


def _stray_blob(site: Site) -> int:
    shutil.copy(_first_blob(site), site.folder / "blobs" / "originals" / "stray")
    return 0


def _lost_acknowledgement(site: Site) -> int:
    acknowledge(site.notes, "upload", "00000000-0000-4000-8000-000000000000")
    return 0


def _key_come_back(site: Site) -> int:
    process = site.start()
    with process.database.engine.begin() as connection:
        connection.execute(text("UPDATE file_keys SET wrapped = 'again', destroyed_at = NULL"))
    return 0
