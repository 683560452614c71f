"""Which of English, French and Spanish a passage is written in, told by its commonest small words.

Enough to choose a model and rules; it is no general language identifier. Undecided passages (tables,
logs, other languages) count as English, whose rules are the broadest.
"""

from __future__ import annotations

import re

from gateway.redaction.matching import words_of

LANGUAGES = ("en", "fr", "es")
_SMALL_WORDS = {
    "en": frozenset(
        words_of("the of and to in that was is for on with he had by his not at from this which were been has")
    ),
    "fr": frozenset(
        words_of(
            "le la les des et du en une un est que qui dans pour par sur au aux ne pas il elle ce cette été avait "
            "son sa ses avec l d qu"
        )
    ),
    "es": frozenset(
        words_of(
            "el la los las de del y en que un una por para con se su al no es lo como más fue había sus ha este esta"
        )
    ),
}
_WORD = re.compile(r"[^\W\d_]+")
_SAMPLE_CHARS = 2000


def detect_language(text: str, fallback: str = "en") -> str:
    """``en``, ``fr`` or ``es``; the fallback where the small words do not decide."""
    words = _WORD.findall(text[:_SAMPLE_CHARS].lower())
    scores = {language: sum(word in small for word in words) for language, small in _SMALL_WORDS.items()}
    best = max(LANGUAGES, key=lambda language: scores[language])
    runner_up = max(score for language, score in scores.items() if language != best)
    return best if scores[best] >= 2 and scores[best] > runner_up else fallback
