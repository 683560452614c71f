"""Checks of an installation, each by doing for real, in small, what the gateway does."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from uuid import uuid4

from gateway.agreements.model import AgreementState, View
from gateway.blobs.log_store import open_log_store
from gateway.blobs.store import open_blobs
from gateway.bootstrap.database import start_database
from gateway.bootstrap.key_files import open_keyring
from gateway.bootstrap.workbench import open_workbench
from gateway.errors import GatewayError, IntegrityFailure, Misconfigured
from gateway.evidence.media import TEXT
from gateway.evidence.taxonomy import Action, Category
from gateway.exchange.ports.redaction_job import RedactionJob, RenditionSpec
from gateway.exchange.ports.workbench import Source
from gateway.settings import Settings
from gateway.storage.database import PostgresDatabase

_PROBE = b"Please write to Margaret Ellis at margaret.ellis@example.org."


def checks(settings: Settings) -> Iterator[tuple[str, Callable[[], str]]]:
    """Name and action of each check; an action returns a sentence or raises a GatewayError."""
    yield "python", _python
    yield "key file", lambda: _keys(settings)
    yield "database", lambda: _database(settings)
    yield "evidence store", lambda: _blobs(settings)
    yield "log store", lambda: _log(settings)
    yield "sandbox, detection, redaction", lambda: _redaction(settings)


def _python() -> str:
    if not (3, 11) <= sys.version_info[:2] <= (3, 13):
        raise Misconfigured("python-unsupported", "This Python is not supported.", remedy="Use 3.11, 3.12 or 3.13.")
    return f"{sys.version_info.major}.{sys.version_info.minor}.{sys.version_info.micro}"


def _keys(settings: Settings) -> str:
    keyring = open_keyring(settings)
    return f"{settings.key_path} opens; log key {keyring.log_vkey.rsplit('+', 1)[0]}"


def _database(settings: Settings) -> str:
    with ExitStack() as stack:
        database = PostgresDatabase(start_database(settings, stack))
        stack.callback(database.close)
        problems = database.problems()
        if problems:
            raise Misconfigured(
                "database-settings",
                "The database breaks a promise the gateway relies on: " + "; ".join(problems) + ".",
                remedy="Change the settings of PostgreSQL.",
            )
        with database.transaction() as tx:
            agencies = len(tx.directory.agencies())
            active = len(tx.agreements.in_state(AgreementState.ACTIVE))
    where = "given by URL" if settings.database_url else f"embedded in {settings.home / 'database'}"
    return f"{where}; tables up to date, {agencies} agencies, {active} agreement(s) in force"


def _blobs(settings: Settings) -> str:
    blobs = open_blobs(settings.blobs_at)
    name = f"doctor/{uuid4()}"
    writer = blobs.create(name)
    try:
        writer.write(_PROBE)
        writer.commit()
        if blobs.read(name) != _PROBE:
            raise IntegrityFailure("blob-differs", "The store gave back other bytes than it was given.")
    finally:
        blobs.delete(name)
    return f"{settings.blobs_at}: wrote, read and deleted"


def _log(settings: Settings) -> str:
    head = open_log_store(settings.log_at).head()
    return f"{settings.log_at}: " + ("a log is published" if head else "empty, nothing published yet")


def _redaction(settings: Settings) -> str:
    view = View("doctor", dict.fromkeys(Category, Action.REMOVE), {})
    job = RedactionJob(
        exhibit_id="00000000-0000-4000-8000-000000000000",
        name="doctor.txt",
        media_type=TEXT,
        source_commitment=hashlib.sha256(_PROBE).hexdigest(),
        stop_on=frozenset(),
        specs=(RenditionSpec(view, "doctor", bytes(32)),),
    )
    redacted = bytearray()
    with closing(open_workbench(settings, workers=1)) as workbench:
        workbench.redact(Source.of(_PROBE), job, [redacted.extend])
    if b"Ellis" in redacted or b"@" in redacted:
        raise GatewayError("detection-broken", "A name or an address was not found.", remedy="Install again.")
    return "a name and an address were found, removed, and proved gone, in a process without network"
