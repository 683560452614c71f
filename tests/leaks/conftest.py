"""The world of the leaky files: a detector that sees the secret in the text, and the way through redaction.

Nothing binary is committed: each test makes its own file, with the secret in the layer that the test
is named after.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from gateway.agreements.model import View
from gateway.errors import GatewayError, ResidueFound, Unparsable
from gateway.evidence.taxonomy import Action, Category
from gateway.exchange.ports.redaction_job import RedactionJob, RenditionSpec
from gateway.formats.registry import FORMATS
from gateway.formats.sniff import sniff
from gateway.redaction.document import CanonicalText, Finding
from gateway.workbench.redact_whole import redact_exhibit
from tests.leaks.seeking import SECRET, holds


class SecretDetector:
    """Finds the secret wherever a reader would, in any spelling of its case and spacing."""

    def detect(self, document: CanonicalText, language: str | None = None) -> list[Finding]:
        pattern = re.compile(r"zephyrine\d*[\W_]{0,3}quillfeather\d*", re.IGNORECASE)
        return [Finding(m.start(), m.end(), "PERSON", "test", 1.0) for m in pattern.finditer(document.text)]


@pytest.fixture
def redacted() -> Callable[..., bytes]:
    """Redact a file under its sniffed type in a view that removes every finding."""

    def run(data: bytes, name: str = "exhibit") -> bytes:
        view = View("standard", dict.fromkeys(Category, Action.REMOVE), {})
        media_type = sniff(data, name)
        result = redact_exhibit(
            data,
            RedactionJob("e1", name, media_type, "0" * 64, frozenset(), (RenditionSpec(view, "cnil-fr", bytes(32)),)),
            format_=FORMATS[media_type],
            detector=SecretDetector(),
        )
        assert len(result.renditions) == 1
        return result.renditions[0].data

    return run


@pytest.fixture
def clean_or_stopped(redacted: Callable[..., bytes]) -> Callable[..., bytes | None]:
    """Assert that the leak is there before, and after is either nowhere or the exhibit is stopped."""

    def check(data: bytes, *, planted: bool = True) -> bytes | None:
        assert holds(data, SECRET) or not planted, "the test has planted nothing"
        stop: GatewayError | None = None
        try:
            out = redacted(data)
        except (Unparsable, ResidueFound) as error:
            stop = error
        if stop is not None:
            assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)+", stop.code)
            assert SECRET not in str(stop)
            return None
        assert not holds(out, SECRET)
        return out

    return check
