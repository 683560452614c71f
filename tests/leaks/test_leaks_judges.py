"""Two foreign checkers of redacted PDFs agree: nothing lies under a box, and the secret is nowhere.

``x-ray`` (text under rectangles) and ``pdf-redaction-check`` (all layers, for a given secret) live in an
environment of their own, made here from the package registry; where that cannot be reached, skipped.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.leaks.seeking import SECRET
from tests.leaks.test_leaks_documents import DRAWN, PLANTED, drawn, planted

PINNED = ("pdf-redaction-check==0.2.0", "x-ray==0.4.0")


@pytest.fixture(scope="module")
def judges(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the two commands."""
    home = tmp_path_factory.mktemp("judges")
    subprocess.run([sys.executable, "-m", "venv", str(home)], check=True, timeout=120)
    install = [str(home / "bin" / "pip"), "install", "-q", "--disable-pip-version-check", *PINNED]
    if subprocess.run(install, check=False, timeout=240, capture_output=True).returncode:
        pytest.skip("the package registry cannot be reached, so the foreign checkers are not here")
    return home / "bin"


def verdicts(judges: Path, file: Path) -> tuple[object, int]:
    """What x-ray finds under boxes, and the exit code of the search for the secret."""
    boxes = subprocess.run([str(judges / "xray"), str(file)], check=True, timeout=60, capture_output=True)
    command = [str(judges / "pdf-redaction-check"), "--json", "--secret", SECRET, str(file)]
    search = subprocess.run(command, check=False, timeout=60, capture_output=True)
    return json.loads(boxes.stdout), search.returncode


def test_the_judges_agree(judges: Path, tmp_path: Path, clean_or_stopped: Callable[..., bytes | None]) -> None:
    leaky = tmp_path / "leaky.pdf"
    leaky.write_bytes(drawn(DRAWN["text under a black box"]))
    boxes, code = verdicts(judges, leaky)
    assert boxes
    assert code != 0, "the checkers find nothing in a file that leaks, so they prove nothing"
    files = {name: drawn(draw) for name, draw in DRAWN.items()}
    files |= {name: planted(PLANTED[name]) for name in ("annotation", "optional content that is off", "ActualText")}
    judged = 0
    for name, data in files.items():
        rendition = clean_or_stopped(data)
        if rendition is None:
            continue
        finished = tmp_path / "finished.pdf"
        finished.write_bytes(rendition)
        assert verdicts(judges, finished) == ({}, 0), name
        judged += 1
    assert judged >= len(DRAWN)
