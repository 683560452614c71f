"""A person of one exhibit in the others of its package, with the real detectors: found, and under one pseudonym."""

from __future__ import annotations

import re
from itertools import permutations

from gateway.agreements.model import View
from gateway.evidence.media import TEXT
from gateway.evidence.taxonomy import Action, Category
from gateway.exchange.ports.redaction_job import RedactionJob, RenditionSpec
from gateway.exchange.ports.workbench import Source
from gateway.workbench.parent import SandboxedWorkbench

FILES = {
    "letter.txt": b"Mme Marie-Claire Dubois wrote about the pump.\n",
    "note.txt": b"Note: Dubois's car came. Then M.-C. D. drove.\n",
    "log.txt": b"10:02 pump off, seen by M.-C. Dubois\n",
}
VIEW = View("named", dict.fromkeys(Category, Action.REMOVE), {Category.PERSONAL_DATA: {"PERSON": Action.PSEUDONYMISE}})


def redacted(workbench: SandboxedWorkbench, name: str, names: frozenset[str]) -> str:
    specs = (RenditionSpec(VIEW, "reader", b"k" * 32),)
    out = bytearray()
    workbench.redact(
        Source.of(FILES[name]), RedactionJob("e1", name, TEXT, "0" * 64, frozenset(), specs, names), [out.extend]
    )
    return out.decode()


def test_short_and_initialled_forms_bear_the_pseudonym_in_any_order() -> None:
    workbench = SandboxedWorkbench(workers=1, memory_bytes=3 << 30, seconds=120, max_bytes=1 << 20)
    try:
        names: frozenset[str] = frozenset()
        for name, data in FILES.items():
            names |= workbench.survey(Source.of(data), name=name, media_type=TEXT).names
        runs = [{name: redacted(workbench, name, names) for name in order} for order in permutations(FILES)]
    finally:
        workbench.close()
    assert all(run == runs[0] for run in runs)
    together = "\n".join(runs[0].values())
    assert "Dubois" not in together
    assert "M.-C." not in together
    assert len(re.findall(r"\[Person ", together)) == 4
    assert len(set(re.findall(r"\[Person [^]]+\]", together))) == 1
