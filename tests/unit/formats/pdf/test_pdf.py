"""PDF: extraction as running text, rebuilding from kept text alone, and what is refused."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pikepdf
import pypdfium2 as pdfium
import pytest
from PIL import Image
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from gateway.errors import Unparsable
from gateway.formats import limits
from gateway.formats.pdf.pdf import PdfFormat
from gateway.redaction.document import CanonicalText, Replacement

FORMAT = PdfFormat()
Replace = Callable[[CanonicalText, str, str], list[Replacement]]
PARAGRAPH = (
    "The undersigned, Jane Margaret Roe of 12 Harbour Street, has seen the log files of the system and confirms that "
    "they were taken on the second day of the inquiry, in the presence of an officer of the authority, who has sealed "
    "them. Jane Margaret Roe will keep the seal and answer for it as long as the inquiry goes on and one year after it."
)


def draw(*steps: Callable[[Canvas], object], size: tuple[float, float] = (595, 842)) -> bytes:
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=size, invariant=1)
    for step in steps:
        step(canvas)
    canvas.save()
    return out.getvalue()


def text(x: float, y: float, content: str, font: str = "Times-Roman", size: float = 11) -> Callable[[Canvas], None]:
    def step(canvas: Canvas) -> None:
        canvas.setFont(font, size)
        canvas.drawString(x, y, content)

    return step


def lines(content: str, width: int = 92, top: float = 760) -> list[Callable[[Canvas], None]]:
    words, rows = content.split(" "), [""]
    for word in words:
        if len(rows[-1]) + len(word) >= width:
            rows.append("")
        rows[-1] = f"{rows[-1]} {word}".strip()
    return [text(72, top - 14 * i, row) for i, row in enumerate(rows)]


def words(content: str) -> str:
    return " ".join(content.split())


def edited(canonical: CanonicalText, replacements: list[Replacement]) -> str:
    result, at = "", 0
    for each in replacements:
        result += canonical.text[at : each.start] + each.text
        at = each.end
    return result + canonical.text[at:]


def extent(data: bytes) -> list[tuple[float, float, str]]:
    """Left and right edge and text of each line of the first page, by PDFium's rectangles."""
    page = pdfium.PdfDocument(data)[0].get_textpage()
    boxes = [page.get_rect(i) for i in range(page.count_rects())]
    return [(box[0], box[2], page.get_text_bounded(*box)) for box in boxes]


def test_lines_of_a_paragraph_are_one_running_text() -> None:
    document = FORMAT.parse(draw(text(72, 800, "Statement", "Helvetica-Bold", 16), *lines(PARAGRAPH)))
    assert document.canonical.text == f"Statement\n{PARAGRAPH}"
    assert {s.flow for s in document.canonical.segments} == {1}
    assert document.canonical.segments[0].place == "page 1 line 1"


def test_hyphens_at_line_ends_do_not_split_words() -> None:
    head = "This statement concerns the conduct of the former director Arnold Schwarzen-"
    tail = "egger and that of Anne-Marie Villeneuve, who followed him in the same year; it was Jean-"
    last = "Pierre who noticed."
    data = draw(text(72, 700, head), text(72, 686, tail), text(72, 672, last))
    document = FORMAT.parse(data)
    assert "director Arnold Schwarzenegger and" in document.canonical.text
    assert "Anne-Marie Villeneuve" in document.canonical.text
    assert "Jean-Pierre who" in document.canonical.text
    again = document.render([])
    assert FORMAT.parse(again).canonical.text == document.canonical.text
    assert extent(again)[0][2].startswith("This statement")


def test_a_name_over_a_line_end_is_replaced_and_found_nowhere(replace_all: Replace) -> None:
    data = draw(*lines(PARAGRAPH, width=26), *lines(PARAGRAPH, width=92, top=400))
    document = FORMAT.parse(data)
    replacements = [
        Replacement(i, i + 17, "[PERSON-1 é]")
        for i in range(len(document.canonical.text))
        if words(document.canonical.text[i : i + 17]) == "Jane Margaret Roe"
    ]
    assert len(replacements) == 4
    out = document.render(replacements)
    assert not any("Margaret" in layer.text for layer in FORMAT.layers(out))
    assert words(FORMAT.parse(out).canonical.text) == words(edited(document.canonical, replacements))


def test_a_marker_does_not_betray_the_width_of_what_it_replaces() -> None:
    def rendition(name: str) -> bytes:
        document = FORMAT.parse(draw(text(72, 700, f"Signed by {name} on Monday"), text(72, 600, "End")))
        at = document.canonical.text.index(name)
        return document.render([Replacement(at, at + len(name), "[P-1]")])

    assert rendition("Ed Li") == rendition("Maximiliane Schwarzenberger")


@pytest.mark.parametrize("more", [0, 2], ids=["line", "paragraph"])
def test_a_replacement_over_two_columns_draws_what_follows_up(more: int) -> None:
    follow = "with the words that follow until they reach the margin of this page at its right side end"

    def rendition(name: str, column: int) -> bytes:
        steps = [text(72, 700, "9."), text(100, 700, name), text(100 + column, 700, f"{name} acknowledges")]
        steps += [text(100, 686 - 14 * row, follow) for row in range(more)]
        data = draw(*steps)
        document = FORMAT.parse(data)
        start = document.canonical.text.index(name)
        end = document.canonical.text.rindex(name) + len(name)
        assert "\t" in document.canonical.text[start:end]
        return document.render([Replacement(start, end, "[PD-ORG]")])

    short, long = rendition("Ed", 60), rendition("Zephyrine Quillfeather", 260)
    assert "9. [PD-ORG] acknowledges" in words(FORMAT.parse(short).canonical.text)
    assert "9. [PD-ORG] acknowledges" in words(FORMAT.parse(long).canonical.text)
    assert more or short == long


@pytest.mark.parametrize("labels", [("By:", "By:", "Name:"), ("(a)", "(b)", "1.")], ids=["form", "list"])
def test_fields_and_items_do_not_run_into_each_other(labels: tuple[str, ...]) -> None:
    rows = [f"{label} the general partner of the company with this long name, its manager" for label in labels]
    text_found = FORMAT.parse(draw(*(text(72, 700 - 14 * n, row) for n, row in enumerate(rows)))).canonical.text
    assert text_found == "\n".join(rows)


def test_two_blanks_between_sentences_are_no_column() -> None:
    rows = ["These are the words of one sentence.  And here", "begins another, in letters of one width."]
    steps = [text(72, 700 - 14 * n, row, "Courier") for n, row in enumerate(rows)]
    assert FORMAT.parse(draw(*steps)).canonical.text.startswith("These are the words of one sentence. And here")


def test_centred_and_right_aligned_lines_stay_so() -> None:
    def rendition(name: str) -> bytes:
        def step(canvas: Canvas) -> None:
            canvas.setFont("Times-Roman", 11)
            canvas.drawCentredString(297.5, 750, f"Case of {name}")
            canvas.drawRightString(523, 730, f"For {name}")
            for i in range(3):
                canvas.drawString(72, 600 - 14 * i, "x" * 82)

        document = FORMAT.parse(draw(step))
        canonical = document.canonical.text
        places = [i for i in range(len(canonical)) if canonical.startswith(name, i)]
        assert len(places) == 2
        return document.render([Replacement(i, i + len(name), "[P-1]") for i in places])

    first, second = extent(rendition("Ed Li")), extent(rendition("Maximilian Schwarzenberg"))
    assert abs((first[0][0] + first[0][1]) / 2 - 297.5) < 2
    for (left, right, line), (other_left, other_right, other) in zip(first[:2], second[:2], strict=True):
        assert line == other
        assert abs(left - other_left) < 3
        assert abs(right - other_right) < 3


def test_the_original_shines_through_nowhere(replace_all: Replace) -> None:
    image = ImageReader(Image.new("RGB", (80, 40), "red"))

    def step(canvas: Canvas) -> None:
        canvas.setTitle("SECRET title")
        canvas.setAuthor("SECRET author")
        canvas.bookmarkPage("p")
        canvas.addOutlineEntry("SECRET outline", "p")
        canvas.drawString(72, 700, "Seen by Jane")
        canvas.drawImage(image, 72, 500, 160, 80)
        canvas.linkURL("http://secret.example/SECRET", (72, 690, 200, 710))
        canvas.textAnnotation("SECRET comment", Rect=[100, 100, 120, 120])

    with pikepdf.open(io.BytesIO(draw(step))) as source:
        source.attachments["SECRET.txt"] = b"SECRET attachment"
        source.Root.OpenAction = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS="app.alert('SECRET')")
        with source.open_metadata() as metadata:
            metadata["dc:creator"] = ["SECRET xmp"]
        data = io.BytesIO()
        source.save(data)
    assert any("SECRET" in layer.text for layer in FORMAT.layers(data.getvalue()))
    document = FORMAT.parse(data.getvalue())
    assert document.canonical.text == "Seen by Jane\n[image omitted]"
    out = document.render(replace_all(document.canonical, "Jane", "[P]"))
    assert not any("SECRET" in layer.text or "Jane" in layer.text for layer in FORMAT.layers(out))
    with pikepdf.open(io.BytesIO(out)) as made:
        assert set(made.Root.keys()) <= {"/Type", "/Pages", "/PageMode"}
        assert not [o for o in made.objects if isinstance(o, pikepdf.Stream) and o.get("/Subtype") == "/Image"]


def test_text_under_a_painted_box_is_not_revealed() -> None:
    def painted(canvas: Canvas) -> None:
        canvas.rect(70, 690, 120, 20, fill=1, stroke=0)  # under the text: a coloured cell
        canvas.setFillColorRGB(1, 1, 1)
        canvas.drawString(72, 695, "White on black")
        canvas.setFillColorRGB(0, 0, 0)
        canvas.drawString(72, 650, "Seen by ")
        canvas.drawString(120, 650, "Jane Roe")
        canvas.rect(118, 645, 60, 18, fill=1, stroke=0)  # over it: a redaction that is none

    document = FORMAT.parse(draw(painted))
    assert document.canonical.text == "White on black\nSeen by [covered]"
    assert not any("Jane" in layer.text for layer in FORMAT.layers(document.render([])))


def test_redaction_marks_that_were_never_applied_count() -> None:
    with pikepdf.open(io.BytesIO(draw(text(72, 700, "Seen by"), text(130, 700, "Jane Roe")))) as source:
        mark = pikepdf.Dictionary(
            Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Redact, Rect=[125, 690, 200, 715],
        )  # fmt: skip
        source.pages[0].Annots = source.make_indirect(pikepdf.Array([source.make_indirect(mark)]))
        data = io.BytesIO()
        source.save(data)
    assert words(FORMAT.parse(data.getvalue()).canonical.text) == "Seen by [covered]"


def test_values_of_form_fields_are_text() -> None:
    def step(canvas: Canvas) -> None:
        canvas.drawString(72, 700, "Name:")
        canvas.acroForm.textfield(name="n", value="Jane Roe", x=120, y=690, width=200, height=22)

    document = FORMAT.parse(draw(step))
    assert words(document.canonical.text) == "Name: Jane Roe"


def test_hidden_text_is_seen_and_text_beside_the_page_is_left_out() -> None:
    def step(canvas: Canvas) -> None:
        canvas.drawString(72, 700, "Visible")
        line = canvas.beginText(72, 650)
        line.setTextRenderMode(3)
        line.textOut("Invisible")
        canvas.drawText(line)
        canvas.drawString(2000, 600, "Outside")

    assert FORMAT.parse(draw(step)).canonical.text == "Visible\nInvisible"


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_rotated_and_cropped_pages(rotation: int) -> None:
    with pikepdf.open(io.BytesIO(draw(text(172, 300, "Seen by Jane"), size=(400, 600)))) as source:
        source.pages[0].Rotate = rotation
        source.pages[0].CropBox = [100, 100, 400, 500]
        data = io.BytesIO()
        source.save(data)
    out = FORMAT.parse(data.getvalue()).render([])
    before, after = pdfium.PdfDocument(data.getvalue())[0], pdfium.PdfDocument(out)[0]
    assert after.get_size() == before.get_size()
    assert after.get_rotation() == rotation
    (left, _, content), *_ = extent(out)
    assert content == "Seen by Jane"
    assert abs(left - 72) < 2


def test_turned_text_is_kept_turned() -> None:
    def step(canvas: Canvas) -> None:
        canvas.drawString(72, 700, "Straight")
        canvas.saveState()
        canvas.translate(300, 300)
        canvas.rotate(90)
        canvas.drawString(0, 0, "Turned by Jane")
        canvas.restoreState()

    document = FORMAT.parse(draw(step))
    assert words(document.canonical.text) == "Straight Turned by Jane"
    assert words(FORMAT.parse(document.render([])).canonical.text) == "Straight Turned by Jane"


def test_other_scripts_are_drawn_or_refused(replace_all: Replace) -> None:
    document = FORMAT.parse(draw(text(72, 700, "Seen by Jane Roe")))
    out = document.render(replace_all(document.canonical, "Jane Roe", "Łukasz Ωmega Дарья ✓"))
    assert FORMAT.parse(out).canonical.text == "Seen by Łukasz Ωmega Дарья ✓"
    assert b"DejaVuSans" in out
    cannot = document.render(replace_all(document.canonical, "Jane Roe", "山田 שלום"))
    assert FORMAT.parse(cannot).canonical.text == "Seen by ▯▯ ▯▯▯▯"


def _scan(canvas: Canvas) -> None:
    canvas.drawImage(ImageReader(Image.new("L", (100, 140), 200)), 0, 0, 595, 842)


def _locked() -> bytes:
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(draw(text(72, 700, "secret")))) as source:
        source.save(out, encryption=pikepdf.Encryption(owner="o", user="u"))
    return out.getvalue()


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (draw(_scan), "pdf-no-text"),
        (_locked(), "pdf-encrypted"),
        (b"%PDF-1.7\nnonsense", "pdf-malformed"),
        (draw(text(72, 700, "x"))[:200], "pdf-malformed"),
        (b"", "pdf-malformed"),
    ],
    ids=["scan", "password", "nonsense", "truncated", "empty"],
)
def test_what_cannot_be_read_is_refused(data: bytes, code: str) -> None:
    with pytest.raises(Unparsable) as refusal:
        FORMAT.parse(data)
    assert refusal.value.code == code


def test_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    data = draw(text(72, 700, "one"), Canvas.showPage, text(72, 700, "two"), Canvas.showPage, text(72, 700, "three"))
    for name, code in (
        ("MAX_PDF_PAGES", "pdf-too-many-pages"),
        ("MAX_PDF_PAGE_CHARS", "pdf-too-much-text"),
        ("MAX_PDF_CHARS", "pdf-too-much-text"),
        ("MAX_PDF_PAGE_OBJECTS", "pdf-too-many-objects"),
        ("MAX_PDF_BYTES", "pdf-too-large"),
    ):
        with monkeypatch.context() as patch:
            patch.setattr(limits, name, 2 if name != "MAX_PDF_PAGE_OBJECTS" else 0)
            with pytest.raises(Unparsable) as refusal:
                FORMAT.parse(data)
        assert refusal.value.code == code


def test_real_contracts_read_back_to_the_same_text(shared: Path) -> None:
    files = sorted((shared / "data" / "documents").iterdir())
    assert len(files) == 10
    for file in files[::3]:
        document = FORMAT.parse(file.read_bytes())
        canonical = document.canonical
        assert len(canonical.text) > 5000
        assert "▯" not in canonical.text
        assert FORMAT.parse(document.render([])).canonical.text == canonical.text


def test_real_contracts_with_replacements(shared: Path) -> None:
    (file,) = (shared / "data" / "documents").glob("KIROMIC*")
    document = FORMAT.parse(file.read_bytes())
    canonical = document.canonical
    replacements = [
        Replacement(i, i + len(name), "[PERSON-1 é]")
        for i in range(len(canonical.text))
        for name in ("Gianluca Rotino", "Kiromic", "Consultant")
        if canonical.text.startswith(name, i)
    ]
    assert len(replacements) > 50
    out = document.render(replacements)
    assert words(FORMAT.parse(out).canonical.text) == words(edited(canonical, replacements))
    assert not any("Rotino" in layer.text for layer in FORMAT.layers(out))
    before, after = pdfium.PdfDocument(file), pdfium.PdfDocument(out)
    assert len(before) == len(after)
    assert [page.get_size() for page in before] == [page.get_size() for page in after]
