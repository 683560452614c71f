"""A new PDF from kept text: each stretch where it was, changed paragraphs set anew.

Unchanged lines are drawn at their old place and width. Where something was replaced, the line, or
the paragraph it belongs to, is set anew with the natural width of its words, so that neither a gap
nor a squeezed line tells how long the removed text was. Nothing else is written: no images, links,
annotations, scripts, attachments, tags or metadata of the original.
"""

from __future__ import annotations

import io

from reportlab.pdfgen.canvas import Canvas
from reportlab.pdfgen.textobject import PDFTextObject

from gateway.formats.pdf.fonts import text_width
from gateway.formats.pdf.pages import Page, Paragraph, Stretch
from gateway.formats.pdf.typesetting import set_line, set_paragraph, show
from gateway.formats.splicing import Splicer

_PRODUCER = "Evidence gateway"
#: Subject of a rendition with text from pictures: its residue check reads the pages as they look.
RECOGNISED = "Text recognised in pictures"


def write_pdf(pages: list[Page], splicer: Splicer) -> bytes:
    """All pages with the replacements made. The same input gives the same bytes."""
    out = io.BytesIO()
    canvas = Canvas(out, pageCompression=1, invariant=1)
    for setter in (canvas.setTitle, canvas.setAuthor, canvas.setSubject, canvas.setKeywords, canvas.setCreator):
        setter("")
    canvas.setProducer(_PRODUCER)
    if any(page.recognised for page in pages):
        canvas.setSubject(RECOGNISED)
    for page in pages:
        # reportlab takes the size as the reader sees it, and swaps the sides of a page turned by 90 degrees.
        turned = page.rotation in (90, 270)
        canvas.setPageSize((page.height, page.width) if turned else (page.width, page.height))
        canvas.setPageRotation(page.rotation)
        text = canvas.beginText()
        for paragraph in page.paragraphs:
            _paragraph(text, paragraph, splicer, page)
        canvas.drawText(text)
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def _paragraph(text: PDFTextObject, paragraph: Paragraph, splicer: Splicer, page: Page) -> None:
    first, last = paragraph.lines[0], paragraph.lines[-1]
    if not splicer.changed(first.span.start, last.span.end):
        for line in paragraph.lines:
            for stretch in line.stretches[:-1]:
                _draw(text, stretch.text, stretch)
            _draw(text, line.stretches[-1].text + line.soft_hyphen, line.stretches[-1])
    elif len(paragraph.lines) == 1:
        set_line(text, first, paragraph, splicer, page)
    else:
        set_paragraph(text, paragraph, splicer, page)


def _draw(text: PDFTextObject, content: str, stretch: Stretch) -> None:
    """A stretch at its place, drawn to its old width."""
    natural = text_width(content, stretch.style, stretch.size)
    ratio = min(max(stretch.width / natural, 0.3), 3.0) if natural > 0 else 1.0
    show(text, content, stretch.style, stretch.size, (stretch.x, stretch.y), stretch.angle, ratio)
