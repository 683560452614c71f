"""The whole way over ports: who may do what in which state, and that the log says all of it."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.agreements.model import Agreement
from gateway.agreements.signing import PartySignature
from gateway.agreements.text.parsing import parse_agreement
from gateway.envelope.body import NONCE_BYTES, BodyDecryptor
from gateway.envelope.file import decrypt_stream
from gateway.envelope.manifest import Acknowledgement, PackageReceipt, ReleaseManifest
from gateway.envelope.signature import sign, verify
from gateway.errors import (
    Conflict,
    Denied,
    DigestMismatch,
    IntegrityFailure,
    InvalidInput,
    NotFound,
    ResidueFound,
    TooLarge,
    Unavailable,
    Unparsable,
)
from gateway.evidence.canonical import sha256_hex
from gateway.evidence.hold import HoldScope
from gateway.evidence.lifecycle import ExhibitState, PackageState, ReleaseState
from gateway.evidence.package import Principal, Release
from gateway.exchange import deliver, examine, review, sent_packages
from gateway.exchange.custody import dispose, hold
from gateway.exchange.custody.hold import Target
from gateway.exchange.parties import govern, onboard
from gateway.exchange.ports.redaction_job import RedactionJob
from gateway.exchange.ports.workbench import Examined, Inside
from gateway.workers.steps import handlers
from tests.fakes.exchange import AGREEMENT_SOURCE, COUNSEL, INVESTIGATOR, OFFICERS, REVIEWER, STRANGER, SUBMITTER, World

FILES = {"report.txt": b"Report by <Ada> about a fee of $500 today", "second.txt": b"<Ada> called <Bob> twice"}


@pytest.fixture
def world() -> World:
    return World()


def released(world: World, files: dict[str, bytes] | None = None) -> str:
    """A package all whose renditions are released; its id."""
    package = world.pushed(files or FILES)
    world.work()
    with world.database.transaction() as tx:
        waiting = [p.rendition.id for p in review.pending(tx, REVIEWER, world.clock())]
        for rendition_id in waiting:
            review.approve(tx, REVIEWER, rendition_id, world.clock())
    world.work()
    assert world.package(package.id).state is PackageState.RELEASED
    return package.id


def releases(world: World, view: str) -> list[Release]:
    return [r for r in world.database.state.releases.values() if r.view == view]


def opened(world: World, release: Release, principal: Principal) -> bytes:
    """Pull and decrypt as the receiver does."""
    with world.database.transaction() as tx:
        ticket = deliver.pull(tx, principal, release.id, world.clock())
    file = ticket.header + world.blobs.read(ticket.blob)
    position = 0
    out = bytearray()

    def read(size: int) -> bytes:
        nonlocal position
        piece = file[position : position + size]
        position += len(piece)
        return piece

    decrypt_stream(read, out.extend, [world.identities[principal.agency]])
    return bytes(out)


def test_a_package_travels_all_the_way(world: World) -> None:
    package_id = released(world)
    standard = releases(world, "standard")
    ring = releases(world, "confidentiality-ring")
    assert len(standard) == len(ring) == 2
    exhibits = {e.id: e.name for e in world.database.state.exhibits.values()}
    report = next(r for r in standard if exhibits[r.exhibit_id] == "report.txt")
    text = opened(world, report, INVESTIGATOR)
    assert b"Ada" not in text
    assert b"$500" not in text
    ring_text = opened(world, next(r for r in ring if r.exhibit_id == report.exhibit_id), COUNSEL)
    assert b"Ada" not in ring_text
    assert b"$500" in ring_text
    actions = world.actions()
    for action in ("package.create", "exhibit.upload", "package.submit", "exhibit.examine", "rendition.create",
                   "review.approve", "release.seal", "release.available", "release.pull"):  # fmt: skip
        assert action in actions, action
    assert {e.object.get("package") or e.object["id"] for e in world.database.events if e.action == "package.seal"} == {
        package_id
    }


def test_the_same_person_gets_the_same_pseudonym_in_every_exhibit(world: World) -> None:
    released(world)
    texts = [opened(world, r, INVESTIGATOR).decode() for r in releases(world, "standard")]
    assert all("[Person " in text for text in texts)
    marks = [text.split("[Person ")[1][:6] for text in sorted(texts)]
    assert len(set(marks)) == 1


def test_the_receipt_and_the_manifest_verify_with_the_gateways_key(world: World) -> None:
    package, exhibits = world.create(FILES)
    for exhibit, data in zip(exhibits, FILES.values(), strict=True):
        world.upload(package, exhibit, data)
    receipt, signature = world.submit(package)
    verify(world.keyring.signing_key_pem(), receipt, signature)
    assert PackageReceipt.parse(receipt).manifest_digest == package.manifest_digest
    world.work()
    with world.database.transaction() as tx:
        for waiting in review.pending(tx, REVIEWER, world.clock()):
            review.approve(tx, REVIEWER, waiting.rendition.id, world.clock())
    world.work()
    release = releases(world, "standard")[0]
    assert release.manifest is not None
    assert release.manifest_signature is not None
    verify(world.keyring.signing_key_pem(), release.manifest, release.manifest_signature)
    manifest = ReleaseManifest.parse(release.manifest)
    manifest.check_header(release.header)
    rendition = world.database.state.renditions[release.rendition_id]
    body = world.blobs.read(rendition.blob)
    manifest.check_body(sha256_hex(body), len(body))
    entry_id = world.database.state.seal_entries[release.id]
    assert manifest.log_position == world.database.state.positions[entry_id]


def test_nothing_is_available_before_the_log_has_placed_the_sealing(world: World) -> None:
    package = world.pushed(FILES)
    world.work()
    with world.database.transaction() as tx:
        for waiting in review.pending(tx, REVIEWER, world.clock()):
            review.approve(tx, REVIEWER, waiting.rendition.id, world.clock())
    steps = handlers(world.gateway)
    world.database.take_jobs()
    steps["seal"](package.id)
    steps["release"](package.id)
    assert world.package(package.id).state is PackageState.SEALED
    assert all(r.state is ReleaseState.SEALED and r.manifest is None for r in world.database.state.releases.values())
    assert [job.step for job in world.database.jobs] == ["release"]
    with world.database.transaction() as tx, pytest.raises(Denied) as refusal:
        deliver.pull(tx, INVESTIGATOR, releases(world, "standard")[0].id, world.clock())
    assert refusal.value.code == "release-not-available"
    world.database.sequence()
    steps["release"](package.id)
    assert world.package(package.id).state is PackageState.RELEASED


def test_every_step_may_be_repeated(world: World) -> None:
    package_id = released(world)
    before = (len(world.database.events), dict(world.database.state.releases), dict(world.blobs.contents))
    steps = handlers(world.gateway)
    for step in ("examine", "redact", "seal", "release", "dispose", "erase"):
        steps[step](package_id)
    assert before == (len(world.database.events), dict(world.database.state.releases), dict(world.blobs.contents))


class TestAuthorize:
    def test_a_type_that_is_not_listed_is_refused_and_the_rest_goes_on(self, world: World) -> None:
        _, exhibits = world.create({**FILES, "weights.bin": b"\x00" * 8})
        assert [e.state for e in exhibits] == ["declared", "declared", "refused"]
        assert exhibits[2].clause.startswith("/evidence")
        assert exhibits[2].reason
        denials = [e for e in world.database.events if e.outcome == "deny"]
        assert [d.action for d in denials] == ["exhibit.authorize"]

    def test_a_package_of_which_nothing_is_permitted_is_denied_with_its_clause(self, world: World) -> None:
        with pytest.raises(Denied) as refusal:
            world.create({"weights.bin": b"\x00"})
        assert refusal.value.code == "no-exhibit-permitted"
        assert refusal.value.detail["clause"].startswith("/evidence")
        assert refusal.value.audit.outcome == "deny"

    def test_an_agency_that_is_no_party_hears_that_there_is_no_agreement(self, world: World) -> None:
        with pytest.raises(NotFound) as stranger:
            world.create(FILES, STRANGER)
        with pytest.raises(NotFound) as nothing:
            world.create(FILES, agreement="no-such-agreement")
        assert stranger.value.code == nothing.value.code == "agreement-unknown"
        assert stranger.value.audit.outcome == "deny"

    def test_a_purpose_that_is_not_listed(self, world: World) -> None:
        with pytest.raises(Denied) as refusal:
            world.create(FILES, purpose="curiosity")
        assert refusal.value.code == "purpose-not-permitted"
        assert refusal.value.detail["clause"] == "/purposes"

    def test_a_case_keeps_its_purpose(self, world: World) -> None:
        world.create(FILES)
        with pytest.raises(Conflict) as refusal:
            world.create(FILES, purpose="joint-enforcement")
        assert refusal.value.code == "case-purpose-mismatch"

    def test_a_role_that_may_not_push(self, world: World) -> None:
        with pytest.raises(Denied) as refusal:
            world.create(FILES, REVIEWER)
        assert refusal.value.detail["clause"].startswith("/roles")

    def test_a_suspended_agreement(self, world: World) -> None:
        with world.database.transaction() as tx:
            govern.suspend(tx, world.agreement.id, world.agreement.version, ["cnil-fr.officer"], world.clock())
        with pytest.raises(Denied) as refusal:
            world.create(FILES)
        assert refusal.value.code == "agreement-not-active"


class TestReceive:
    def test_a_manifest_signed_by_another_key(self, world: World) -> None:
        world.signing["cnil-fr"] = world.signing["ico-uk"]
        with pytest.raises(IntegrityFailure) as refusal:
            world.create(FILES)
        assert refusal.value.code == "manifest-signature-invalid"
        assert refusal.value.audit.outcome == "deny"
        assert not world.database.state.packages

    def test_a_revoked_key_is_not_accepted_any_more(self, world: World) -> None:
        with world.database.transaction() as tx:
            onboard.revoke_key(tx, "cnil-fr.signing-1", world.clock())
        with pytest.raises(InvalidInput) as refusal:
            world.create(FILES)
        assert refusal.value.code == "signing-key-unknown"

    @pytest.mark.parametrize(
        ("sent", "code"),
        [
            (b"Report by <Ada>", "upload-truncated"),
            (FILES["report.txt"].replace(b"500", b"501"), "upload-digest-mismatch"),
        ],
    )
    def test_bytes_that_are_not_what_was_declared(self, world: World, sent: bytes, code: str) -> None:
        package, exhibits = world.create(FILES)
        with pytest.raises(DigestMismatch) as refusal:
            world.upload(package, exhibits[0], sent)
        assert refusal.value.code == code
        assert not world.blobs.contents
        assert world.database.state.exhibits[exhibits[0].id].state is ExhibitState.DECLARED

    def test_more_bytes_than_declared_are_stopped_as_they_arrive(self, world: World) -> None:
        package, exhibits = world.create(FILES)
        with pytest.raises(TooLarge) as refusal:
            world.upload(package, exhibits[0], FILES["report.txt"] + b"!")
        assert refusal.value.code == "upload-too-long"
        assert not world.blobs.contents

    def test_plaintext_never_rests(self, world: World) -> None:
        package, exhibits = world.create(FILES)
        world.upload(package, exhibits[0], FILES["report.txt"])
        assert world.blobs.contents
        assert all(b"Ada" not in body for body in world.blobs.contents.values())

    def test_an_incomplete_package_is_not_submitted(self, world: World) -> None:
        package, exhibits = world.create(FILES)
        world.upload(package, exhibits[0], FILES["report.txt"])
        with pytest.raises(Conflict) as refusal:
            world.submit(package)
        assert refusal.value.code == "package-incomplete"
        assert refusal.value.detail["awaited"] == ["second.txt"]

    def test_a_submitted_package_takes_nothing_more(self, world: World) -> None:
        package = world.pushed(FILES)
        exhibit = next(iter(world.database.state.exhibits.values()))
        with pytest.raises(Conflict):
            world.upload(package, exhibit, FILES["report.txt"])
        with pytest.raises(Conflict):
            world.submit(package)

    def test_another_agencys_package_does_not_exist(self, world: World) -> None:
        package, _ = world.create(FILES)
        for principal in (INVESTIGATOR, STRANGER):
            with world.database.transaction() as tx, pytest.raises(NotFound) as refusal:
                sent_packages.read_package(tx, principal, package.id, world.clock())
            assert refusal.value.code == "package-unknown"
            assert refusal.value.audit.outcome == "deny"

    def test_if_the_log_cannot_be_written_nothing_moves(self, world: World) -> None:
        world.database.log_available = False
        with pytest.raises(Unavailable):
            world.create(FILES)
        assert not world.database.state.packages


MISMATCH_REFUSED = AGREEMENT_SOURCE.replace(
    b"[pdf, txt, docx, eml], max_size: 50 MB}", b"[pdf, txt, docx, eml], max_size: 50 MB, mismatch: refuse}"
)


class TestExamineAndRedact:
    def test_what_cannot_be_parsed_is_quarantined_with_its_code_and_the_rest_goes_on(self, world: World) -> None:
        world.workbench.failures["report.txt"] = Unparsable("pdf-encrypted", "Encrypted.")
        package = world.pushed(FILES)
        world.work()
        states = {e.name: (e.state, e.reason) for e in world.database.state.exhibits.values()}
        assert states["report.txt"] == (ExhibitState.QUARANTINED, "pdf-encrypted")
        assert states["second.txt"][0] is ExhibitState.REDACTED
        assert world.package(package.id).state is PackageState.IN_REVIEW

    def test_a_name_known_from_one_exhibit_is_found_in_all(self, world: World) -> None:
        world.pushed({"letter.txt": b"From <Ada> today", "log.txt": b"user Ada logged in"})
        world.work()
        log = next(e for e in world.database.state.exhibits.values() if e.name == "log.txt")
        made = [r for r in world.database.state.renditions.values() if r.exhibit_id == log.id]
        assert made
        for rendition in made:
            body = world.blobs.contents[rendition.blob]
            key = world.keyring.unwrap(world.database.state.file_keys[rendition.file_key_id])
            decryptor = BodyDecryptor(key, body[:NONCE_BYTES])
            text = decryptor.update(body[NONCE_BYTES:]) + decryptor.finish()
            assert b"Ada" not in text
            assert b"[Person " in text

    def test_a_crash_between_two_exhibits_changes_no_names(self, world: World) -> None:
        package = world.pushed({"letter.txt": b"From <Ada> today", "log.txt": b"user Ada logged in"})
        step = handlers(world.gateway)
        step["examine"](package.id)
        calls: list[frozenset[str]] = []
        redact = world.workbench.redact

        def once(source: Any, job: RedactionJob, *where: Any) -> Any:
            calls.append(job.names)
            if len(calls) == 2:
                raise RuntimeError("the process dies")
            return redact(source, job, *where)

        world.workbench.redact = once  # type: ignore[method-assign]
        with pytest.raises(RuntimeError):
            step["redact"](package.id)
        step["redact"](package.id)
        assert calls == [frozenset({"Ada"})] * 3

    def test_a_type_other_than_declared_is_quarantined(self, world: World) -> None:
        package = world.pushed({"report.txt": b"\x7fELF not a text"})
        world.work()
        exhibit = next(iter(world.database.state.exhibits.values()))
        assert (exhibit.state, exhibit.reason) == (ExhibitState.QUARANTINED, "media-type-mismatch")
        assert world.package(package.id).state is PackageState.QUARANTINED
        assert world.package(package.id).reason == "nothing-to-release"

    def test_a_type_other_than_declared_is_refused_and_destroyed_where_the_agreement_says_so(self) -> None:
        world = World(source=MISMATCH_REFUSED)
        package = world.pushed({"report.txt": b"\x7fELF not a text"})
        world.work()
        exhibit = next(iter(world.database.state.exhibits.values()))
        assert (exhibit.state, exhibit.reason) == (ExhibitState.REFUSED, "media-type-mismatch")
        assert exhibit.clause == "/evidence/incident-report/mismatch"
        assert world.package(package.id).reason == "nothing-to-release"
        assert all(not key.wrapped for key in world.database.state.file_keys.values())
        assert world.blobs.contents == {}
        (certificate,) = world.database.state.certificates.values()
        assert certificate.reason == "refused"
        actions = world.actions()
        assert [actions.count(each) for each in ("exhibit.refuse", "key.destroy", "disposal.record")] == [1, 1, 1]

    def test_what_is_held_is_not_destroyed_but_quarantined(self) -> None:
        world = World(source=MISMATCH_REFUSED)
        package = world.pushed({"report.txt": b"\x7fELF not a text"})
        with world.database.transaction() as tx:
            target = Target(HoldScope.PACKAGE, package.id)
            hold.place(tx, OFFICERS[0], target, "order of the court", None, world.new_id(), world.clock())
        world.work()
        exhibit = next(iter(world.database.state.exhibits.values()))
        assert (exhibit.state, exhibit.reason) == (ExhibitState.QUARANTINED, "media-type-mismatch")
        assert world.blobs.contents

    def test_a_residue_stops_the_exhibit(self, world: World) -> None:
        world.workbench.redact_failures["report.txt"] = ResidueFound("residue-found", "Found.")
        world.pushed({"report.txt": FILES["report.txt"]})
        world.work()
        exhibit = next(iter(world.database.state.exhibits.values()))
        assert (exhibit.state, exhibit.reason) == (ExhibitState.QUARANTINED, "residue-found")
        assert not world.database.state.renditions

    def test_a_forbidden_category_stops_the_package(self, world: World) -> None:
        package = world.pushed({**FILES, "clinic.txt": b"diagnosis #asthma"})
        world.work()
        assert world.package(package.id).state is PackageState.QUARANTINED
        assert world.package(package.id).reason == "forbidden-data-found"
        assert not world.database.state.releases

    def test_an_agreement_suspended_in_the_meantime_stops_what_is_under_way(self, world: World) -> None:
        package = world.pushed(FILES)
        with world.database.transaction() as tx:
            govern.suspend(tx, world.agreement.id, world.agreement.version, ["cnil-fr.officer"], world.clock())
        world.work()
        assert world.package(package.id).state is PackageState.QUARANTINED
        assert {e.reason for e in world.database.state.exhibits.values()} == {"agreement-not-active"}


class TestReview:
    def test_the_submitter_cannot_approve(self, world: World) -> None:
        with world.database.transaction() as tx:
            both = Principal(SUBMITTER.id, "cnil-fr", frozenset({"submitter", "reviewer"}))
            onboard.put_principal(tx, both, world.clock())
        world.pushed(FILES)
        world.work()
        with world.database.transaction() as tx:
            waiting = review.pending(tx, both, world.clock())
            assert {w.rendition.view for w in waiting} == {"confidentiality-ring"}
            with pytest.raises(Denied) as refusal:
                review.approve(tx, both, waiting[0].rendition.id, world.clock())
        assert refusal.value.code == "submitter-may-not-review"

    def test_the_receiving_side_cannot_review(self, world: World) -> None:
        world.pushed(FILES)
        world.work()
        rendition = next(iter(world.database.state.renditions))
        with world.database.transaction() as tx, pytest.raises(NotFound):
            review.approve(tx, INVESTIGATOR, rendition, world.clock())

    def test_a_rejected_rendition_is_not_released_and_the_others_are(self, world: World) -> None:
        package = world.pushed(FILES)
        world.work()
        assert world.package(package.id).state is PackageState.IN_REVIEW
        with world.database.transaction() as tx:
            for waiting in review.pending(tx, REVIEWER, world.clock()):
                review.reject(tx, REVIEWER, waiting.rendition.id, world.clock())
        world.work()
        assert world.package(package.id).state is PackageState.RELEASED
        assert {r.view for r in world.database.state.releases.values()} == {"standard"}


class TestDeliver:
    def test_a_role_sees_its_views_only(self, world: World) -> None:
        released(world)
        with world.database.transaction() as tx:
            seen, _ = deliver.inbox(tx, INVESTIGATOR, after=None, limit=50, now=world.clock())
            assert {i.release.view for i in seen} == {"standard"}
            both, _ = deliver.inbox(tx, COUNSEL, after=None, limit=50, now=world.clock())
            assert {i.release.view for i in both} == {"standard", "confidentiality-ring"}
            with pytest.raises(Denied) as refusal:
                deliver.pull(tx, INVESTIGATOR, releases(world, "confidentiality-ring")[0].id, world.clock())
        assert refusal.value.code == "view-not-permitted"
        assert refusal.value.audit.outcome == "deny"

    def test_without_the_attribute_the_ring_is_closed(self, world: World) -> None:
        released(world)
        without = Principal(COUNSEL.id, "ico-uk", frozenset({"ring-counsel"}))
        with world.database.transaction() as tx, pytest.raises(Denied) as refusal:
            deliver.pull(tx, without, releases(world, "confidentiality-ring")[0].id, world.clock())
        assert refusal.value.code == "attribute-missing"

    @pytest.mark.parametrize("principal", [STRANGER, SUBMITTER], ids=["stranger", "sender"])
    def test_another_agencys_release_does_not_exist(self, world: World, principal: Principal) -> None:
        released(world)
        with world.database.transaction() as tx:
            with pytest.raises(NotFound) as foreign:
                deliver.pull(tx, principal, releases(world, "standard")[0].id, world.clock())
            with pytest.raises(NotFound) as missing:
                deliver.pull(tx, principal, "00000000-0000-4000-8000-ffffffffffff", world.clock())
        assert (foreign.value.code, foreign.value.message) == (missing.value.code, missing.value.message)
        assert foreign.value.audit is not None

    def test_suspension_stops_pulls_at_once(self, world: World) -> None:
        released(world)
        with world.database.transaction() as tx:
            govern.suspend(tx, world.agreement.id, world.agreement.version, ["cnil-fr.officer"], world.clock())
            with pytest.raises(Denied) as refusal:
                deliver.pull(tx, INVESTIGATOR, releases(world, "standard")[0].id, world.clock())
        assert refusal.value.code == "agreement-not-active"

    def test_a_pull_moves_the_end_of_retention_where_the_agreement_says_so(self, world: World) -> None:
        released(world)
        release = releases(world, "standard")[0]
        world.clock.pass_by(days=10)
        opened(world, release, INVESTIGATOR)
        renewed = world.database.state.releases[release.id]
        assert renewed.last_pull_at == world.clock()
        assert (renewed.deadline - world.clock()).days == 30
        world.clock.pass_by(days=31)
        with world.database.transaction() as tx, pytest.raises(Denied) as refusal:
            deliver.pull(tx, INVESTIGATOR, release.id, world.clock())
        assert refusal.value.code == "retention-over"

    def test_an_acknowledgement_is_checked_and_taken_once(self, world: World) -> None:
        released(world)
        release = releases(world, "standard")[0]
        assert release.manifest is not None
        document = Acknowledgement(
            release=release.id,
            manifest_digest=sha256_hex(release.manifest),
            outcome="accepted",
            time=world.clock(),
        ).canonical()
        forged = sign(world.signing["cnil-fr"], document)
        good = sign(world.signing["ico-uk"], document)
        with world.database.transaction() as tx:
            with pytest.raises(IntegrityFailure):
                deliver.acknowledge(tx, INVESTIGATOR, release.id, document, forged, "ico-uk.signing-1", world.clock())
            with pytest.raises(InvalidInput) as other_key:
                deliver.acknowledge(tx, INVESTIGATOR, release.id, document, forged, "cnil-fr.signing-1", world.clock())
            assert other_key.value.code == "signing-key-unknown"
            deliver.acknowledge(tx, INVESTIGATOR, release.id, document, good, "ico-uk.signing-1", world.clock())
            with pytest.raises(Conflict):
                deliver.acknowledge(tx, INVESTIGATOR, release.id, document, good, "ico-uk.signing-1", world.clock())
        assert world.database.state.releases[release.id].acknowledged_at == world.clock()

    def test_a_report_is_for_the_sender_and_for_readers_of_the_view(self, world: World) -> None:
        released(world)
        ring = releases(world, "confidentiality-ring")[0]
        with world.database.transaction() as tx:
            deliver.report(tx, SUBMITTER, ring.rendition_id, world.clock())
            deliver.report(tx, COUNSEL, ring.rendition_id, world.clock())
            for principal in (INVESTIGATOR, STRANGER):
                with pytest.raises(NotFound):
                    deliver.report(tx, principal, ring.rendition_id, world.clock())


class TestDispose:
    def test_at_the_end_keys_are_destroyed_and_bodies_erased(self, world: World) -> None:
        package_id = released(world)
        assert world.blobs.contents
        with world.database.transaction() as tx:
            assert dispose.dispose_due(tx, world.clock()) == 0
        world.clock.pass_by(days=181)
        with world.database.transaction() as tx:
            assert dispose.dispose_due(tx, world.clock()) == 4
        state = world.database.state
        assert all(key.destroyed_at is not None and not key.wrapped for key in state.file_keys.values())
        assert world.package(package_id).state is PackageState.DISPOSED
        world.work()
        assert world.blobs.contents == {}
        assert world.actions().count("key.destroy") == len(state.file_keys)
        with world.database.transaction() as tx:
            assert dispose.dispose_due(tx, world.clock()) == 0

    def test_a_release_that_is_due_alone_takes_only_its_own_key(self, world: World) -> None:
        package_id = released(world, {"report.txt": FILES["report.txt"]})
        opened(world, releases(world, "standard")[0], INVESTIGATOR)
        world.clock.pass_by(days=31)
        with world.database.transaction() as tx:
            assert dispose.dispose_due(tx, world.clock()) == 1
        world.work()
        assert world.package(package_id).state is PackageState.RELEASED
        ring = releases(world, "confidentiality-ring")[0]
        assert b"$500" in opened(world, ring, COUNSEL)

    def test_a_withdrawn_package_goes_at_once(self, world: World) -> None:
        package_id = released(world)
        with world.database.transaction() as tx:
            sent_packages.withdraw_package(tx, SUBMITTER, package_id, world.clock())
            with pytest.raises(Denied):
                deliver.pull(tx, INVESTIGATOR, releases(world, "standard")[0].id, world.clock())
        world.work()
        assert world.package(package_id).state is PackageState.DISPOSED
        assert world.blobs.contents == {}

    def test_a_package_that_nobody_submits_is_given_up(self, world: World) -> None:
        package, exhibits = world.create(FILES)
        world.upload(package, exhibits[0], FILES["report.txt"])
        world.clock.pass_by(hours=25)
        with world.database.transaction() as tx:
            assert dispose.abandon_stale(tx, world.clock()) == 1
        world.work()
        assert world.package(package.id).state is PackageState.DISPOSED
        assert world.blobs.contents == {}

    def test_a_quarantined_package_is_kept_until_its_retention_is_over(self, world: World) -> None:
        package = world.pushed({"clinic.txt": b"diagnosis #asthma"})
        world.work()
        with world.database.transaction() as tx:
            assert list(dispose.quarantine_over(tx, world.clock())) == []
            world.clock.pass_by(days=181)
            assert list(dispose.quarantine_over(tx, world.clock())) == [package.id]
            dispose.dispose_package(tx, package.id, world.clock())
        world.work()
        assert world.package(package.id).state is PackageState.DISPOSED
        assert world.blobs.contents == {}


class TestGovern:
    def next_version(self, world: World) -> Agreement:
        """Version 4 of the sample, proposed."""
        source = AGREEMENT_SOURCE.replace(b"version: 3", b"version: 4")
        agreement = parse_agreement(source)
        with world.database.transaction() as tx:
            govern.propose(tx, agreement, source.decode(), world.clock())
        return agreement

    def test_a_version_is_active_only_when_every_party_has_signed_it(self, world: World) -> None:
        agreement = self.next_version(world)
        officers = [o.id for o in OFFICERS]
        with world.database.transaction() as tx:
            govern.sign(tx, world.signature_of("cnil-fr", agreement), world.clock())
            with pytest.raises(Conflict) as refusal:
                govern.activate(tx, agreement.id, 4, officers, world.clock())
            assert refusal.value.detail["missing"] == ["ico-uk"]
            govern.sign(tx, world.signature_of("ico-uk", agreement), world.clock())
            govern.activate(tx, agreement.id, 4, officers, world.clock())
        with world.database.transaction() as tx:
            active = tx.agreements.active(agreement.id)
            superseded = tx.agreements.version(agreement.id, 3)
        assert active is not None
        assert active.agreement.version == 4
        assert superseded is not None
        assert superseded.state == "superseded"

    def test_activation_takes_two_different_persons_of_the_parties(self, world: World) -> None:
        agreement = self.next_version(world)
        with world.database.transaction() as tx:
            for party in agreement.parties:
                govern.sign(tx, world.signature_of(party, agreement), world.clock())
            with pytest.raises(Denied) as refusal:
                govern.activate(tx, agreement.id, 4, ["cnil-fr.officer", "cnil-fr.officer"], world.clock())
            assert refusal.value.code == "two-persons-required"
            with pytest.raises(NotFound):
                govern.activate(tx, agreement.id, 4, ["cnil-fr.officer", STRANGER.id], world.clock())

    def test_a_signature_over_another_version_or_by_another_key_is_refused(self, world: World) -> None:
        agreement = self.next_version(world)
        old = world.signature_of("ico-uk")
        moved = PartySignature(agreement.ref, "ico-uk", old.signature)
        world.signing["ico-uk"] = world.signing["cnil-fr"]
        for signature in (moved, world.signature_of("ico-uk", agreement)):
            with world.database.transaction() as tx, pytest.raises(IntegrityFailure) as refusal:
                govern.sign(tx, signature, world.clock())
            assert refusal.value.code == "signature-invalid"

    def test_what_was_released_under_an_older_version_must_be_permitted_by_both(self, world: World) -> None:
        released(world)
        source = AGREEMENT_SOURCE.replace(b"version: 3", b"version: 4").replace(
            b"purposes: [incident-investigation, joint-enforcement]", b"purposes: [joint-enforcement]"
        )
        agreement = parse_agreement(source)
        with world.database.transaction() as tx:
            govern.propose(tx, agreement, source.decode(), world.clock())
            for party in agreement.parties:
                govern.sign(tx, world.signature_of(party, agreement), world.clock())
            govern.activate(tx, agreement.id, 4, [o.id for o in OFFICERS], world.clock())
            with pytest.raises(Denied) as refusal:
                deliver.pull(tx, INVESTIGATOR, releases(world, "standard")[0].id, world.clock())
        assert refusal.value.code == "purpose-not-permitted"


class TestOpaque:
    """Bytes that nobody can look into, where the agreement allows them."""

    SOURCE = AGREEMENT_SOURCE.replace(
        b"  special-category-data: forbidden",
        b"  model-artifact: {media: [binary, application/x-elf], max_size: 1 GB, opaque: allowed}\n"
        b"  special-category-data: forbidden",
    ).replace(b"version: 3", b"version: 4")

    @pytest.fixture
    def opaque_world(self, world: World) -> World:
        agreement = parse_agreement(self.SOURCE)
        with world.database.transaction() as tx:
            govern.propose(tx, agreement, self.SOURCE.decode(), world.clock())
            for party in agreement.parties:
                govern.sign(tx, world.signature_of(party, agreement), world.clock())
            govern.activate(tx, agreement.id, 4, [o.id for o in OFFICERS], world.clock())
        world.agreement = agreement
        return world

    @pytest.mark.parametrize("largest", [64 << 20, 16], ids=["small", "larger than what is opened"])
    def test_they_are_released_as_they_are_without_passing_the_cipher_again(
        self, opaque_world: World, largest: int
    ) -> None:
        world = opaque_world
        world.workbench.max_bytes = largest
        data = b"\x7fELF" + bytes(range(256)) * 300
        released(world, {"weights.bin": data})
        assert len(world.blobs.contents) == 1
        release = releases(world, "standard")[0]
        assert opened(world, release, INVESTIGATOR) == data

    def test_a_text_larger_than_what_is_opened_is_quarantined(self, opaque_world: World) -> None:
        world = opaque_world
        world.workbench.max_bytes = 16
        world.pushed({"report.txt": FILES["report.txt"]})
        world.work()
        exhibit = next(iter(world.database.state.exhibits.values()))
        assert (exhibit.state, exhibit.reason) == (ExhibitState.QUARANTINED, "exhibit-too-large-to-redact")

    def test_what_was_surveyed_is_handed_on_and_every_body_is_named_by_a_row(self, world: World) -> None:
        released(world, FILES)
        assert world.workbench.surveyed is True
        texts = [opened(world, release, INVESTIGATOR) for release in releases(world, "standard")]
        assert any(text.startswith(b"Report by ") for text in texts)
        assert all(b"Ada" not in text for text in texts)
        assert len(world.blobs.contents) == len({r.blob for r in world.database.state.renditions.values()}) + 2

    def test_what_a_failed_rendition_had_written_does_not_stay(self, world: World) -> None:
        world.workbench.redact_failures["report.txt"] = ResidueFound("residue-found", "Left.")
        world.pushed({"report.txt": FILES["report.txt"]})
        world.work()
        exhibit = next(iter(world.database.state.exhibits.values()))
        assert (exhibit.state, exhibit.reason) == (ExhibitState.QUARANTINED, "residue-found")
        assert set(world.blobs.contents) == {exhibit.blob}

    def test_their_key_goes_with_the_original(self, opaque_world: World) -> None:
        world = opaque_world
        package_id = released(world, {"weights.bin": b"\x7fELF" + bytes(100)})
        world.clock.pass_by(days=91)
        with world.database.transaction() as tx:
            assert dispose.dispose_due(tx, world.clock()) == 2
        world.work()
        assert world.package(package_id).state is PackageState.DISPOSED
        assert world.blobs.contents == {}
        assert all(not key.wrapped for key in world.database.state.file_keys.values())


def test_each_type_inside_an_archive_is_judged_alone(world: World) -> None:
    package = world.pushed({"report.txt": FILES["report.txt"]})
    exhibit = next(iter(world.database.state.exhibits.values()))
    with world.database.transaction() as tx:
        for members, permitted in ((("text/plain",), True), (("text/plain", "text/csv"), False)):
            examined = Examined("text/plain", True, "fake-archive", "1", 9, Inside(members))
            decision = examine.judge(tx, package, exhibit, examined, world.clock())
            assert decision.permitted is permitted
    assert decision.code == "media-type-not-permitted"
    assert decision.clause == "/evidence/incident-report/media"
