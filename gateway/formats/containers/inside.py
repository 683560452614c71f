"""The media types of the files inside a document, found in their bytes: members of archives, attachments of mail.

What lies inside an attachment, as a member of an archive or attached to a forwarded message, is an
attachment like it. What a rendition leaves out is not among them.
"""

from __future__ import annotations

from dataclasses import dataclass

from gateway.formats.containers.archives import ArchiveDocument
from gateway.formats.containers.mail import MailDocument
from gateway.formats.containers.mbox import MboxDocument
from gateway.redaction.document import Document


@dataclass(frozen=True, slots=True)
class TypesInside:
    """Media types, each once."""

    members: frozenset[str]
    attachments: frozenset[str]


def types_inside(document: Document) -> TypesInside:
    """The types inside a parsed document, to any depth that was parsed."""
    members: set[str] = set()
    attachments: set[str] = set()
    _collect(document, members, attachments)
    return TypesInside(frozenset(members), frozenset(attachments))


def _collect(document: Document, members: set[str], attachments: set[str]) -> None:
    if isinstance(document, ArchiveDocument):
        for member in document.members:
            members.add(member.media_type)
            _collect(member.document, members, attachments)
    elif isinstance(document, MailDocument):
        for media_type, attached in document.attachments:
            attachments.add(media_type)
            _collect(attached, attachments, attachments)
    elif isinstance(document, MboxDocument):
        for message, _ in document.messages:
            _collect(message, members, attachments)
