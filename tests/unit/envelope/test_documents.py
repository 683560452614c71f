"""Release policies, manifests, receipts and acknowledgements: one spelling each, everything named."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from gateway.envelope.header import Header, Stanza, parse_header, write_header
from gateway.envelope.manifest import Acknowledgement, PackageReceipt, ReleaseManifest
from gateway.envelope.policy import ReleasePolicy, check_policy, policy_digest, policy_stanza
from gateway.envelope.signed_json import format_time, parse_time
from gateway.envelope.x25519 import X25519Identity
from gateway.errors import GatewayError, IntegrityFailure, InvalidInput
from gateway.evidence.canonical import canonical_json, sha256_hex

ID = "0b5e5c9c-59b1-4d2c-9d7a-3f0e0f5a1c11"
NOW = datetime(2026, 5, 4, 10, 0, 0, 123456, tzinfo=UTC)
POLICY = ReleasePolicy(
    agreement="eu-uk-ai-incidents",
    agreement_version=3,
    agreement_digest="ab" * 32,
    case="case-2026-17",
    view="standard",
    exhibit=ID,
    recipient="cnil-fr",
    retain_until=datetime(2026, 12, 31, tzinfo=UTC),
    obligations=({"kind": "delete-by", "clause": "/retention/default", "at": "2026-12-31T00:00:00Z"},),
)
HEADER = write_header(bytes(16), [X25519Identity(bytes(range(32))).recipient], [policy_stanza(POLICY)])
MANIFEST = ReleaseManifest(
    release=ID,
    sender="ico-uk",
    policy=POLICY.canonical(),
    header_sha256=sha256_hex(HEADER),
    header_size=len(HEADER),
    body_sha256="cd" * 32,
    body_size=1000,
    exhibit_name="Rapport d'incident.pdf",
    media_type="application/pdf",
    plaintext_size=968,
    report_digest="ef" * 32,
    log_position=41,
    released_at=NOW,
)
RECEIPT = PackageReceipt(
    package=ID, manifest_digest="12" * 32, exhibits=((ID, "34" * 32, "uploaded"),), received_at=NOW
)
ACCEPTED = Acknowledgement(release=ID, manifest_digest=MANIFEST.digest(), outcome="accepted", time=NOW)
REJECTED = replace(ACCEPTED, outcome="rejected", reason="release-mismatch")
DOCUMENTS = [POLICY, MANIFEST, RECEIPT, ACCEPTED, REJECTED]
IDS = ["policy", "manifest", "receipt", "accepted", "rejected"]
Document = ReleasePolicy | ReleaseManifest | PackageReceipt | Acknowledgement


@pytest.mark.parametrize("document", DOCUMENTS, ids=IDS)
def test_a_document_comes_back_from_its_bytes(document: Document) -> None:
    parsed = type(document).parse(document.canonical())
    assert parsed == document
    assert parsed.digest() == sha256_hex(document.canonical())


def test_the_bytes_of_a_policy_are_pinned() -> None:
    """These bytes are hashed into headers that outlive this version; they may never change."""
    assert POLICY.canonical() == (
        b'{"agreement":{"digest":"' + b"ab" * 32 + b'","id":"eu-uk-ai-incidents","version":3},"case":"case-2026-17",'
        b'"exhibit":"' + ID.encode() + b'","obligations":[{"at":"2026-12-31T00:00:00Z","clause":"/retention/default",'
        b'"kind":"delete-by"}],"recipient":"cnil-fr","retain_until":"2026-12-31T00:00:00Z",'
        b'"type":"evidence-gateway/release-policy/v1","view":"standard"}'
    )
    stanza = policy_stanza(POLICY).serialise()
    assert stanza == b"-> evidence-gateway/policy-v1 Ez+PEC90lkLC0oGDEeDH7SlmchJTd+2h4pBhmjBY/vE\n\n"


@pytest.mark.parametrize("document", DOCUMENTS, ids=IDS)
def test_other_spellings_are_refused(document: Document) -> None:
    pretty = json.dumps(document.as_dict(), indent=1).encode()
    for data in (pretty, document.canonical() + b"\n", b" " + document.canonical(), b"", b"null", b"{}"):
        with pytest.raises(InvalidInput):
            type(document).parse(data)


@pytest.mark.parametrize("document", DOCUMENTS, ids=IDS)
def test_each_member_is_required_and_no_other_known(document: Document) -> None:
    members = document.as_dict()
    for name in members:
        fewer = {key: value for key, value in members.items() if key != name}
        with pytest.raises(InvalidInput):
            type(document).parse(canonical_json(fewer))
    with pytest.raises(InvalidInput):
        type(document).parse(canonical_json({**members, "more": True}))


@pytest.mark.parametrize("document", DOCUMENTS, ids=IDS)
def test_no_member_takes_a_value_of_another_kind(document: Document) -> None:
    for name in document.as_dict():
        for value in (None, True, -1, 1.5, "", "x" * 100_000, [], ["x"], {}, "..", "\u202e"):
            members = {**document.as_dict(), name: value}
            if members == document.as_dict():
                continue
            if (name, value) in (("obligations", []), ("exhibits", []), ("reason", "")) and document is not REJECTED:
                continue  # lawful: nothing to oblige, nothing taken in, no reason
            with pytest.raises(GatewayError):
                type(document).parse(canonical_json(members))


@pytest.mark.parametrize("kind", [ReleasePolicy, ReleaseManifest, PackageReceipt, Acknowledgement])
def test_one_kind_is_never_taken_for_another(kind: type[Document]) -> None:
    for document in DOCUMENTS:
        if not isinstance(document, kind):
            with pytest.raises(InvalidInput):
                kind.parse(document.canonical())


def changed(change: Callable[[dict[str, Any]], None]) -> bytes:
    members = json.loads(MANIFEST.canonical())
    change(members)
    return canonical_json(members)


@pytest.mark.parametrize(
    "change",
    [
        lambda m: m["exhibit"].update(name="../../etc/passwd"),
        lambda m: m["exhibit"].update(name="report\u202efdp.exe"),
        lambda m: m["exhibit"].update(media_type="text/html; charset=x"),
        lambda m: m["exhibit"].update(name="re\u0301sume\u0301.pdf"),
        lambda m: m["header"].update(size=-1),
        lambda m: m["header"].update(sha256="AB" * 32),
        lambda m: m["policy"].update(view="../ring"),
        lambda m: m["policy"].update(retain_until="2026-12-31T00:00:00+00:00"),
        lambda m: m["policy"]["agreement"].update(version=True),
        lambda m: m["policy"].update(obligations=[{"clause": "/x"}]),
        lambda m: m["policy"].update(obligations=[{"kind": "k"}] * 101),
        lambda m: m.update(released_at="2026-02-30T00:00:00Z"),
        lambda m: m.update(released_at="2026-05-04T10:00:00.000000Z"),
    ],
)
def test_a_signed_manifest_is_still_checked(change: Callable[[dict[str, Any]], None]) -> None:
    with pytest.raises(InvalidInput):
        ReleaseManifest.parse(changed(change))


def test_the_manifest_names_header_policy_and_body() -> None:
    MANIFEST.check_header(HEADER)
    MANIFEST.check_body("cd" * 32, 1000)
    assert MANIFEST.release_policy() == POLICY
    for header in (HEADER + b" ", HEADER[:-1], b""):
        with pytest.raises(IntegrityFailure):
            MANIFEST.check_header(header)
    for digest, size in (("ce" * 32, 1000), ("cd" * 32, 999)):
        with pytest.raises(IntegrityFailure):
            MANIFEST.check_body(digest, size)


def test_a_header_of_another_policy_is_refused() -> None:
    other = replace(POLICY, view="confidentiality-ring")
    lying = replace(MANIFEST, policy=other.canonical())
    with pytest.raises(IntegrityFailure) as caught:
        lying.check_header(HEADER)
    assert caught.value.code == "policy-mismatch"


def with_stanzas(*stanzas: Stanza) -> Header:
    return parse_header(write_header(bytes(16), [X25519Identity.generate().recipient], stanzas))


def test_a_header_names_at_most_one_policy() -> None:
    stanza = policy_stanza(POLICY)
    assert policy_digest(with_stanzas()) is None
    assert policy_digest(with_stanzas(Stanza(("grease",)), stanza)) == POLICY.digest_bytes()
    with pytest.raises(IntegrityFailure):
        check_policy(with_stanzas(), POLICY)
    kind, digest = stanza.args
    for stanzas in ((stanza, stanza), (Stanza((kind,)),), (Stanza((kind, digest, "x")),), (Stanza((kind, "YQ")),)):
        with pytest.raises(InvalidInput) as caught:
            policy_digest(with_stanzas(*stanzas))
        assert caught.value.code == "policy-stanza-invalid"
    with pytest.raises(InvalidInput):
        policy_digest(with_stanzas(Stanza((kind, digest), b"body")))
    with pytest.raises(InvalidInput):
        policy_digest(with_stanzas(Stanza((kind, digest + "="))))


@pytest.mark.parametrize(
    "acknowledgement",
    [
        replace(ACCEPTED, reason="but"),
        replace(REJECTED, reason=""),
        replace(REJECTED, reason="The name of Ms Dupont"),
        replace(ACCEPTED, outcome="seen"),  # type: ignore[arg-type]
    ],
)
def test_acknowledgements_that_contradict_themselves(acknowledgement: Acknowledgement) -> None:
    with pytest.raises(InvalidInput):
        Acknowledgement.parse(acknowledgement.canonical())


def test_times_have_one_text() -> None:
    paris = timezone(timedelta(hours=2))
    assert format_time(datetime(2026, 5, 4, 12, tzinfo=paris)) == "2026-05-04T10:00:00Z"
    assert parse_time("2026-05-04T10:00:00.123456Z") == NOW
    with pytest.raises(ValueError, match="zone"):
        format_time(datetime(2026, 5, 4))  # noqa: DTZ001 - the naive time is the point
    for text in (
        "2026-05-04",
        "2026-05-04T10:00:00",
        "2026-05-04T10:00:00z",
        "2026-05-04T24:00:00Z",
        "２026-05-04T10:00:00Z",
    ):
        with pytest.raises(ValueError):
            parse_time(text)
