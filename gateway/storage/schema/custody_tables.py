"""Tables of what governs the end of evidence: holds, clocks, duties to attest, certificates."""

from __future__ import annotations

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    LargeBinary,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY

from gateway.evidence.hold import HoldScope
from gateway.storage.schema.columns import Instant, agreement_ref, one_of
from gateway.storage.schema.metadata import metadata

holds = Table(
    "holds",
    metadata,
    Column("id", Text, primary_key=True),
    Column("agreement", Text, nullable=False),
    Column("scope", Text, nullable=False),
    Column("object_id", Text, nullable=False),
    Column("case_id", Text, ForeignKey("cases.id"), nullable=False, index=True),
    Column("reason", Text, nullable=False),  # what a person wrote; blanked with the case's other values
    Column("placed_by", Text, ForeignKey("principals.id"), nullable=False),
    Column("agency", Text, ForeignKey("agencies.id"), nullable=False),
    Column("placed_at", Instant, nullable=False),
    Column("expires_at", Instant),
    Column("lift_asked_by", ARRAY(Text), nullable=False),
    Column("lifted_at", Instant),
    one_of("scope", HoldScope, "scope"),
    CheckConstraint("expires_at IS NULL OR expires_at > placed_at", name="expiry"),
)
Index("ix_holds_open", holds.c.object_id, postgresql_where=text("lifted_at IS NULL"))

clocks = Table(
    "clocks",
    metadata,
    Column("package_id", Text, ForeignKey("packages.id"), primary_key=True),
    Column("case_id", Text, ForeignKey("cases.id"), nullable=False),
    Column("agreement", Text, nullable=False),
    Column("sender", Text, ForeignKey("agencies.id"), nullable=False),
    Column("urgency", Text, nullable=False),
    Column("clause", Text, nullable=False),
    Column("started_at", Instant, nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("answered_at", Instant),
    Column("breached_at", Instant),
    Column("warned_at", Instant),
    CheckConstraint("due_at > started_at", name="due"),
)
Index("ix_clocks_unanswered", clocks.c.due_at, postgresql_where=text("answered_at IS NULL"))

duties = Table(
    "duties",
    metadata,
    Column("id", Text, primary_key=True),
    Column("package_id", Text, ForeignKey("packages.id"), nullable=False, index=True),
    Column("case_id", Text, ForeignKey("cases.id"), nullable=False),
    *agreement_ref(),
    Column("sender", Text, ForeignKey("agencies.id"), nullable=False),
    Column("agency", Text, ForeignKey("agencies.id"), nullable=False),
    Column("releases", ARRAY(Text), nullable=False),
    Column("reason", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("attested_at", Instant),
    Column("attestation", LargeBinary),
    Column("signature", LargeBinary),
    Column("key_id", Text, ForeignKey("keys.id")),
    Column("overdue_at", Instant),
    CheckConstraint(
        "(attested_at IS NULL) = (attestation IS NULL) AND (attested_at IS NULL) = (signature IS NULL)",
        name="attested_is_signed",
    ),
)
Index("ix_duties_agency", duties.c.agency, duties.c.created_at.desc(), duties.c.id.desc())
Index("ix_duties_sender", duties.c.sender, duties.c.created_at.desc(), duties.c.id.desc())
Index("ix_duties_unattested", duties.c.due_at, postgresql_where=text("attested_at IS NULL AND overdue_at IS NULL"))

certificates = Table(
    "certificates",
    metadata,
    Column("id", Text, primary_key=True),
    Column("package_id", Text, ForeignKey("packages.id"), nullable=False, index=True),
    Column("case_id", Text, ForeignKey("cases.id"), nullable=False),
    Column("sender", Text, ForeignKey("agencies.id"), nullable=False),
    *agreement_ref(),
    Column("reason", Text, nullable=False),
    Column("disposed_at", Instant, nullable=False),
    Column("facts", LargeBinary, nullable=False),
    Column("entry_id", Uuid(as_uuid=False), nullable=False),  # of log_pending, later log_entries
    Column("document", LargeBinary),
    Column("signature", LargeBinary),
    Column("issued_at", Instant),
    CheckConstraint(
        "(issued_at IS NULL) = (document IS NULL) AND (issued_at IS NULL) = (signature IS NULL)",
        name="issued_is_signed",
    ),
)
Index("ix_certificates_pending", certificates.c.disposed_at, postgresql_where=text("issued_at IS NULL"))
