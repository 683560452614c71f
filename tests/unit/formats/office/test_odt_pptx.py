"""ODT and PPTX: what is kept, in which order, and that a rendition reads back as it was."""

from __future__ import annotations

import io
import zipfile

import pytest

from gateway.errors import Unparsable
from gateway.evidence.media import ODT, PPTX
from gateway.formats.registry import FORMATS
from gateway.redaction.document import Replacement
from tests.leaks.test_leaks_presentations_texts import BODY, TABLE, deck, odt, packed, shape, slide

NOTES = {"ppt__notesSlides__notesSlide1": slide(shape("say &lt;this&gt;", placeholder=BODY), kind="notes")}
DECK = deck(shape("Title") + TABLE + shape("a</a:t></a:r><a:br/><a:r><a:rPr i='1'/><a:t> b"), **NOTES)
WORDS = odt(
    "<text:h text:outline-level='2'>Head</text:h><text:p>a<text:s text:c='3'/>b<text:tab/>c<text:line-break/>d</text:p>"
    "<text:list><text:list-item><text:p>one</text:p></text:list-item></text:list>"
    "<text:p>called<text:note><text:note-citation>9</text:note-citation><text:note-body><text:p>below</text:p>"
    "</text:note-body></text:note></text:p>"
    "<table:table><table:table-row><table:table-cell table:number-columns-spanned='2'><text:p>l</text:p>"
    "</table:table-cell><table:covered-table-cell/><table:table-cell><text:p>r</text:p></table:table-cell>"
    "</table:table-row></table:table>"
    "<text:p><draw:frame><draw:image/></draw:frame></text:p>"
)


def test_pptx_text() -> None:
    text = FORMATS[PPTX].parse(DECK).canonical.text
    assert text == "seen\nTitle\nZephyrine Quillfeather\na\n b\nNotes:\nsay <this>"


def test_odt_text() -> None:
    text = FORMATS[ODT].parse(WORDS).canonical.text
    assert text == "seen\nHead\na   b\tc\nd\n• one\ncalled[1]\nl\tr\n[image omitted]\nNotes\n[1] below"


NUMBERED = (
    "<text:list-style style:name='L'>"
    "<text:list-level-style-number text:level='1' style:num-format='1' style:num-prefix='§ ' style:num-suffix='.'/>"
    "<text:list-level-style-number text:level='2' style:num-format='a' style:num-suffix=')' text:display-levels='2'/>"
    "<text:list-level-style-bullet text:level='3' text:bullet-char='–'/></text:list-style>"
)
OUTLINE = "<text:outline-style><text:outline-level-style text:level='1' style:num-format='I'/></text:outline-style>"


def items(*texts: str, **of_list: str) -> str:
    attributes = "".join(f" {name.replace('__', ':').replace('_', '-')}='{value}'" for name, value in of_list.items())
    inner = "".join(f"<text:list-item>{text}</text:list-item>" for text in texts)
    return f"<text:list{attributes}>{inner}</text:list>"


def p(text: str) -> str:
    return f"<text:p>{text}</text:p>"


def test_odt_numbers_of_lists_and_headings_are_text() -> None:
    deep, own = items(p("deep"), p("er")), {"text__style_name": "L"}
    body = (
        "<text:h text:outline-level='1'>One</text:h><text:h text:outline-level='2'>no number</text:h>"
        + items(p("first") + items(p("sub") + deep, p("sub")), p("second") + p("more of it"), **own, xml__id="x")
        + p("between")
        + items(p("third"), **own, text__continue_numbering="true")
        + items(p("again"), **own)
        + items(p("fourth"), text__continue_list="x")
        + items(p("unstyled"))
        + "<text:h text:outline-level='1'>Two</text:h>"
        "<text:h text:outline-level='1' text:restart-numbering='true' text:start-value='9'>Nine</text:h>"
        "<text:h text:outline-level='1' text:is-list-header='true'>none</text:h>"
    )
    text = FORMATS[ODT].parse(odt(body, styles=NUMBERED + OUTLINE)).canonical.text
    assert text.splitlines()[1:] == [
        "I One", "no number", "§ 1. first", "1.a) sub", "– deep", "– er", "1.b) sub", "§ 2. second", "more of it",
        "between", "§ 3. third", "§ 1. again", "§ 4. fourth", "• unstyled", "II Two", "IX Nine", "none",
    ]  # fmt: skip


def test_odt_figures_beyond_reason_count_as_one() -> None:
    nines = "9" * 5000
    row = f"<table:table-cell table:number-columns-repeated='{nines}'>{p('c')}</table:table-cell>"
    body = f"<text:p>a<text:s text:c='{nines}'/>b</text:p><text:h text:outline-level='{nines}'>h</text:h>"
    body += f"<table:table><table:table-row>{row}</table:table-row></table:table>"
    assert FORMATS[ODT].parse(odt(body)).canonical.text == "seen\na b\nh\nc"


@pytest.mark.parametrize(("media_type", "data"), [(PPTX, DECK), (ODT, WORDS)], ids=["pptx", "odt"])
def test_reads_back(media_type: str, data: bytes) -> None:
    form = FORMATS[media_type]
    document = form.parse(data)
    text = document.canonical.text
    again = form.parse(document.render([]))
    assert again.canonical.text == text
    assert again.render([]) == document.render([])
    start = text.index("seen")
    changed = form.parse(document.render([Replacement(start, start + 4, "[A&B]  1")])).canonical.text
    assert changed == text.replace("seen", "[A&B]  1")


def test_pptx_says_how_many_slides_were_hidden() -> None:
    text = FORMATS[PPTX].parse(deck(shape("x"), "show='0'")).canonical.text
    assert text == "seen\nLeft out of this presentation: 1 hidden slide."


def test_pptx_places_come_from_the_layout() -> None:
    frame = "<p:spPr><a:xfrm><a:off x='11' y='12'/><a:ext cx='13' cy='14'/></a:xfrm></p:spPr>"
    layout = slide(shape("x", placeholder=BODY).replace("<p:spPr/>", frame), kind="sldLayout")
    out = FORMATS[PPTX].parse(deck(shape("y", placeholder=BODY), ppt__slideLayouts__l=layout)).render([])
    assert b'<a:off x="11" y="12"/><a:ext cx="13" cy="14"/>' in b"".join(_members(out))


def test_pptx_places_in_groups_are_those_on_the_slide() -> None:
    frame = "<p:spPr><a:xfrm><a:off x='1100' y='200'/><a:ext cx='50' cy='60'/></a:xfrm></p:spPr>"
    group = (
        "<p:grpSp><p:grpSpPr><a:xfrm><a:off x='10' y='20'/><a:ext cx='200' cy='400'/><a:chOff x='1000' y='100'/>"
        f"<a:chExt cx='100' cy='200'/></a:xfrm></p:grpSpPr>{shape('y').replace('<p:spPr/>', frame)}</p:grpSp>"
    )
    out = FORMATS[PPTX].parse(deck(group)).render([])
    assert b'<a:off x="210" y="220"/><a:ext cx="100" cy="120"/>' in b"".join(_members(out))


@pytest.mark.parametrize(
    ("media_type", "data", "code"),
    [
        (PPTX, packed({"ppt/presentation.xml": "<x/>"}), "office-malformed"),
        (PPTX, deck("<!-- "), "office-malformed"),
        (ODT, packed({"content.xml": "<x/>"}), "office-malformed"),
        (ODT, packed({"content.xml": "<!DOCTYPE x [<!ENTITY e 'f'>]><x>&e;</x>"}), "office-xml-entities"),
        (ODT, odt("<text:section>" * 400 + "</text:section>" * 400), "office-malformed"),
    ],
    ids=["no relationships", "broken slide", "no body", "entities", "too deep"],
)
def test_refused(media_type: str, data: bytes, code: str) -> None:
    with pytest.raises(Unparsable) as caught:
        FORMATS[media_type].parse(data)
    assert caught.value.code == code


def test_pptx_with_a_slide_missing_is_refused() -> None:
    members = ("_rels/.rels", "ppt/presentation.xml", "ppt/_rels/presentation.xml.rels")
    whole = dict(zip(_names(DECK), _members(DECK), strict=True))
    with pytest.raises(Unparsable, match="a slide is missing"):
        FORMATS[PPTX].parse(packed({name: whole[name] for name in members}))


def _names(data: bytes) -> list[str]:
    return zipfile.ZipFile(io.BytesIO(data)).namelist()


def _members(data: bytes) -> list[bytes]:
    archive = zipfile.ZipFile(io.BytesIO(data))
    return [archive.read(name) for name in archive.namelist()]
