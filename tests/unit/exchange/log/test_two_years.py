"""Two years of an agreement's life in simulated time; then the log alone says what was when.

Versions, a suspension, a hold, disposal, an attestation, a breach, people and keys that come and go. At
every turn the true state is noted; at the end each is built anew from nothing but the leaves of the log,
for the noted instant, and must be the same, to the last permission.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from gateway.agreements.model import Agreement, AgreementState
from gateway.agreements.text.parsing import parse_agreement
from gateway.envelope.attestation import DeletionAttestation
from gateway.envelope.manifest import Acknowledgement
from gateway.envelope.signature import sign
from gateway.errors import Conflict, Denied, GatewayError, IntegrityFailure
from gateway.evidence.agency import RegisteredKey
from gateway.evidence.canonical import sha256_hex
from gateway.evidence.hold import HoldScope
from gateway.evidence.lifecycle import PackageState
from gateway.evidence.package import Principal
from gateway.exchange import deliver, review
from gateway.exchange.custody import attest, hold
from gateway.exchange.custody.hold import Target
from gateway.exchange.log.as_of import AsOf, reconstruct
from gateway.exchange.parties import govern, onboard
from gateway.policy.decide import decide
from gateway.policy.decision import Request
from gateway.workers.housekeeping import housekeeping
from tests.fakes.exchange import AGREEMENT_SOURCE, COUNSEL, INVESTIGATOR, OFFICERS, REVIEWER, SUBMITTER, World
from tests.fakes.leaves import leaves_of

FILES = {"report.txt": b"Report by <Ada> about a fee of $500"}
CNIL, ICO = OFFICERS
BOTH = [CNIL.id, ICO.id]
ACTIONS = ("push", "review", "audit", "hold")


def true_state(world: World) -> dict[str, Any]:
    """Who may do what now, asked of the stores; in the same words as :func:`told_state`."""
    state, now = world.database.state, world.clock()
    return {
        "agencies": {a.id: a.jurisdiction for a in state.agencies.values()},
        "principals": dict(state.principals),
        "usable keys": {k.id for k in state.keys.values() if k.usable(now)},
        "versions": {key: (r.state, r.agreement.digest, r.signed_by) for key, r in state.agreements.items()},
        "holds": {h.id for h in state.holds.values() if h.active(now)},
        "open cases": {c.id for c in state.cases.values() if c.closed_at is None},
        "powers": {
            (p.id, key, action)
            for key, r in state.agreements.items()
            for p in state.principals.values()
            for action in may(p, r.agreement, r.state, now)
        },
    }


def told_state(told: AsOf) -> dict[str, Any]:
    """The same, as the log tells it."""
    return {
        "agencies": told.agencies,
        "principals": told.principals,
        "usable keys": {k.id for k in told.keys.values() if k.usable(told.instant)},
        "versions": {key: (v.state, v.digest, v.signed_by) for key, v in told.versions.items()},
        "holds": {h.id for h in told.active_holds()},
        "open cases": set(told.open_cases),
        "powers": {
            (p.id, key, action)
            for key, v in told.versions.items()
            for p in told.principals.values()
            if v.agreement is not None
            for action in may(p, v.agreement, v.state, told.instant)
        },
    }


def may(principal: Principal, agreement: Agreement, state: AgreementState, now: datetime) -> set[str]:
    questions = [Request(a, principal, now) for a in ACTIONS]  # type: ignore[arg-type]
    questions += [Request("pull", principal, now, view=view) for view in agreement.views]
    return {f"{q.action} {q.view or ''}" for q in questions if decide(q, agreement, state).permitted}


class Chronicle:
    """The world with a diary: each turn of the clock notes the instant and the state."""

    def __init__(self) -> None:
        self.world = World()
        self.diary: list[tuple[datetime, dict[str, Any]]] = []
        self.note()

    def note(self) -> None:
        self.diary.append((self.world.clock(), true_state(self.world)))
        # Nothing more happens at a noted instant.
        self.world.clock.pass_by(seconds=1)

    def days(self, days: float) -> None:
        self.note()
        self.world.clock.pass_by(days=days)
        housekeeping(self.world.gateway)
        self.world.work()
        self.note()

    def act(self, step: Any, *args: Any) -> Any:
        """One step in one transaction."""
        with self.world.database.transaction() as tx:
            result = step(tx, *args, self.world.clock())
        self.note()
        return result

    def amend(self, version: int, *changes: tuple[str, str]) -> Agreement:
        source = AGREEMENT_SOURCE.decode().replace("version: 3", f"version: {version}")
        for old, new in changes:
            assert old in source
            source = source.replace(old, new)
        agreement = parse_agreement(source.encode())
        self.act(lambda tx, now: govern.propose(tx, agreement, source, now))
        for party in agreement.parties:
            self.act(govern.sign, self.world.signature_of(party, agreement))
        return agreement

    def released(self, **changes: Any) -> str:
        world = self.world
        package, exhibits = world.create(FILES, **changes)
        world.upload(package, exhibits[0], FILES["report.txt"])
        world.submit(package)
        world.work()
        with world.database.transaction() as tx:
            for waiting in review.pending(tx, REVIEWER, world.clock()):
                review.approve(tx, REVIEWER, waiting.rendition.id, world.clock())
        world.work()
        self.note()
        return package.id

    def release_of(self, package_id: str, view: str) -> Any:
        releases = self.world.database.state.releases.values()
        return next(r for r in releases if r.package_id == package_id and r.view == view)


def refused(chronicle: Chronicle, step: Any, *args: Any) -> str:
    with pytest.raises(GatewayError) as refusal, chronicle.world.database.transaction() as tx:
        step(tx, *args, chronicle.world.clock())
    return refusal.value.code


def play() -> Chronicle:
    """From November 2026, when version 3 is in force, to the end of version 6 in 2028."""
    c = Chronicle()
    world, id_ = c.world, c.world.agreement.id

    # Autumn 2026: a package is released, pulled and acknowledged; an emergency is not answered in time.
    first = c.released()
    standard = c.release_of(first, "standard")
    c.act(deliver.pull, INVESTIGATOR, standard.id)
    document = Acknowledgement(standard.id, sha256_hex(standard.manifest or b""), "accepted", world.clock()).canonical()
    signed = sign(world.signing["ico-uk"], document)
    c.act(deliver.acknowledge, INVESTIGATOR, standard.id, document, signed, "ico-uk.signing-1")
    c.released(urgency="emergency", case="case-2")
    c.days(1)
    assert world.actions().count("deadline.breached") == 1

    # A new investigator; the old one loses the role, and a key is revoked.
    c.act(onboard.put_principal, Principal("ico-uk.second", "ico-uk", frozenset({"investigator"})))
    c.act(onboard.put_principal, replace(INVESTIGATOR, roles=frozenset()))
    key = replace(world.database.state.keys["ico-uk.signing-1"], id="ico-uk.signing-2", valid_from=world.clock())
    c.act(onboard.register_key, key)
    c.act(onboard.revoke_key, "ico-uk.signing-1")
    c.days(20)

    # Version 4: only one person can activate nothing; the same person twice is one person.
    fourth = c.amend(4, ("Memorandum of understanding", "Second memorandum of understanding"))
    assert refused(c, govern.activate, id_, 4, [CNIL.id]) == "two-persons-required"
    assert refused(c, govern.activate, id_, 4, [CNIL.id, CNIL.id]) == "two-persons-required"
    under_way = world.pushed(FILES)
    c.act(govern.activate, id_, 4, BOTH)
    world.work()
    # Under way under version 3, permitted by both: it goes on, and says under which it was pushed.
    assert world.package(under_way.id).state is PackageState.IN_REVIEW
    assert world.package(under_way.id).agreement.version == 3
    assert world.database.state.agreements[id_, 3].state is AgreementState.SUPERSEDED

    # A court wants the first package kept. Its retention passes; it stays.
    hold_id = c.act(
        lambda tx, now: hold.place(tx, CNIL, Target(HoldScope.PACKAGE, first), "order", None, world.new_id(), now)
    ).id
    c.days(190)
    assert world.package(first).state is PackageState.RELEASED
    c.act(hold.lift, CNIL, hold_id)
    c.act(hold.lift, ICO, hold_id)
    c.days(1)
    assert world.package(first).state is PackageState.DISPOSED
    (duty,) = world.database.state.duties.values()
    word = DeletionAttestation(duty.id, first, "ico-uk", duty.releases, world.clock()).canonical()
    c.act(attest.attest, ICO, duty.id, word, sign(world.signing["ico-uk"], word), "ico-uk.signing-2")

    # Summer 2027: suspended at once, what is under way stops; resumed by two.
    third = c.released(case="case-3")
    stopped = world.pushed(FILES | {"more.txt": b"x"})
    c.act(govern.suspend, id_, 4, [CNIL.id])
    second = Principal("ico-uk.second", "ico-uk", frozenset({"investigator"}))
    assert refused(c, deliver.pull, second, c.release_of(third, "standard").id) == "agreement-not-active"
    world.work()
    assert world.package(stopped.id).state is PackageState.QUARANTINED
    c.days(30)
    assert refused(c, govern.resume, id_, 4, [ICO.id, ICO.id]) == "two-persons-required"
    c.act(govern.resume, id_, 4, BOTH)
    c.act(deliver.pull, second, c.release_of(third, "standard").id)

    # Version 5 removes amounts in the ring too: what was released for the old ring is no longer pulled.
    c.amend(5, ("trade_secrets: {default: keep}", "trade_secrets: {default: keep, AMOUNT: remove}"))
    c.act(govern.activate, id_, 5, BOTH)
    assert refused(c, deliver.pull, COUNSEL, c.release_of(third, "confidentiality-ring").id) == "view-stricter-now"
    c.act(deliver.pull, second, c.release_of(third, "standard").id)
    assert refused(c, govern.resume, id_, 4, BOTH) == "agreement-not-suspended"

    # Version 6 lasts to the autumn of 2028 and ends by itself.
    c.amend(6, ("until: 2029-12-31", "until: 2028-10-31"))
    c.days(100)
    c.act(govern.activate, id_, 6, BOTH)
    for _ in range(7):
        c.days(60)
    assert world.database.state.agreements[id_, 6].state is AgreementState.ENDED
    assert refused(c, deliver.pull, second, c.release_of(third, "standard").id) in (
        "agreement-not-active",
        "release-not-available",
    )
    assert fourth.version == 4
    return c


@pytest.fixture(scope="module")
def chronicle() -> Chronicle:
    return play()


def test_two_years_pass(chronicle: Chronicle) -> None:
    first, last = chronicle.diary[0][0], chronicle.diary[-1][0]
    assert (last - first).days > 700
    assert len(chronicle.diary) > 50
    assert {p.state for p in chronicle.world.database.state.packages.values()} == {PackageState.DISPOSED}
    assert chronicle.world.blobs.contents == {}


def test_the_log_alone_says_what_was_at_every_noted_instant(chronicle: Chronicle) -> None:
    leaves = leaves_of(chronicle.world.database)
    differing = set()
    for instant, truth in chronicle.diary:
        told = told_state(reconstruct(leaves, instant, parse_agreement))
        assert told == truth, instant
        differing.add(str(sorted(truth["powers"])))
    # It is a history, not one state looked at many times.
    assert len(differing) > 6


def test_before_the_first_entry_nobody_could_do_anything(chronicle: Chronicle) -> None:
    leaves = leaves_of(chronicle.world.database)
    told = reconstruct(leaves, chronicle.diary[0][0].replace(year=2020), parse_agreement)
    assert (told.entries, told.agencies, told.powers()) == (0, {}, [])


def test_a_document_that_is_not_the_one_named_is_not_believed(chronicle: Chronicle) -> None:
    leaves = leaves_of(chronicle.world.database)
    at = next(i for i, leaf in enumerate(leaves) if b'"agreement.propose"' in leaf)
    leaves[at] = leaves[at].replace(b"Memorandum of understanding", b"Memorandum of understandinG")
    with pytest.raises(IntegrityFailure) as refusal:
        reconstruct(leaves, chronicle.diary[-1][0], parse_agreement)
    assert refusal.value.code == "as-of-document-wrong"


def test_what_the_log_says_of_a_registered_key_is_enough_to_ask_for_powers(chronicle: Chronicle) -> None:
    world = World()
    key = RegisteredKey("cnil-fr.submitter-1", "cnil-fr", SUBMITTER.id, "authentication", _p256(), world.clock(), None)
    with world.database.transaction() as tx:
        onboard.register_key(tx, key, world.clock())
    powers = reconstruct(leaves_of(world.database), world.clock(), parse_agreement).powers()
    assert [(p.principal, p.actions) for p in powers] == [(SUBMITTER.id, ("push",))]


def test_no_act_on_an_ended_agreement(chronicle: Chronicle) -> None:
    world, id_ = chronicle.world, chronicle.world.agreement.id
    for step in (govern.suspend, govern.resume, govern.end, govern.activate):
        with world.database.transaction() as tx, pytest.raises((Conflict, Denied)):
            step(tx, id_, 6, BOTH, world.clock())


def _p256() -> str:
    from cryptography.hazmat.primitives.asymmetric import ec

    from gateway.envelope.signature import public_pem

    return public_pem(ec.generate_private_key(ec.SECP256R1()).public_key()).decode()
