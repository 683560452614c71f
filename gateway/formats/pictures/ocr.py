"""Words of a picture by Tesseract (tesserocr), in process: no files, no programs are started.

The engine is optional (the extra ``ocr``, which brings the English model too). The French and Spanish
models are shipped with the gateway: the small ones that Tesseract's project calls *fast*, Apache-2.0.
All read Latin script, each with the accents of its own language.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image

from gateway.errors import Unparsable

_MODEL_FOLDER = Path(sys.prefix) / "share" / "tessdata"
_SHIPPED_FOLDER = Path(__file__).parent / "tessdata"
_DPI = 300
#: Tesseract's word confidence from which a word counts as read.
_CONFIDENT = 60.0
ENGLISH, FRENCH, SPANISH = "eng", "fra", "spa"


@dataclass(frozen=True, slots=True)
class Word:
    """A word, its line and block (numbers within the page), its box in pixels (right and bottom exclusive).

    ``confidence`` is 0 to 100, as Tesseract says it.
    """

    text: str
    block: int
    line: int
    box: tuple[int, int, int, int]
    confidence: float


def is_sure(word: Word) -> bool:
    """Whether a word was read with confidence."""
    # A drawing is often read as a sign, seldom as letters.
    return word.confidence >= _CONFIDENT and any(char.isalnum() for char in word.text)


def words_of(page: Image.Image, *, language: str = ENGLISH, sparse: bool = False) -> list[Word]:
    """The words of a grey picture in reading order.

    Args:
        language: Whose model reads.
        sparse: Look for text anywhere instead of analysing the layout.

    Raises:
        Unparsable: ``image-ocr-missing`` if the engine or its model is not installed.
    """
    engine = _engine()
    mode = engine.PSM.SPARSE_TEXT if sparse else engine.PSM.AUTO
    folder = _MODEL_FOLDER if language == ENGLISH else _SHIPPED_FOLDER
    with engine.PyTessBaseAPI(path=str(folder), lang=language, psm=mode) as api:
        # Its remarks go to standard error, which leads nowhere in a child; it would crash for want of the file
        # that the binding names, for the sandbox lets nothing be opened for writing, not even /dev/null.
        api.SetVariable("debug_file", "")
        api.SetImage(page)
        api.SetSourceResolution(_DPI)
        api.Recognize()
        iterator = api.GetIterator()
        return list(_words(engine.RIL, iterator)) if iterator is not None else []


def _engine() -> Any:
    try:
        import tesserocr
    except ImportError:
        raise _missing() from None
    if not (_MODEL_FOLDER / "eng.traineddata").is_file():
        raise _missing()
    return tesserocr


def _words(level: Any, iterator: Any) -> Iterator[Word]:
    block = line = 0
    while True:
        block += iterator.IsAtBeginningOf(level.PARA)
        line += iterator.IsAtBeginningOf(level.TEXTLINE)
        box = iterator.BoundingBox(level.WORD)
        text = "".join((iterator.GetUTF8Text(level.WORD) or "").split()) if box else ""
        if text:
            yield Word(text, block, line, box, float(iterator.Confidence(level.WORD)))
        if not iterator.Next(level.WORD):
            return


def _missing() -> Unparsable:
    return Unparsable(
        "image-ocr-missing",
        "Text in pictures cannot be read here: the text recognition is not installed.",
        remedy="Ask the operator to install the gateway's extra `ocr`, or send the text itself.",
    )
