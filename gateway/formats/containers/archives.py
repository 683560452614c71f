"""ZIP, TAR and GZIP: every member opened by its own format, and a new archive of what they became.

Only regular files, read one by one and never extracted to disk. Dropped: comments, extra fields,
dates, owners, permissions, empty folders, bytes between and around members. Refused: encryption,
links and devices, names that leave the archive or are there twice, and bombs; the budget of unpacked
bytes is one for an archive and all archives inside it. A member that cannot be opened stops the
archive. The name of a member is text like its content.
"""

from __future__ import annotations

import gzip
import io
import lzma
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass

from gateway.errors import Unparsable
from gateway.evidence.media import GZIP, TAR, ZIP
from gateway.formats import limits
from gateway.formats.containers.members import Member, member_layers, member_name, open_member
from gateway.formats.layers import byte_layers
from gateway.formats.office.writing import write_package
from gateway.formats.splicing import CanonicalBuilder, Splicer
from gateway.redaction.document import CanonicalText, Document, Format, Layer, Replacement

#: Unpacked bytes that are left for the archive being read and all inside it; a list of one, or None.
_BUDGET: ContextVar[list[int] | None] = ContextVar("archive budget", default=None)
_DAMAGE = (
    zipfile.BadZipFile, zipfile.LargeZipFile, tarfile.TarError, zlib.error, lzma.LZMAError, NotImplementedError,
    RuntimeError, OSError, EOFError, ValueError, KeyError, OverflowError, IndexError, AttributeError,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ArchiveDocument:
    """Members over one canonical text."""

    canonical: CanonicalText
    media_type: str
    members: tuple[Member, ...]

    def render(self, replacements: Sequence[Replacement]) -> bytes:
        """A new archive with the replacements made in names and contents."""
        splicer = Splicer(self.canonical, replacements)
        used: set[str] = set()
        members = [(member_name(m.name, splicer, used), m.render(splicer)) for m in self.members]
        if self.media_type == GZIP:
            return gzip.compress(members[0][1], mtime=0)
        return write_package(dict(members)) if self.media_type == ZIP else _write_tar(members)


class ArchiveFormat:
    """One kind of archive. ``formats`` are those that its members may have."""

    def __init__(self, media_type: str, formats: Mapping[str, Format]) -> None:
        self.media_type = media_type
        self._formats = formats

    def parse(self, data: bytes) -> Document:
        """Open every member.

        Raises:
            Unparsable: ``archive-too-large``, ``archive-malformed``, ``archive-encrypted``,
                ``archive-bomb``, ``archive-member-kind``, ``archive-member-name``,
                ``archive-member-unopened``, ``archive-member-refused``, ``text-too-long``.
        """
        limits.check_size(data, limits.MAX_ZIP_BYTES, "archive-too-large", "archive")
        budget = _BUDGET.get()
        token = _BUDGET.set([limits.MAX_ARCHIVE_TOTAL_BYTES]) if budget is None else None
        try:
            return self._open(data)
        finally:
            if token is not None:
                _BUDGET.reset(token)

    def _open(self, data: bytes) -> ArchiveDocument:
        builder = CanonicalBuilder("archive")
        members: list[Member] = []
        names: set[str] = set()
        flow = 0
        for number, (name, content) in enumerate(_members(self.media_type, data), start=1):
            if number > limits.MAX_ARCHIVE_MEMBERS:
                raise _bomb(f"it has more than {limits.MAX_ARCHIVE_MEMBERS} members")
            if self.media_type != GZIP:
                _check_name(name, names, number)
            member, flow = open_member(name, content, number, builder, self._formats, flow)
            members.append(member)
        return ArchiveDocument(builder.build(), self.media_type, tuple(members))

    def layers(self, data: bytes) -> Iterable[Layer]:
        """Names, members by their own formats, comments and extra fields, and the bytes."""
        yield from byte_layers(data)
        names: list[str] = []
        for number, (name, content) in enumerate(_members(self.media_type, data), start=1):
            names.append(name)
            yield from member_layers(name, content, number, self._formats)
        yield Layer("member names", "\n".join(names))
        if self.media_type == ZIP:
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                extra = b"\n".join([archive.comment, *(m.extra + m.comment for m in archive.infolist())])
            yield Layer("comments and extra fields", extra.decode("utf-8", errors="replace"))


def _members(media_type: str, data: bytes) -> Iterator[tuple[str, bytes]]:
    try:
        if media_type == ZIP:
            yield from _zip_members(data)
        elif media_type == TAR:
            yield from _tar_members(data)
        else:
            yield from _gzip_members(data)
    except Unparsable:
        raise
    except _DAMAGE:
        raise _malformed() from None


def _zip_members(data: bytes) -> Iterator[tuple[str, bytes]]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for member in archive.infolist():
            if member.flag_bits & 0x1:
                raise Unparsable("archive-encrypted", "The archive is encrypted.", remedy="Send it without a password.")
            kind = stat.S_IFMT(member.external_attr >> 16)
            if member.is_dir():
                continue
            if kind not in (0, stat.S_IFREG):
                raise _member_kind()
            _check_ratio(member.file_size, member.compress_size)
            with archive.open(member) as stream:
                yield member.filename, _read(stream)


def _tar_members(data: bytes) -> Iterator[tuple[str, bytes]]:
    with tarfile.open(fileobj=io.BytesIO(data), mode="r:") as archive:
        for member in archive:
            if member.isdir():
                continue
            stream = archive.extractfile(member) if member.isreg() and not member.issparse() else None
            if stream is None:
                raise _member_kind()
            yield member.name, _read(stream)


def _gzip_members(data: bytes) -> Iterator[tuple[str, bytes]]:
    with gzip.GzipFile(fileobj=io.BytesIO(data)) as stream:
        content = _read(stream)
    _check_ratio(len(content), len(data))
    yield "", content


def _read(stream: Iterable[bytes]) -> bytes:
    budget = _BUDGET.get() or [limits.MAX_ARCHIVE_TOTAL_BYTES]
    content: bytes = stream.read(budget[0] + 1)  # type: ignore[attr-defined]  # typeshed has no name for such streams
    budget[0] -= len(content)
    if budget[0] < 0:
        raise _bomb(f"it unpacks to more than {limits.MAX_ARCHIVE_TOTAL_BYTES} bytes")
    return content


def _check_ratio(unpacked: int, packed: int) -> None:
    if unpacked > limits.MIB and unpacked > limits.MAX_ZIP_RATIO * max(1, packed):
        raise _bomb(f"a member expands more than {limits.MAX_ZIP_RATIO} times")


def _check_name(name: str, names: set[str], number: int) -> None:
    parts = name.replace("\\", "/").split("/")
    unsafe = not name or len(name) > 1000 or "\x00" in name or name.startswith(("/", "\\")) or ".." in parts
    if unsafe or name.lower() in names:
        raise Unparsable(
            "archive-member-name",
            "The name of a member is there twice, is empty, or leaves the archive.",
            remedy="Pack the files again, with plain relative names.",
            where=f"member {number}",
        )
    names.add(name.lower())


def _write_tar(members: Iterable[tuple[str, bytes]]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name, content in members:
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return out.getvalue()


def _malformed() -> Unparsable:
    return Unparsable("archive-malformed", "The archive is damaged.", remedy="Pack it again and send that.")


def _member_kind() -> Unparsable:
    return Unparsable(
        "archive-member-kind",
        "A member of the archive is a link, a device or a sparse file.",
        remedy="Pack plain files only.",
    )


def _bomb(reason: str) -> Unparsable:
    return Unparsable(
        "archive-bomb",
        f"The archive expands beyond the limits: {reason}.",
        remedy="Send its files as exhibits of their own.",
    )
