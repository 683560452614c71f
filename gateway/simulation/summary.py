"""What a reader would receive, keep and lose, in numbers and in plain sentences.

*Receive*: files, by view. *Keep*: what stays readable in them, and for how long they are kept.
*Lose*: what is taken out, by reason code; and the files that are refused, with the clause.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from gateway.evidence.taxonomy import REASON_CODES, Action
from gateway.policy.decision import Decision
from gateway.policy.matrix import keep_of
from gateway.simulation.scenario import Scenario

_CHANGED = {str(Action.PSEUDONYMISE): "replaced by pseudonyms", str(Action.GENERALISE): "made coarser"}


def summarise(question: Scenario, pull: Decision, results: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The summary of one reader.

    Args:
        question: Who the reader is.
        pull: Whether the reader may pull at all.
        results: What ``decisions.json`` says of each file for this reader.
    """
    who = f"{question.role} of {question.agency}"
    if not pull.permitted:
        return {"sentences": [f"{who} would receive nothing: {pull.reasons[0]} ({pull.clause})."]}
    received = [result for result in results if result["views"]]
    refused = [result for result in results if not result["views"]]
    views = {view: _view(view, received) for view in dict.fromkeys(v["view"] for r in received for v in r["views"])}
    kept_for = {r["evidence_type"]: keep_of(question.agreement, r["evidence_type"]) for r in received}
    sentences = [f"{who} would receive {len(received)} of {len(results)} files."]
    for name, view in views.items():
        sentences.extend(_sentences(name, view))
    sentences += [f"{kind} is kept {period}." for kind, period in sorted(kept_for.items())]
    for kind in sorted(kept_for):
        shorter = question.agreement.retention_for(kind)[0].views.keys() & views.keys()
        for name in sorted(shorter):
            sentences.append(f"{kind} in the view {name} is kept {keep_of(question.agreement, kind, name)}.")
    sentences += [f"Not received: {r['file']}, because {_reason(r)}." for r in refused]
    return {
        "receives": {name: view["files"] for name, view in views.items()},
        "keeps": {name: view["keep"] for name, view in views.items()},
        "changed": {name: {act: view[act] for act in _CHANGED if view[act]} for name, view in views.items()},
        "loses": {name: view["lost"] for name, view in views.items()},
        "kept_for": kept_for,
        "refused": [{"file": r["file"], "code": r["code"], "clause": r["clause"]} for r in refused],
        "sentences": sentences,
    }


def _view(view: str, received: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    files: list[str] = []
    opaque: list[str] = []
    kept: Counter[str] = Counter()
    unknown: list[str] = []  # files of which nobody counted what is kept
    changed: dict[str, Counter[str]] = {action: Counter() for action in _CHANGED}
    lost: Counter[str] = Counter()
    for result in received:
        for item in result["views"]:
            if item["view"] != view:
                continue
            files.append(result["file"])
            if "findings" not in item:
                opaque.append(result["file"])
                continue
            if item["findings"]["keep"] is None:
                unknown.append(result["file"])
            kept.update(item["findings"]["keep"] or {})
            lost.update(item["reason_codes"])
            for action, counts in changed.items():
                counts.update(item["findings"].get(action, {}))
    return {"files": files, "opaque": opaque, "unknown": unknown, "keep": dict(kept), "lost": dict(lost), **changed}


def _sentences(name: str, view: Mapping[str, Any]) -> Iterator[str]:
    where = f"In the view {name}"
    if view["opaque"]:
        yield f"{where}, nobody looks into {_and(view['opaque'])}: it passes as it is."
    if view["keep"]:
        yield f"{where}, these stay readable: {_counts(view['keep'])}."
    for action, words in _CHANGED.items():
        if view[action]:
            yield f"{where}, these are {words}: {_counts(view[action])}."
    if view["lost"]:
        lost = (f"{n} {code} ({REASON_CODES[code].meaning.lower()})" for code, n in view["lost"].items())
        yield f"{where}, these are taken out: {_and(lost)}."
    if view["unknown"]:
        yield f"{where}, what stays readable in {_and(view['unknown'])} could not be counted."


def _counts(counts: Mapping[str, int]) -> str:
    return _and(f"{number} {entity}" for entity, number in counts.items())


def _reason(result: Mapping[str, Any]) -> str:
    reasons = result.get("reasons")
    text = "; ".join(reasons) if reasons else str(result.get("message", result["code"])).rstrip(".")
    return f"{text} ({result['clause'] or result['code']})"


def _and(items: Iterable[str]) -> str:
    *head, last = list(items)
    return f"{', '.join(head)} and {last}" if head else last
