"""E-mail (RFC 5322, MIME): kept header fields, bodies as plain text, attachments of known types.

An attachment of a type that the gateway can redact is itself parsed, its text joins the message's
canonical text, and it is rebuilt with it; a forwarded message likewise, to a limited depth. Any
other attachment, or one that cannot be parsed, is left out, and a line in the message says so. The
rendition is a new message: HTML becomes plain text, all other header fields are gone.
"""

from __future__ import annotations

import base64
import email
import email.policy
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from email.message import EmailMessage, Message
from urllib.parse import quote

from gateway.errors import Unparsable
from gateway.evidence.media import CSV, EMAIL, EXTENSIONS, JSON_LINES, TEXT, compatible
from gateway.formats import limits
from gateway.formats.containers.mail_headers import KEPT, encode_header, kept_headers
from gateway.formats.containers.mail_parts import Attached, Body, PartCounter, leaves, malformed
from gateway.formats.layers import byte_layers
from gateway.formats.sniff import sniff
from gateway.formats.splicing import VERSION, CanonicalBuilder, Span, Splicer
from gateway.formats.text.htmltext import html_to_text
from gateway.formats.text.plaintext import lines_of
from gateway.redaction.document import CanonicalText, Document, Format, Layer, Replacement

_MAX_LINE_BYTES = 900
_BY_EXTENSION = {".csv": CSV, ".tsv": CSV, ".jsonl": JSON_LINES, ".ndjson": JSON_LINES, ".eml": EMAIL, ".txt": TEXT}


@dataclass(frozen=True, slots=True)
class _TextPart:
    span: Span


@dataclass(frozen=True, slots=True)
class _FilePart:
    name: Span
    media_type: str
    found: str  # as it came; HTML is kept as text
    document: Document
    offset: int


@dataclass(slots=True)
class MailDocument:
    """A message: header fields and parts over one canonical text."""

    canonical: CanonicalText
    headers: list[tuple[str, Span]] = field(default_factory=list)
    parts: list[_TextPart | _FilePart] = field(default_factory=list)

    @property
    def attachments(self) -> tuple[tuple[str, Document], ...]:
        """The attachments that were kept, forwarded messages among them, and the media types they came as."""
        return tuple((part.found, part.document) for part in self.parts if isinstance(part, _FilePart))

    def render(self, replacements: Sequence[Replacement]) -> bytes:
        """A new message with the replacements made, lines ending CRLF."""
        splicer = Splicer(self.canonical, replacements)
        head = "".join(
            encode_header(name, " ".join(splicer.text(span.start, span.end).split())) for name, span in self.headers
        ).encode("ascii")
        parts = [self._part(part, splicer) for part in self.parts]
        if len(parts) <= 1 and all(isinstance(part, _TextPart) for part in self.parts):
            return head + b"MIME-Version: 1.0\r\n" + (parts[0] if parts else b"\r\n")
        boundary = _boundary(parts)
        body = b"".join(b"--" + boundary + b"\r\n" + part + b"\r\n" for part in parts)
        return b"".join(
            (
                head,
                b'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="' + boundary + b'"\r\n\r\n',
                body,
                b"--" + boundary + b"--\r\n",
            )
        )

    @staticmethod
    def _part(part: _TextPart | _FilePart, splicer: Splicer) -> bytes:
        if isinstance(part, _TextPart):
            text = splicer.text(part.span.start, part.span.end)
            return _text_part(text)
        data = part.document.render(splicer.part(part.offset, part.document.canonical))
        name = splicer.text(part.name.start, part.name.end)
        charset = "; charset=utf-8" if part.media_type.startswith("text/") else ""
        head = f"Content-Type: {part.media_type}{charset}\r\nContent-Disposition: attachment{_file_name(name)}\r\n"
        if part.media_type == EMAIL:
            return head.encode("ascii") + b"Content-Transfer-Encoding: 8bit\r\n\r\n" + data
        encoded = base64.encodebytes(data).replace(b"\n", b"\r\n")
        return head.encode("ascii") + b"Content-Transfer-Encoding: base64\r\n\r\n" + encoded


class MailFormat:
    """message/rfc822. ``formats`` are those that attachments may have."""

    media_type = EMAIL

    def __init__(self, formats: Mapping[str, Format]) -> None:
        self._formats = formats

    def parse(self, data: bytes) -> MailDocument:
        """Read a message.

        Raises:
            Unparsable: ``email-too-large``, ``email-headers-too-large``, ``email-malformed``, and
                those of :mod:`gateway.formats.containers.mail_parts`.
        """
        limits.check_size(data, limits.MAX_EMAIL_BYTES, "email-too-large", "message")
        _check_headers(data)
        try:
            message = email.message_from_bytes(data, policy=email.policy.compat32)
            if not message.keys():
                raise malformed("it has no header fields")
            return self._read(message, PartCounter(), 0)
        except RecursionError:
            raise Unparsable(
                "email-too-deep",
                f"The parts of the message nest deeper than {limits.MAX_EMAIL_DEPTH}.",
                remedy="Send the attachments as exhibits of their own.",
            ) from None
        except (ValueError, LookupError, TypeError, AttributeError, AssertionError):
            # The standard library's parser is tolerant by design and not always by success.
            raise malformed("it cannot be read") from None

    def layers(self, data: bytes) -> Iterable[Layer]:
        """Header fields and bodies as the other standard parser reads them, attachments by their own
        formats, and the bytes in every guise."""
        yield from byte_layers(data)
        message = email.message_from_bytes(data, policy=email.policy.default.clone(raise_on_defect=False))
        for number, part in enumerate(message.walk()):
            try:
                fields = [(key, str(value)) for key, value in part.items()]
            except (IndexError, AttributeError, TypeError, ValueError):
                # The standard library's second parser fails on some addresses; unread means unproved.
                raise malformed("its header fields cannot be read again") from None
            kept = [value for key, value in fields if key.title() in KEPT]
            yield Layer(f"part {number} headers", "\n".join([*kept, str(part.get_filename(""))]))
            # With the structural fields, in which figures and words stand that are nobody's.
            yield Layer(f"part {number} fields", "\n".join(f"{key}: {value}" for key, value in fields), raw=True)
            if part.is_multipart() or not isinstance(part, EmailMessage):
                continue
            payload = part.get_payload(decode=True)
            content = payload if isinstance(payload, bytes) else b""
            form = self._formats.get(part.get_content_type())
            if form is not None and part.get_content_disposition() == "attachment":
                for layer in form.layers(content):
                    yield Layer(f"part {number} {layer.name}", layer.text, layer.raw)
            else:
                yield Layer(f"part {number} text", content.decode("utf-8", errors="replace"))
                yield from byte_layers(content, f"part {number} ")

    def _read(self, message: Message, counter: PartCounter, depth: int) -> MailDocument:
        if depth > limits.MAX_NESTED_MESSAGES:
            raise Unparsable(
                "email-too-deep",
                f"Messages nest deeper than {limits.MAX_NESTED_MESSAGES}.",
                remedy="Send the forwarded messages as exhibits of their own.",
            )
        builder = CanonicalBuilder("email")
        headers = [(name, builder.add(value, f"header {name}", label=name)) for name, value in kept_headers(message)]
        parts: list[_TextPart | _FilePart] = []
        flow = attachments = 0
        for leaf in leaves(message, counter):
            if isinstance(leaf, Attached):
                attachments += 1
                part, flow = self._attach(leaf, attachments, builder, flow, counter, depth)
                parts.append(part)
            else:
                text, flow = _add_text(leaf, builder, flow)
                parts.append(text)
        return MailDocument(builder.build(), headers, parts)

    def _attach(
        self, leaf: Attached, number: int, builder: CanonicalBuilder, flow: int, counter: PartCounter, depth: int
    ) -> tuple[_TextPart | _FilePart, int]:
        prefix = f"attachment {number} ▸ "
        name, media_type, found = leaf.untrusted_name, EMAIL, EMAIL
        try:
            if leaf.message is not None:
                document: Document = self._read(leaf.message, counter, depth + 1)
            else:
                name, media_type, found, data = _typed(leaf)
                form = self._formats.get(media_type)
                if form is None:
                    return _left_out(leaf.untrusted_name, media_type, "", builder, flow)
                if media_type == EMAIL:
                    # Not form.parse: a message that came as a file counts against the same limits.
                    _check_headers(data)
                    document = self._read(email.message_from_bytes(data), counter, depth + 1)
                else:
                    document = form.parse(data)
        except Unparsable as error:
            if error.code in ("email-too-many-parts", "email-too-deep"):
                raise
            return _left_out(leaf.untrusted_name, media_type, f", {error.code}", builder, flow)
        span = builder.add(name or f"attachment-{number}{EXTENSIONS[media_type]}", f"attachment {number} name")
        offset, flow = builder.embed(document.canonical, prefix, flow_base=flow)
        return _FilePart(span, media_type, found, document, offset), flow


def _add_text(body: Body, builder: CanonicalBuilder, flow: int) -> tuple[_TextPart, int]:
    canonical = CanonicalText(body.text, tuple(lines_of(body.text, flow=1)), "text", VERSION)
    offset, flow = builder.embed(canonical, "body ", flow_base=flow)
    return _TextPart(Span(offset, offset + len(body.text))), flow


def _left_out(
    untrusted_name: str, media_type: str, reason: str, builder: CanonicalBuilder, flow: int
) -> tuple[_TextPart, int]:
    name = f" {untrusted_name}" if untrusted_name else ""
    return _add_text(Body(f"[attachment left out:{name} ({media_type}{reason})]"), builder, flow)


def _typed(leaf: Attached) -> tuple[str, str, str, bytes]:
    """Name, type, type as it came, and bytes of an attachment. HTML becomes text; its name then says so."""
    sniffed = sniff(leaf.data, leaf.untrusted_name)
    if sniffed == "text/html":
        text = html_to_text(leaf.data.decode("utf-8", errors="replace"))
        return f"{leaf.untrusted_name or 'page.html'}.txt", TEXT, sniffed, text.encode("utf-8")
    extension = "." + leaf.untrusted_name.rsplit(".", 1)[-1].lower()
    for candidate in (leaf.declared_type, _BY_EXTENSION.get(extension, "")):
        if candidate and compatible(sniffed, candidate):
            return leaf.untrusted_name, candidate, candidate, leaf.data
    return leaf.untrusted_name, sniffed, sniffed, leaf.data


def _text_part(text: str) -> bytes:
    lines = text.split("\n")
    data = "\r\n".join(lines).encode("utf-8") + b"\r\n"
    head = b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: "
    if all(len(line) < _MAX_LINE_BYTES for line in data.split(b"\r\n")) and b"\r" not in data.replace(b"\r\n", b""):
        return head + b"8bit\r\n\r\n" + data
    return head + b"base64\r\n\r\n" + base64.encodebytes(data).replace(b"\n", b"\r\n")


def _file_name(name: str) -> str:
    name = " ".join(name.split())
    if name.isascii() and name.isprintable() and len(name) < 200:
        quoted = name.replace("\\", "\\\\").replace('"', '\\"')
        return f'; filename="{quoted}"'
    return f"; filename*=utf-8''{quote(name, safe='')}"


def _boundary(parts: list[bytes]) -> bytes:
    digest = hashlib.sha256(b"\x00".join(parts))
    while True:
        boundary = b"=_" + digest.hexdigest()[:32].encode("ascii")
        if not any(boundary in part for part in parts):
            return boundary
        digest.update(b"again")


def _check_headers(data: bytes) -> None:
    end = min((i for i in (data.find(b"\r\n\r\n"), data.find(b"\n\n")) if i >= 0), default=len(data))
    if end > limits.MAX_EMAIL_HEADER_BYTES:
        raise Unparsable(
            "email-headers-too-large",
            f"The header of the message has more than {limits.MAX_EMAIL_HEADER_BYTES} bytes.",
            remedy="Export it from the mail program again.",
        )
