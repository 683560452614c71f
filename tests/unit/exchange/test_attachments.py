"""Attachments of messages are judged too: by content, as evidence of any type that the agreement lists."""

from __future__ import annotations

import pytest

from gateway.cli.demo.evidence import letter
from gateway.evidence.lifecycle import ExhibitState, PackageState
from gateway.evidence.media import EMAIL, TEXT
from gateway.exchange import examine
from gateway.exchange.ports.workbench import Examined, Inside
from gateway.redaction.document import CanonicalText, Finding
from gateway.workbench import child
from tests.fakes.exchange import World
from tests.unit.exchange.parties.test_agreement_acts import supersede

FILES = {"report.txt": b"Report by <Ada>"}


@pytest.fixture
def world() -> World:
    return World()


class Nothing:
    """A detector that finds nothing."""

    def detect(self, document: CanonicalText, language: str | None = None) -> list[Finding]:
        return []


def test_the_letter_of_the_demo_has_a_text_attached() -> None:
    request = {"data": letter(), "name": "letter.eml", "declared": EMAIL, "complete": True, "max_scans": 1}
    found = child.Child(Nothing()).examine(request)
    assert (found["media_type"], found["members"], found["attachments"]) == (EMAIL, [], [TEXT])


ATTACHMENTS = {
    "none": ((), True),
    "listed for the exhibit's own type": (("application/pdf",), True),
    "listed for another type only": (("text/csv", "application/json"), True),
    "a message": (("message/rfc822",), True),
    "listed nowhere": (("application/pdf", "text/html"), False),
    "a picture": (("image/png",), False),
}


@pytest.mark.parametrize("name", ATTACHMENTS)
def test_an_attachment_must_be_of_a_type_that_the_agreement_lists_for_some_evidence(world: World, name: str) -> None:
    attached, permitted = ATTACHMENTS[name]
    package = world.pushed(FILES)
    exhibit = next(iter(world.database.state.exhibits.values()))
    world.workbench.inside = Inside((), attached)
    world.work()
    exhibit = world.database.state.exhibits[exhibit.id]
    if permitted:
        assert exhibit.state is ExhibitState.REDACTED
        return
    assert (exhibit.state, exhibit.reason, exhibit.clause) == (
        ExhibitState.QUARANTINED,
        "attachment-type-not-permitted",
        "/evidence",
    )
    refused = next(e for e in world.database.events if e.action == "exhibit.quarantine")
    assert (refused.outcome, refused.reason, refused.clause) == ("deny", exhibit.reason, exhibit.clause)
    assert world.package(package.id).state is PackageState.QUARANTINED


def test_what_a_newer_version_lists_no_more_is_no_attachment_either(world: World) -> None:
    package = world.pushed(FILES)
    exhibit = next(iter(world.database.state.exhibits.values()))
    examined = Examined("text/plain", True, "fake-mail", "1", 9, Inside((), ("text/csv",)))

    def permitted() -> bool:
        with world.database.transaction() as tx:
            return examine.judge(tx, package, exhibit, examined, world.clock()).permitted

    assert permitted()
    supersede(world, 4, ("media: [csv, json, jsonl, txt]", "media: [json, jsonl, txt]"))
    assert not permitted()
