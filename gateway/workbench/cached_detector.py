"""A detector that remembers what it found in the last texts, so that a second look costs nothing.

An exhibit is surveyed for names first and redacted afterwards, often by the same child. Texts are known by
their digest; only findings are kept, which hold no text, and only so many.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable

from gateway.redaction.document import CanonicalText, Detector, Finding

_MAX_FINDINGS = 500_000


class CachedDetector:
    """Answers like the detectors that it makes; the same text within the last ones is not read again.

    Args:
        new_detector: Makes one for each text, so that what is found in one never depends on another.
    """

    def __init__(self, new_detector: Callable[[], Detector], max_findings: int = _MAX_FINDINGS) -> None:
        self._new_detector = new_detector
        self._known: OrderedDict[bytes, tuple[Finding, ...]] = OrderedDict()
        self._held = 0
        self._max = max_findings

    def detect(self, document: CanonicalText, language: str | None = None) -> list[Finding]:
        """Findings in the text, sorted by start; see :class:`gateway.redaction.document.Detector`."""
        key = _digest(document, language)
        known = self._known.get(key)
        if known is None:
            known = tuple(self._new_detector().detect(document, language))
            self._remember(key, known)
        else:
            self._known.move_to_end(key)
        return list(known)

    def _remember(self, key: bytes, findings: tuple[Finding, ...]) -> None:
        # An entry without findings counts too.
        cost = len(findings) + 1
        if cost > self._max:
            return
        self._known[key] = findings
        self._held += cost
        while self._held > self._max:
            self._held -= len(self._known.popitem(last=False)[1]) + 1


def _digest(document: CanonicalText, language: str | None) -> bytes:
    digest = hashlib.sha256(repr((language, document.segments)).encode("utf-8", "surrogatepass"))
    digest.update(document.text.encode("utf-8", "surrogatepass"))
    return digest.digest()
