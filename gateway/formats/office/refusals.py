"""Why an office file is refused, in the codes of its kind: ``docx-…`` for DOCX, ``office-…`` for all others."""

from __future__ import annotations

from gateway.errors import Unparsable
from gateway.formats import limits


class Refusals:
    """The refusals of XLSX, PPTX, ODT and ODS."""

    def check_size(self, data: bytes) -> None:
        """Refuse a file of more than 64 MiB.

        Raises:
            Unparsable: ``office-too-large``.
        """
        limits.check_size(data, limits.MAX_ZIP_BYTES, "office-too-large", "document")

    def malformed(self, reason: str) -> Unparsable:
        """``reason`` completes a sentence and quotes nothing of the file."""
        return Unparsable(
            "office-malformed",
            f"The document cannot be opened: {reason}.",
            remedy="Open it in the program that it belongs to, save it again, and send that.",
        )

    def encrypted(self) -> Unparsable:
        return Unparsable("office-encrypted", "The document is encrypted.", remedy="Send it without a password.")

    def bomb(self, reason: str) -> Unparsable:
        """``reason`` completes a sentence."""
        return Unparsable(
            "office-zip-bomb",
            f"The document expands beyond the limits: {reason}.",
            remedy="Remove embedded files from it and send them as exhibits of their own.",
        )

    def entities(self) -> Unparsable:
        return Unparsable(
            "office-xml-entities",
            "A part of the document declares a document type or entities, which office programs never write.",
            remedy="Open it in the program that it belongs to, save it again, and send that.",
        )


class WordRefusals(Refusals):
    """The refusals of DOCX, whose codes are older."""

    def check_size(self, data: bytes) -> None:
        """Refuse a file of more than 64 MiB.

        Raises:
            Unparsable: ``docx-too-large``.
        """
        limits.check_size(data, limits.MAX_ZIP_BYTES, "docx-too-large", "document")

    def malformed(self, reason: str) -> Unparsable:
        return Unparsable(
            "docx-malformed",
            f"The document cannot be opened: {reason}.",
            remedy="Open it in a word processor, save it again, and send that.",
        )

    def encrypted(self) -> Unparsable:
        return Unparsable("docx-encrypted", "The document is encrypted.", remedy="Send it without a password.")

    def bomb(self, reason: str) -> Unparsable:
        return Unparsable(
            "docx-zip-bomb",
            f"The document expands beyond the limits: {reason}.",
            remedy="Remove embedded files from it and send them as exhibits of their own.",
        )

    def entities(self) -> Unparsable:
        return Unparsable(
            "docx-xml-entities",
            "A part of the document declares a document type or entities, which Word never writes.",
            remedy="Open it in a word processor, save it again, and send that.",
        )


OFFICE, WORD = Refusals(), WordRefusals()
malformed = OFFICE.malformed


def too_many(what: str, limit: int) -> Unparsable:
    """More of something than the limit."""
    return Unparsable(
        "office-too-many-parts",
        f"The document has more than {limit} {what}.",
        remedy="Split it into smaller documents.",
    )
