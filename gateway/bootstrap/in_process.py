"""Detection and parsing in this process, without the sandbox: for texts of whoever runs the command itself.

Each function imports what it needs, for detectors and formats take long to load, and no caller needs both.
"""

from __future__ import annotations

from gateway.redaction.document import Detector


def load_detector() -> Detector:
    """All detectors, their models loaded.

    Raises:
        Misconfigured: a language model is missing.
    """
    from gateway.detectors.ensemble import build_detector

    return build_detector()


def text_of(data: bytes, media_type: str) -> str | None:
    """What a file says, or None of a type that nobody looks into."""
    from gateway.formats.registry import format_for

    format_ = format_for(media_type)
    return format_.parse(data).canonical.text if format_ else None
