"""Simulate for every role of every party: what each would receive, keep and lose from these files.

Each file is parsed and its findings are detected once, however many readers there are; a view without
pseudonyms is rendered once for all. Beside the readers' renditions one is made that removes
everything found, and thrown away: beside its report, that of a view shows what the view leaves in.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gateway.agreements.model import Agreement, View
from gateway.errors import GatewayError, ResidueFound
from gateway.evidence.package import EVERYONE
from gateway.evidence.taxonomy import ENTITIES, Action, Category
from gateway.exchange.ports.redaction_job import RenditionSpec
from gateway.exchange.ports.workbench import CleanRendition, Workbench
from gateway.policy.decision import Decision
from gateway.simulation.one_reader import (
    OpenedFile,
    judge_opened,
    open_file,
    prepare_folder,
    pseudonym_key,
    quarantined,
    redact,
    write_decisions,
    write_opaque,
    write_rendition,
)
from gateway.simulation.scenario import Judgement, Scenario, may_pull
from gateway.simulation.summary import summarise

#: No view can have this name, which is no identifier.
_EVERYTHING = View("(everything found)", dict.fromkeys(Category, Action.REMOVE), {})


@dataclass(frozen=True, slots=True)
class _Made:
    """What was made of one file: its renditions by view and audience, how often each kind was found, or why nothing."""

    renditions: Mapping[tuple[str, str], CleanRendition] = field(default_factory=dict)
    found: Mapping[str, int] | None = None
    failure: dict[str, Any] | None = None


def simulate_all(
    questions: Sequence[Scenario],
    files: Sequence[Path],
    out: Path,
    workbench: Workbench,
    progress: Callable[[str], None] = lambda name: None,
) -> dict[str, Any]:
    """Write ``out/AGENCY/ROLE/VIEW/NAME`` and ``….report.json`` for all that each reader would receive.

    Args:
        questions: One for each reader, all about the same agreement; see ``every_scenario``.

    Returns:
        What ``out/decisions.json`` holds. ``["refused"]`` counts the files of which something would
        be refused to somebody who may pull.
    """
    prepare_folder(files, out)
    agreement = questions[0].agreement

    def one(path: Path) -> list[dict[str, Any]]:
        results = _one_file(questions, path, out, workbench)
        progress(path.name)
        return results

    with ThreadPoolExecutor(max_workers=2) as pool:
        by_file = list(pool.map(one, files))
    readers = []
    refused: set[str] = set()
    for index, question in enumerate(questions):
        results = [results[index] for results in by_file]
        pull = may_pull(question)
        if pull.permitted:
            refused |= {result["file"] for result in results if result["outcome"] != "permit"}
        readers.append(
            {
                "role": question.role,
                "agency": question.agency,
                "assumed": sorted(question.reader.attributes),
                "from": question.sender,
                "may_pull": pull.as_dict(),
                "summary": summarise(question, pull, results),
                "files": results,
            }
        )
    decisions = {
        "agreement": agreement.ref.as_dict(),
        "as": "all",
        "purpose": questions[0].purpose,
        "at": questions[0].now.isoformat(),
        "refused": len(refused),
        "readers": readers,
    }
    write_decisions(out, decisions)
    return decisions


def _one_file(questions: Sequence[Scenario], path: Path, out: Path, workbench: Workbench) -> list[dict[str, Any]]:
    """The results of one file, one for each reader."""
    agreement = questions[0].agreement
    opened = open_file(agreement, questions[0].types, path, workbench)
    if isinstance(opened, dict):
        return [opened for _ in questions]
    judged = [(question, judge_opened(question, opened)) for question in questions]
    wanted = {(view, _audience(agreement, view, q.agency)) for q, j in judged for view in j.pulls}
    made = _make(agreement, opened, sorted(wanted), workbench) if wanted and opened.redactable else _Made()
    return [
        {"file": path.name, **opened.facts(), **_for_reader(question, judgement, opened, made, out)}
        for question, judgement in judged
    ]


def _audience(agreement: Agreement, view: str, agency: str) -> str:
    return agency if agreement.views[view].pseudonymises else EVERYONE


def _make(agreement: Agreement, opened: OpenedFile, wanted: Sequence[tuple[str, str]], workbench: Workbench) -> _Made:
    specs = [
        RenditionSpec(agreement.views[view], audience, pseudonym_key(agreement, audience)) for view, audience in wanted
    ]
    everything = RenditionSpec(_EVERYTHING, EVERYONE, bytes(32))
    try:
        try:
            outcome = redact(agreement, opened, [*specs, everything], workbench)
        except ResidueFound:
            # Perhaps only the rendition that nobody receives: then its counts are done without.
            outcome = redact(agreement, opened, specs, workbench)
    except GatewayError as error:
        return _Made(failure=quarantined(error))
    if isinstance(outcome, Decision):
        return _Made(failure={**outcome.as_dict(), "views": []})
    found = None
    renditions = {}
    for rendition in outcome:
        if rendition.view == _EVERYTHING.name:
            found = Counter(str(finding["entity"]) for finding in rendition.report["findings"])
        else:
            renditions[rendition.view, rendition.audience] = rendition
    return _Made(renditions, found)


def _for_reader(question: Scenario, judgement: Judgement, opened: OpenedFile, made: _Made, out: Path) -> dict[str, Any]:
    if judgement.refusal is not None:
        return judgement.refused()
    if made.failure is not None:
        return made.failure
    items = []
    folder = f"{question.agency}/{question.role}"
    for view, permit in judgement.pulls.items():
        if not opened.redactable:
            item = write_opaque(opened, view, out / folder)
        else:
            rendition = made.renditions[view, _audience(question.agreement, view, question.agency)]
            item = write_rendition(question.agreement, opened, rendition, out / folder)
            item["report"] = f"{folder}/{item['report']}"
            item |= _changes(question.agreement.views[view], rendition.report, made.found)
        item["rendition"] = f"{folder}/{item['rendition']}"
        item["obligations"] = [obligation.as_dict() for obligation in permit.obligations]
        items.append(item)
    return {**judgement.pushed.as_dict(), "views": items}


def _changes(view: View, report: Mapping[str, Any], found: Mapping[str, int] | None) -> dict[str, Any]:
    """How often what was done with each kind of finding. ``keep`` is None where it could not be counted."""
    done: dict[str, Counter[str]] = {str(action): Counter() for action in Action if action is not Action.STOP}
    for finding in report["findings"]:
        done[finding["action"]][finding["entity"]] += 1
    kept = None if found is None else {e: n for e, n in found.items() if _keeps(view, e)}
    lost = Counter(f["reason_code"] for f in report["findings"] if f["action"] == Action.REMOVE)
    return {
        "findings": {action: dict(sorted(counts.items())) for action, counts in done.items() if counts}
        | {"keep": None if kept is None else dict(sorted(kept.items()))},
        "reason_codes": dict(sorted(lost.items())),
    }


def _keeps(view: View, entity: str) -> bool:
    return view.action(ENTITIES[entity].category, entity) is Action.KEEP
