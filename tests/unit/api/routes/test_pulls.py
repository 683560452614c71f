"""Pulls: decided and recorded before the first byte, whole or in part, always the same bytes."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest

from gateway.envelope.file import decrypt_stream
from tests.fakes import seeds
from tests.unit.api.conftest import Ask
from tests.unit.api.world import World

INVESTIGATOR = "cnil-fr.investigator"
TEXT = b"Evidence. " * 20_000


def _pulls(world: World) -> list[tuple[str, str]]:
    return [(e.outcome, e.reason) for e in world.database.events if e.action == "release.pull"]


def test_the_file_is_plain_age(ask: Ask, world: World) -> None:
    release = world.release(TEXT)
    response = ask("GET", f"/v1/releases/{release}/content", as_=INVESTIGATOR)
    assert response.status_code == 200
    assert response.headers["accept-ranges"] == "bytes"
    assert int(response.headers["content-length"]) == len(response.content)
    assert response.headers["content-disposition"].startswith('attachment; filename="report.txt.age"')
    out = io.BytesIO()
    decrypt_stream(io.BytesIO(response.content).read, out.write, [world.identity["cnil-fr"]])
    assert out.getvalue() == TEXT
    assert _pulls(world) == [("permit", "")]
    assert world.database.state.releases[release].last_pull_at is not None


def test_any_range_is_that_part_of_the_same_file(ask: Ask, world: World) -> None:
    release = world.release(TEXT)
    address = f"/v1/releases/{release}/content"
    whole = ask("GET", address, as_=INVESTIGATOR)
    size = len(whole.content)
    header_size = len(world.database.state.releases[release].header)
    for asked, start, end in [
        ("bytes=0-9", 0, 10),
        (f"bytes={header_size - 1}-{header_size}", header_size - 1, header_size + 1),
        (f"bytes={header_size}-{header_size + 4}", header_size, header_size + 5),
        ("bytes=100000-", 100_000, size),
        ("bytes=-7", size - 7, size),
    ]:
        part = ask("GET", address, as_=INVESTIGATOR, headers={"Range": asked, "If-Range": whole.headers["etag"]})
        assert part.status_code == 206
        assert part.headers["content-range"] == f"bytes {start}-{end - 1}/{size}"
        assert part.headers["etag"] == whole.headers["etag"]
        assert part.content == whole.content[start:end]
    assert len(_pulls(world)) == 6
    recorded = [e.detail.get("range") for e in world.database.events if e.action == "release.pull"]
    assert recorded[1] == [0, 9]


def test_conditions(ask: Ask, world: World) -> None:
    address = f"/v1/releases/{world.release(TEXT)}/content"
    head = ask("HEAD", address, as_=INVESTIGATOR)
    assert (head.status_code, head.content) == (200, b"")
    assert int(head.headers["content-length"]) > len(TEXT)
    etag = head.headers["etag"]
    current = ask("GET", address, as_=INVESTIGATOR, headers={"If-None-Match": etag})
    assert (current.status_code, current.content) == (304, b"")
    beyond = ask("GET", address, as_=INVESTIGATOR, headers={"Range": "bytes=99999999-"})
    assert (beyond.status_code, beyond.json()["code"]) == (416, "range-not-satisfiable")
    assert beyond.headers["content-range"].startswith("bytes */")
    assert _pulls(world) == []
    changed = ask("GET", address, as_=INVESTIGATOR, headers={"Range": "bytes=5-", "If-Range": '"other"'})
    assert changed.status_code == 200


def test_it_is_decided_again_at_each_pull(ask: Ask, world: World) -> None:
    address = f"/v1/releases/{world.release(TEXT)}/content"
    assert ask("GET", address, as_=INVESTIGATOR).status_code == 200
    world.suspend()
    for headers in ({}, {"Range": "bytes=0-1"}):
        refused = ask("GET", address, as_=INVESTIGATOR, headers=headers)
        assert refused.status_code == 403
        assert b"age-encryption" not in refused.content
    denials = [e for e in world.database.events if e.outcome == "deny"]
    assert len(denials) == 2


def test_after_the_deadline_nothing_leaves(ask: Ask, world: World) -> None:
    address = f"/v1/releases/{world.release(TEXT)}/content"
    world.clock_offset = timedelta(days=91)
    refused = ask("GET", address, as_=INVESTIGATOR)
    assert (refused.status_code, refused.json()["code"]) == (403, "retention-over")


def test_without_a_log_nothing_leaves(ask: Ask, world: World) -> None:
    address = f"/v1/releases/{world.release(TEXT)}/content"
    world.database.log_available = False
    for headers in ({}, {"Range": "bytes=0-1"}):
        response = ask("GET", address, as_=INVESTIGATOR, headers=headers)
        assert (response.status_code, response.json()["code"]) == (503, "log-unavailable")


@pytest.mark.parametrize("tail", ["", "/content", "/manifest", "/manifest.sig"])
def test_another_agencys_release_is_answered_like_a_missing_one(ask: Ask, world: World, tail: str) -> None:
    release = world.release(TEXT)
    answers = set()
    for release_id in (release, seeds.new_id()):
        for principal in ("ftc-us.submitter", "ico-uk.submitter"):
            response = ask("GET", f"/v1/releases/{release_id}{tail}", as_=principal)
            answers.add((response.status_code, response.json()["code"], response.json()["detail"]))
    assert answers == {(404, "release-unknown", "Your agency has no such release.")}


def test_a_damaged_store_is_noticed_before_the_answer_begins(ask: Ask, world: World) -> None:
    address = f"/v1/releases/{world.release(TEXT)}/content"
    name = next(iter(world.blobs.contents))
    world.blobs.contents[name] = world.blobs.contents[name][:-1]
    response = ask("GET", address, as_=INVESTIGATOR)
    assert (response.status_code, response.json()["code"]) == (500, "blob-size-mismatch")
    assert "sealed" not in response.text


def test_a_hostile_name_stays_inside_its_header(ask: Ask, world: World) -> None:
    address = f"/v1/releases/{world.release(TEXT, name='Bericht über Müller.txt')}/content"
    disposition = ask("GET", address, as_=INVESTIGATOR).headers["content-disposition"]
    assert disposition.endswith("filename*=UTF-8''Bericht%20%C3%BCber%20M%C3%BCller.txt.age")
