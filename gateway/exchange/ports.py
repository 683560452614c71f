"""What the steps need from the world, as Protocols. Adapters fulfil them; tests have fakes.

Two promises hold for every store here. *Atomic*: all that happens through one :class:`Transaction`
is committed together or not at all, by the face that opened it. *Recorded*: a method that changes
anything takes the audit event along and writes it in the same transaction (invariant 1). Lookups
return None for what is not there; only faces and steps decide what that means to a caller.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from gateway.agreements.model import Agreement, AgreementState
from gateway.envelope.wrapping import WrappedKey
from gateway.evidence.agency import Agency, KeyUse, RegisteredKey
from gateway.evidence.deadline import Clock
from gateway.evidence.duty import Duty
from gateway.evidence.erasure import ErasableEntry, Erasure
from gateway.evidence.hold import Hold
from gateway.evidence.lifecycle import ExhibitState, PackageState, ReleaseState, RenditionState
from gateway.evidence.package import AgreementRef, Case, Exhibit, Package, Principal, Release, Rendition
from gateway.exchange.audit_query import Access, AuditQuery, Denials, Reader, Scope
from gateway.exchange.ports.secrets import Secrets
from gateway.translog.event import AuditEvent


class Directory(Protocol):
    """Agencies, principals and keys."""

    def agency(self, agency_id: str) -> Agency | None: ...
    def agencies(self) -> Sequence[Agency]: ...
    def principal(self, principal_id: str) -> Principal | None: ...
    def principals(self, agency_id: str) -> Sequence[Principal]: ...
    def key(self, key_id: str) -> RegisteredKey | None: ...
    def keys(self, agency_id: str, use: KeyUse, principal_id: str | None = None) -> Sequence[RegisteredKey]:
        """All keys of that use, newest first, revoked and outdated ones included."""
        ...

    def add_agency(self, agency: Agency, event: AuditEvent) -> None: ...
    def put_principal(self, principal: Principal, event: AuditEvent) -> None:
        """Add, or replace roles and attributes of, a principal."""
        ...

    def add_key(self, key: RegisteredKey, event: AuditEvent) -> None: ...
    def revoke_key(self, key_id: str, at: datetime, event: AuditEvent) -> None: ...


@dataclass(frozen=True, slots=True)
class AgreementRecord:
    """A stored version: the checked agreement, its source text, its state and who has signed."""

    agreement: Agreement
    source: str
    state: AgreementState
    signed_by: frozenset[str]
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class AgreementSignature:
    agency: str
    key_id: str
    signature: bytes  # detached, over agreements.signing.statement of the version
    signed_at: datetime


class Agreements(Protocol):
    """Versions of agreements. At most one version of an id is active at a time."""

    def active(self, agreement_id: str) -> AgreementRecord | None: ...
    def version(self, agreement_id: str, version: int) -> AgreementRecord | None: ...
    def all(self) -> Sequence[AgreementRecord]: ...
    def signatures(self, agreement_id: str, version: int) -> Sequence[AgreementSignature]: ...
    def propose(self, record: AgreementRecord, event: AuditEvent) -> None: ...
    def sign(self, agreement_id: str, version: int, signature: AgreementSignature, event: AuditEvent) -> None: ...
    def set_state(
        self, agreement_id: str, version: int, state: AgreementState, at: datetime, event: AuditEvent
    ) -> None: ...


class Cases(Protocol):
    def find(self, agreement_id: str, reference: str) -> Case | None: ...
    def get(self, case_id: str, *, lock: bool = False) -> Case | None:
        """The case. Holds and disposals lock it first, so that neither overtakes the other."""
        ...

    def open(self, case: Case, event: AuditEvent) -> None: ...
    def close(self, case_id: str, at: datetime, event: AuditEvent) -> None:
        """Close for good; closing again is a Conflict ``case-closed``."""
        ...


class Packages(Protocol):
    """Packages and their exhibits. ``lock`` is held to the end of the transaction."""

    def add(self, package: Package, exhibits: Sequence[Exhibit], event: AuditEvent) -> None: ...
    def get(self, package_id: str, *, lock: bool = False) -> Package | None: ...
    def pushed_by(self, agency_id: str, *, after: str | None, limit: int) -> Sequence[Package]:
        """Packages of a sending agency, newest first; ``after`` is the last id of the page before."""
        ...

    def in_state(self, state: PackageState, *, before: datetime, limit: int) -> Sequence[Package]:
        """Packages that entered ``state`` before that time, oldest first."""
        ...

    def in_states(self, states: Sequence[PackageState], *, after: str, limit: int) -> Sequence[Package]:
        """A page of packages in any of the states, by id; ``after`` is the last id of the page before, or ""."""
        ...

    def of_case(self, case_id: str) -> Sequence[Package]:
        """All packages of a case, oldest first."""
        ...

    def move(
        self, package_id: str, event_name: str, at: datetime, event: AuditEvent, *, reason: str = ""
    ) -> PackageState:
        """Apply a transition of lifecycle.py to the row and return the new state.

        Raises:
            Conflict: ``state-conflict`` if the row's present state does not allow it.
        """
        ...

    def exhibits(self, package_id: str) -> Sequence[Exhibit]: ...
    def exhibit(self, exhibit_id: str, *, lock: bool = False) -> Exhibit | None: ...
    def move_exhibit(self, exhibit_id: str, event_name: str, event: AuditEvent, **changes: Any) -> ExhibitState:
        """Apply a transition to an exhibit, together with changed members (blob, media_type, ...)."""
        ...


class Renditions(Protocol):
    def add(self, rendition: Rendition, event: AuditEvent) -> None:
        """Add; adding the same (exhibit, view, audience) again is a Conflict ``rendition-exists``."""
        ...

    def get(self, rendition_id: str, *, lock: bool = False) -> Rendition | None: ...
    def of_package(self, package_id: str) -> Sequence[Rendition]: ...
    def awaiting_review(self, agency_id: str, *, after: str | None, limit: int) -> Sequence[Rendition]:
        """Renditions of a sending agency's packages that wait for a person, oldest first.

        ``after`` is the last id of the page before, decided meanwhile or not.
        """
        ...

    def report_sizes(self, agreement_id: str, *, limit: int) -> Sequence[tuple[str, int]]:
        """Ids of renditions under any version of an agreement, newest first, and bytes of their reports."""
        ...

    def move(self, rendition_id: str, event_name: str, event: AuditEvent) -> RenditionState: ...
    def approvals(self, rendition_id: str) -> Sequence[str]:
        """Principals that have approved the rendition."""
        ...

    def approve(self, rendition_id: str, principal_id: str, at: datetime, event: AuditEvent) -> None: ...


class Releases(Protocol):
    def add(self, release: Release, event: AuditEvent) -> str:
        """Store a sealed release; returns the audit entry's id, to learn its log position later."""
        ...

    def get(self, release_id: str, *, lock: bool = False) -> Release | None: ...
    def of_package(self, package_id: str) -> Sequence[Release]: ...
    def of_case(self, case_id: str) -> Sequence[Release]: ...
    def inbox(self, agency_id: str, *, after: str | None, limit: int) -> Sequence[Release]:
        """Available releases for a receiving agency, newest first."""
        ...

    def seal_entry(self, release_id: str) -> str:
        """Id of the audit entry that recorded the sealing."""
        ...

    def due(self, now: datetime, limit: int) -> Sequence[Release]:
        """Releases past their deadline, not yet disposed and under no active hold, oldest first."""
        ...

    def undated(self, limit: int) -> Sequence[Release]:
        """Releases that are not disposed of, under a superseded version, and not held against the active one yet."""
        ...

    def date(self, release_id: str, version: int) -> None:
        """Remember that the release's end was held against that version of its agreement."""
        ...

    def move(self, release_id: str, event_name: str, event: AuditEvent, **changes: Any) -> ReleaseState: ...
    def touch(self, release_id: str, event: AuditEvent, **changes: Any) -> None:
        """Change members (last_pull_at, acknowledged_at, deadline) without a transition."""
        ...


class FileKeys(Protocol):
    """Wrapped file keys. A destroyed key's row stays, its ciphertext does not."""

    def add(self, key: WrappedKey, event: AuditEvent | None = None) -> None:
        """Store a key; the event is that of the row that will name it, so it may be None."""
        ...

    def get(self, key_id: str) -> WrappedKey | None: ...
    def destroy(self, key_id: str, at: datetime, event: AuditEvent) -> None: ...


@dataclass(frozen=True, slots=True)
class LoggedEntry:
    """An entry with its place in the log; ``leaf`` is the RFC 8785 JSON that the tree hashes."""

    seq: int
    leaf: bytes


class Ledger(Protocol):
    """The audit log as the steps see it: append inside the transaction, ask for the position later."""

    def append(self, event: AuditEvent) -> str:
        """Write a pending entry in this transaction; returns its id.

        Raises:
            Unavailable: ``log-unavailable``; nothing may then happen.
        """
        ...

    def position(self, entry_id: str) -> int | None:
        """Sequence number once the sequencer has placed the entry, else None."""
        ...

    def visible_to(
        self, agency_id: str, agreement_ids: Sequence[str], *, start: int, limit: int
    ) -> Sequence[LoggedEntry]:
        """Sequenced entries from ``start`` on that the agency acted in or whose agreement it is party to."""
        ...

    def erase_case(self, case_id: str, at: datetime, event: AuditEvent) -> int:
        """Delete values and salts behind the commitments of a case, for ever; how many there were.

        The event is written only if there were any, so that repeating it is harmless.
        """
        ...

    def erase_entry(self, entry_id: str, fields: Sequence[str], event: AuditEvent) -> int:
        """Delete salt and value of some fields of one entry; how many there were. 0 records nothing."""
        ...


class AuditIndex(Protocol):
    """The log as officers search it. ``scope`` None: everything, for the operator."""

    def find(self, query: AuditQuery, scope: Scope | None, *, start: int, limit: int) -> Sequence[LoggedEntry]:
        """Entries from ``start`` on that match, in log order.

        Raises:
            Unavailable: ``log-unavailable``.
        """
        ...

    def count(self, query: AuditQuery, scope: Scope | None, *, below: int, most: int) -> int:
        """How many entries below a sequence number match, counted up to ``most``."""
        ...

    def readers(self, exhibit: str, scope: Scope | None) -> Sequence[Reader]: ...
    def denials(self, since: datetime, until: datetime, scope: Scope | None) -> Sequence[Denials]: ...
    def access(self, since: datetime, until: datetime, scope: Scope | None) -> Sequence[Access]: ...


class Erasures(Protocol):
    """What the gateway keeps of a case in words, outside the log."""

    def live(self, case_id: str) -> bool:
        """Whether a package of the case is not disposed of yet."""
        ...

    def held(self, case_id: str, now: datetime) -> bool:
        """Whether a legal hold covers the case, or a part of it."""
        ...

    def unforgotten(self, now: datetime, *, after: str, limit: int) -> Sequence[str]:
        """For each case that is over and not held, but not forgotten, one of its packages: a page of them, by id."""
        ...

    def scrub(self, case_id: str) -> int:
        """Replace references, names and documents of a case by words that say nothing; rows changed."""
        ...

    def entry(self, seq: int) -> ErasableEntry | None:
        """The entry at that place, if it belongs to a case; ``fields`` are those not erased yet."""
        ...

    def ask(self, erasure: Erasure, event: AuditEvent) -> None: ...
    def get(self, erasure_id: str, *, lock: bool = False) -> Erasure | None: ...
    def waiting(self, agreement_ids: Sequence[str]) -> Sequence[Erasure]:
        """Erasures under these agreements that nobody has confirmed, oldest first."""
        ...

    def confirm(self, erasure: Erasure, event: AuditEvent) -> None:
        """Write down who confirmed it, and when."""
        ...


class Queue(Protocol):
    """Background work; a job exists if and only if the transaction that enqueued it commits."""

    def enqueue(self, step: str, package_id: str, *, delay: timedelta | None = None) -> None: ...


class Replays(Protocol):
    def first_use(self, issuer: str, jti: str, expires_at: datetime) -> bool:
        """Remember a token id; False if it was seen before. Atomic."""
        ...

    def forget(self, before: datetime) -> int:
        """Drop ids of tokens that expired before that time; how many."""
        ...

    def count_unknown(self, window: datetime) -> None:
        """Count one request by a client that nobody knows, in the window that began at that time."""
        ...

    def take_unknown(self, before: datetime) -> Sequence[tuple[datetime, int]]:
        """Take out the windows that began before that time, oldest first: when, and how many requests."""
        ...


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    """The first answer given under an Idempotency-Key."""

    request_digest: str
    status: int
    body: bytes


class Idempotency(Protocol):
    def find(self, principal_id: str, key: str) -> StoredAnswer | None:
        """The stored answer; takes a lock on (principal, key) so that twins wait for each other."""
        ...

    def store(self, principal_id: str, key: str, answer: StoredAnswer, now: datetime) -> None: ...
    def forget(self, before: datetime) -> int:
        """Drop answers that were stored before that time; how many."""
        ...


class UnfinishedBlobs(Protocol):
    """Names of blobs that are being written, and no evidence yet, or that are to be erased, and none any more.

    Written down before a blob is begun, so that one whose writer has died is known by its name. Blobs are
    never found to be superfluous by comparing the store with the rows: after an older database was
    restored, those that no row names may be the evidence that somebody still looks for.
    """

    def begin(self, name: str, at: datetime) -> None: ...
    def finish(self, name: str) -> None:
        """From this transaction on a row of evidence names the blob.

        Raises:
            Conflict: ``blob-given-up``; the blob is erased, or will be.
        """
        ...

    def abandon(self, names: Sequence[str], at: datetime) -> None:
        """These were evidence, have no key any more, and are erased sooner or later. Safe to repeat."""
        ...

    def give_up(self, before: datetime, at: datetime, limit: int) -> Sequence[str]:
        """Give up what was begun before that time; all names that are to be erased, oldest first."""
        ...

    def postpone(self, names: Sequence[str], at: datetime) -> None:
        """These could not be erased now: all others come before them."""
        ...

    def forget(self, names: Sequence[str]) -> None:
        """Drop names that were given up or abandoned and whose blobs are erased."""
        ...


class Holds(Protocol):
    """Legal holds. Disposal asks them under the lock of the case."""

    def place(self, hold: Hold, event: AuditEvent) -> None: ...
    def get(self, hold_id: str, *, lock: bool = False) -> Hold | None: ...
    def of_case(self, case_id: str) -> Sequence[Hold]:
        """All holds within a case, those that are over included, oldest first."""
        ...

    def of_agreements(self, agreement_ids: Sequence[str]) -> Sequence[Hold]:
        """Holds that have not been lifted, oldest first."""
        ...

    def expired(self, now: datetime, limit: int) -> Sequence[Hold]:
        """Holds whose time is over and that are not marked as lifted, oldest first."""
        ...

    def ask_lift(self, hold_id: str, principal_id: str, event: AuditEvent) -> None: ...
    def lift(self, hold_id: str, at: datetime, event: AuditEvent) -> None: ...


class Clocks(Protocol):
    """One clock a package."""

    def start(self, clock: Clock, event: AuditEvent) -> None: ...
    def get(self, package_id: str, *, lock: bool = False) -> Clock | None: ...
    def concerning(
        self, agency_id: str, *, late: bool = False, after: str | None, limit: int
    ) -> Sequence[tuple[Clock, PackageState]]:
        """Clocks without an answer of packages that the agency sent or has a release of, soonest due first.

        ``late`` asks for those that were answered too late instead.
        ``after`` is the package of the last clock of the page before, answered meanwhile or not.
        """
        ...

    def due_soon(self, now: datetime, limit: int) -> Sequence[Clock]:
        """Clocks in the last quarter of their time, without answer, of such packages, and not yet warned of."""
        ...

    def overdue(self, now: datetime, limit: int) -> Sequence[Clock]:
        """Clocks past due, without answer, of packages that can still be answered, and not yet marked."""
        ...

    def answer(self, package_id: str, at: datetime, event: AuditEvent) -> None: ...
    def warn(self, package_id: str, at: datetime, event: AuditEvent) -> None: ...
    def breach(self, package_id: str, at: datetime, event: AuditEvent) -> None: ...


class Duties(Protocol):
    """Receivers' duties to attest deletion."""

    def add(self, duty: Duty, event: AuditEvent) -> None: ...
    def get(self, duty_id: str, *, lock: bool = False) -> Duty | None: ...
    def concerning(self, agency_id: str, *, after: str | None, limit: int) -> Sequence[Duty]:
        """Duties that the agency has or that are owed to it, newest first."""
        ...

    def overdue(self, now: datetime, limit: int) -> Sequence[Duty]:
        """Duties past due, not attested and not yet marked, oldest first."""
        ...

    def attest(
        self, duty_id: str, at: datetime, document: bytes, signature: bytes, key_id: str, event: AuditEvent
    ) -> None: ...
    def mark_overdue(self, duty_id: str, at: datetime, event: AuditEvent) -> None: ...


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate of destruction; ``document`` and ``signature`` follow once the log has placed its entry."""

    id: str
    package_id: str
    case_id: str
    sender: str
    agreement: AgreementRef
    reason: str
    disposed_at: datetime
    facts: bytes
    document: bytes | None = None
    signature: bytes | None = None
    issued_at: datetime | None = None


class Certificates(Protocol):
    def add(self, certificate: Certificate, event: AuditEvent) -> str:
        """Store the facts of a disposal; returns the audit entry's id, to learn its log position later."""
        ...

    def get(self, certificate_id: str, *, lock: bool = False) -> Certificate | None: ...
    def entry(self, certificate_id: str) -> str:
        """Id of the audit entry that recorded the disposal."""
        ...

    def of_package(self, package_id: str) -> Sequence[Certificate]: ...
    def concerning(self, agency_id: str, *, after: str | None, limit: int) -> Sequence[Certificate]:
        """Issued certificates of packages that the agency sent or had a release of, newest first."""
        ...

    def pending(self, *, after: str, limit: int) -> Sequence[str]:
        """Packages with certificates that are not signed yet: a page of their ids."""
        ...

    def issue(
        self, certificate_id: str, document: bytes, signature: bytes, at: datetime, event: AuditEvent
    ) -> None: ...


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


class Database(Protocol):
    def transaction(self) -> AbstractContextManager[Transaction]:
        """Commit on leaving the block, roll back on an exception.

        Raises:
            Unavailable: ``database-unavailable``.
        """
        ...


class BlobWriter(Protocol):
    """A blob being written. Nothing is visible under its name before ``commit``."""

    def write(self, data: bytes) -> None: ...
    def commit(self) -> None:
        """Make the bytes durable under the name; only then may a row name them."""
        ...

    def abort(self) -> None: ...


class Blobs(Protocol):
    """Encrypted bodies, by name. A name is written once and its bytes never change."""

    def create(self, name: str) -> BlobWriter: ...
    def size(self, name: str) -> int:
        """Bytes; raises NotFound ``blob-missing``."""
        ...

    def read(self, name: str, start: int = 0, length: int | None = None) -> bytes: ...
    def stream(self, name: str, start: int = 0, length: int | None = None) -> Iterator[bytes]: ...
    def stream_async(self, name: str, start: int = 0, length: int | None = None) -> AsyncIterator[bytes]: ...
    def delete(self, name: str) -> None:
        """Erase; deleting what is not there is not an error (disposal is repeated after a crash)."""
        ...

    def clean(self) -> None:
        """Remove what writers that have died left behind without a name."""
        ...


class Keyring(Protocol):
    """The gateway's own keys. Private material never leaves it, except unwrapped file keys."""

    def wrap(self, file_key: bytes, aad: bytes, *, key_id: str, now: datetime) -> WrappedKey: ...
    def unwrap(self, key: WrappedKey) -> bytes:
        """The file key. Raises IntegrityFailure ``key-unwrap-failed``, NotFound ``key-destroyed``."""
        ...

    def wrap_secret(self, secret: bytes, *, use: str, owner: str, now: datetime) -> WrappedKey:
        """A small secret of the database, bound to what it is for and to the row that holds it."""
        ...

    def unwrap_secret(self, key: WrappedKey, *, use: str) -> bytes:
        """Raises NotFound ``key-destroyed``; IntegrityFailure ``key-unwrap-failed``."""
        ...

    def sign(self, data: bytes) -> bytes:
        """Detached ECDSA P-384 / SHA-384 signature, DER."""
        ...

    def signing_key_pem(self) -> bytes: ...
    def pseudonym_key(self, case_id: str, recipient: str) -> bytes:
        """32 bytes, the same for the same case and recipient, unlinkable to any other pair."""
        ...

    def secret_register_key(self, agency_id: str) -> bytes:
        """32 bytes that an agency's registered secrets are fingerprinted under."""
        ...
