"""The formats that the gateway can open, by media type."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from gateway.evidence.media import GZIP, JPEG, MARKDOWN, PNG, TAR, TIFF, TSV, WEBP, ZIP
from gateway.formats import limits
from gateway.formats.containers.archives import ArchiveFormat
from gateway.formats.containers.mail import MailFormat
from gateway.formats.containers.mbox import MboxFormat
from gateway.formats.office.sheets.ods import OdsFormat
from gateway.formats.office.sheets.xlsx import XlsxFormat
from gateway.formats.office.slides.pptx import PptxFormat
from gateway.formats.office.word.docx import DocxFormat
from gateway.formats.office.word.odt import OdtFormat
from gateway.formats.pdf.pdf import PdfFormat
from gateway.formats.pictures.images import ImageFormat
from gateway.formats.text.csvtable import CsvFormat
from gateway.formats.text.htmlpage import HtmlFormat
from gateway.formats.text.jsonlines import JsonLinesFormat
from gateway.formats.text.jsontext import JsonFormat
from gateway.formats.text.plaintext import TextFormat
from gateway.formats.text.xmltext import XmlFormat
from gateway.redaction.document import Format


class MarkdownFormat(TextFormat):
    """text/markdown: text, every character of it."""

    media_type = MARKDOWN


class TsvFormat(CsvFormat):
    """text/tab-separated-values: a table whose dialect is found like that of CSV."""

    media_type = TSV


@cache
def formats_reading(max_scans: int) -> Mapping[str, Format]:
    """Media type -> format, where of one file at most so many pages are read by text recognition."""
    single: list[Format] = [
        TextFormat(), MarkdownFormat(), CsvFormat(), TsvFormat(), JsonFormat(), JsonLinesFormat(), DocxFormat(),
        PdfFormat(max_scans), XlsxFormat(), PptxFormat(), OdtFormat(), OdsFormat(), HtmlFormat(), XmlFormat(),
        *(ImageFormat(media_type, max_scans) for media_type in (PNG, JPEG, TIFF, WEBP)),
    ]  # fmt: skip
    simple = {form.media_type: form for form in single}
    formats = simple
    # From the inside out: each round's containers know only what the rounds before made.
    for _ in range(limits.MAX_ARCHIVE_DEPTH):
        formats = {**simple, **_containers(formats)}
    return MappingProxyType(formats)


def _containers(inner: Mapping[str, Format]) -> dict[str, Format]:
    mail_formats = dict(inner)
    # The mail format looks attachments up in the same mapping, itself included (forwarded as a file).
    mail = mail_formats[MailFormat.media_type] = MailFormat(mail_formats)
    containers: list[Format] = [mail, MboxFormat(mail)]
    archived = {**inner, **{form.media_type: form for form in containers}}
    containers += (ArchiveFormat(media_type, archived) for media_type in (ZIP, TAR, GZIP))
    return {form.media_type: form for form in containers}


#: Media type -> format; what is not here cannot be looked into (see evidence.media.REDACTABLE).
FORMATS: Mapping[str, Format] = formats_reading(limits.MAX_SCANNED_PAGES)


def format_for(media_type: str, max_scans: int = limits.MAX_SCANNED_PAGES) -> Format | None:
    """The format of a media type, or None if the gateway cannot open it."""
    return formats_reading(max_scans).get(media_type)
