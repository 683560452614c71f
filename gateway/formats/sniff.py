"""What a file is, by its content. The declared type and the name are never believed.

Signatures first, then containers by their members, then text by its structure. Text formats overlap
(a CSV is text, one JSON value is also JSON Lines): the most specific reading wins, and
:func:`gateway.evidence.media.compatible` says what a declared type may narrow it to. Types that the
gateway cannot open are named as well as can be, so that a refusal can say what the file is.
"""

from __future__ import annotations

import io
import json
import re
import struct
import zipfile

from gateway.errors import Unparsable
from gateway.evidence.media import CSV, DOCX, EMAIL, JSON, JSON_LINES, OCTETS, PDF, TEXT
from gateway.formats.encoding import decode_text
from gateway.formats.text.csvdialect import find_dialect

_SIGNATURES: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
    (b"\x78\x9f\x3e\x22", "application/ms-tnef"),
    (b"\x1f\x8b", "application/gzip"),
    (b"BZh", "application/x-bzip2"),
    (b"\xfd7zXZ\x00", "application/x-xz"),
    (b"\x28\xb5\x2f\xfd", "application/zstd"),
    (b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (b"Rar!\x1a\x07", "application/vnd.rar"),
    (b"\x7fELF", "application/x-elf"),
    (b"\xfe\xed\xfa\xce", "application/x-mach-binary"),
    (b"\xfe\xed\xfa\xcf", "application/x-mach-binary"),
    (b"\xcf\xfa\xed\xfe", "application/x-mach-binary"),
    (b"\xca\xfe\xba\xbe", "application/java-vm"),
    (b"\x00asm", "application/wasm"),
    (b"GGUF", "application/x-gguf"),
    (b"\x93NUMPY", "application/x-numpy"),
    (b"\x89HDF\r\n\x1a\n", "application/x-hdf5"),
    (b"PAR1", "application/vnd.apache.parquet"),
    (b"SQLite format 3\x00", "application/vnd.sqlite3"),
    (b"%!PS", "application/postscript"),
    (b"{\\rtf", "application/rtf"),
    (b"OggS", "audio/ogg"),
    (b"ID3", "audio/mpeg"),
    (b"fLaC", "audio/flac"),
    (b"wOFF", "font/woff"),
    (b"wOF2", "font/woff2"),
    (b"-----BEGIN ", "application/x-pem-file"),
    (b"age-encryption.org/", "application/x-age-encryption"),
    (b"From ", "application/mbox"),
)
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_OLE_STREAMS = (
    ("WordDocument", "application/msword"),
    ("Workbook", "application/vnd.ms-excel"),
    ("PowerPoint Document", "application/vnd.ms-powerpoint"),
    ("__substg1.0_", "application/vnd.ms-outlook"),
)
_ZIP_MEMBERS = (
    ("word/document.xml", DOCX),
    ("xl/workbook.xml", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ("ppt/presentation.xml", "application/vnd.openxmlformats-officedocument.presentationml.presentation"),
    ("META-INF/MANIFEST.MF", "application/java-archive"),
    ("AndroidManifest.xml", "application/vnd.android.package-archive"),
)
_WORD_MACROS = "application/vnd.ms-word.document.macroenabled.12"
_HEADER_LINE = re.compile(r"([A-Za-z][A-Za-z0-9-]*)[ \t]*:(?:[ \t]|$)")
_MAIL_HEADERS = frozenset(
    {"from", "to", "cc", "bcc", "subject", "date", "received", "return-path", "delivered-to", "message-id",
     "mime-version", "content-type", "sender", "reply-to", "x-received", "dkim-signature"}
)  # fmt: skip
_MARKUP = re.compile(
    r"\s*(?:<\?xml[^>]{0,200}>\s*)?(?:<!--.{0,2000}?-->\s*)*<(!doctype\s+html|html|head|body|svg|[?!a-z])",
    re.IGNORECASE | re.DOTALL,
)
_SAMPLE = 1 << 16
_ASCII, _CONTROLS = re.compile(rb"[\t\r\n -~]+"), re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_LEAST_LETTERS = 8
_MOSTLY = 0.9


def sniff(data: bytes, untrusted_name: str = "") -> str:
    """The media type of the bytes.

    Args:
        data: The whole file; with a mere beginning, containers and JSON are recognised less well.
        untrusted_name: Used for one thing: text named ``.csv`` or ``.tsv`` that has a single column.

    Returns:
        A media type; ``application/octet-stream`` when nothing fits. Never raises.
    """
    if data.startswith(b"%PDF-") or (not data.startswith(b"PK") and b"%PDF-" in data[:1024] and _binary(data)):
        return PDF
    if data.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _zip(data)
    if data.startswith(_OLE):
        return _ole(data)
    for signature, media_type in _SIGNATURES:
        if data.startswith(signature):
            return media_type
    return _by_structure(data) or _text(data, untrusted_name)


def _binary(data: bytes) -> bool:
    # Readers accept a PDF after some junk; a text that merely mentions "%PDF-" is not one.
    return b"startxref" in data or b"\x00" in data


def _zip(data: bytes) -> str:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = set(archive.namelist())
            mimetype = archive.read("mimetype")[:100] if "mimetype" in names and _small(archive, "mimetype") else b""
    except (zipfile.BadZipFile, zipfile.LargeZipFile, ValueError, NotImplementedError, RuntimeError, OSError, EOFError):
        return "application/zip"
    if "word/vbaProject.bin" in names:
        return _WORD_MACROS
    for member, media_type in _ZIP_MEMBERS:
        if member in names:
            return media_type
    if "[Content_Types].xml" in names and any(name.startswith("word/") for name in names):
        return DOCX
    if mimetype.startswith((b"application/vnd.oasis.opendocument.", b"application/epub+zip")):
        return mimetype.decode("ascii", errors="replace").strip().split()[0]
    if any(name.endswith("/data.pkl") or name == "data.pkl" for name in names):
        return "application/x-pytorch"
    if names and all(name.endswith(".npy") for name in names):
        return "application/x-numpy-archive"
    return "application/zip"


def _small(archive: zipfile.ZipFile, name: str) -> bool:
    return archive.getinfo(name).file_size <= 1000


def _ole(data: bytes) -> str:
    for stream, media_type in _OLE_STREAMS:
        if stream.encode("utf-16-le") in data:
            return media_type
    return "application/x-ole-storage"


def _by_structure(data: bytes) -> str | None:
    if data[:2] == b"MZ" and b"\x00" in data[:64]:
        return "application/vnd.microsoft.portable-executable"
    if data[:4] == b"RIFF":
        return {b"WAVE": "audio/wav", b"WEBP": "image/webp", b"AVI ": "video/x-msvideo"}.get(data[8:12])
    if data[4:8] == b"ftyp":
        return "image/heic" if data[8:12] in (b"heic", b"heix", b"mif1") else "video/mp4"
    if data[257:262] == b"ustar":
        return "application/x-tar"
    if data[:2] == b"BM" and len(data) > 26 and b"\x00" in data[:26]:
        return "image/bmp"
    if len(data) > 2 and data[0] == 0x80 and 2 <= data[1] <= 5 and (data.endswith(b".") or len(data) >= _SAMPLE):
        return "application/x-python-pickle"
    if len(data) > 9 and data[8:9] == b"{":
        (length,) = struct.unpack("<Q", data[:8])
        if 2 <= length <= min(len(data) - 8, 100 << 20) and b'"dtype"' in data[8 : 8 + length]:
            return "application/x-safetensors"
    return None


def _text(data: bytes, untrusted_name: str) -> str:
    try:
        text = decode_text(data)
    except Unparsable:
        if zipfile.is_zipfile(io.BytesIO(data)):
            return "application/x-self-extracting-zip"
        # Text that can't be read is no opaque matter: it stops where texts are parsed.
        return TEXT if _writing(data[:_SAMPLE]) else OCTETS
    stripped = text.strip()
    if not stripped:
        return TEXT
    markup = _MARKUP.match(text[:_SAMPLE])
    if markup:
        tag = markup[1].lower()
        return (
            "text/html" if tag.endswith(("html", "head", "body")) else "image/svg+xml" if tag == "svg" else _xml(text)
        )
    if _mail(text):
        return EMAIL
    if stripped[0] in "{[":
        kind = _json(stripped)
        if kind:
            return kind
    if _table(text[:_SAMPLE]) or untrusted_name.lower().endswith((".csv", ".tsv")):
        return CSV
    return TEXT


def _writing(sample: bytes) -> bool:
    """Whether bytes that no decoder of ours takes are a text all the same.

    With NUL among the letters or in UTF-16 or UTF-32 without a mark, in EBCDIC, or in an 8-bit code page: then
    there are blanks and no control characters, which random bytes hardly lack.
    """
    letters = sample.replace(b"\x00", b"")
    if len(letters) < max(_LEAST_LETTERS, len(sample) // 5):
        return False
    ebcdic = letters.decode("cp037").encode("ascii", "ignore")
    if max(_share(_ASCII, letters), _share(_ASCII, ebcdic) * len(ebcdic) / len(letters)) > _MOSTLY:
        return True
    return letters == sample and not _CONTROLS.search(sample) and sample.count(b" ") + sample.count(b"\n") > 0


def _share(kind: re.Pattern[bytes], data: bytes) -> float:
    return sum(map(len, kind.findall(data))) / len(data) if data else 0.0


def _xml(text: str) -> str:
    return "application/xml" if text.lstrip().startswith("<?xml") else TEXT


def _table(sample: str) -> bool:
    dialect = find_dialect(sample)
    if dialect is None:
        return False
    # In prose a space follows the comma.
    spaced = sample.count(dialect.delimiter + " ") + sample.count(dialect.delimiter + "\n")
    return spaced <= 0.5 * sample.count(dialect.delimiter)


def _json(stripped: str) -> str | None:
    lines = [line for line in stripped.splitlines() if line.strip()]
    if len(lines) > 1 and all(_is_json(line) for line in (*lines[:5], lines[-1])) and lines[0].strip()[-1] in "}]":
        return JSON_LINES
    return JSON if _is_json(stripped) else None


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except RecursionError:
        return True  # meant as JSON; the parser says that it is too deep
    except ValueError:
        return False
    return True


def _mail(text: str) -> bool:
    seen: set[str] = set()
    for line in text[:_SAMPLE].splitlines()[:200]:
        if not line.strip():
            break
        if line[0] in " \t":
            continue
        match = _HEADER_LINE.match(line)
        if not match:
            return False
        seen.add(match[1].lower())
    return len(seen & _MAIL_HEADERS) >= 2
