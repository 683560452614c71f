"""The tables of the audit log: entries that wait, entries with their place, erasable values.

An entry is born as a row of ``log_pending`` in the transaction of the change that it records. The
sequencer moves it, in one transaction, to ``log_entries`` (docs/spec/log.md, "Sequencing"). Nothing
ever updates a row of either table, and nothing deletes from ``log_entries``. The columns beside
``leaf`` repeat members of the leaf so that they can be searched; the leaf alone is the authority.
``log_commitments`` holds what may have to be forgotten: the salts and values behind the commitments
in the leaves. The published tree head lies elsewhere, in the log store, so that a database restored
from a backup cannot bring an old one back.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Identity,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    Uuid,
    text,
)

from gateway.storage.schema.columns import Instant
from gateway.storage.schema.metadata import metadata

#: ``created`` gives the order among rows that are visible together, not the place in the log: a
#: transaction that began earlier may commit later. ``id`` has no index here on purpose: one index
#: less on the busiest insert of all, and positions are looked up in log_entries.
log_pending = Table(
    "log_pending",
    metadata,
    Column("created", BigInteger, Identity(always=True), primary_key=True),
    Column("id", Uuid(as_uuid=False), nullable=False),
    Column("event", LargeBinary, nullable=False),  # canonical JSON; no personal data
)

log_entries = Table(
    "log_entries",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("entry_id", Uuid(as_uuid=False), nullable=False, unique=True),
    Column("leaf", LargeBinary, nullable=False),
    Column("leaf_hash", LargeBinary, nullable=False),
    Column("time", Instant, nullable=False),
    Column("actor_agency", Text),
    Column("actor_principal", Text),
    Column("action", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("agreement_id", Text),
    Column("case_id", Text),
    Column("package_id", Text),
    Column("exhibit_id", Text),
    Column("object_kind", Text),
    Column("object_id", Text),
    Column("clause", Text),
    Column("reason", Text),
    CheckConstraint("seq >= 0", name="seq_from_zero"),
    CheckConstraint("octet_length(leaf) <= 65535", name="leaf_size"),
    CheckConstraint("octet_length(leaf_hash) = 32", name="leaf_hash_size"),
)

# Each search runs along seq, so pages stay stable while the log grows. Rows without a value are left
# out of the index: fewer pages to write in the one serial place of the system.
for _column in ("actor_agency", "actor_principal", "agreement_id", "case_id", "package_id", "exhibit_id"):
    Index(
        f"ix_log_entries_{_column}",
        log_entries.c[_column],
        log_entries.c.seq,
        postgresql_where=text(f"{_column} IS NOT NULL"),
    )
Index("ix_log_entries_denials", log_entries.c.seq, postgresql_where=text("outcome = 'deny'"))
# Times rise nearly with seq, so new rows go to the right edge of this index, which is cheap.
Index("ix_log_entries_time", log_entries.c.time, log_entries.c.seq)
# What the officer's overviews count; each holds few rows of all, and all that the question needs.
Index(
    "ix_log_entries_refusals",
    log_entries.c.time,
    log_entries.c.reason,
    log_entries.c.actor_agency,
    log_entries.c.agreement_id,
    postgresql_where=text("outcome = 'deny'"),
)
Index(
    "ix_log_entries_pulls",
    log_entries.c.time,
    log_entries.c.actor_agency,
    log_entries.c.agreement_id,
    postgresql_where=text("action = 'release.pull' AND outcome = 'permit'"),
)
# "Who has read this exhibit", answered from the index alone however often a busy one was read.
Index(
    "ix_log_entries_readings",
    log_entries.c.exhibit_id,
    log_entries.c.actor_agency,
    log_entries.c.actor_principal,
    log_entries.c.time,
    log_entries.c.seq,
    log_entries.c.agreement_id,
    postgresql_where=text(
        "exhibit_id IS NOT NULL AND action IN ('release.pull', 'exhibit.read', 'report.read') AND outcome <> 'deny'"
    ),
)
Index("ix_log_entries_reason", log_entries.c.reason, log_entries.c.seq, postgresql_where=text("reason IS NOT NULL"))
Index("ix_log_entries_failures", log_entries.c.seq, postgresql_where=text("outcome = 'failed'"))
# With the outcome, which says little alone: "this action, refused" is answered without reading entries.
Index("ix_log_entries_action", log_entries.c.action, log_entries.c.seq, postgresql_include=["outcome"])
Index("ix_log_entries_clause", log_entries.c.clause, log_entries.c.seq, postgresql_where=text("clause IS NOT NULL"))

#: The keys under which the values of a case rest, themselves wrapped by the key-encryption key. A
#: destroyed one is emptied, and its row stays: what is appended for that case later is not kept.
#: The row with the empty id is for values that belong to no case.
case_keys = Table(
    "case_keys",
    metadata,
    Column("case_id", Text, primary_key=True),
    Column("wrapped", LargeBinary, nullable=False),
    Column("kek_id", Text, nullable=False),
    Column("kek_version", Integer, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("destroyed_at", Instant),
    CheckConstraint("(destroyed_at IS NULL) = (octet_length(wrapped) > 0)", name="destroyed_is_empty"),
)

log_commitments = Table(
    "log_commitments",
    metadata,
    Column("entry_id", Uuid(as_uuid=False), primary_key=True),
    Column("field", Text, primary_key=True),
    Column("case_id", Text),
    Column("sealed", LargeBinary, nullable=False),  # salt and value under the case's key
    CheckConstraint("octet_length(sealed) >= 60", name="sealed_size"),
)
Index("ix_log_commitments_case_id", log_commitments.c.case_id)
