"""The client against the real application: what it sends, what it believes, what it keeps."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from gateway.client import ExhibitFile, GatewayClient
from gateway.envelope.signature import public_pem, verify
from gateway.errors import Conflict, Denied, IntegrityFailure, InvalidInput, Misconfigured, NotFound, Unavailable
from tests.fakes import seeds
from tests.unit.api.world import ISSUER, World

ClientOf = Callable[[str], GatewayClient]
SUBMITTER, INVESTIGATOR = "ico-uk.submitter", "cnil-fr.investigator"
MATTER = {"agreement": "eu-uk-ai-incidents", "case": "2026-0042", "purpose": "incident-investigation"}
TEXT = b"A line of evidence.\n" * 200_000  # four megabytes


def _file(tmp_path: Path, data: bytes = TEXT, name: str = "events.txt") -> Path:
    path = tmp_path / name
    path.write_bytes(data)
    return path


def test_a_push_ends_in_a_verified_receipt(client_of: ClientOf, world: World, tmp_path: Path) -> None:
    seen: list[tuple[str, int, int]] = []
    pushed = client_of(SUBMITTER).push(
        [
            ExhibitFile(_file(tmp_path), "system-log"),
            ExhibitFile(_file(tmp_path, b"weights", "model.bin"), "training-data"),
        ],
        **MATTER,
        progress=lambda phase, name, done, total: seen.append((phase, done, total)),
    )
    assert [e["name"] for e in pushed.refused] == ["model.bin"]
    assert pushed.refused[0]["decision"]["clause"].startswith("/")
    assert ("digest", len(TEXT), len(TEXT)) in seen
    assert ("upload", len(TEXT), len(TEXT)) in seen
    verify(world.keyring.signing_key_pem(), pushed.receipt, pushed.signature)
    state = client_of(SUBMITTER).package(pushed.package["id"])
    assert (state["state"], [e["state"] for e in state["exhibits"]]) == ("submitted", ["uploaded", "refused"])
    assert [p["id"] for p in client_of(SUBMITTER).packages()] == [pushed.package["id"]]


def test_what_was_sent_in_error_is_taken_back_once(client_of: ClientOf, world: World, tmp_path: Path) -> None:
    client = client_of(SUBMITTER)
    given, silent = (client.push([ExhibitFile(_file(tmp_path), "system-log")], **MATTER).package["id"] for _ in "ab")
    assert client.withdraw(given, "sent in error")["state"] == "withdrawn"
    assert client.withdraw(silent)["state"] == "withdrawn"
    (said, unsaid) = (e for e in world.database.events if e.action == "package.withdraw")
    assert (said.object["id"], said.erasable) == (given, {"withdrawal_reason": "sent in error"})
    assert (unsaid.object["id"], unsaid.erasable) == (silent, {})
    assert {p["id"]: p["state"] for p in client.packages()} == {given: "withdrawn", silent: "withdrawn"}
    with pytest.raises(Conflict):
        client.withdraw(given)
    with pytest.raises(NotFound):
        client_of("ftc-us.submitter").withdraw(given)


def test_refusals_come_back_as_errors_of_their_class(client_of: ClientOf, tmp_path: Path) -> None:
    file = ExhibitFile(_file(tmp_path, b"w", "model.bin"), "training-data")
    with pytest.raises(Denied) as denied:
        client_of(SUBMITTER).push([file], **MATTER)
    assert denied.value.code == "no-exhibit-permitted"
    assert denied.value.detail["clause"].startswith("/")
    assert denied.value.remedy
    with pytest.raises(NotFound):
        client_of(SUBMITTER).push([file], **{**MATTER, "agreement": "none-such"})
    with pytest.raises(InvalidInput):
        client_of(SUBMITTER).push([replace(file, path=tmp_path / "missing")], **MATTER)


def test_a_forged_receipt_is_not_believed(world: World, client_of: ClientOf, tmp_path: Path) -> None:
    client = client_of(SUBMITTER)
    other = ec.generate_private_key(ec.SECP384R1()).public_key()
    client.connection.credentials = replace(client.connection.credentials, gateway_key=other)
    with pytest.raises(IntegrityFailure):
        client.push([ExhibitFile(_file(tmp_path), "system-log")], **MATTER)
    client.connection.credentials = replace(client.connection.credentials, gateway_key=None)
    with pytest.raises(Misconfigured) as caught:
        client.push([ExhibitFile(_file(tmp_path), "system-log")], **MATTER)
    assert caught.value.code == "gateway-key-not-pinned"


def test_a_pull_verifies_decrypts_places_and_acknowledges(client_of: ClientOf, world: World, tmp_path: Path) -> None:
    release = world.release(TEXT)
    out = tmp_path / "evidence"
    pulled = client_of(INVESTIGATOR).pull(release, out)
    assert pulled.exhibit is not None
    assert pulled.exhibit.read_bytes() == TEXT
    assert pulled.exhibit.stat().st_mode & 0o777 == 0o600
    assert sorted(p.name for p in pulled.folder.iterdir()) == [
        "LEGEND.txt", "manifest.json", "manifest.sig", "report.txt", "report.txt.age",
    ]  # fmt: skip
    verify(
        world.keyring.signing_key_pem(),
        (pulled.folder / "manifest.json").read_bytes(),
        (pulled.folder / "manifest.sig").read_bytes(),
    )
    assert [p.name for p in out.iterdir()] == [release]
    assert world.database.state.releases[release].acknowledged_at is not None
    with pytest.raises(Conflict):
        client_of(INVESTIGATOR).pull(release, out)
    assert [r["id"] for r in client_of(INVESTIGATOR).inbox()] == [release]


def test_without_decrypting_the_file_is_kept_as_it_is(client_of: ClientOf, world: World, tmp_path: Path) -> None:
    client = client_of(INVESTIGATOR)
    client.connection.credentials = replace(client.connection.credentials, identities=(), signing_key=None)
    pulled = client.pull(world.release(TEXT), tmp_path / "out", decrypt=False, acknowledge=False)
    assert pulled.exhibit is None
    assert pulled.age_file.read_bytes().startswith(b"age-encryption.org/v1\n")


def _tamper(world: World, release: str, what: str) -> None:
    row = world.database.state.releases[release]
    rendition = world.database.state.renditions[row.rendition_id]
    if what == "body":
        body = bytearray(world.blobs.contents[rendition.blob])
        body[1000] ^= 1
        world.blobs.contents[rendition.blob] = bytes(body)
    elif what == "header":
        header = row.header[:-5] + bytes([row.header[-5] ^ 1]) + row.header[-4:]
        world.database.state.releases[release] = replace(row, header=header)
    elif what == "manifest":
        assert row.manifest is not None
        world.database.state.releases[release] = replace(row, manifest=row.manifest.replace(b"report", b"rep0rt"))
    elif what == "manifest of another release":
        second = _second(world)
        other = world.database.state.releases[second]
        world.database.state.releases[release] = replace(
            row, manifest=other.manifest, manifest_signature=other.manifest_signature
        )


def _second(world: World) -> str:
    # Two releases of one case: the helper opens a case for each, so the first is renamed.
    state = world.database.state
    state.cases = {key: replace(case, reference="renamed") for key, case in state.cases.items()}
    return world.release(b"other")


@pytest.mark.parametrize(
    ("what", "code"),
    [
        ("body", "release-mismatch"),
        ("header", "release-mismatch"),
        ("manifest", "signature-invalid"),
        ("manifest of another release", "release-mismatch"),
    ],
)
def test_whatever_was_changed_is_noticed_and_not_kept(
    client_of: ClientOf, world: World, tmp_path: Path, what: str, code: str
) -> None:
    release = world.release(TEXT)
    _tamper(world, release, what)
    out = tmp_path / "out"
    with pytest.raises(IntegrityFailure) as caught:
        client_of(INVESTIGATOR).pull(release, out)
    assert caught.value.code == code
    assert not out.exists() or list(out.iterdir()) == []
    if what in ("body", "header"):
        rejection = [e for e in world.database.events if e.action == "release.acknowledge"]
        assert [e.reason for e in rejection] == ["rejected"]


def test_anothers_identity_opens_nothing(client_of: ClientOf, world: World, tmp_path: Path) -> None:
    client = client_of(INVESTIGATOR)
    client.connection.credentials = replace(client.connection.credentials, identities=(world.identity["ico-uk"],))
    with pytest.raises(InvalidInput) as caught:
        client.pull(world.release(TEXT), tmp_path / "out")
    assert caught.value.code == "age-no-match"
    assert list((tmp_path / "out").iterdir()) == []


class _BreakingTransport(httpx.BaseTransport):
    """Breaks the first answers on the content address after so many bytes, as a bad line does."""

    def __init__(self, inner: httpx.BaseTransport, breaks: int, after_bytes: int) -> None:
        self._inner, self.breaks, self._after = inner, breaks, after_bytes
        self.ranges: list[str | None] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        response = self._inner.handle_request(request)
        if request.url.path.endswith("/content") and request.method == "GET":
            self.ranges.append(request.headers.get("range"))
            if self.breaks > 0:
                self.breaks -= 1
                return httpx.Response(
                    response.status_code, headers=response.headers, stream=_Broken(response, self._after)
                )
        return response

    def close(self) -> None:
        self._inner.close()


class _Broken(httpx.SyncByteStream):
    def __init__(self, response: httpx.Response, after_bytes: int) -> None:
        self._response, self._after = response, after_bytes

    def __iter__(self):  # type: ignore[no-untyped-def]
        left = self._after
        for piece in self._response.stream:  # type: ignore[union-attr]
            yield piece[:left]
            left -= len(piece)
            if left <= 0:
                raise httpx.ReadError("the line broke")

    def close(self) -> None:
        self._response.close()


def _breaking(
    world: World, transports: Callable[[], httpx.HTTPTransport], breaks: int
) -> tuple[GatewayClient, _BreakingTransport]:
    transport = _BreakingTransport(transports(), breaks, 700_000)
    client = GatewayClient(world.credentials(INVESTIGATOR, ISSUER), transport=transport)
    client.connection.sleep = lambda seconds: None
    return client, transport


def test_a_broken_download_goes_on_where_it_stopped(
    world: World, transports: Callable[[], httpx.HTTPTransport], tmp_path: Path
) -> None:
    release = world.release(TEXT)
    client, transport = _breaking(world, transports, 4)
    with client:
        pulled = client.pull(release, tmp_path / "out")
    assert pulled.exhibit is not None
    assert pulled.exhibit.read_bytes() == TEXT
    assert len(transport.ranges) == 5
    starts = [int(r.removeprefix("bytes=").removesuffix("-")) for r in transport.ranges[1:] if r is not None]
    assert starts == sorted(starts)
    assert len(starts) == 4
    assert starts[0] > 0


def test_a_later_run_goes_on_too_and_a_dead_line_ends(
    world: World, transports: Callable[[], httpx.HTTPTransport], tmp_path: Path
) -> None:
    release = world.release(TEXT)
    client, _ = _breaking(world, transports, 1)

    def never(seconds: float) -> None:
        raise KeyboardInterrupt

    client.connection.sleep = never
    with client, pytest.raises(KeyboardInterrupt):
        client.pull(release, tmp_path / "out")
    second, resumed = _breaking(world, transports, 0)
    with second:
        pulled = second.pull(release, tmp_path / "out")
    assert resumed.ranges[0] is not None
    assert pulled.exhibit is not None
    assert pulled.exhibit.read_bytes() == TEXT
    dead, transport = _breaking(world, transports, 100)
    transport._after = 0
    with dead, pytest.raises(Unavailable) as caught:
        dead.pull(_second(world), tmp_path / "out")
    assert caught.value.code == "connection-failed"
    assert len(transport.ranges) == 5


def test_a_name_from_outside_stays_in_its_folder(client_of: ClientOf, world: World, tmp_path: Path) -> None:
    release = world.release(b"text", name="manifest.json")
    pulled = client_of(INVESTIGATOR).pull(release, tmp_path / "out")
    assert pulled.exhibit is not None
    assert pulled.exhibit.name == "exhibit-manifest.json"
    assert json.loads((pulled.folder / "manifest.json").read_bytes())["release"] == release
    with pytest.raises(InvalidInput):
        client_of(INVESTIGATOR).pull("../../etc", tmp_path / "out")


def test_a_renewed_token_and_a_lost_one(client_of: ClientOf, world: World) -> None:
    client = client_of(INVESTIGATOR)
    assert list(client.inbox()) == []
    client.connection._token = "x.y.z"
    assert list(client.inbox()) == []
    issued = [e for e in world.database.events if e.action == "token.issue"]
    assert len(issued) == 2


def test_a_principal_without_a_key_gets_a_clear_error(client_of: ClientOf, world: World) -> None:
    client = client_of(INVESTIGATOR)
    client.connection.credentials = replace(
        client.connection.credentials, auth_key=ec.generate_private_key(ec.SECP256R1())
    )
    from gateway.errors import Unauthenticated

    with pytest.raises(Unauthenticated) as caught:
        list(client.inbox())
    assert caught.value.code == "invalid-client"


def test_reviews_log_and_facts(client_of: ClientOf, world: World) -> None:
    rendition = world.in_review()
    reviewer = client_of("ico-uk.reviewer")
    assert [r["rendition"] for r in reviewer.reviews()] == [rendition]
    assert reviewer.reject(rendition, "names left")["state"] == "rejected"
    world.database.sequence()
    assert "entries" in client_of("cnil-fr.officer").log_entries()
    assert client_of(INVESTIGATOR).gateway()["signing_key"].encode() == public_pem(
        world.credentials(INVESTIGATOR).trusted_gateway_key()
    )
    with pytest.raises(NotFound):
        client_of(INVESTIGATOR).connection.get_bytes("/v1/log/checkpoint")
    with pytest.raises(NotFound):
        client_of(SUBMITTER).package(seeds.new_id())
