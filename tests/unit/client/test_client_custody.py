"""The end of evidence over HTTP: holds, deadlines, duties, certificates, with the real client and server."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gateway.client import GatewayClient
from gateway.errors import Conflict, Denied, IntegrityFailure, NotFound
from gateway.exchange import deliver
from gateway.exchange.custody import certify, dispose
from tests.fakes import seeds
from tests.unit.api.world import World

ClientOf = Callable[[str], GatewayClient]
SUBMITTER, INVESTIGATOR, OFFICER = "ico-uk.submitter", "cnil-fr.investigator", "cnil-fr.officer"


def package_of(world: World, release_id: str) -> str:
    return world.database.state.releases[release_id].package_id


def disposed(world: World) -> str:
    """A release that was pulled, and disposed of with its certificate issued; its package's id."""
    release_id = world.release(b"the text")
    package_id = package_of(world, release_id)
    now = world.now()
    with world.database.transaction() as tx:
        puller = tx.directory.principal(INVESTIGATOR)
        assert puller is not None
        deliver.pull(tx, puller, release_id, now)
        rendition = tx.releases.get(release_id)
        assert rendition is not None
        tx.renditions.move(rendition.rendition_id, "approve", seeds.event("rendition.approve"))
        for event in ("submit", "examine", "redact", "seal", "release"):
            tx.packages.move(package_id, event, now, seeds.event(f"package.{event}"))
    with world.database.transaction() as tx:
        assert dispose.dispose_due(tx, now + timedelta(days=91)) == 1
    with world.database.transaction() as tx:
        assert not certify.issue_certificates(tx, world.keyring, package_id, now)
    world.database.sequence()
    with world.database.transaction() as tx:
        assert certify.issue_certificates(tx, world.keyring, package_id, now)
    return package_id


def test_a_hold_is_placed_listed_and_lifted(world: World, client_of: ClientOf) -> None:
    package_id = package_of(world, world.release(b"the text"))
    officer = client_of(OFFICER)
    placed = officer.place_hold("order of the court", package=package_id, expires_at="2099-01-01T00:00:00Z")
    assert officer.holds() == [placed]
    assert client_of(SUBMITTER).holds() == [placed]
    assert client_of("ftc-us.submitter").holds() == []
    with pytest.raises(Denied) as denied:
        client_of(INVESTIGATOR).place_hold("mine", package=package_id)
    assert denied.value.code == "role-may-not-hold"
    with pytest.raises(NotFound):
        client_of("ftc-us.submitter").lift_hold(placed["id"])
    # This agreement wants two persons for activation only.
    assert officer.lift_hold(placed["id"])["lifted_at"] is not None
    with pytest.raises(Conflict):
        officer.lift_hold(placed["id"])
    assert officer.holds() == []


@pytest.mark.parametrize(
    "body",
    [
        {"reason": "x"},
        {"reason": "x", "case": "2026-0042"},
        {"reason": "x", "package": "p", "exhibit": "e"},
        {"reason": "x", "agreement": "eu-uk-ai-incidents", "package": "p"},
        {"reason": "x", "package": seeds.new_id(), "expires_at": "tomorrow"},
        {"reason": "x", "package": seeds.new_id(), "expires_at": "2099-01-01T00:00:00"},
        {"reason": 7, "package": seeds.new_id()},
        {"package": seeds.new_id()},
        {"reason": "x", "package": seeds.new_id(), "colour": "red"},
    ],
)
def test_a_hold_that_names_nothing_or_two_things_is_refused(
    world: World, client_of: ClientOf, body: dict[str, object]
) -> None:
    with pytest.raises(Exception) as refusal:
        client_of(OFFICER).connection.post("/v1/holds", body)
    assert refusal.value.code in ("request-invalid", "not-found")  # type: ignore[attr-defined]


def test_a_case_is_closed_by_the_agency_that_opened_it(world: World, client_of: ClientOf) -> None:
    world.release(b"the text")
    with pytest.raises(Denied) as denied:
        client_of(OFFICER).close_case("eu-uk-ai-incidents", "2026-0042")
    assert denied.value.code == "case-not-opened-by-you"
    with pytest.raises(NotFound):
        client_of("ftc-us.submitter").close_case("eu-uk-ai-incidents", "2026-0042")
    assert client_of(SUBMITTER).close_case("eu-uk-ai-incidents", "2026-0042")["closed_at"]


def test_deadlines_are_listed_for_both_sides(world: World, client_of: ClientOf) -> None:
    package_id = package_of(world, world.release(b"the text"))
    with world.database.transaction() as tx:
        package = tx.packages.get(package_id)
        assert package is not None
        clock = replace(seeds.clock(package), started_at=world.now() - timedelta(days=9))
        tx.clocks.start(replace(clock, due_at=world.now() + timedelta(days=1)), seeds.event("deadline.start"))
    for principal in (SUBMITTER, INVESTIGATOR):
        assert [(d["package"], d["state"]) for d in client_of(principal).deadlines()] == [(package_id, "due")]
    with world.database.transaction() as tx:
        tx.clocks.answer(package_id, world.now() + timedelta(days=2), seeds.event("deadline.answer"))
    assert list(client_of(SUBMITTER).deadlines()) == []
    assert [(d["package"], d["state"]) for d in client_of(SUBMITTER).deadlines(late=True)] == [(package_id, "late")]
    assert list(client_of("ftc-us.submitter").deadlines()) == []


def test_certificates_are_fetched_and_verified_and_duties_attested(
    world: World, client_of: ClientOf, tmp_path: Path
) -> None:
    package_id = disposed(world)
    for principal in (SUBMITTER, INVESTIGATOR):
        client = client_of(principal)
        (listed,) = client.certificates()
        fetched = client.certificate(listed["id"])
        assert fetched.members["package"] == package_id
        assert fetched.pdf.startswith(b"%PDF-")
        assert len(fetched.pdf) > 2000
    assert list(client_of("ftc-us.submitter").certificates()) == []
    with pytest.raises(NotFound):
        client_of("ftc-us.submitter").certificate(listed["id"])
    receiver = client_of(INVESTIGATOR)
    (duty,) = receiver.duties()
    assert (duty["agency"], duty["sender"], duty["state"]) == ("cnil-fr", "ico-uk", "open")
    assert receiver.attest(duty, datetime.now(UTC))["state"] == "attested"
    (owed,) = client_of(SUBMITTER).duties()
    assert owed["state"] == "attested"
    with pytest.raises(Conflict):
        receiver.attest(duty, datetime.now(UTC))


def test_a_certificate_with_another_signature_is_not_taken(world: World, client_of: ClientOf) -> None:
    disposed(world)
    client = client_of(SUBMITTER)
    (listed,) = client.certificates()
    state = world.database.state
    state.certificates[listed["id"]] = replace(state.certificates[listed["id"]], signature=world.keyring.sign(b"x"))
    with pytest.raises(IntegrityFailure) as refusal:
        client.certificate(listed["id"])
    assert refusal.value.code == "signature-invalid"


def test_a_revoked_authentication_key_gets_no_token_at_the_next_request(world: World, client_of: ClientOf) -> None:
    client = client_of(OFFICER)
    assert client.holds() == []
    client.connection.forget_token()
    with world.database.transaction() as tx:
        tx.directory.revoke_key(f"{OFFICER}-1", world.now(), seeds.event("key.revoke"))
    with pytest.raises(Exception) as refusal:
        client.holds()
    assert type(refusal.value).__name__ == "Unauthenticated"


def test_the_commands_say_what_they_want() -> None:
    from gateway.main.command import app

    for command in (
        ["holds", "place"], ["holds", "list"], ["holds", "lift"], ["packages", "list"], ["packages", "deadlines"],
        ["packages", "close-case"], ["packages", "certificates"], ["packages", "duties"], ["packages", "attest"],
        ["agreements", "as-of"], ["agreements", "resume"], ["agreements", "end"],
    ):  # fmt: skip
        answer = CliRunner().invoke(app, [*command, "--help"])
        assert answer.exit_code == 0, command
