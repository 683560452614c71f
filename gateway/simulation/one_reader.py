"""Simulate: what one role of one party would receive from these files under this agreement.

The same decisions, the same sandbox and the same redaction as on a server, without server, database
or keys: nothing is stored but what is written to the folder that the caller names. Every role of
every party at once is all_readers.py.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from gateway.agreements.model import Agreement
from gateway.errors import GatewayError
from gateway.evidence.canonical import canonical_json
from gateway.evidence.media import EXTENSIONS, OCTETS, compatible, effective_media_type
from gateway.evidence.names import check_exhibit_name, propose_exhibit_name
from gateway.exchange.ports.redaction_job import RedactionJob, RenditionSpec
from gateway.exchange.ports.workbench import NOTHING_INSIDE, CleanRendition, Inside, Source, Workbench
from gateway.policy.decision import Decision, deny
from gateway.policy.reach import stop_categories
from gateway.simulation.scenario import Judgement, Scenario, invalid, judge, scenario

__all__ = ["Scenario", "declared_media_type", "fitting_type", "scenario", "simulate"]


@dataclass(frozen=True, slots=True)
class OpenedFile:
    """A file that was opened: its plain bytes, and what examination found."""

    name: str
    data: bytes
    media_type: str
    evidence_type: str | None
    redactable: bool
    inside: Inside = NOTHING_INSIDE
    declared: str = ""  # what the extension says, where the bytes are something else

    def facts(self) -> dict[str, Any]:
        """JSON-ready members for ``decisions.json``."""
        return {"media_type": self.media_type, "evidence_type": self.evidence_type, "size": len(self.data)}


def simulate(
    question: Scenario,
    files: Sequence[Path],
    out: Path,
    workbench: Workbench,
    progress: Callable[[str], None] = lambda name: None,
) -> dict[str, Any]:
    """Write ``out/VIEW/NAME`` and ``out/VIEW/NAME.report.json`` for all that would be received.

    Returns:
        What ``out/decisions.json`` holds; ``["refused"]`` counts the files of which something would
        be refused.
    """
    prepare_folder(files, out)

    def one(path: Path) -> dict[str, Any]:
        result = _judge_file(question, path, out, workbench)
        progress(path.name)
        return result

    with ThreadPoolExecutor(max_workers=2) as pool:
        results = list(pool.map(one, files))
    decisions = {
        "agreement": question.agreement.ref.as_dict(),
        "as": {"role": question.role, "agency": question.agency, "assumed": sorted(question.reader.attributes)},
        "from": question.sender,
        "purpose": question.purpose,
        "at": question.now.isoformat(),
        "refused": sum(1 for r in results if r["outcome"] != "permit"),
        "files": results,
    }
    write_decisions(out, decisions)
    return decisions


def prepare_folder(files: Sequence[Path], out: Path) -> None:
    """Make the folder, and refuse files whose names are the same in some file system.

    Raises:
        InvalidInput: ``simulate-invalid``.
    """
    out.mkdir(parents=True, exist_ok=True)
    names = [path.name.casefold() for path in files]
    for i, name in enumerate(names):
        if names.index(name) != i:
            raise invalid(f"two files are named {files[i].name}", "give one of them another name")


def write_decisions(out: Path, decisions: Mapping[str, Any]) -> None:
    """Write ``out/decisions.json``."""
    (out / "decisions.json").write_text(json.dumps(decisions, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def open_file(
    agreement: Agreement, types: Mapping[str, str], path: Path, workbench: Workbench
) -> OpenedFile | dict[str, Any]:
    """Open a file as a server would; what can't be opened is the result that says so.

    Raises:
        InvalidInput: ``simulate-invalid`` if it can't be read from the disk.
    """
    try:
        name = check_exhibit_name(propose_exhibit_name(path.name))
        data = path.read_bytes()
        examined = workbench.examine(Source.of(data), name, declared_media_type(path))
    except OSError as error:
        raise invalid(f"{path} cannot be read: {error.strerror}", "give files that exist") from error
    except GatewayError as error:
        return {"file": path.name, **quarantined(error)}
    media_type = effective_media_type(examined.media_type, declared_media_type(path))
    # As on a server, the type of evidence belongs to what is declared.
    declared = "" if compatible(examined.media_type, declared_media_type(path)) else declared_media_type(path)
    evidence_type = types.get(path.name) or fitting_type(agreement, declared or media_type)
    return OpenedFile(name, data, media_type, evidence_type, examined.redactable, examined.inside, declared)


def judge_opened(question: Scenario, opened: OpenedFile) -> Judgement:
    """The decisions over an opened file for one reader."""
    return judge(
        question,
        opened.evidence_type,
        opened.media_type,
        len(opened.data),
        opened.inside,
        declared=opened.declared,
    )


def quarantined(error: GatewayError) -> dict[str, Any]:
    """The members of a result that ended in an error."""
    return {"outcome": "quarantine", **error.as_dict(), "clause": "", "views": []}


def _judge_file(question: Scenario, path: Path, out: Path, workbench: Workbench) -> dict[str, Any]:
    opened = open_file(question.agreement, question.types, path, workbench)
    if isinstance(opened, dict):
        return opened
    result: dict[str, Any] = {"file": path.name, **opened.facts()}
    judgement = judge_opened(question, opened)
    if judgement.refusal is not None:
        return {**result, **judgement.refused()}
    items: list[dict[str, Any]] = []
    if opened.redactable:
        key = pseudonym_key(question.agreement, question.agency)
        views = [question.agreement.views[view] for view in judgement.pulls]
        specs = [RenditionSpec(view, question.agency, key) for view in views]
        try:
            made = redact(question.agreement, opened, specs, workbench)
        except GatewayError as error:
            return {**result, **quarantined(error)}
        if isinstance(made, Decision):
            return {**result, **made.as_dict(), "views": []}
        items = [write_rendition(question.agreement, opened, rendition, out) for rendition in made]
    else:
        items = [write_opaque(opened, view, out) for view in judgement.pulls]
    for item in items:
        item["obligations"] = [o.as_dict() for o in judgement.pulls[item["view"]].obligations]
    return {**result, **judgement.pushed.as_dict(), "views": items}


def pseudonym_key(agreement: Agreement, agency: str) -> bytes:
    """32 bytes for the pseudonyms of one recipient in a simulation."""
    # Not secret, only stable: a simulation has no case whose pseudonyms it would have to protect.
    return hashlib.sha256(f"simulation|{agreement.digest}|{agency}".encode()).digest()


def redact(
    agreement: Agreement, opened: OpenedFile, specs: Sequence[RenditionSpec], workbench: Workbench
) -> tuple[CleanRendition, ...] | Decision:
    """All renditions of a file, or the refusal if it holds what the agreement forbids.

    Raises:
        GatewayError: What quarantines an exhibit on a server.
    """
    digest = hashlib.sha256(opened.data).hexdigest()
    job = RedactionJob(
        exhibit_id=digest[:32],
        name=opened.name,
        media_type=opened.media_type,
        source_commitment=digest,
        stop_on=stop_categories(agreement),
        specs=tuple(specs),
    )
    made = [bytearray() for _ in specs]
    outcome = workbench.redact(Source.of(opened.data), job, [each.extend for each in made])
    if outcome.stopped_by:
        clause = "/evidence/special-category-data" if stop_categories(agreement) else "/views"
        return deny("forbidden-data-found", clause, f"it contains {', '.join(outcome.stopped_by)}")
    return tuple(replace(each, data=bytes(data)) for each, data in zip(outcome.renditions, made, strict=True))


def write_opaque(opened: OpenedFile, view: str, out: Path) -> dict[str, Any]:
    """Write a file that passes as it is to ``out/VIEW/NAME``."""
    (out / view).mkdir(parents=True, exist_ok=True)
    (out / view / opened.name).write_bytes(opened.data)
    return {"view": view, "rendition": f"{view}/{opened.name}", "opaque": True}


def write_rendition(agreement: Agreement, opened: OpenedFile, rendition: CleanRendition, out: Path) -> dict[str, Any]:
    """Write a rendition and its report to ``out/VIEW/``."""
    folder = out / rendition.view
    folder.mkdir(parents=True, exist_ok=True)
    (folder / opened.name).write_bytes(rendition.data)
    (folder / f"{opened.name}.report.json").write_bytes(canonical_json(dict(rendition.report)) + b"\n")
    review = agreement.review
    return {
        "view": rendition.view,
        "rendition": f"{rendition.view}/{opened.name}",
        "report": f"{rendition.view}/{opened.name}.report.json",
        "delivered_name": rendition.name,
        "review_required": review is not None and review.required(rendition.view, rendition.lowest_confidence),
    }


def declared_media_type(path: Path) -> str:
    """What a file's extension says it is; a claim, to be checked against its bytes."""
    by_extension = {extension: media_type for media_type, extension in EXTENSIONS.items()}
    return by_extension.get(path.suffix.lower(), OCTETS)


def fitting_type(agreement: Agreement, media_type: str) -> str | None:
    """The first evidence type of the agreement that permits the media type; looked-into ones first."""
    fitting = [rule for rule in agreement.evidence.values() if media_type in rule.media]
    fitting.sort(key=lambda rule: rule.opaque)
    return fitting[0].evidence_type if fitting else None
