"""The runs of a paragraph: text and its look, with everything in it that is no text dropped or noted."""

from __future__ import annotations

from lxml import etree

from gateway.formats.invisible import visible
from gateway.formats.office.blocks import Run
from gateway.formats.office.word.docx_lists import W
from gateway.formats.office.word.docx_styles import Styles

MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_M = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
_PICTURE = "{http://schemas.openxmlformats.org/drawingml/2006/picture}pic"
_VML_IMAGE = "{urn:schemas-microsoft-com:vml}imagedata"
#: Elements that are not text: properties, markers, deletions, field codes, comments.
DROPPED = frozenset(
    W + name
    for name in (
        "del", "moveFrom", "delText", "instrText", "delInstrText", "fldChar", "commentRangeStart", "commentRangeEnd",
        "commentReference", "annotationRef", "bookmarkStart", "bookmarkEnd", "pPr", "rPr", "sdtPr", "sdtEndPr",
        "proofErr", "permStart", "permEnd", "softHyphen", "tblPr", "tblGrid", "trPr", "tcPr", "sectPr", "rt",
    )
)  # fmt: skip
_SYMBOLS = {"F0B7": "•", "F0A7": "▪", "F0D8": "➢", "F0FC": "✓", "F0A8": "□", "F0FE": "☒", "F06F": "□"}


class RunReader:
    """Reads paragraphs. ``called`` collects the notes that the text calls: (kind, id)."""

    def __init__(self, styles: Styles) -> None:
        self._styles = styles
        self.called: list[tuple[str, str]] = []

    def read(self, container: etree._Element, inherited: Run, runs: list[Run], boxes: list[etree._Element]) -> None:
        """Append the runs of a paragraph, and the text boxes that hang on it."""
        for element in container:
            tag = element.tag
            if not isinstance(tag, str) or tag in DROPPED:
                continue
            if tag == f"{W}r":
                self._run(element, inherited, runs, boxes)
            elif tag == f"{MC}AlternateContent":
                branch = textual_branch(element)
                if branch is not None:
                    self.read(branch, inherited, runs, boxes)
            elif tag == f"{_M}t":
                runs.append(inherited.like(visible(element.text or "")))
            elif tag == f"{W}txbxContent":
                boxes.append(element)
            else:
                # Hyperlinks, insertions, moves, smart tags, content controls, simple fields, maths.
                self.read(element, inherited, runs, boxes)

    def _run(self, element: etree._Element, inherited: Run, runs: list[Run], boxes: list[etree._Element]) -> None:
        properties = element.find(f"{W}rPr")
        look, hidden = self._styles.run(properties, inherited)
        if hidden:
            return
        for child in element:
            tag = child.tag
            if not isinstance(tag, str) or tag in DROPPED:
                continue
            if tag == f"{W}t":
                runs.append(look.like(visible(child.text or "").replace("\n", " ").replace("\r", " ")))
            elif tag in (f"{W}tab", f"{W}ptab"):
                runs.append(look.like("\t"))
            elif tag in (f"{W}br", f"{W}cr"):
                runs.append(look.like("\n"))
            elif tag == f"{W}noBreakHyphen":
                runs.append(look.like("-"))
            elif tag == f"{W}sym":
                runs.append(look.like(_SYMBOLS.get(child.get(f"{W}char", "").upper(), "▯")))
            elif tag in (f"{W}footnoteReference", f"{W}endnoteReference"):
                self.called.append((tag[len(W) : -len("Reference")], child.get(f"{W}id", "")))
                runs.append(look.like(f"[{len(self.called)}]"))
            elif tag in (f"{W}footnoteRef", f"{W}endnoteRef", f"{W}separator", f"{W}continuationSeparator"):
                continue
            else:
                self._graphic(child, look, runs, boxes)

    def _graphic(self, element: etree._Element, look: Run, runs: list[Run], boxes: list[etree._Element]) -> None:
        if element.tag == f"{MC}AlternateContent":
            branch = textual_branch(element)
            if branch is not None:
                for child in branch:
                    self._graphic(child, look, runs, boxes)
            return
        found = [box for box in element.iter(f"{W}txbxContent") if not _inside_box(box, element)]
        boxes += found
        if element.tag == f"{W}object":
            runs.append(look.like("[object omitted]"))
        elif any(True for _ in element.iter(_PICTURE, _VML_IMAGE)):
            runs.append(look.like("[image omitted]"))
        elif element.tag == f"{W}drawing" and not found:
            runs.append(look.like("[graphic omitted]"))
        elif element.tag == f"{W}ruby":
            self.read(element, look, runs, boxes)


def textual_branch(element: etree._Element) -> etree._Element | None:
    """The branch of alternative content with text: the choice, else the fallback; never both."""
    branches = [child for child in element if child.tag in (f"{MC}Choice", f"{MC}Fallback")]
    for branch in branches:
        if any((text.text or "").strip() for text in branch.iter(f"{W}t")):
            return branch
    return branches[0] if branches else None


def _inside_box(box: etree._Element, root: etree._Element) -> bool:
    ancestor = box.getparent()
    while ancestor is not None and ancestor is not root:
        if ancestor.tag == f"{W}txbxContent":
            return True
        if ancestor.tag == f"{MC}Fallback":
            return True
        ancestor = ancestor.getparent()
    return False
