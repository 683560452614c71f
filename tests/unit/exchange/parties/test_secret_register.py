"""Registered secrets: who may, what rests of them, and that every exhibit is searched for them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gateway.errors import Conflict, Denied, GatewayError, IntegrityFailure, InvalidInput, NotFound, TooLarge
from gateway.exchange.parties import secret_register
from gateway.exchange.parties.secret_register import Material
from gateway.exchange.ports.secrets import RegisteredSecret
from gateway.redaction.fingerprint import Kind, Register
from tests.fakes.exchange import INVESTIGATOR, SUBMITTER, World

TERM = Material(Kind.TERM, ("Project Blue Heron",))
RECORD = Material(Kind.RECORD, ("Orbitex GmbH", "450 kg", "Hamburg"))
PASSAGE = (
    "The furnace ramps eleven degrees every minute, holds ceramic blanks beneath argon for nine hours, vents through "
    "copper filters, then quenches everything inside fluorinated oil while operators record pressure, viscosity and "
    "colour; rejected batches return after grinding, because residual carbon spoils later sintering completely."
)
DOCUMENT = Material(Kind.DOCUMENT, (PASSAGE,))


@pytest.fixture
def world() -> World:
    return World()


def register(world: World, label: str = "blue", material: Material = TERM) -> RegisteredSecret:
    with world.database.transaction() as tx:
        return secret_register.register(tx, world.keyring, SUBMITTER, label, material, world.new_id(), world.clock())


def found(world: World, text: str, agency: str = SUBMITTER.agency) -> list[str]:
    with world.database.transaction() as tx:
        opened = secret_register.register_of(tx, world.keyring, agency)
    if opened is None:
        return []
    return [text[f.start : f.end] for f in Register(opened.key, opened.fingerprints).find(text)]


@pytest.mark.parametrize(
    ("material", "text", "shown"),
    [
        (TERM, "PROJECT Blue-Her0n", "Blue-Her0n"),
        (RECORD, "Orbitex GmbH", "Orbitex GmbH"),
        (DOCUMENT, PASSAGE, "quenches everything inside fluorinated oil"),
    ],
    ids=["term", "record", "document"],
)
def test_what_was_registered_is_found_again(world: World, material: Material, text: str, shown: str) -> None:
    register(world, material=material)
    assert any(shown in each for each in found(world, f"Note: {text}. Then 450 kg to Hamburg."))


def test_another_agency_finds_nothing(world: World) -> None:
    register(world)
    assert found(world, "Project Blue Heron", "ico-uk") == []


def test_neither_rows_nor_log_hold_the_text_or_its_length(world: World) -> None:
    sizes = set()
    for number, material in enumerate((TERM, RECORD, DOCUMENT, Material(Kind.TERM, ("Heron",)))):
        secret = register(world, f"s{number}", material)
        sizes.add(len(secret.shape))
    kept = repr([vars_of(s) for s in world.database.state.secrets.values()]) + repr(world.database.events)
    assert not any(word in kept for word in ("Heron", "heron", "Orbitex", "furnace"))
    assert len(sizes) == 1
    assert next(e.detail for e in world.database.events if e.action == "secret.register") == {"kind": "term"}


def vars_of(secret: RegisteredSecret) -> tuple[object, ...]:
    return (secret.id, secret.label, secret.kind, secret.digests, secret.shape)


def test_the_same_again_changes_nothing_and_another_is_refused(world: World) -> None:
    first = register(world)
    assert register(world).id == first.id
    assert len([e for e in world.database.events if e.action == "secret.register"]) == 1
    with pytest.raises(Conflict) as taken:
        register(world, material=RECORD)
    assert taken.value.code == "secret-label-taken"


def test_a_retired_secret_is_empty_and_not_found(world: World) -> None:
    register(world)
    for _ in range(2):
        with world.database.transaction() as tx:
            retired = secret_register.retire(tx, SUBMITTER, "blue", world.clock())
    assert (retired.digests, retired.shape) == (b"", b"")
    assert found(world, "Project Blue Heron") == []
    assert [e.action for e in world.database.events].count("secret.retire") == 1
    with pytest.raises(Conflict):
        register(world)
    with pytest.raises(NotFound), world.database.transaction() as tx:
        secret_register.retire(tx, SUBMITTER, "green", world.clock())


def test_who_may_not_push_may_not_register_list_or_retire(world: World) -> None:
    register(world)
    with world.database.transaction() as tx:
        for act in (
            lambda: secret_register.register(tx, world.keyring, INVESTIGATOR, "x", TERM, "id", world.clock()),
            lambda: secret_register.listed(tx, INVESTIGATOR, world.clock()),
            lambda: secret_register.retire(tx, INVESTIGATOR, "blue", world.clock()),
        ):
            with pytest.raises(Denied) as denied:
                act()
            assert denied.value.code == "secrets-not-permitted"
            assert denied.value.audit.outcome == "deny"


@pytest.mark.parametrize(
    ("material", "code"),
    [
        (Material(Kind.TERM, ("abc",)), "secret-too-short"),
        (Material(Kind.TERM, ("x" * 300,)), "secret-too-long"),
        (Material(Kind.RECORD, ("Orbitex", "orbitex")), "record-fields"),
        (Material(Kind.RECORD, tuple(f"field {n:03}" for n in range(33))), "record-fields"),
        (Material(Kind.DOCUMENT, ("a few words",)), "secret-too-short"),
    ],
    ids=["short", "long", "same-fields", "many-fields", "short-document"],
)
def test_what_cannot_be_registered(world: World, material: Material, code: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        register(world, material=material)
    assert refused.value.code == code


def test_the_register_has_an_end(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secret_register, "MAX_SECRETS", 1)
    register(world)
    with pytest.raises(TooLarge) as full:
        register(world, "green")
    assert full.value.code == "secret-register-full"


def _changed(secret: RegisteredSecret) -> RegisteredSecret:
    return replace(secret, digests=b"\x00" * len(secret.digests))


def _swapped(secret: RegisteredSecret) -> RegisteredSecret:
    return replace(secret, shape=secret.shape[:-1] + bytes([secret.shape[-1] ^ 1]))


@pytest.mark.parametrize("tamper", [_changed, _swapped])
def test_a_register_that_was_tampered_with_stops_redaction(world: World, tamper: object) -> None:
    secret = register(world)
    world.database.state.secrets[secret.id] = tamper(secret)  # type: ignore[operator]
    package = world.pushed({"report.txt": b"on Project Blue Heron"})
    with pytest.raises(IntegrityFailure) as changed:
        world.work()
    assert isinstance(changed.value, GatewayError)
    assert changed.value.code in ("secret-register-changed", "key-unwrap-failed")
    assert not world.database.state.renditions
    assert world.package(package.id).state == "examined"


def test_exhibits_of_the_party_are_searched(world: World) -> None:
    register(world)
    world.pushed({"report.txt": b"on Project Blue Heron in May"})
    world.work()
    (rendition, *_) = world.database.state.renditions.values()
    assert rendition.size_bytes == len(b"on [TS-REGISTERED] in May")
