"""Documents that the format tests build for themselves."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable

import pytest

from gateway.redaction.document import CanonicalText, Replacement

_W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_P = "http://schemas.openxmlformats.org/package/2006/relationships"
ROOT = f'xmlns:w="{_W}" xmlns:r="{_R}" xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'


@pytest.fixture
def replace_all() -> Callable[[CanonicalText, str, str], list[Replacement]]:
    """Replacements for every occurrence of a value."""

    def build(canonical: CanonicalText, value: str, text: str) -> list[Replacement]:
        found, at = [], canonical.text.find(value)
        while at >= 0:
            found.append(Replacement(at, at + len(value), text))
            at = canonical.text.find(value, at + len(value))
        assert found, f"{value!r} is not in the canonical text"
        return found

    return build


@pytest.fixture
def make_docx() -> Callable[..., bytes]:
    """A DOCX with the given body XML and further parts: name -> (relationship kind, XML inside the root)."""

    def build(body: str, *, extra: dict[str, bytes | str] | None = None, **parts: tuple[str, str]) -> bytes:
        roots = {
            "styles": "styles", "numbering": "numbering", "footnotes": "footnotes", "endnotes": "endnotes",
            "comments": "comments", "header": "hdr", "footer": "ftr",
        }  # fmt: skip
        relations = "".join(
            f'<Relationship Id="r{name}" Type="{_R}/{kind}" Target="{name}.xml"/>' for name, (kind, _) in parts.items()
        )
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("[Content_Types].xml", "<Types/>")
            main = f'<Relationship Id="a" Type="{_R}/officeDocument" Target="word/document.xml"/>'
            archive.writestr("_rels/.rels", f'<Relationships xmlns="{_P}">{main}</Relationships>')
            archive.writestr("word/document.xml", f"<w:document {ROOT}><w:body>{body}</w:body></w:document>")
            archive.writestr("word/_rels/document.xml.rels", f'<Relationships xmlns="{_P}">{relations}</Relationships>')
            for name, (kind, inner) in parts.items():
                root = roots[kind]
                archive.writestr(f"word/{name}.xml", f"<w:{root} {ROOT}>{inner}</w:{root}>")
            for name, content in (extra or {}).items():
                archive.writestr(name, content)
        return out.getvalue()

    return build
