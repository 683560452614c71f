"""What lies over the text of a PDF page: the black boxes of a redaction that was only painted on.

Such text is in the file, and a rebuilt page would show it. A character counts as covered if an
opaque filled rectangle was drawn after it, or a redaction mark or filled square annotation lies on
it. Images are not covers: a scan lies over or under its recognised text. The module also says where
images are, for the notes that take their place.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pypdfium2 as pdfium
import pypdfium2.raw as raw

from gateway.errors import Unparsable
from gateway.formats import limits

Box = tuple[float, float, float, float]
#: a, b, c, d, e, f of ISO 32000-1 8.3.3.
Matrix = tuple[float, float, float, float, float, float]

_IDENTITY: Matrix = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)
_DEEPEST_FORM = 8
_ALWAYS_ON_TOP = 1 << 60
_SMALLEST_COVER = 3.0
_SMALLEST_IMAGE = (24.0, 10.0)
#: Annotations whose appearance is text that a reader sees: it becomes part of the page.
_WRITTEN = frozenset({raw.FPDF_ANNOT_WIDGET, raw.FPDF_ANNOT_FREETEXT, raw.FPDF_ANNOT_STAMP})


@dataclass(slots=True)
class Covers:
    """Opaque boxes by the order they are painted in, and the order of the text objects."""

    boxes: list[tuple[Box, int]] = field(default_factory=list)
    order: dict[int, int] = field(default_factory=dict)
    images: list[Box] = field(default_factory=list)

    @property
    def marks(self) -> list[Box]:
        """Redaction marks and filled annotations, which lie over everything."""
        return [box for box, when in self.boxes if when == _ALWAYS_ON_TOP]

    def hide(self, point: tuple[float, float], text_object: int) -> bool:
        """Whether something opaque painted after the text object lies on the point."""
        if not self.boxes:
            return False
        painted = self.order.get(text_object, 0)
        x, y = point
        return any(
            painted < when and left <= x <= right and bottom <= y <= top
            for (left, bottom, right, top), when in self.boxes
        )


def find_covers(page: pdfium.PdfPage) -> Covers:
    """Look through the objects and annotations of a page.

    Raises:
        Unparsable: ``pdf-too-many-objects``.
    """
    covers = Covers()
    count = raw.FPDFPage_CountObjects(page.raw)
    _Walk(covers).objects(count, lambda index: raw.FPDFPage_GetObject(page.raw, index), _IDENTITY, 0)
    for index in range(raw.FPDFPage_GetAnnotCount(page.raw)):
        annotation = raw.FPDFPage_GetAnnot(page.raw, index)
        if annotation:
            _annotation(annotation, covers)
            raw.FPDFPage_CloseAnnot(annotation)
    return covers


def _too_many_objects() -> Unparsable:
    return Unparsable(
        "pdf-too-many-objects",
        f"A page of the PDF has more than {limits.MAX_PDF_PAGE_OBJECTS} objects.",
        remedy="Print it to a new PDF and send that.",
    )


def has_written_annotations(page: pdfium.PdfPage) -> bool:
    """Whether form fields, typed comments or stamps hold text that belongs to the page."""
    for index in range(min(raw.FPDFPage_GetAnnotCount(page.raw), 10_000)):
        annotation = raw.FPDFPage_GetAnnot(page.raw, index)
        if annotation:
            kind = raw.FPDFAnnot_GetSubtype(annotation)
            raw.FPDFPage_CloseAnnot(annotation)
            if kind in _WRITTEN:
                return True
    return False


class _Walk:
    """Visits objects in the order they are painted in, those inside forms included."""

    def __init__(self, covers: Covers) -> None:
        self._covers = covers
        self._when = 0

    def objects(self, count: int, get: Callable[[int], Any], matrix: Matrix, depth: int) -> None:
        """Note what the objects of a page or form mean; ``matrix`` maps their space to the page's."""
        for index in range(count):
            item = get(index)
            self._when += 1
            if self._when > limits.MAX_PDF_PAGE_OBJECTS:
                raise _too_many_objects()
            kind = raw.FPDFPageObj_GetType(item)
            if kind == raw.FPDF_PAGEOBJ_TEXT:
                self._covers.order[ctypes.cast(item, ctypes.c_void_p).value or 0] = self._when
            elif kind == raw.FPDF_PAGEOBJ_PATH and _opaque(item):
                box = _clipped(item, matrix)
                if box and box[2] - box[0] > _SMALLEST_COVER and box[3] - box[1] > _SMALLEST_COVER:
                    self._covers.boxes.append((box, self._when))
            elif kind == raw.FPDF_PAGEOBJ_IMAGE:
                box = _clipped(item, matrix)
                if box and box[2] - box[0] >= _SMALLEST_IMAGE[0] and box[3] - box[1] >= _SMALLEST_IMAGE[1]:
                    self._covers.images.append(box)
            elif kind == raw.FPDF_PAGEOBJ_FORM and depth < _DEEPEST_FORM:
                own = raw.FS_MATRIX()
                raw.FPDFPageObj_GetMatrix(item, own)
                inner = _product((own.a, own.b, own.c, own.d, own.e, own.f), matrix)
                self.objects(raw.FPDFFormObj_CountObjects(item), _getter(item), inner, depth + 1)


def _getter(form: Any) -> Callable[[int], Any]:
    return lambda index: raw.FPDFFormObj_GetObject(form, index)


def _product(first: Matrix, then: Matrix) -> Matrix:
    a, b, c, d, e, f = first
    p, q, r, s, t, u = then
    return (a * p + b * r, a * q + b * s, c * p + d * r, c * q + d * s, e * p + f * r + t, e * q + f * s + u)


def _mapped(box: Box, matrix: Matrix) -> Box:
    a, b, c, d, e, f = matrix
    points = [(x * a + y * c + e, x * b + y * d + f) for x in (box[0], box[2]) for y in (box[1], box[3])]
    xs, ys = [x for x, _ in points], [y for _, y in points]
    return min(xs), min(ys), max(xs), max(ys)


def _opaque(item: Any) -> bool:
    mode, stroke = ctypes.c_int(), ctypes.c_int()
    if not raw.FPDFPath_GetDrawMode(item, mode, stroke) or mode.value == raw.FPDF_FILLMODE_NONE:
        return False
    if raw.FPDFPath_CountSegments(item) > 6 or raw.FPDFPageObj_HasTransparency(item):
        return False  # not a box; or a highlighter, through which text can be read
    colours = [ctypes.c_uint() for _ in range(4)]
    return bool(raw.FPDFPageObj_GetFillColor(item, *colours)) and colours[3].value >= 250


def _clipped(item: Any, matrix: Matrix) -> Box | None:
    """The box of an object on the page, as far as its clip path lets it be seen."""
    sides = [ctypes.c_float() for _ in range(4)]
    if not raw.FPDFPageObj_GetBounds(item, *sides):
        return None
    left, bottom, right, top = (side.value for side in sides)
    clip = raw.FPDFPageObj_GetClipPath(item)
    for path in range(raw.FPDFClipPath_CountPaths(clip) if clip else 0):
        corners = _corners(clip, path)
        if corners:
            left, bottom = max(left, min(x for x, _ in corners)), max(bottom, min(y for _, y in corners))
            right, top = min(right, max(x for x, _ in corners)), min(top, max(y for _, y in corners))
    return _mapped((left, bottom, right, top), matrix) if left < right and bottom < top else None


def _corners(clip: Any, path: int) -> list[tuple[float, float]]:
    x, y = ctypes.c_float(), ctypes.c_float()
    points: list[tuple[float, float]] = []
    for index in range(min(raw.FPDFClipPath_CountPathSegments(clip, path), 1_000)):
        segment = raw.FPDFClipPath_GetPathSegment(clip, path, index)
        if segment and raw.FPDFPathSegment_GetPoint(segment, x, y):
            points.append((x.value, y.value))
    return points


def _annotation(annotation: object, covers: Covers) -> None:
    kind = raw.FPDFAnnot_GetSubtype(annotation)
    if kind not in (raw.FPDF_ANNOT_REDACT, raw.FPDF_ANNOT_SQUARE):
        return
    if kind == raw.FPDF_ANNOT_SQUARE:
        colours = [ctypes.c_uint() for _ in range(4)]
        interior = raw.FPDFANNOT_COLORTYPE_InteriorColor
        if not raw.FPDFAnnot_GetColor(annotation, interior, *colours) or colours[3].value < 250:
            return
    rectangle = raw.FS_RECTF()
    if raw.FPDFAnnot_GetRect(annotation, rectangle):
        low, high = sorted((rectangle.bottom, rectangle.top))
        covers.boxes.append(((rectangle.left, low, rectangle.right, high), _ALWAYS_ON_TOP))
