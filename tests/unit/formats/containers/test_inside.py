"""What lies inside archives, messages and mailboxes, by content and to any depth."""

from __future__ import annotations

import io
import zipfile
from email.message import EmailMessage

import pytest

from gateway.evidence.media import CSV, EMAIL, HTML, JSON, MBOX, TEXT, ZIP
from gateway.formats.containers.inside import types_inside
from gateway.formats.registry import format_for

TABLE = b"a,b\n1,2\n3,4\n"


def mail(*attachments: tuple[str, bytes] | EmailMessage) -> EmailMessage:
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = "a@example.org", "b@example.org", "x"
    made.set_content("Please find enclosed.")
    for attached in attachments:
        if isinstance(attached, EmailMessage):
            made.add_attachment(attached)
        else:
            # Declared as what it is not: only the bytes count, and the name where they leave it open.
            made.add_attachment(attached[1], maintype="application", subtype="pdf", filename=attached[0])
    return made


def archive(**members: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        for name, data in members.items():
            packed.writestr(name.replace("_", "."), data)
    return out.getvalue()


CASES: dict[str, tuple[str, bytes, set[str], set[str]]] = {
    "mail without": (EMAIL, mail().as_bytes(), set(), set()),
    "mail": (EMAIL, mail(("t.csv", TABLE), ("a.json", b'{"a": 1}')).as_bytes(), set(), {CSV, JSON}),
    "mail with HTML": (EMAIL, mail(("p.html", b"<!DOCTYPE html><html><p>x</p></html>")).as_bytes(), set(), {HTML}),
    "mail in mail": (EMAIL, mail(mail(("t.csv", TABLE))).as_bytes(), set(), {EMAIL, CSV}),
    "archive in mail": (EMAIL, mail(("a.zip", archive(t_csv=TABLE))).as_bytes(), set(), {ZIP, CSV}),
    "mail as a file in mail": (
        EMAIL,
        mail(("m.eml", mail(("t.csv", TABLE)).as_bytes())).as_bytes(),
        set(),
        {EMAIL, CSV},
    ),
    "what is left out": (EMAIL, mail(("x.exe", b"MZ\x90\x00" + bytes(99))).as_bytes(), set(), set()),
    "archive": (ZIP, archive(t_csv=TABLE, n_txt=b"words"), {CSV, TEXT}, set()),
    "archive in archive": (ZIP, archive(a_zip=archive(t_csv=TABLE)), {ZIP, CSV}, set()),
    "mail in archive": (ZIP, archive(m_eml=mail(("a.json", b'{"a": 1}')).as_bytes()), {EMAIL}, {JSON}),
    "mailbox": (MBOX, b"From a Thu Jan  1 00:00:00 1970\n" + mail(("t.csv", TABLE)).as_bytes(), set(), {CSV}),
}


@pytest.mark.parametrize("name", CASES)
def test_types_inside(name: str) -> None:
    media_type, data, members, attachments = CASES[name]
    form = format_for(media_type)
    assert form is not None
    inside = types_inside(form.parse(data))
    assert (inside.members, inside.attachments) == (members, attachments)
