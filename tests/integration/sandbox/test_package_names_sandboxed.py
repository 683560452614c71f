"""A person of one exhibit in the others of its package, with the real detectors: found, and under one pseudonym."""

from __future__ import annotations

import re
from itertools import permutations

from gateway.agreements.model import View
from gateway.evidence.media import TEXT
from gateway.evidence.taxonomy import Action, Category
from gateway.exchange.ports.workbench import RenditionSpec
from gateway.workbench.parent import SandboxedWorkbench

FILES = {
    "letter.txt": b"Mme Marie-Claire Dubois wrote about the pump.\n",
    "note.txt": b"Note: Dubois's car came. Then M.-C. D. drove.\n",
    "log.txt": b"10:02 pump off, seen by M.-C. Dubois\n",
}
VIEW = View("named", dict.fromkeys(Category, Action.REMOVE), {Category.PERSONAL_DATA: {"PERSON": Action.PSEUDONYMISE}})


def test_short_and_initialled_forms_bear_the_pseudonym_in_any_order() -> None:
    workbench = SandboxedWorkbench(workers=1, memory_bytes=3 << 30, seconds=120, max_bytes=1 << 20)
    try:
        names: frozenset[str] = frozenset()
        for name, data in FILES.items():
            names |= workbench.survey(data, name=name, media_type=TEXT)
        runs = [
            {
                name: workbench.redact(
                    FILES[name],
                    exhibit_id="e1",
                    name=name,
                    media_type=TEXT,
                    source_commitment="0" * 64,
                    stop_on=frozenset(),
                    specs=[RenditionSpec(VIEW, "reader", b"k" * 32)],
                    names=names,
                )
                .renditions[0]
                .data.decode()
                for name in order
            }
            for order in permutations(FILES)
        ]
    finally:
        workbench.close()
    assert all(run == runs[0] for run in runs)
    together = "\n".join(runs[0].values())
    assert "Dubois" not in together
    assert "M.-C." not in together
    assert len(re.findall(r"\[Person ", together)) == 4
    assert len(set(re.findall(r"\[Person [^]]+\]", together))) == 1
