"""What a rendition leaves out of a file, counted by kind for the report: ``images: 3``, ``macros: 1``.

Looks at the original beside the parser that keeps the text. Only fixed words and numbers come out,
never a name or content of the file. For office packages members are counted by where they lie, for
PDF objects by what they say they are; other formats say themselves, in the text, what they omit.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections import Counter
from collections.abc import Iterator

import pikepdf

from gateway.evidence.media import DOCX, ODS, ODT, PDF, PPTX, XLSX

_OFFICE = frozenset({DOCX, XLSX, PPTX, ODT, ODS})
#: Of members of office packages, in lower case; the first that fits counts.
_MEMBERS = tuple(
    (kind, re.compile(pattern))
    for kind, pattern in (
        ("macros", r"vbaproject\.bin$|vbadata\.xml$|^basic/.*\.xml$|^scripts/[^/]+/."),
        ("embedded objects", r"(^|/)embeddings/.|^object [0-9]+/content\.xml$|^objectreplacements/."),
        ("thumbnails", r"^(docprops|thumbnails)/thumbnail\."),
        ("images and media", r"(^|/)(media|pictures)/."),
        ("comment parts", r"(^|/)(threaded)?comments?[^/]*(/[^/]+)?\.xml$"),
        ("pivot caches", r"/pivotcache/pivotcachedefinition[^/]*\.xml$"),
        ("external links", r"/externallinks/[^/]+\.xml$"),
        ("charts", r"/charts/chart[^/]*\.xml$"),
        ("custom XML parts", r"^customxml/item[0-9]+\.xml$"),
        ("fonts", r"(^|/)fonts/."),
        ("signatures", r"^_xmlsignatures/sig[^/]*\.xml$|^meta-inf/documentsignatures\.xml$"),
        ("metadata parts", r"^docprops/[^/]+\.xml$|^meta\.xml$"),
    )
)


def left_out(media_type: str, data: bytes) -> tuple[str, ...]:
    """``kind: number`` for each kind found, sorted by kind; empty for formats that are not counted.

    A file that cannot be read gives nothing: its parser refuses it.
    """
    if media_type in _OFFICE:
        kinds = Counter(_members(data))
    elif media_type == PDF:
        kinds = Counter(_objects(data))
    else:
        return ()
    return tuple(f"{kind}: {number}" for kind, number in sorted(kinds.items()))


def _members(data: bytes) -> Iterator[str]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = [name.lower() for name in archive.namelist()]
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError, EOFError):
        return
    for name in names:
        kind = next((kind for kind, pattern in _MEMBERS if pattern.search(name)), None)
        if kind is not None:
            yield kind


def _objects(data: bytes) -> Iterator[str]:
    try:
        with pikepdf.open(io.BytesIO(data)) as pdf:
            if len(pdf.pages) and "/Outlines" in pdf.Root:
                yield "outlines"
            for item in pdf.objects:
                kind = _kind_of(item)
                if kind is not None:
                    yield kind
    except (pikepdf.PdfError, RuntimeError, ValueError):
        return


def _kind_of(item: pikepdf.Object) -> str | None:
    if not isinstance(item, (pikepdf.Dictionary, pikepdf.Stream)):
        return None
    kind, subtype, action = item.get("/Type"), item.get("/Subtype"), item.get("/S")
    if isinstance(item, pikepdf.Stream) and subtype == "/Image":
        return "images"
    if kind == "/Metadata":
        return "metadata parts"
    if kind == "/EmbeddedFile":
        return "attachments"
    if action == "/JavaScript":
        return "scripts"
    if subtype == "/Link":
        return "links"
    if kind == "/Annot" and subtype not in ("/Widget", "/FreeText", "/Stamp"):
        return "annotations"
    return None
