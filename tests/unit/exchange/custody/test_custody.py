"""How evidence ends: holds, disposal with certificates, attestations, deadlines; and what a crash leaves."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from gateway.agreements.text.parsing import parse_agreement
from gateway.envelope.attestation import DeletionAttestation
from gateway.envelope.certificate import parse_certificate
from gateway.envelope.manifest import Acknowledgement
from gateway.envelope.signature import sign, verify
from gateway.errors import Conflict, Denied, GatewayError, IntegrityFailure, InvalidInput, NotFound
from gateway.evidence.canonical import sha256_hex
from gateway.evidence.deadline import ClockState
from gateway.evidence.duty import DutyState
from gateway.evidence.hold import HoldScope
from gateway.evidence.lifecycle import ExhibitState, PackageState, ReleaseState
from gateway.evidence.package import Principal, Release
from gateway.exchange import authorize, deliver, review, sent_packages
from gateway.exchange.custody import attest, case_custody, certify, deadlines, hold
from gateway.exchange.custody.hold import Target
from gateway.exchange.parties import govern, onboard
from gateway.workers.housekeeping import housekeeping
from gateway.workers.steps import handlers
from tests.fakes.exchange import AGREEMENT_SOURCE, INVESTIGATOR, OFFICERS, REVIEWER, STRANGER, SUBMITTER, World

FILES = {"report.txt": b"Report by <Ada> about a fee of $500", "second.txt": b"<Ada> called <Bob> twice"}
CNIL, ICO = OFFICERS


@pytest.fixture
def world() -> World:
    return World()


def released(world: World, **changes: Any) -> str:
    package, exhibits = world.create(FILES, **changes)
    for exhibit, data in zip(exhibits, FILES.values(), strict=True):
        world.upload(package, exhibit, data)
    world.submit(package)
    world.work()
    with world.database.transaction() as tx:
        for waiting in review.pending(tx, REVIEWER, world.clock()):
            review.approve(tx, REVIEWER, waiting.rendition.id, world.clock())
    world.work()
    assert world.package(package.id).state is PackageState.RELEASED
    return package.id


def releases(world: World, package_id: str, view: str = "standard") -> list[Release]:
    return [r for r in world.database.state.releases.values() if r.package_id == package_id and r.view == view]


def pull(world: World, release: Release, principal: Principal = INVESTIGATOR) -> None:
    with world.database.transaction() as tx:
        deliver.pull(tx, principal, release.id, world.clock())


def acknowledge(world: World, release: Release) -> None:
    document = Acknowledgement(
        release.id, sha256_hex(world.database.state.releases[release.id].manifest or b""), "accepted", world.clock()
    ).canonical()
    signature = sign(world.signing["ico-uk"], document)
    with world.database.transaction() as tx:
        deliver.acknowledge(tx, INVESTIGATOR, release.id, document, signature, "ico-uk.signing-1", world.clock())


def place(world: World, target: Target, principal: Principal = CNIL, **later: float) -> str:
    expires_at = world.clock() + timedelta(**later) if later else None
    with world.database.transaction() as tx:
        placed = hold.place(tx, principal, target, "order of the court", expires_at, world.new_id(), world.clock())
    return placed.id


def lift(world: World, hold_id: str, *principals: Principal) -> None:
    for principal in principals:
        with world.database.transaction() as tx:
            hold.lift(tx, principal, hold_id, world.clock())


def time_passes(world: World, **duration: float) -> None:
    world.clock.pass_by(**duration)
    housekeeping(world.gateway)
    world.work()


def refused(world: World, act: Callable[[Any], object]) -> GatewayError:
    with world.database.transaction() as tx, pytest.raises(GatewayError) as refusal:
        act(tx)
    return refusal.value


class TestHolds:
    @pytest.mark.parametrize("scope", HoldScope)
    def test_what_is_held_is_kept_beyond_its_retention_and_goes_afterwards(
        self, world: World, scope: HoldScope
    ) -> None:
        package_id = released(world)
        exhibit = next(e for e in world.database.state.exhibits.values() if e.name == "report.txt")
        hold_id = place(
            world,
            {
                HoldScope.CASE: Target(scope, agreement=world.agreement.id, case_reference="case-1"),
                HoldScope.PACKAGE: Target(scope, package_id),
                HoldScope.EXHIBIT: Target(scope, exhibit.id),
            }[scope],
        )
        time_passes(world, days=181)
        state = world.database.state
        assert world.package(package_id).state is PackageState.RELEASED
        kept = {e.name for e in state.exhibits.values() if e.state is not ExhibitState.DISPOSED}
        assert kept == ({"report.txt"} if scope is HoldScope.EXHIBIT else set(FILES))
        # A hold keeps; it opens nothing that time has closed.
        assert refused(
            world, lambda tx: deliver.pull(tx, INVESTIGATOR, releases(world, package_id)[0].id, world.clock())
        )
        lift(world, hold_id, CNIL, ICO)
        time_passes(world, minutes=1)
        assert world.package(package_id).state is PackageState.DISPOSED
        assert world.blobs.contents == {}

    def test_lifting_takes_two_persons_one_of_them_of_the_agency_that_placed_it(self, world: World) -> None:
        package_id = released(world)
        hold_id = place(world, Target(HoldScope.PACKAGE, package_id))
        lift(world, hold_id, CNIL)
        again = refused(world, lambda tx: hold.lift(tx, CNIL, hold_id, world.clock()))
        assert (again.code, again.audit.outcome) == ("two-persons-required", "deny")
        assert world.database.state.holds[hold_id].lifted_at is None
        lift(world, hold_id, ICO)
        assert world.database.state.holds[hold_id].lifted_at == world.clock()
        assert refused(world, lambda tx: hold.lift(tx, ICO, hold_id, world.clock())).code == "hold-over"
        other = place(world, Target(HoldScope.PACKAGE, package_id), ICO)
        second = replace(CNIL, id="cnil-fr.second")
        with world.database.transaction() as tx:
            onboard.put_principal(tx, second, world.clock())
        lift(world, other, CNIL)
        assert refused(world, lambda tx: hold.lift(tx, second, other, world.clock())).code == "hold-of-other-agency"

    def test_only_officers_of_agencies_that_have_to_do_with_it_may_hold(self, world: World) -> None:
        package_id = released(world)
        target = Target(HoldScope.PACKAGE, package_id)
        now = world.clock()
        denied = refused(world, lambda tx: hold.place(tx, SUBMITTER, target, "because", None, "h", now))
        assert denied.code == "role-may-not-hold"
        assert denied.audit.outcome == "deny"
        for principal in (STRANGER, replace(CNIL, id="garante-it.officer", agency="garante-it")):
            unknown = refused(world, lambda tx, p=principal: hold.place(tx, p, target, "because", None, "h", now))
            assert isinstance(unknown, NotFound)
            assert unknown.audit.reason == "package-unknown"
        assert (
            refused(world, lambda tx: hold.place(tx, CNIL, target, " ", None, "h", now)).code == "hold-reason-missing"
        )
        assert refused(world, lambda tx: hold.place(tx, CNIL, target, "x", now, "h", now)).code == "hold-expiry-past"

    def test_a_hold_that_expires_is_written_down_once_and_disposal_goes_on(self, world: World) -> None:
        package_id = released(world)
        place(world, Target(HoldScope.PACKAGE, package_id), days=200)
        time_passes(world, days=190)
        assert world.package(package_id).state is PackageState.RELEASED
        time_passes(world, days=11)
        time_passes(world, days=1)
        assert world.package(package_id).state is PackageState.DISPOSED
        assert world.actions().count("hold.expire") == 1

    def test_a_withdrawn_package_that_is_held_cannot_be_pulled_and_is_kept(self, world: World) -> None:
        package_id = released(world)
        hold_id = place(world, Target(HoldScope.PACKAGE, package_id), ICO)
        with world.database.transaction() as tx:
            sent_packages.withdraw_package(tx, SUBMITTER, package_id, world.clock())
        time_passes(world, days=1)
        assert world.package(package_id).state is PackageState.WITHDRAWN
        assert all(r.state is ReleaseState.WITHDRAWN for r in releases(world, package_id))
        assert world.blobs.contents
        lift(world, hold_id, ICO, CNIL)
        world.work()
        assert world.package(package_id).state is PackageState.DISPOSED

    def test_the_reason_is_not_in_the_log_and_is_erased_with_the_case(self, world: World) -> None:
        package_id = released(world)
        hold_id = place(world, Target(HoldScope.PACKAGE, package_id))
        placed = next(e for e in world.database.events if e.action == "hold.place")
        assert "court" not in str({**placed.detail, **placed.object})
        assert placed.erasable == {"hold_reason": "order of the court"}
        lift(world, hold_id, CNIL, ICO)
        time_passes(world, days=181)
        assert world.database.state.holds[hold_id].reason == ""
        assert world.actions().count("log.erase") == 1

    def test_what_is_gone_cannot_be_held(self, world: World) -> None:
        package_id = released(world)
        time_passes(world, days=181)
        target = Target(HoldScope.PACKAGE, package_id)
        gone = refused(world, lambda tx: hold.place(tx, CNIL, target, "late", None, "h", world.clock()))
        assert gone.code == "already-disposed"


class TestCertificates:
    def test_a_disposal_is_certified_with_its_place_in_the_log(self, world: World) -> None:
        package_id = released(world)
        pull(world, releases(world, package_id)[0])
        time_passes(world, days=31)
        time_passes(world, days=151)
        certificates = list(world.database.state.certificates.values())
        assert len(certificates) == 2
        destroyed: list[str] = []
        for certificate in certificates:
            assert certificate.document is not None
            assert certificate.signature is not None
            verify(world.keyring.signing_key_pem(), certificate.document, certificate.signature)
            members = parse_certificate(certificate.document)
            destroyed += [key["id"] for key in members["keys"]]
            entry_id = world.database.state.certificate_entries[certificate.id]
            assert members["log_position"] == world.database.state.positions[entry_id]
            entry = world.database.state.entries[entry_id]
            assert entry.detail["facts_digest"] == members["facts_digest"] == sha256_hex(certificate.facts)
            assert all("/retention/" in clause for clause in members["clauses"])
        keys = world.database.state.file_keys
        assert sorted(destroyed) == sorted(keys)
        assert all(not key.wrapped for key in keys.values())
        assert [c.facts.count(b"/after_last_pull") for c in certificates] == [1, 0]

    def test_both_sides_and_nobody_else_may_read_it(self, world: World) -> None:
        released(world)
        time_passes(world, days=181)
        certificate_id = next(iter(world.database.state.certificates))
        with world.database.transaction() as tx:
            for principal in (SUBMITTER, INVESTIGATOR):
                assert certify.read_certificate(tx, principal, certificate_id, world.clock()).document
                listed = certify.list_certificates(tx, principal, after=None, limit=9, now=world.clock())
                assert [c.id for c in listed] == [certificate_id]
        error = refused(world, lambda tx: certify.read_certificate(tx, STRANGER, certificate_id, world.clock()))
        assert (error.code, error.audit.outcome) == ("certificate-unknown", "deny")

    def test_a_changed_certificate_is_refused(self, world: World) -> None:
        released(world)
        time_passes(world, days=181)
        document = next(iter(world.database.state.certificates.values())).document or b""
        with pytest.raises(InvalidInput) as refusal:
            parse_certificate(document.replace(b'"pulled_releases":0', b'"pulled_releases":1'))
        assert refusal.value.code == "disposal-certificate-invalid"


class Crash(Exception):
    """The process dies here."""


class TestCrash:
    @pytest.mark.parametrize("dies_at", range(1, 12))
    def test_a_disposal_that_dies_anywhere_ends_the_same(self, world: World, dies_at: int) -> None:
        """Each transaction and each erasure of a blob is a place to die before and after."""
        package_id = released(world)
        pull(world, releases(world, package_id)[0])
        world.clock.pass_by(days=181)
        countdown = [dies_at]

        def step(*_: object) -> None:
            countdown[0] -= 1
            if countdown[0] == 0:
                raise Crash

        transaction, delete = world.database.transaction, world.blobs.delete

        @contextmanager
        def dying() -> Any:
            with transaction() as tx:
                yield tx
                step()  # dies before the commit: nothing of the transaction is left
            step()  # dies after it

        world.database.transaction = dying  # type: ignore[method-assign]
        world.blobs.delete = lambda name: (step(), delete(name))[1]  # type: ignore[method-assign,func-returns-value]
        steps = handlers(world.gateway)
        died = False
        try:
            housekeeping(world.gateway)
            for job in world.database.jobs:
                steps[job.step](job.package_id)
        except Crash:
            died = True
        assert died
        del world.database.transaction, world.blobs.delete  # type: ignore[method-assign]
        # What is half done is either wholly there or not at all: no key without its certificate's facts.
        destroyed = {k.id for k in world.database.state.file_keys.values() if k.destroyed_at is not None}
        facts = b"".join(c.facts for c in world.database.state.certificates.values())
        assert all(key.encode() in facts for key in destroyed)
        world.database.sequence()
        time_passes(world, minutes=1)
        state = world.database.state
        assert world.package(package_id).state is PackageState.DISPOSED
        assert world.blobs.contents == {}
        assert all(not key.wrapped for key in state.file_keys.values())
        assert all(c.signature is not None for c in state.certificates.values())
        assert len(state.certificates) == len(state.duties) == 1
        assert world.actions().count("log.erase") == 1
        assert world.actions().count("disposal.record") == 1
        assert world.actions().count("key.destroy") == len(state.file_keys)

    def test_a_view_of_its_own_retention_goes_first_and_its_clause_is_named(self) -> None:
        ring = b"after_last_pull: P30D, views: {confidentiality-ring: {keep: P20D, counted_from: release}}}"
        world = World(source=AGREEMENT_SOURCE.replace(b"after_last_pull: P30D}", ring))
        package_id = released(world)
        kept, first = releases(world, package_id), releases(world, package_id, "confidentiality-ring")
        assert kept
        assert first
        assert {r.deadline - r.sealed_at for r in first} == {timedelta(days=20)}
        world.database.sequence()
        time_passes(world, days=21)
        assert {r.state for r in releases(world, package_id, "confidentiality-ring")} == {ReleaseState.DISPOSED}
        assert {r.state for r in releases(world, package_id)} == {ReleaseState.AVAILABLE}
        assert world.package(package_id).state is PackageState.RELEASED
        facts = [c.facts for c in world.database.state.certificates.values()]
        assert facts
        assert all(b"/retention/incident-report/views/confidentiality-ring/keep" in each for each in facts)
        time_passes(world, days=160)
        assert world.package(package_id).state is PackageState.DISPOSED

    def test_a_newer_version_that_dropped_the_type_keeps_nothing_for_ever(self, world: World) -> None:
        package_id = released(world)
        dropped = (
            AGREEMENT_SOURCE.replace(b"version: 3\n", b"version: 4\n")
            .replace(b"  incident-report: {media: [pdf, txt, docx, eml], max_size: 50 MB}\n", b"")
            .replace(
                b"  incident-report: {keep: P180D, counted_from: release, after_last_pull: P30D}\n",
                b"  correspondence: {keep: P90D, counted_from: release}\n"
                b"  system-log: {keep: P9D, counted_from: release}\n",
            )
            .replace(b"  default:         {keep: P90D, counted_from: release}\n", b"")
        )
        agreement = parse_agreement(dropped)
        with world.database.transaction() as tx:
            govern.propose(tx, agreement, dropped.decode(), world.clock())
            for party in agreement.parties:
                govern.sign(tx, world.signature_of(party, agreement), world.clock())
            govern.activate(tx, agreement.id, 4, [officer.id for officer in OFFICERS], world.clock())
        denied = refused(
            world, lambda tx: deliver.pull(tx, INVESTIGATOR, releases(world, package_id)[0].id, world.clock())
        )
        assert isinstance(denied, Denied)
        world.database.sequence()
        time_passes(world, days=181)
        assert world.package(package_id).state is PackageState.DISPOSED

    def test_what_passes_unseen_is_certified_with_its_original(self) -> None:
        own = b"views: {confidentiality-ring: {keep: P20D, counted_from: release}}"
        views = b"default: {keep: P90D, counted_from: release, " + own + b"}"
        source = AGREEMENT_SOURCE.replace(
            b"  special-category-data: forbidden",
            b"  model-artifact: {media: [binary], max_size: 1 GB, opaque: allowed}\n  special-category-data: forbidden",
        ).replace(b"default:         {keep: P90D, counted_from: release}", views)
        world = World(source=source)
        package = world.pushed({"model.bin": b"\x7fELF" + bytes(50)})
        world.work()
        with world.database.transaction() as tx:
            for waiting in review.pending(tx, REVIEWER, world.clock()):
                review.approve(tx, REVIEWER, waiting.rendition.id, world.clock())
        world.work()
        world.database.sequence()
        time_passes(world, days=21)
        assert [r.state for r in releases(world, package.id, "confidentiality-ring")] == [ReleaseState.DISPOSED]
        assert not world.database.state.certificates
        assert all(key.wrapped for key in world.database.state.file_keys.values())
        time_passes(world, days=160)
        (certificate,) = world.database.state.certificates.values()
        assert certificate.facts.count(b'"recipient"') == len(world.database.state.releases) == 2

    def test_one_part_that_fails_stops_no_other(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        package_id = released(world)
        world.database.sequence()

        def fails(*_: object) -> int:
            raise RuntimeError("a clock that cannot be read")

        monkeypatch.setattr(deadlines, "breach_overdue", fails)
        world.clock.pass_by(days=181)
        with pytest.raises(RuntimeError):
            housekeeping(world.gateway)
        world.work()
        assert world.package(package_id).state is PackageState.DISPOSED

    def test_why_a_sender_took_a_package_back_is_kept_until_the_case_goes(self, world: World) -> None:
        package_id = released(world)
        with world.database.transaction() as tx:
            sent_packages.withdraw_package(tx, SUBMITTER, package_id, world.clock(), "sent to the wrong ring")
        entry = next(e for e in world.database.events if e.action == "package.withdraw")
        assert entry.erasable == {"withdrawal_reason": "sent to the wrong ring"}
        assert "ring" not in str(entry.detail)

    def test_what_nobody_reviews_does_not_stay_for_ever(self, world: World) -> None:
        package = world.pushed(FILES)
        world.work()
        assert world.package(package.id).state is PackageState.IN_REVIEW
        time_passes(world, days=179)
        assert world.package(package.id).state is PackageState.IN_REVIEW
        world.database.sequence()
        time_passes(world, days=2)
        stopped = next(e for e in world.database.events if e.action == "package.quarantine")
        assert (stopped.reason, stopped.clause) == ("retention-over", "/retention/incident-report/keep")
        assert world.package(package.id).state is PackageState.DISPOSED
        assert world.blobs.contents == {}

    def test_a_step_that_always_fails_does_not_keep_evidence_for_ever(self, world: World) -> None:
        package = world.pushed(FILES)
        assert world.package(package.id).state is PackageState.SUBMITTED
        world.clock.pass_by(days=181)
        housekeeping(world.gateway)
        assert world.package(package.id).state is PackageState.QUARANTINED
        world.work()
        time_passes(world, minutes=1)
        assert world.package(package.id).state is PackageState.DISPOSED


class TestAttestation:
    def test_the_agreement_says_how_much_time_there_is(self) -> None:
        world = World(source=AGREEMENT_SOURCE.replace(b"ordinary: P10D}", b"ordinary: P10D, attestation: P14D}"))
        duty = self.duty(world)
        assert duty.due_at - duty.created_at == timedelta(days=14)

    def duty(self, world: World) -> Any:
        package_id = released(world)
        pull(world, releases(world, package_id)[0])
        time_passes(world, days=181)
        (duty,) = world.database.state.duties.values()
        return duty

    def signed(self, world: World, duty: Any, /, **changes: Any) -> tuple[bytes, bytes]:
        members = {"duty": duty.id, "package": duty.package_id, "agency": duty.agency, "releases": duty.releases}
        document = DeletionAttestation(**{**members, "deleted_at": world.clock(), **changes}).canonical()
        return document, sign(world.signing["ico-uk"], document)

    def test_only_who_pulled_owes_and_attests_once(self, world: World) -> None:
        duty = self.duty(world)
        assert (duty.agency, duty.sender) == ("ico-uk", "cnil-fr")
        assert len(duty.releases) == 1
        assert duty.due_at - duty.created_at == timedelta(days=30)
        document, signature = self.signed(world, duty)
        key, now = "ico-uk.signing-1", world.clock()
        with world.database.transaction() as tx:
            with pytest.raises(NotFound):
                attest.attest(tx, SUBMITTER, duty.id, document, signature, "cnil-fr.signing-1", now)
            with pytest.raises(IntegrityFailure):
                attest.attest(tx, INVESTIGATOR, duty.id, document, signature[:-1] + b"x", key, now)
            for wrong in ({"releases": ("other",)}, {"duty": "other"}, {"deleted_at": now + timedelta(days=1)}):
                with pytest.raises(InvalidInput) as mismatch:
                    attest.attest(tx, INVESTIGATOR, duty.id, *self.signed(world, duty, **wrong), key, now)
                assert mismatch.value.code == "attestation-mismatch"
            done = attest.attest(tx, INVESTIGATOR, duty.id, document, signature, key, now)
            assert done.state(now) is DutyState.ATTESTED
            with pytest.raises(Conflict):
                attest.attest(tx, INVESTIGATOR, duty.id, document, signature, key, now)
        time_passes(world, days=60)
        assert "attestation.overdue" not in world.actions()

    def test_an_overdue_one_is_written_down_once_and_still_taken(self, world: World) -> None:
        duty = self.duty(world)
        time_passes(world, days=31)
        time_passes(world, days=31)
        assert world.actions().count("attestation.overdue") == 1
        with world.database.transaction() as tx:
            for principal in (SUBMITTER, INVESTIGATOR):
                (listed,) = attest.list_duties(tx, principal, after=None, limit=9, now=world.clock())
                assert listed.state(world.clock()) is DutyState.OVERDUE
            assert list(attest.list_duties(tx, STRANGER, after=None, limit=9, now=world.clock())) == []
            late = attest.attest(
                tx, INVESTIGATOR, duty.id, *self.signed(world, duty), "ico-uk.signing-1", world.clock()
            )
        assert late.state(world.clock()) is DutyState.ATTESTED_LATE


class TestDeadlines:
    def test_an_emergency_runs_is_due_and_is_breached_once(self, world: World) -> None:
        package_id = released(world, urgency="emergency")
        seen = []
        for hours in (0, 7, 2):
            time_passes(world, hours=hours)
            with world.database.transaction() as tx:
                for principal in (SUBMITTER, INVESTIGATOR):
                    ((clock, state),) = deadlines.list_deadlines(tx, principal, world.clock())
                    assert clock.package_id == package_id
                seen.append(state)
                assert list(deadlines.list_deadlines(tx, STRANGER, world.clock())) == []
        time_passes(world, days=1)
        assert seen == [ClockState.RUNNING, ClockState.DUE, ClockState.BREACHED]
        breaches = [e for e in world.database.events if e.action == "deadline.breached"]
        assert [e.clause for e in breaches] == ["/deadlines/emergency"]
        warnings = [e for e in world.database.events if e.action == "deadline.due"]
        assert [(e.outcome, e.reason, e.clause) for e in warnings] == [("done", "deadline-due", "/deadlines/emergency")]
        assert warnings[0].time < breaches[0].time
        acknowledge(world, releases(world, package_id)[0])
        assert [e.reason for e in world.database.events if e.action == "deadline.answer"] == ["answered-late"]
        clock = world.database.state.clocks[package_id]
        assert clock.state(world.clock(), PackageState.RELEASED) is ClockState.LATE

    def test_an_answer_in_time_ends_it(self, world: World) -> None:
        package_id = released(world)
        acknowledge(world, releases(world, package_id)[0])
        time_passes(world, days=11)
        clock = world.database.state.clocks[package_id]
        assert clock.state(world.clock(), PackageState.RELEASED) is ClockState.MET
        assert not {"deadline.breached", "deadline.due"} & set(world.actions())
        assert [e.reason for e in world.database.events if e.action == "deadline.answer"] == [""]

    def test_what_nobody_looked_at_until_it_was_missed_is_not_called_near(self, world: World) -> None:
        released(world, urgency="emergency")
        time_passes(world, hours=9)
        assert "deadline.due" not in world.actions()
        assert world.actions().count("deadline.breached") == 1


class TestCases:
    def test_a_closed_case_takes_nothing_more_and_stays_closed(self, world: World) -> None:
        released(world)
        now, id_ = world.clock(), world.agreement.id
        for principal, code in ((STRANGER, "case-unknown"), (ICO, "case-not-opened-by-you")):
            act = refused(world, lambda tx, p=principal: case_custody.close_case(tx, p, id_, "case-1", now))
            assert act.code == code
        assert (
            refused(world, lambda tx: case_custody.close_case(tx, REVIEWER, id_, "case-1", now)).code
            == "role-may-not-hold"
        )
        with world.database.transaction() as tx:
            assert case_custody.close_case(tx, SUBMITTER, id_, "case-1", now).closed_at == now
        again = refused(world, lambda tx: case_custody.close_case(tx, SUBMITTER, id_, "case-1", now))
        more = refused(world, lambda tx: authorize.authorize_package(tx, SUBMITTER, world.manifest(FILES), now))
        assert again.code == more.code == "case-closed"


def test_a_revoked_or_expired_key_counts_no_more_at_the_next_request(world: World) -> None:
    package_id = released(world)
    release = releases(world, package_id)[0]
    with world.database.transaction() as tx:
        onboard.revoke_key(tx, "ico-uk.signing-1", world.clock())
    with pytest.raises(InvalidInput) as refusal:
        acknowledge(world, release)
    assert refusal.value.code == "signing-key-unknown"
    with world.database.transaction() as tx:
        onboard.put_principal(tx, replace(INVESTIGATOR, roles=frozenset({"submitter"})), world.clock())
        now_is = tx.directory.principal(INVESTIGATOR.id)
        assert now_is is not None
        with pytest.raises(Denied):
            deliver.pull(tx, now_is, release.id, world.clock())
    changes = [e for e in world.database.events if e.action in ("key.revoke", "principal.put")][-2:]
    assert all(e.detail["before"] != e.detail["after"] for e in changes)
