"""The pages of one document read one after the other, each in its language and as well as can be.

A page is read with the model of the page before it; if its small words say that it is in another
language, once more with that one's. A page that was read badly is read again a little blurred, which
takes the noise of scanners and of strong JPEG compression away; the reading with more sure letters counts.
"""

from __future__ import annotations

from PIL import Image, ImageFilter

from gateway.formats.pictures.ocr import ENGLISH, Word, is_sure, words_of
from gateway.formats.pictures.ocr_language import language_of

_SOFT = ImageFilter.GaussianBlur(1)
#: Share of letters read with confidence below which a page was read badly.
_WELL_READ = 0.8


class PageReader:
    """Reads pages; remembers the language of the last one."""

    def __init__(self) -> None:
        self._language = ENGLISH

    def read(self, page: Image.Image, *, sparse: bool = False) -> list[Word]:
        """The words of a grey picture in reading order.

        Args:
            sparse: Look for text anywhere instead of analysing the layout.

        Raises:
            Unparsable: ``image-ocr-missing``.
        """
        words = self._best(page, sparse)
        language = language_of(word.text for word in words if is_sure(word))
        if language is None or language == self._language:
            return words
        self._language = language
        return self._best(page, sparse)

    def _best(self, page: Image.Image, sparse: bool) -> list[Word]:
        words = words_of(page, language=self._language, sparse=sparse)
        if _letters(words, only_sure=True) >= max(1.0, _WELL_READ * _letters(words)):
            return words
        softened = words_of(page.filter(_SOFT), language=self._language, sparse=sparse)
        return max(words, softened, key=lambda each: _letters(each, only_sure=True))


def _letters(words: list[Word], *, only_sure: bool = False) -> int:
    return sum(char.isalnum() for word in words if not only_sure or is_sure(word) for char in word.text)
