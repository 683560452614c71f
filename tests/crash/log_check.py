"""What must hold for the log after a restart, and damage that shows that each of it is looked at.

1. Every acknowledged entry is in the log exactly once;
2. a business effect exists if and only if its entry does;
3. numbers are dense, the chain holds, and database and store say the same;
4. any checkpoint ever signed, published or not, is a beginning of the log there is now;
5. the published checkpoint has all its tiles, and they are right (a full audit);
6. no path ever changed its bytes.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import create_engine, insert, select

from gateway.errors import GatewayError
from gateway.storage.log.sequence import LogSequence
from gateway.storage.schema.log_tables import log_entries, log_pending
from gateway.translog.checkpoint import parse_checkpoint
from gateway.translog.tiles import TILE_WIDTH, Tile, decode_bundle, fetch
from gateway.translog.verifier import audit
from gateway.workers.sequencer import Sequencer
from tests.crash.log_work import Place, effects, prepare, write
from tests.crash.processes import acknowledge, acknowledged, must, say


def check(place: Place) -> int:
    """Restart, finish, and look at all of the above; says what is broken. 0 if nothing is."""
    engine = create_engine(place.url)
    signer, store = place.signer(), place.store()
    sequencer = Sequencer(LogSequence(engine), store, signer, signer.vkey)
    # The server takes a moment to see that a killed leader is gone.
    while sequencer.sequence_once() or not sequencer.leads:
        time.sleep(0.01)
    sequencer.close()
    with engine.begin() as connection:
        rows = connection.execute(
            select(log_entries.c.seq, log_entries.c.entry_id, log_entries.c.leaf).order_by(log_entries.c.seq)
        ).all()
        done = set(connection.execute(select(effects.c.id)).scalars())
        waiting = connection.execute(select(log_pending.c.id)).scalars().all()
    broken: list[str] = []
    ids = [row.entry_id for row in rows]
    if waiting or [row.seq for row in rows] != list(range(len(rows))):
        broken.append("numbers are not dense, or entries still wait")
    if len(set(ids)) != len(ids) or not {line[0] for line in acknowledged(place.folder)} <= set(ids):
        broken.append("an acknowledged entry is missing, or one is there twice")
    if set(ids) != done:
        broken.append("effects and entries differ")
    signed = (place.folder / "signed").read_text().split("\n\n")[:-1]
    known = [parse_checkpoint(part + "\n") for part in set(signed)]
    try:
        result = audit(store.read, signer.vkey, known=known)
    except GatewayError as error:
        broken.append(f"audit: {error.code} {error.where}")
    else:
        if result.checkpoint.size != len(rows):
            broken.append("not all entries are published")
        for start in range(0, len(rows), TILE_WIDTH):
            bundle = Tile(None, start // TILE_WIDTH, min(TILE_WIDTH, len(rows) - start))
            leaves = decode_bundle(fetch(bundle, store.read) or b"", bundle.width)
            if leaves != [bytes(row.leaf) for row in rows[start : start + TILE_WIDTH]]:
                broken.append(f"database and store differ in {bundle.path}")
    digests = place.folder / "digests.json"
    before = json.loads(digests.read_text()) if digests.exists() else {}
    now = {name: hashlib.sha256(store.read(name) or b"").hexdigest() for name in store.names("tile")}
    broken += [f"{name} changed its bytes" for name in now.keys() & before.keys() if now[name] != before[name]]
    digests.write_text(json.dumps({**before, **now}))
    for line in broken:
        say(f"BROKEN: {line}")
    return 1 if broken else 0


def selftest(base: Path, url: str) -> None:
    """Break each invariant on purpose: the check must find it, or it could not fail at all.

    Raises:
        Failed: It was not found.
    """
    for damage in (_lone_effect, _lost_acknowledgement, _changed_tile, _other_history_signed):
        place = Place(base / f"self-test{damage.__name__}", url)
        place.folder.mkdir()
        must(lambda: prepare(url), "self-test, tables")
        for work, what in _steps(place, damage):
            must(work, f"self-test{damage.__name__}, {what}", expected=1 if what == "after" else 0)


def _steps(place: Place, damage: Callable[[Place], int]) -> list[tuple[Callable[[], int], str]]:
    return [
        (lambda: write(place, 1, "", 0), "work"),
        (lambda: check(place), "before"),
        (lambda: damage(place), "damage"),
        (lambda: check(place), "after"),
    ]


def _lone_effect(place: Place) -> int:
    with create_engine(place.url).begin() as connection:
        connection.execute(insert(effects), {"id": "0" * 32, "what": "lone"})
    return 0


def _lost_acknowledgement(place: Place) -> int:
    acknowledge(place.folder, "00000000-0000-4000-8000-000000000000")
    return 0


def _changed_tile(place: Place) -> int:
    path = next(p for p in sorted((place.folder / "log/tile/entries").rglob("*")) if p.is_file())
    data = bytearray(path.read_bytes())
    data[10] ^= 1
    path.write_bytes(data)
    return 0


def _other_history_signed(place: Place) -> int:
    with (place.folder / "signed").open("a") as file:
        file.write("crash.example/log\n1\n" + "A" * 43 + "=\n\n")
    return 0
