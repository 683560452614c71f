"""X25519 and X-Wing keys: text forms, wrapping, and what is refused."""

from __future__ import annotations

import pytest

from gateway.envelope import bech32
from gateway.envelope.header import Stanza
from gateway.envelope.hybrid import HybridIdentity, HybridRecipient
from gateway.envelope.recipient import parse_identity, parse_identity_file, parse_recipient
from gateway.envelope.x25519 import X25519Identity, X25519Recipient
from gateway.errors import InvalidInput, TooLarge

FILE_KEY = bytes(range(16))
# From c2sp.org/age.
IDENTITY = "AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX"
RECIPIENT = "age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj"


def test_the_recipient_of_the_specification() -> None:
    identity = parse_identity(IDENTITY)
    assert str(identity.recipient) == RECIPIENT
    assert identity.recipient == parse_recipient(RECIPIENT)
    assert identity.secret_text() == IDENTITY


@pytest.mark.parametrize("kind", [X25519Identity, HybridIdentity])
def test_text_forms_come_back(kind: type[X25519Identity] | type[HybridIdentity]) -> None:
    identity = kind.generate()
    recipient = identity.recipient
    assert type(parse_identity(identity.secret_text())) is kind
    assert parse_recipient(str(recipient)) == recipient
    assert hash(parse_recipient(str(recipient))) == hash(recipient)
    assert recipient.post_quantum is (kind is HybridIdentity)
    assert parse_identity(identity.secret_text()).unwrap(recipient.wrap(FILE_KEY)) == FILE_KEY


@pytest.mark.parametrize("kind", [X25519Identity, HybridIdentity])
def test_only_the_right_identity_opens(kind: type[X25519Identity] | type[HybridIdentity]) -> None:
    stanza = kind.generate().recipient.wrap(FILE_KEY)
    assert kind.generate().unwrap(stanza) is None
    other = HybridIdentity if kind is X25519Identity else X25519Identity
    assert other.generate().unwrap(stanza) is None


def test_each_stanza_is_fresh() -> None:
    recipient = X25519Identity.generate().recipient
    assert recipient.wrap(FILE_KEY) != recipient.wrap(FILE_KEY)


@pytest.mark.parametrize("kind", [X25519Identity, HybridIdentity])
def test_a_secret_is_not_shown(kind: type[X25519Identity] | type[HybridIdentity]) -> None:
    identity = kind.generate()
    assert identity.secret_text() not in repr(identity) + str(identity)


@pytest.mark.parametrize(
    "text",
    [
        "",
        IDENTITY,
        RECIPIENT.upper(),
        RECIPIENT + "q",
        "age1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq3ecphv",
        bech32.encode("age", bytes(32)),
        bech32.encode("age", bytes(31)),
        bech32.encode("age1pq", bytes(1215)),
        bech32.encode("age1pq", b"\xff" * 1216),
        bech32.encode("age1tag", bytes(33)),
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA",
    ],
)
def test_recipients_that_are_refused(text: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        parse_recipient(text)
    assert caught.value.code in ("age-recipient-invalid", "bech32-invalid")


def test_a_recipient_of_low_order_is_refused() -> None:
    for point in (bytes(32), bytes([1]) + bytes(31)):
        with pytest.raises(InvalidInput, match="low order"):
            X25519Recipient(point)
    good = HybridIdentity.generate().recipient
    public = bech32.decode(str(good))[1]
    with pytest.raises(InvalidInput, match="X-Wing"):
        HybridRecipient(public[:1184] + bytes(32))


@pytest.mark.parametrize(
    "stanza",
    [
        Stanza(("X25519",), bytes(32)),
        Stanza(("X25519", "A" * 43, "more"), bytes(32)),
        Stanza(("X25519", "A" * 42 + "B"), bytes(32)),
        Stanza(("X25519", "A" * 42), bytes(32)),
        Stanza(("X25519", "A" * 43), bytes(32)),
        Stanza(("X25519", "Bw" + "A" * 41), bytes(31)),
        Stanza(("X25519", "Bw" + "A" * 41), bytes(48)),
    ],
)
def test_malformed_stanzas_are_refused_not_skipped(stanza: Stanza) -> None:
    with pytest.raises(InvalidInput) as caught:
        parse_identity(IDENTITY).unwrap(stanza)
    assert caught.value.code == "age-header-invalid"


def test_an_identity_file_of_age_keygen() -> None:
    other = X25519Identity.generate()
    file = f"# created: 2026-01-01\n# public key: {RECIPIENT}\n{IDENTITY}\r\n\n  {other.secret_text()}  \n"
    identities = parse_identity_file(file.encode())
    assert [identity.unwrap(other.recipient.wrap(FILE_KEY)) for identity in identities] == [None, FILE_KEY]


@pytest.mark.parametrize(
    ("content", "where"),
    [
        (b"", None),
        (b"# nothing\n\n", None),
        (b"\xff\xfe", None),
        (b"# one\nAGE-SECRET-KEY-1GFPYYSJZG\n", "line 2"),
        (b"AGE-PLUGIN-YUBIKEY-1QQQ\n", "line 1"),
        (RECIPIENT.encode(), "line 1"),
        (IDENTITY.lower().encode(), "line 1"),
    ],
)
def test_identity_files_that_are_refused(content: bytes, where: str | None) -> None:
    with pytest.raises(InvalidInput) as caught:
        parse_identity_file(content)
    assert caught.value.where == where
    assert caught.value.code in ("age-identity-invalid", "bech32-invalid")
    assert b"SECRET-KEY-1GFP" not in str(caught.value).encode()


def test_an_identity_file_is_bounded() -> None:
    with pytest.raises(TooLarge):
        parse_identity_file(b"#" * (1 << 21))
    with pytest.raises(TooLarge):
        parse_identity_file((IDENTITY + "\n").encode() * 1001)
