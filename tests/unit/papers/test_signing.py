"""Letters that can be shown, and signatures inside PDFs, checked by programs that know nothing of ours."""

from __future__ import annotations

import io
import re
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pypdfium2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_public_key
from cryptography.x509.oid import NameOID
from reportlab.pdfgen.canvas import Canvas

from gateway.errors import Misconfigured
from gateway.keyring.document_certificate import CERTIFICATE_FILE, document_certificate
from gateway.keyring.file_keyring import FileKeyring
from gateway.keyring.gateway_keys import GatewayKeys
from gateway.papers.certificate import certificate_pdf
from gateway.papers.letters import letters, showable
from gateway.papers.signing import sign_pdf

ORIGIN = "test.example/log"
TEXTS = {
    "latin": "Łukasz Żółć, Ægir Þórsson, Çelik, Ñandú, Ştefănescu, ő ű",
    "greek": "Γιώργος Παπαδόπουλος ΐ ΰ ς",
    "polytonic": "ᾧ ῥῆμα",
    "cyrillic": "Иван Щербаков ђ ј љ њ ћ џ є і ї ґ",
}


@pytest.fixture
def keyring() -> FileKeyring:
    return FileKeyring(GatewayKeys.generate(ORIGIN))


def page(text: str) -> bytes:
    out = io.BytesIO()
    canvas = Canvas(out, invariant=1)
    canvas.setFont(letters(), 12)
    canvas.drawString(40, 700, showable(text))
    canvas.save()
    return out.getvalue()


def words(document: bytes) -> str:
    return str(pypdfium2.PdfDocument(document)[0].get_textpage().get_text_bounded())


@pytest.mark.parametrize("script", TEXTS)
def test_three_scripts_are_shown_as_they_are(script: str) -> None:
    assert showable(TEXTS[script]) == TEXTS[script]
    assert words(page(TEXTS[script])).strip() == TEXTS[script]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("中", "\\u{4E2D}"),
        ("a\u202eb", "a\\u{202E}b"),
        ("a\u200bb\x00", "a\\u{200B}b\\u{0000}"),
        ("\U0001f600", "\\u{1F600}"),
        ("\ue000", "\\u{E000}"),
        ("a\nb", "a\\u{000A}b"),
        ("\\u{4E2D}", "\\u{005C}u{4E2D}"),
    ],
    ids=["no glyph", "reordering", "invisible", "astral", "private", "control", "a spelling"],
)
def test_what_cannot_be_shown_is_spelt_out(text: str, shown: str) -> None:
    assert showable(text) == shown
    assert shown in words(page(text))


def test_certificate_of_destruction_shows_names() -> None:
    certificate = {
        **dict.fromkeys(("certificate", "package", "case", "sender", "reason", "disposed_at"), "x"),
        **dict.fromkeys(("keys", "bodies", "releases", "remains"), ()),
        "clauses": ["/retention/αρχείο-中"],
        "log_position": 1,
        "pulled_releases": 0,
        "agreement": {"id": "a", "version": 1, "digest": "0"},
    }
    shown = words(certificate_pdf(certificate, "0" * 64))
    assert "/retention/αρχείο-\\u{4E2D}" in shown


def parts(signed: bytes) -> tuple[bytes, bytes]:
    """The CMS object and the bytes that it signs, by ISO 32000-1, 12.8.1, read without a PDF library."""
    found = re.findall(rb"/ByteRange\s*\[\s*(\d+)\s+(\d+)\s+(\d+)\s+(\d+)\s*\]", signed)
    assert len(found) == 1
    begin, length, again, rest = map(int, found[0])
    assert (begin, again + rest) == (0, len(signed))
    padded = bytes.fromhex(signed[length + 1 : again - 1].decode())
    size = int.from_bytes(padded[2:4], "big") + 4  # DER: a SEQUENCE with two bytes of length
    assert padded[:2] == b"\x30\x82"
    assert not any(padded[size:])
    return padded[:size], signed[:length] + signed[again:]


def openssl(folder: Path, signed: bytes, ca: bytes) -> subprocess.CompletedProcess[bytes]:
    cms, content = parts(signed)
    for name, data in (("cms", cms), ("content", content), ("ca.pem", ca)):
        (folder / name).write_bytes(data)
    return subprocess.run(
        [
            *("openssl", "cms", "-verify", "-binary", "-cades", "-inform", "DER", "-in", "cms", "-content", "content"),
            *("-CAfile", "ca.pem", "-purpose", "any", "-out", "verified"),
        ],
        cwd=folder,
        capture_output=True,
        check=False,
    )


def test_openssl_accepts_the_signature_and_nothing_changed(keyring: FileKeyring, tmp_path: Path) -> None:
    chain = document_certificate(tmp_path, ORIGIN, keyring.signing_key_pem(), keyring.sign)
    document = page("report")
    signed = sign_pdf(document, chain, keyring.sign, "Extract")
    assert signed.startswith(document)  # an incremental update: the page itself is what was made
    good = openssl(tmp_path, signed, chain)
    assert good.returncode == 0, good.stderr
    assert (tmp_path / "verified").read_bytes() == parts(signed)[1]
    changed = signed.replace(b"/Title", b"/Titel", 1)
    assert changed != signed
    assert openssl(tmp_path, changed, chain).returncode != 0
    other = FileKeyring(GatewayKeys.generate(ORIGIN))
    stranger = document_certificate(tmp_path, ORIGIN, other.signing_key_pem(), other.sign)
    assert openssl(tmp_path, signed, stranger).returncode != 0
    assert b"/ETSI.CAdES.detached" in signed
    assert re.search(rb"/TransformMethod\s*/DocMDP", signed)
    certificate = x509.load_pem_x509_certificate(chain)
    certificate.verify_directly_issued_by(certificate)
    assert certificate.public_key() == load_pem_public_key(keyring.signing_key_pem())


def test_the_certificate_of_an_authority(keyring: FileKeyring, tmp_path: Path) -> None:
    root_key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Root")])

    def issue(subject: str, public: object, *, ca: bool) -> bytes:
        now = datetime.now(UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, subject)]))
            .issuer_name(name)
            .public_key(public)  # type: ignore[arg-type]
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=1))
            .add_extension(x509.BasicConstraints(ca, None), critical=True)
        )
        return builder.sign(root_key, SHA256()).public_bytes(Encoding.PEM)

    root = issue("Root", root_key.public_key(), ca=True)
    own = issue("Gateway", load_pem_public_key(keyring.signing_key_pem()), ca=False)
    (tmp_path / CERTIFICATE_FILE).write_bytes(own + root)
    chain = document_certificate(tmp_path, ORIGIN, keyring.signing_key_pem(), keyring.sign)
    assert chain == own + root
    checked = openssl(tmp_path, sign_pdf(page("x"), chain, keyring.sign, "Extract"), root)
    assert checked.returncode == 0, checked.stderr
    for bad in (root, b"", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", own * 200):
        (tmp_path / CERTIFICATE_FILE).write_bytes(bad)
        with pytest.raises(Misconfigured) as refusal:
            document_certificate(tmp_path, ORIGIN, keyring.signing_key_pem(), keyring.sign)
        assert refusal.value.code == "document-certificate-invalid"
