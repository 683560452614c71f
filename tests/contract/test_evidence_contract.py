"""Cases, Packages, Renditions, Releases: the same assertions on the fake and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.agreements.model import AgreementState
from gateway.agreements.text.parsing import parse_agreement
from gateway.errors import Conflict, NotFound
from gateway.evidence.lifecycle import ExhibitState, PackageState, ReleaseState, RenditionState
from gateway.evidence.package import Release
from gateway.exchange.ports.database import Database, Transaction
from tests.contract import world
from tests.fakes import seeds

pytest_plugins = ("tests.fakes.postgres",)

LATER = seeds.NOW + timedelta(hours=1)


def code_of(act: Callable[[], object]) -> str:
    with pytest.raises((Conflict, NotFound)) as refusal:
        act()
    return refusal.value.code


def test_a_case_is_opened_once_for_a_reference_within_its_agreement(database: Database) -> None:
    case, other = seeds.case(), seeds.case(agreement_id="another")
    with database.transaction() as tx:
        tx.cases.open(case, seeds.event("case.open"))
        tx.cases.open(other, seeds.event("case.open"))
        assert code_of(lambda: tx.cases.open(seeds.case(), seeds.event("case.open"))) == "case-exists"
        assert code_of(lambda: tx.cases.open(replace(case, reference="x"), seeds.event())) == "case-exists"
    with database.transaction() as tx:
        assert tx.cases.find(case.agreement, case.reference) == case
        assert tx.cases.find("another", case.reference) == other
        assert tx.cases.get(case.id) == case
        assert tx.cases.find(case.agreement, "x") is None
        assert tx.cases.get("x") is None


def test_packages_and_exhibits_come_back_as_they_went_in(database: Database) -> None:
    here = world.build(database)
    with database.transaction() as tx:
        assert tx.packages.get(here.package.id) == here.package
        assert tx.packages.get(here.package.id, lock=True) == here.package
        assert tuple(tx.packages.exhibits(here.package.id)) == here.exhibits
        assert tx.packages.exhibit(here.exhibits[1].id, lock=True) == here.exhibits[1]
        assert tx.packages.get("nothing", lock=True) is None
        assert tx.packages.exhibit("nothing") is None
        assert list(tx.packages.exhibits("nothing")) == []


def test_a_package_is_added_once_whole_and_under_an_open_case(database: Database) -> None:
    here = world.build(database)
    with database.transaction() as tx:
        assert code_of(lambda: tx.packages.add(here.package, (), seeds.event())) == "package-exists"
        orphan = replace(here.package, id=seeds.new_id(), case_id="nothing")
        assert code_of(lambda: tx.packages.add(orphan, (), seeds.event())) == "case-missing"
        stranger = replace(here.package, id=seeds.new_id())
        with pytest.raises(ValueError, match="another package"):
            tx.packages.add(stranger, here.exhibits, seeds.event())


@pytest.mark.parametrize("member", ["agency", "submitter"])
def test_a_package_refers_only_to_what_is_there(database: Database, member: str) -> None:
    here = world.build(database)

    def add() -> None:
        with database.transaction() as tx:
            tx.packages.add(replace(here.package, id=seeds.new_id(), **{member: "nobody"}), (), seeds.event())

    assert code_of(add) == "reference-missing"


def test_lists_of_a_sender_are_paged_newest_first(database: Database) -> None:
    here = world.build(database, exhibits=0)
    ids = [here.package.id]
    with database.transaction() as tx:
        for number in (1, 2, 2, 3):
            package = replace(here.package, id=seeds.new_id(), created_at=seeds.NOW + timedelta(minutes=number))
            tx.packages.add(package, (), seeds.event("package.create"))
            ids.append(package.id)
    ids = [ids[0], ids[1], *sorted(ids[2:4]), ids[4]]
    agency = here.package.agency
    with database.transaction() as tx:

        def page(after: str | None) -> list[str]:
            return [package.id for package in tx.packages.pushed_by(agency, after=after, limit=2)]

        assert page(None) == [ids[4], ids[3]]
        assert page(ids[3]) == [ids[2], ids[1]]
        assert page(ids[1]) == [ids[0]]
        assert page(ids[0]) == []
        assert page("nothing") == []
        # The id of another sender's package is no place in this list.
        assert list(tx.packages.pushed_by("nobody", after=ids[3], limit=2)) == []


def test_a_package_moves_along_the_lifecycle_only(database: Database) -> None:
    here = world.build(database)

    def move(name: str, action: str = "", reason: str = "") -> PackageState:
        event = seeds.event(action or f"package.{name}")
        return tx.packages.move(here.package.id, name, LATER, event, reason=reason)

    with database.transaction() as tx:
        assert code_of(lambda: move("seal")) == "state-conflict"
        with pytest.raises(ValueError, match="recorded as"):
            move("submit", "package.seal")
        assert move("submit") is PackageState.SUBMITTED
        assert move("quarantine", reason="nothing-to-release") is PackageState.QUARANTINED
        assert code_of(lambda: tx.packages.move("nothing", "submit", LATER, seeds.event())) == "package-missing"
    with database.transaction() as tx:
        package = tx.packages.get(here.package.id)
        assert package == replace(
            here.package, state=PackageState.QUARANTINED, changed_at=LATER, reason="nothing-to-release"
        )
        assert list(tx.packages.in_state(PackageState.QUARANTINED, before=LATER, limit=9)) == []
        just_after = LATER + timedelta(seconds=1)
        assert list(tx.packages.in_state(PackageState.QUARANTINED, before=just_after, limit=9)) == [package]
        assert list(tx.packages.in_state(PackageState.QUARANTINED, before=just_after, limit=0)) == []
        assert list(tx.packages.in_state(PackageState.OPEN, before=just_after, limit=9)) == []


def test_an_exhibit_moves_together_with_what_is_known_of_it(database: Database) -> None:
    here = world.build(database)
    exhibit = here.exhibits[0]
    key = seeds.file_key()
    changes = {
        "blob": f"originals/{exhibit.id}",
        "body_sha256": seeds.digest("body"),
        "file_key_id": key.id,
        "received_at": LATER,
    }

    def upload(**members: object) -> ExhibitState:
        return tx.packages.move_exhibit(exhibit.id, "upload", seeds.event("exhibit.upload"), **members)

    with database.transaction() as tx:
        assert code_of(lambda: upload(**changes)) == "file-key-missing"
        tx.file_keys.add(key)
        with pytest.raises(TypeError, match="sha256"):
            upload(sha256="0" * 64)
        assert upload(**changes) is ExhibitState.UPLOADED
        assert code_of(lambda: upload(**changes)) == "state-conflict"
        event = seeds.event("exhibit.examine")
        assert tx.packages.move_exhibit(exhibit.id, "examine", event, media_type="text/plain") is ExhibitState.EXAMINED
        assert code_of(lambda: tx.packages.move_exhibit("nothing", "upload", event)) == "exhibit-missing"
    with database.transaction() as tx:
        expected = replace(exhibit, state=ExhibitState.EXAMINED, media_type="text/plain", **changes)
        assert tx.packages.exhibit(exhibit.id) == expected


def test_a_rendition_is_added_once_for_a_view_and_audience(database: Database) -> None:
    here = world.build(database)
    with database.transaction() as tx:
        first = world.add_rendition(tx, here.exhibits[1])
        second = world.add_rendition(tx, here.exhibits[1], audience="cnil-fr")
        third = world.add_rendition(tx, here.exhibits[0], view="zoned")
        assert code_of(lambda: world.add_rendition(tx, here.exhibits[1])) == "rendition-exists"
        astray = replace(first, id=seeds.new_id(), package_id="nothing", view="other")
        assert code_of(lambda: tx.renditions.add(astray, seeds.event())) == "exhibit-missing"
        keyless = replace(first, id=seeds.new_id(), file_key_id="nothing", view="other")
        assert code_of(lambda: tx.renditions.add(keyless, seeds.event())) == "file-key-missing"
    with database.transaction() as tx:
        assert tx.renditions.get(first.id, lock=True) == first
        assert tx.renditions.get("nothing") is None
        assert list(tx.renditions.of_package(here.package.id)) == [third, first, second]


def test_reviews_wait_in_order_and_are_approved_once_by_each_person(database: Database) -> None:
    here = world.build(database)
    approver, other = here.package.submitter, f"{here.package.agency}-investigator"

    def approve(rendition_id: str, person: str) -> None:
        tx.renditions.approve(rendition_id, person, LATER, seeds.event("review.approve"))

    with database.transaction() as tx:
        late = world.add_rendition(tx, here.exhibits[0], created_at=LATER)
        early = world.add_rendition(tx, here.exhibits[1])
        done = world.add_rendition(tx, here.exhibits[1], view="other")
        assert code_of(lambda: approve(early.id, approver)) == "state-conflict"
        for rendition in (late, early):
            tx.renditions.move(rendition.id, "await-review", seeds.event("rendition.await-review"))
        tx.renditions.move(done.id, "approve", seeds.event("rendition.approve"))
        approve(early.id, approver)
        approve(early.id, other)
        assert code_of(lambda: approve(early.id, approver)) == "approval-exists"
        assert code_of(lambda: approve(early.id, "nobody")) == "principal-missing"
        assert code_of(lambda: approve("nothing", approver)) == "rendition-missing"
    with database.transaction() as tx:
        agency = here.package.agency
        waiting = tx.renditions.awaiting_review(agency, after=None, limit=9)
        assert [r.id for r in waiting] == [early.id, late.id]
        assert all(r.state is RenditionState.IN_REVIEW for r in waiting)
        assert [r.id for r in tx.renditions.awaiting_review(agency, after=None, limit=1)] == [early.id]
        assert list(tx.renditions.awaiting_review("another", after=None, limit=9)) == []
        assert list(tx.renditions.awaiting_review("another", after=early.id, limit=9)) == []
        # What is decided between two pages moves nothing.
        tx.renditions.move(early.id, "reject", seeds.event("rendition.reject"))
        assert [r.id for r in tx.renditions.awaiting_review(agency, after=early.id, limit=9)] == [late.id]
        assert list(tx.renditions.awaiting_review(agency, after=late.id, limit=9)) == []
        sizes = tx.renditions.report_sizes(here.agreement.id, limit=9)
        assert {rendition_id for rendition_id, _ in sizes} == {early.id, late.id, done.id}
        assert all(size == len(early.report) for _, size in sizes)
        assert sizes[0][0] == late.id
        assert list(tx.renditions.report_sizes(here.agreement.id, limit=1)) == [sizes[0]]
        assert list(tx.renditions.report_sizes("another", limit=9)) == []
        assert set(tx.renditions.approvals(early.id)) == {approver, other}
        assert list(tx.renditions.approvals(late.id)) == []
        move = seeds.event("rendition.reject")
        assert tx.renditions.move(late.id, "reject", move) is RenditionState.REJECTED
        assert code_of(lambda: tx.renditions.move(late.id, "reject", move)) == "state-conflict"
        assert code_of(lambda: tx.renditions.move("nothing", "reject", move)) == "rendition-missing"


def _release(tx: Transaction, here: world.World, **members: object) -> Release:
    """A sealed release for the other party, of a rendition of its own."""
    recipient = next(agency for agency in sorted(here.agreement.parties) if agency != here.package.agency)
    rendition = world.add_rendition(tx, here.exhibits[0], view=f"view-{seeds.new_id()}")
    release = replace(seeds.release(rendition, here.package, recipient), **members)  # type: ignore[arg-type]
    tx.releases.add(release, seeds.event("release.seal"))
    return release


def _make_available(tx: Transaction, release: Release) -> None:
    tx.releases.move(
        release.id,
        "release",
        seeds.event("release.available"),
        manifest=b"{}",
        manifest_signature=b"signature",
        released_at=LATER,
    )


def test_a_release_is_sealed_once_for_a_rendition_and_recipient(database: Database) -> None:
    here = world.build(database)
    with database.transaction() as tx:
        release = _release(tx, here)
        twin = replace(release, id=seeds.new_id())
        assert code_of(lambda: tx.releases.add(twin, seeds.event("release.seal"))) == "release-exists"
        assert code_of(lambda: tx.releases.add(release, seeds.event("release.seal"))) == "release-exists"
        astray = replace(release, id=seeds.new_id(), rendition_id="nothing")
        assert code_of(lambda: tx.releases.add(astray, seeds.event("release.seal"))) == "rendition-missing"
    with database.transaction() as tx:
        assert tx.releases.get(release.id, lock=True) == release
        assert list(tx.releases.of_package(here.package.id)) == [release]
        assert tx.ledger.position(tx.releases.seal_entry(release.id)) is None
        assert code_of(lambda: tx.releases.seal_entry("nothing")) == "release-missing"
        assert tx.releases.get("nothing") is None


def test_a_release_becomes_available_only_with_a_signed_manifest(database: Database) -> None:
    here = world.build(database)
    with database.transaction() as tx:
        release = _release(tx, here)
        with pytest.raises(ValueError, match="signed manifest"):
            tx.releases.move(release.id, "release", seeds.event("release.available"), manifest=b"{}")
        with pytest.raises(TypeError, match="header"):
            tx.releases.move(release.id, "release", seeds.event("release.available"), header=b"other")
        _make_available(tx, release)
        assert code_of(lambda: _make_available(tx, release)) == "state-conflict"
        absent = replace(release, id="nothing")
        assert code_of(lambda: _make_available(tx, absent)) == "release-missing"
    with database.transaction() as tx:
        assert tx.releases.get(release.id) == replace(
            release, state=ReleaseState.AVAILABLE, manifest=b"{}", manifest_signature=b"signature", released_at=LATER
        )


def test_the_inbox_shows_what_is_available_to_the_recipient_newest_first(database: Database) -> None:
    here = world.build(database)
    with database.transaction() as tx:
        releases = [_release(tx, here, sealed_at=seeds.NOW + timedelta(minutes=n)) for n in range(4)]
        for release in releases[:3]:
            _make_available(tx, release)
    recipient = releases[0].recipient
    with database.transaction() as tx:

        def page(agency: str, after: str | None) -> list[str]:
            return [release.id for release in tx.releases.inbox(agency, after=after, limit=2)]

        assert page(recipient, None) == [releases[2].id, releases[1].id]
        assert page(recipient, releases[1].id) == [releases[0].id]
        assert page(recipient, releases[0].id) == []
        assert page(recipient, releases[3].id) == []  # sealed, so not in this list
        assert page(here.package.agency, None) == []


def test_what_is_due_is_found_until_it_is_disposed_of(database: Database) -> None:
    here = world.build(database)
    with database.transaction() as tx:
        late = _release(tx, here, deadline=seeds.NOW + timedelta(days=2))
        soon = _release(tx, here, deadline=seeds.NOW + timedelta(days=1))
        _release(tx, here, deadline=seeds.NOW + timedelta(days=3))
    at = seeds.NOW + timedelta(days=2)
    with database.transaction() as tx:
        assert [release.id for release in tx.releases.due(at, 9)] == [soon.id, late.id]
        assert [release.id for release in tx.releases.due(at, 1)] == [soon.id]
        state = tx.releases.move(soon.id, "dispose", seeds.event("release.dispose"))
        assert state is ReleaseState.DISPOSED
        assert [release.id for release in tx.releases.due(at, 9)] == [late.id]


def test_touching_a_release_changes_dates_only(database: Database) -> None:
    here = world.build(database)
    with database.transaction() as tx:
        release = _release(tx, here)
        tx.releases.touch(release.id, seeds.event("release.pull"), last_pull_at=LATER, deadline=LATER)
        tx.releases.touch(release.id, seeds.event("release.acknowledge"), acknowledged_at=LATER)
        with pytest.raises(TypeError, match="state"):
            tx.releases.touch(release.id, seeds.event("release.pull"), state="available")
        absent = code_of(lambda: tx.releases.touch("nothing", seeds.event("release.pull"), last_pull_at=LATER))
        assert absent == "release-missing"
        assert tx.releases.get(release.id) == replace(
            release, last_pull_at=LATER, deadline=LATER, acknowledged_at=LATER
        )


def test_a_release_is_held_once_against_each_version_that_supersedes_its_own(database: Database) -> None:
    here = world.build(database)

    def activate(number: int, superseded: int) -> None:
        source = here.source.replace(f"version: {here.agreement.version}", f"version: {number}")
        newer = parse_agreement(source.encode())
        with database.transaction() as tx:
            world.propose(tx, newer, source)
            world.sign_all(tx, newer)
            event = seeds.event("agreement.supersede")
            tx.agreements.set_state(newer.id, superseded, AgreementState.SUPERSEDED, seeds.NOW, event)
            world.activate(tx, newer)

    with database.transaction() as tx:
        recipient = next(a for a in here.agreement.parties if a != here.package.agency)
        live, gone = (
            seeds.release(world.add_rendition(tx, exhibit), here.package, recipient) for exhibit in here.exhibits[:2]
        )
        for release in (live, gone):
            tx.releases.add(release, seeds.event("release.seal"))
        tx.releases.move(gone.id, "dispose", seeds.event("release.dispose"))
        assert list(tx.releases.undated(9)) == []
    own = here.agreement.version
    for number in (90, 91):
        activate(number, own if number == 90 else 90)
        with database.transaction() as tx:
            assert [release.id for release in tx.releases.undated(9)] == [live.id]
            tx.releases.date(live.id, number)
        with database.transaction() as tx:
            assert list(tx.releases.undated(9)) == []
            assert tx.releases.get(live.id) == live
