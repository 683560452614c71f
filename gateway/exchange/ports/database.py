"""What the steps need from the world, as Protocols. Adapters fulfil them; tests have fakes.

Two promises hold for every store here. *Atomic*: all that happens through one :class:`Transaction`
is committed together or not at all, by the face that opened it. *Recorded*: a method that changes
anything takes the audit event along and writes it in the same transaction (invariant 1). Lookups
return None for what is not there; only faces and steps decide what that means to a caller.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Protocol

from gateway.exchange.ports.alerts import AlertStore
from gateway.exchange.ports.custody import Certificates, Clocks, Duties, Erasures, Holds
from gateway.exchange.ports.evidence import Cases, FileKeys, Packages, Releases, Renditions, UnfinishedBlobs
from gateway.exchange.ports.log import AuditIndex, Ledger
from gateway.exchange.ports.parties import Agreements, Directory
from gateway.exchange.ports.requests import Idempotency, Queue, Replays
from gateway.exchange.ports.secrets import Secrets


class Transaction(Protocol):
    """One database transaction and the stores that work in it."""

    directory: Directory
    agreements: Agreements
    cases: Cases
    packages: Packages
    renditions: Renditions
    releases: Releases
    file_keys: FileKeys
    ledger: Ledger
    audit: AuditIndex
    erasures: Erasures
    queue: Queue
    replays: Replays
    idempotency: Idempotency
    unfinished: UnfinishedBlobs
    holds: Holds
    clocks: Clocks
    duties: Duties
    certificates: Certificates
    secrets: Secrets
    alerts: AlertStore


class Database(Protocol):
    def transaction(self) -> AbstractContextManager[Transaction]:
        """Commit on leaving the block, roll back on an exception.

        Raises:
            Unavailable: ``database-unavailable``.
        """
        ...
