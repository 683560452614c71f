"""A detector that never answers: its child is ended, the exhibit has a code, the next one is read as ever."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.errors import SandboxFailure
from gateway.sandbox import seccomp
from gateway.sandbox.pool import Sandbox, SandboxLimits

pytestmark = pytest.mark.skipif(not seccomp.supported(), reason="the sandbox confines on Linux x86-64 and AArch64")

#: The real task and ensemble, with all rules; models that load at once stand for those that take seconds.
#: The part named in the request sleeps, and eats no processor time while it does.
TASK = """
import time
from types import SimpleNamespace

from contextlib import nullcontext

import spacy

from gateway.detectors import ensemble
from gateway.workbench import child

def hang(*_, **__):
    time.sleep(3600)

def prepare():
    global detector
    read = lambda texts, language: [spacy.blank(language)(text) for text in texts]
    numbers = SimpleNamespace(find=lambda passage, document: [])
    tagger = SimpleNamespace(judge=lambda passage, columns, spans: spans)
    detector = ensemble.Ensemble(SimpleNamespace(read=read, reading=nullcontext), numbers, ensemble.RULES, tagger)
    child._child = child.Child(detector)

def run(request):
    if request["hangs"] == "labels":
        ensemble.find_labelled = hang
    elif request["hangs"] == "models":
        detector._models.read = hang
    elif request["hangs"] == "presidio":
        detector._numbers.find = hang
    elif request["hangs"] == "rule":
        detector._rules = (*detector._rules[1:], hang)
    elif request["hangs"] == "tagger":
        detector._tagger.judge = hang
    return child.work(request)
"""


def _survey(sandbox: Sandbox, hangs: str) -> list[str]:
    # Another text for each, for what was found in a text is remembered.
    text = f"Mr Arthur Redfearn of the committee on {hangs}, NHS number 943 476 5919."
    about = {"name": "a.txt", "media_type": "text/plain", "max_scans": 1, "hangs": hangs}
    names = sandbox.call({"do": "survey", "data": text.encode(), **about})["names"]
    return [name for name in names if "Redfearn" in name]


@pytest.mark.timeout(180)
def test_each_kind_of_detector_that_hangs_stops_the_exhibit_and_no_other(tmp_path: Path) -> None:
    (tmp_path / "hanging_task.py").write_text(TASK)
    # Ending on wall-clock time alone; reading a line takes hundredths of a second.
    limits = SandboxLimits(memory_bytes=3 << 30, wall_seconds=3, cpu_seconds=60)
    with Sandbox(
        "hanging_task:run", "hanging_task:prepare", workers=2, limits=limits, python_path=[str(tmp_path)]
    ) as sandbox:
        assert _survey(sandbox, "nothing")
        for kind in ("labels", "models", "presidio", "rule", "tagger"):
            with pytest.raises(SandboxFailure) as caught:
                _survey(sandbox, kind)
            assert (kind, caught.value.code) == (kind, "sandbox-timeout")
        assert _survey(sandbox, "nothing")
