"""The formats that the gateway can open, by media type."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from gateway.formats.csvtable import CsvFormat
from gateway.formats.docx import DocxFormat
from gateway.formats.jsonlines import JsonLinesFormat
from gateway.formats.jsontext import JsonFormat
from gateway.formats.mail import MailFormat
from gateway.formats.pdf import PdfFormat
from gateway.formats.plaintext import TextFormat
from gateway.redaction.document import Format


def _formats() -> dict[str, Format]:
    simple: list[Format] = [TextFormat(), CsvFormat(), JsonFormat(), JsonLinesFormat(), DocxFormat(), PdfFormat()]
    formats = {form.media_type: form for form in simple}
    # The mail format looks attachments up in the same mapping, itself included (forwarded as a file).
    mail = MailFormat(formats)
    formats[mail.media_type] = mail
    return formats


#: Media type -> format; what is not here cannot be looked into (see evidence.media.REDACTABLE).
FORMATS: Mapping[str, Format] = MappingProxyType(_formats())


def format_for(media_type: str) -> Format | None:
    """The format of a media type, or None if the gateway cannot open it."""
    return FORMATS.get(media_type)
