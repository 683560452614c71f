"""All tables of the gateway, so that whoever imports this holds the complete metadata.

procrastinate's own tables are not among them: their definition is procrastinate's, a migration of
their own creates them, and they are known by the prefix :data:`QUEUE_PREFIX`.
"""

from __future__ import annotations

from gateway.storage.schema.audit_tables import alert_progress, webhook_deliveries, webhooks
from gateway.storage.schema.custody_tables import certificates, clocks, duties, holds
from gateway.storage.schema.evidence_tables import cases, exhibits, file_keys, packages, releases, renditions, reviews
from gateway.storage.schema.log_tables import case_keys, log_commitments, log_entries, log_pending
from gateway.storage.schema.metadata import metadata
from gateway.storage.schema.party_tables import agencies, agreement_signatures, agreements, keys, principals
from gateway.storage.schema.request_tables import idempotency, replays, unfinished_blobs, unknown_clients
from gateway.storage.schema.secret_tables import secrets

#: How the names of all of procrastinate's tables begin.
QUEUE_PREFIX = "procrastinate_"

__all__ = [
    "QUEUE_PREFIX",
    "agencies",
    "agreement_signatures",
    "agreements",
    "alert_progress",
    "case_keys",
    "cases",
    "certificates",
    "clocks",
    "duties",
    "exhibits",
    "file_keys",
    "holds",
    "idempotency",
    "keys",
    "log_commitments",
    "log_entries",
    "log_pending",
    "metadata",
    "packages",
    "principals",
    "releases",
    "renditions",
    "replays",
    "reviews",
    "secrets",
    "unfinished_blobs",
    "unknown_clients",
    "webhook_deliveries",
    "webhooks",
]
