"""As of: what was in force, and who could do what, at any instant, from the log alone.

The entries of an exported log (or of the database) are read in their order up to the instant. Those
about agencies, principals, keys, agreements, cases and holds carry what changed; a proposal carries the
agreement's whole document, which counts only if it has the digest that the entry names. From these the
state is built anew, and every question of who could do what is put to the decision point
(policy/decide.py) as it would have been put then. Nothing but the log is believed; whether the log
itself is whole, ``log verify`` says.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from gateway.agreements.model import Agreement, AgreementState
from gateway.errors import GatewayError, IntegrityFailure
from gateway.evidence.agency import KeyUse, is_valid
from gateway.evidence.canonical import sha256_hex
from gateway.evidence.package import Principal
from gateway.policy.decide import decide
from gateway.policy.decision import Request
from gateway.policy.reach import views_for
from gateway.translog.entry import Entry, parse_entry

#: Reads a document (canonical JSON or YAML) into an agreement; raises a GatewayError if it is none.
Parse = Callable[[bytes], Agreement]

_STATES = {
    "agreement.propose": AgreementState.PROPOSED,
    "agreement.activate": AgreementState.ACTIVE,
    "agreement.resume": AgreementState.ACTIVE,
    "agreement.supersede": AgreementState.SUPERSEDED,
    "agreement.suspend": AgreementState.SUSPENDED,
    "agreement.end": AgreementState.ENDED,
}


@dataclass(frozen=True, slots=True)
class VersionAsOf:
    """One version of an agreement: its state and since when, and who had signed it."""

    id: str
    version: int
    digest: str
    state: AgreementState
    since: datetime
    signed_by: frozenset[str] = frozenset()
    agreement: Agreement | None = None


@dataclass(frozen=True, slots=True)
class KeyAsOf:
    """A registered key, without its material."""

    id: str
    agency: str
    principal: str | None
    use: KeyUse
    valid_from: datetime
    valid_until: datetime | None
    revoked_at: datetime | None = None

    def usable(self, now: datetime) -> bool:
        return is_valid(self.valid_from, self.valid_until, self.revoked_at, now)


@dataclass(frozen=True, slots=True)
class HoldAsOf:
    """A hold and what it covered."""

    id: str
    scope: str
    object_id: str
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class Power:
    """What a principal could do under one version: actions, and the views it could pull."""

    principal: str
    agency: str
    agreement: str
    version: int
    actions: tuple[str, ...]
    views: tuple[str, ...]


@dataclass(slots=True)
class AsOf:
    """The state at ``instant``, as the log tells it."""

    instant: datetime
    entries: int = 0
    agencies: dict[str, str] = field(default_factory=dict)  # id -> jurisdiction
    principals: dict[str, Principal] = field(default_factory=dict)
    keys: dict[str, KeyAsOf] = field(default_factory=dict)
    versions: dict[tuple[str, int], VersionAsOf] = field(default_factory=dict)
    holds: dict[str, HoldAsOf] = field(default_factory=dict)
    open_cases: dict[str, str] = field(default_factory=dict)  # id -> agreement

    def powers(self) -> list[Power]:
        """Who could do what: every principal that could authenticate, under every active version."""
        found = []
        for version in sorted(self.versions.values(), key=lambda v: (v.id, v.version)):
            if version.agreement is None or version.state is AgreementState.PROPOSED:
                continue
            for principal in sorted(self.principals.values(), key=lambda p: p.id):
                power = self._power(version, version.agreement, principal)
                if power.actions and self.could_authenticate(principal.id):
                    found.append(power)
        return found

    def could_authenticate(self, principal_id: str) -> bool:
        """Whether the principal had a usable authentication key."""
        return any(
            key.principal == principal_id and key.use == "authentication" and key.usable(self.instant)
            for key in self.keys.values()
        )

    def active_holds(self) -> list[HoldAsOf]:
        """Holds that stopped disposal at the instant."""
        return [h for h in self.holds.values() if h.expires_at is None or self.instant < h.expires_at]

    def _power(self, version: VersionAsOf, agreement: Agreement, principal: Principal) -> Power:
        def may(action: Any, **members: Any) -> bool:
            request = Request(action, principal, self.instant, **members)
            return decide(request, agreement, version.state).permitted

        views = tuple(v for v in views_for(principal, agreement) if may("pull", view=v))
        actions = [a for a in ("push", "review", "audit", "hold") if may(a)]
        if views:
            actions.insert(1 if "push" in actions else 0, "pull")
        return Power(principal.id, principal.agency, version.id, version.version, tuple(actions), views)


def reconstruct(
    leaves: Iterable[bytes], instant: datetime, parse: Parse, texts: Mapping[str, Agreement] | None = None
) -> AsOf:
    """The state at an instant.

    Args:
        leaves: Leaf bytes of all entries, in their order.
        instant: Aware; what happened at this very time has happened.
        parse: Reads agreement documents, such as ``agreements.parsing.parse_agreement``.
        texts: Digest -> agreement, for documents that were too long for the log.

    Raises:
        InvalidInput: ``log-entry-invalid``.
        IntegrityFailure: ``as-of-document-wrong`` if a document in the log is not the one it is said to be.
    """
    state = AsOf(instant)
    for leaf in leaves:
        entry = parse_entry(leaf)
        if entry.time <= instant:
            state.entries += 1
            _apply(state, entry, parse, texts or {})
    return state


def _apply(state: AsOf, entry: Entry, parse: Parse, texts: Mapping[str, Agreement]) -> None:
    if entry.outcome not in ("done", "permit"):
        return
    subject, detail = entry.object["id"], entry.detail
    if entry.action == "agency.add":
        state.agencies[subject] = detail["jurisdiction"]
    elif entry.action == "principal.put":
        roles, attributes = frozenset(detail["roles"]), frozenset(detail["attributes"])
        state.principals[subject] = Principal(subject, detail["agency"], roles, attributes)
    elif entry.action == "key.register":
        state.keys[subject] = KeyAsOf(
            subject,
            detail["agency"],
            detail.get("principal"),
            detail["use"],
            datetime.fromisoformat(detail["valid_from"]),
            _time(detail.get("valid_until")),
        )
    elif entry.action == "key.revoke" and subject in state.keys:
        state.keys[subject] = replace(state.keys[subject], revoked_at=entry.time)
    elif entry.action == "case.open":
        state.open_cases[subject] = entry.agreement.get("id", "")
    elif entry.action == "case.close":
        state.open_cases.pop(subject, None)
    elif entry.action == "hold.place":
        expires_at = _time(detail.get("expires_at"))
        state.holds[subject] = HoldAsOf(subject, detail["scope"], detail["object"], expires_at)
    elif entry.action in ("hold.lift", "hold.expire"):
        state.holds.pop(subject, None)
    elif entry.action.startswith("agreement."):
        _apply_agreement(state, entry, parse, texts)


def _apply_agreement(state: AsOf, entry: Entry, parse: Parse, texts: Mapping[str, Agreement]) -> None:
    ref = entry.agreement
    key = (ref["id"], ref["version"])
    known = state.versions.get(key)
    if entry.action == "agreement.propose":
        agreement = _document(entry, parse) or texts.get(ref["digest"])
        state.versions[key] = VersionAsOf(*key, ref["digest"], AgreementState.PROPOSED, entry.time, agreement=agreement)
    elif known is None or not hmac.compare_digest(known.digest, ref["digest"]):
        raise _wrong(entry)
    elif entry.action == "agreement.sign":
        state.versions[key] = replace(known, signed_by=known.signed_by | {entry.detail["party"]})
    elif entry.action in _STATES:
        state.versions[key] = replace(known, state=_STATES[entry.action], since=entry.time)


def _document(entry: Entry, parse: Parse) -> Agreement | None:
    text = entry.detail.get("document")
    if text is None:
        return None
    if not isinstance(text, str) or not hmac.compare_digest(sha256_hex(text.encode()), entry.agreement["digest"]):
        raise _wrong(entry)
    try:
        agreement = parse(text.encode())
    except GatewayError as error:
        raise _wrong(entry) from error
    if agreement.ref.as_dict() != dict(entry.agreement):
        raise _wrong(entry)
    return agreement


def _time(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _wrong(entry: Entry) -> IntegrityFailure:
    return IntegrityFailure(
        "as-of-document-wrong",
        "An entry names an agreement whose document or proposal in the log is another.",
        remedy="Verify the log with 'log verify'; compare with another copy.",
        where=f"entry {entry.seq}",
    )
