"""Real documents with a secret of its own planted in every layer: each is there before, none after."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pikepdf
import pypdfium2 as pdfium
import pytest

from tests.leaks.pdf_layers import PLANTERS, appended, planted
from tests.leaks.seeking import everything

DOCUMENTS = 10
#: Every name differs, so that the file shows for each layer by itself that the secret is there.
SECRETS = {layer: f"Zephyrine{number:02} Quillfeather{number:02}" for number, layer in enumerate(PLANTERS)}
COMMENT, AFTER, REVISION = (f"Zephyrine{number} Quillfeather{number}" for number in (91, 92, 93))


def present(data: bytes, secrets: dict[str, str], depth: int = 4) -> set[str]:
    """The layers whose secret, whole or in part, is anywhere in the file in any usual encoding."""
    haystack = [layer.lower() for layer in everything(data, depth)]
    found = set()
    for layer, secret in secrets.items():
        parts = [part.lower() for part in secret.split()]
        needles = [part.encode(code) for part in parts for code in ("utf-8", "utf-16-le", "utf-16-be")]
        if any(needle in each for each in haystack for needle in needles):
            found.add(layer)
    return found


@pytest.fixture(params=range(DOCUMENTS), ids=lambda number: f"document-{number + 1}")
def document(request: pytest.FixtureRequest, shared: Path) -> bytes:
    files = sorted(path for path in (shared / "data" / "documents").iterdir() if path.suffix.lower() == ".pdf")
    assert len(files) == DOCUMENTS
    return files[request.param].read_bytes()


def words(data: bytes) -> list[str]:
    document = pdfium.PdfDocument(data)
    try:
        return " ".join(page.get_textpage().get_text_range() for page in document).split()
    finally:
        document.close()


def test_every_layer_comes_out_clean(document: bytes, redacted: Callable[..., bytes]) -> None:
    leaky = planted(document, SECRETS)
    assert present(leaky, SECRETS, depth=1) == set(SECRETS), "something was not planted"
    clean = redacted(leaky)
    assert present(clean, SECRETS) == set()
    # The rest is still there to be read: most words, in a file of about the size.
    before, after = words(document), words(clean)
    assert len(set(before) & set(after)) > 0.95 * len(set(before))
    assert len(clean) < 3 * len(document)
    with pikepdf.open(io.BytesIO(clean)) as pdf:
        assert set(pdf.Root.keys()) == {"/Type", "/Pages", "/PageMode"}


def test_revisions_comments_and_what_follows_the_end(document: bytes, redacted: Callable[..., bytes]) -> None:
    secrets = {"comment": COMMENT, "after the end": AFTER, "earlier revision": REVISION}
    leaky = appended(document, COMMENT, AFTER, REVISION)
    assert present(leaky, secrets, depth=1) == set(secrets)
    assert present(redacted(leaky), secrets) == set()


def test_encrypted_with_the_empty_password(document: bytes, redacted: Callable[..., bytes]) -> None:
    secrets = {layer: SECRETS[layer] for layer in ("text", "information dictionary", "attachment")}
    leaky = planted(document, secrets, encryption=pikepdf.Encryption(owner="owner", user="", R=6))
    assert present(leaky, secrets, depth=1) == set(secrets)
    assert present(redacted(leaky), secrets) == set()


def test_object_streams(document: bytes, redacted: Callable[..., bytes]) -> None:
    secrets = {layer: SECRETS[layer] for layer in ("text", "page label", "object nobody uses")}
    leaky = planted(document, secrets, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    assert b"/ObjStm" in leaky
    assert present(leaky, secrets, depth=1) == set(secrets)
    assert present(redacted(leaky), secrets) == set()
