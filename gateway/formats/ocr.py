"""Words of a picture by Tesseract (tesserocr), in process: no files, no programs are started.

The engine is optional (the extra ``ocr``). Its English model reads Latin script; accents of other
languages are often lost, which lowers the confidence of a word.
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
_DPI = 300


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


def words_of(page: Image.Image, *, sparse: bool = False) -> list[Word]:
    """The words of a grey picture in reading order.

    Args:
        sparse: Look for text anywhere instead of analysing the layout.

    Raises:
        Unparsable: ``image-ocr-missing`` if the engine or its model is not installed.
    """
    engine = _engine()
    mode = engine.PSM.SPARSE_TEXT if sparse else engine.PSM.AUTO
    with engine.PyTessBaseAPI(path=str(_MODEL_FOLDER), lang="eng", psm=mode) as api:
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
