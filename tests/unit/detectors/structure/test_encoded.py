"""Personal data in encoded runs; and runs that hold no text."""

from __future__ import annotations

import base64
import hashlib
from urllib.parse import quote

import pytest

from gateway.detectors.structure.encoded import find_encoded
from gateway.redaction.document import CanonicalText, Finding

SECRET = "Maren Okafor"


def read(document: CanonicalText) -> list[Finding]:
    starts = [i for i in range(len(document.text)) if document.text.startswith(SECRET, i)]
    return [Finding(start, start + len(SECRET), "PERSON", "test", 1.0) for start in starts]


RECORD = f"Customer {SECRET}, ticket 77"
ENCODED = {
    "base64": base64.b64encode(RECORD.encode()).decode(),
    "base64 for addresses, unpadded": base64.urlsafe_b64encode(f"??>{RECORD}~~~".encode()).decode().rstrip("="),
    "base64 in lines": base64.encodebytes((RECORD * 5).encode()).decode().rstrip("\n"),
    "base64 of UTF-16": base64.b64encode(RECORD.encode("utf-16-le")).decode(),
    "hexadecimal": RECORD.encode().hex(),
    "hexadecimal with blanks": RECORD.encode().hex(" "),
    "hexadecimal literal": f"0x{RECORD.encode().hex()}",
    "percent": quote(RECORD),
}


@pytest.mark.parametrize("how", ENCODED)
def test_an_encoded_run_is_found_whole(how: str) -> None:
    run = ENCODED[how]
    text = f"other {base64.b64encode(b'nothing of note in here').decode()} and payload: {run} after"
    found = {(each.start, each.end, each.entity) for each in find_encoded(text, read)}
    assert found == {(text.index(run), text.index(run) + len(run), "PERSON")}


@pytest.mark.parametrize(
    "text",
    [
        "Ordinary words, internationalisation and counterclaims.",
        hashlib.sha256(b"x").hexdigest(),
        "0" * 64,
        "100 % of 5%",
    ],
    ids=["words", "digest", "zeros", "percentages"],
)
def test_what_decodes_to_no_text_is_not_read(text: str) -> None:
    def never(document: CanonicalText) -> list[Finding]:
        raise AssertionError(document.text)

    assert list(find_encoded(text, never)) == []
