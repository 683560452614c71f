"""Simulate: what one role of one party would receive from these files under this agreement.

The same decisions, the same sandbox and the same redaction as on a server, without server, database
or keys: nothing is stored but what is written to the folder that the caller names. A draft is judged
as if it were active; the role is taken to hold the attributes it needs, and the report says so.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from gateway.agreements.model import Agreement, AgreementState
from gateway.errors import GatewayError, InvalidInput
from gateway.evidence.canonical import canonical_json
from gateway.evidence.media import EXTENSIONS, OCTETS
from gateway.evidence.names import check_exhibit_name, propose_exhibit_name
from gateway.evidence.package import Principal
from gateway.exchange.examine import effective_media_type
from gateway.exchange.ports import RenditionSpec, Workbench
from gateway.policy.decide import decide
from gateway.policy.decision import Decision, Request, deny
from gateway.policy.reach import recipients_of, stop_categories, views_for


@dataclass(frozen=True, slots=True)
class Scenario:
    """The question: who would receive what, from whom, for which purpose, when."""

    agreement: Agreement
    role: str
    agency: str
    sender: str
    purpose: str
    now: datetime
    types: Mapping[str, str] = field(default_factory=dict)  # file name -> evidence type

    @property
    def reader(self) -> Principal:
        """The principal that stands for ROLE@AGENCY."""
        return Principal(
            f"{self.agency}.{self.role}", self.agency, frozenset({self.role}), self.agreement.roles[self.role].needs
        )

    @property
    def submitter(self) -> Principal:
        """A principal of the sending agency with every role that may push."""
        roles = frozenset(r.name for r in self.agreement.roles.values() if "push" in r.may)
        needs = frozenset(n for r in roles for n in self.agreement.roles[r].needs)
        return Principal(f"{self.sender}.simulated", self.sender, roles, needs)


def scenario(
    agreement: Agreement,
    who: str,
    now: datetime,
    *,
    sender: str | None = None,
    purpose: str | None = None,
    types: Mapping[str, str] | None = None,
) -> Scenario:
    """Check ``ROLE@AGENCY`` and the rest against the agreement.

    Raises:
        InvalidInput: ``simulate-invalid`` says which name does not exist and which do.
    """
    role, at, agency = who.partition("@")
    if not at or role not in agreement.roles:
        raise _invalid("--as wants ROLE@AGENCY", f"the roles are {', '.join(agreement.roles)}")
    if agency not in agreement.parties:
        raise _invalid(f"'{agency}' is not a party", f"the parties are {', '.join(agreement.parties)}")
    senders = [p for p in agreement.parties if p != agency and agency in recipients_of(agreement, p)]
    chosen = sender or next((p for p in senders if "push" in agreement.parties[p].may), None)
    if chosen is None:
        # Nobody could send to this agency; the decision then says why.
        chosen = next((p for p in agreement.parties if p != agency), agency)
    if chosen not in agreement.parties:
        raise _invalid(f"'{chosen}' is not a party", f"the parties are {', '.join(agreement.parties)}")
    if purpose is not None and purpose not in agreement.purposes:
        raise _invalid(f"'{purpose}' is not a purpose", f"the purposes are {', '.join(agreement.purposes)}")
    return Scenario(agreement, role, agency, chosen, purpose or agreement.purposes[0], now, dict(types or {}))


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
    out.mkdir(parents=True, exist_ok=True)
    names = [path.name.casefold() for path in files]
    for i, name in enumerate(names):
        if names.index(name) != i:
            raise _invalid(f"two files are named {files[i].name}", "give one of them another name")

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
    (out / "decisions.json").write_text(json.dumps(decisions, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return decisions


def _judge_file(question: Scenario, path: Path, out: Path, workbench: Workbench) -> dict[str, Any]:
    result: dict[str, Any] = {"file": path.name}
    try:
        name = check_exhibit_name(propose_exhibit_name(path.name))
        data = path.read_bytes()
        examined = workbench.examine(data, name, declared_media_type(path))
    except OSError as error:
        raise _invalid(f"{path} cannot be read: {error.strerror}", "give files that exist") from error
    except GatewayError as error:
        return {**result, "outcome": "quarantine", **error.as_dict(), "clause": "", "views": []}
    media_type = effective_media_type(examined.media_type, declared_media_type(path))
    evidence_type = question.types.get(path.name) or fitting_type(question.agreement, media_type)
    result |= {"media_type": media_type, "evidence_type": evidence_type, "size": len(data)}
    pushed = _push_decision(question, evidence_type, media_type, len(data))
    if not pushed.permitted:
        return {**result, **pushed.as_dict(), "views": []}
    reader = question.reader
    views = views_for(reader, question.agreement)
    pulls = {view: decide(_pull(question, evidence_type, media_type, view), question.agreement, AgreementState.ACTIVE)
             for view in views}  # fmt: skip
    allowed = [view for view, decision in pulls.items() if decision.permitted]
    if not allowed:
        refusal = next(iter(pulls.values()), None) or decide(
            _pull(question, evidence_type, media_type, None), question.agreement, AgreementState.ACTIVE
        )
        if refusal.permitted:
            refusal = deny("view-not-permitted", f"/roles/{question.role}", "this role may see no view")
        return {**result, **refusal.as_dict(), "views": []}
    try:
        written = _write(question, name, data, media_type, examined.redactable, allowed, out, workbench)
    except GatewayError as error:
        return {**result, "outcome": "quarantine", **error.as_dict(), "clause": "", "views": []}
    if isinstance(written, Decision):
        return {**result, **written.as_dict(), "views": []}
    for item in written:
        item["obligations"] = [o.as_dict() for o in pulls[item["view"]].obligations]
    return {**result, **pushed.as_dict(), "views": written}


def _write(
    question: Scenario,
    name: str,
    data: bytes,
    media_type: str,
    redactable: bool,
    views: Sequence[str],
    out: Path,
    workbench: Workbench,
) -> list[dict[str, Any]] | Decision:
    agreement = question.agreement
    digest = hashlib.sha256(data).hexdigest()
    if not redactable:
        for view in views:
            (out / view).mkdir(exist_ok=True)
            (out / view / name).write_bytes(data)
        return [{"view": view, "rendition": f"{view}/{name}", "opaque": True} for view in views]
    # Not secret, only stable: a simulation has no case whose pseudonyms it would have to protect.
    key = hashlib.sha256(f"simulation|{agreement.digest}|{question.agency}".encode()).digest()
    specs = [RenditionSpec(agreement.views[view], question.agency, key) for view in views]
    outcome = workbench.redact(
        data,
        exhibit_id=digest[:32],
        name=name,
        media_type=media_type,
        source_commitment=digest,
        stop_on=stop_categories(agreement),
        specs=specs,
    )
    if outcome.stopped_by:
        clause = "/evidence/special-category-data" if stop_categories(agreement) else "/views"
        return deny("forbidden-data-found", clause, f"it contains {', '.join(outcome.stopped_by)}")
    items = []
    for rendition in outcome.renditions:
        folder = out / rendition.view
        folder.mkdir(exist_ok=True)
        (folder / name).write_bytes(rendition.data)
        (folder / f"{name}.report.json").write_bytes(canonical_json(dict(rendition.report)) + b"\n")
        review = agreement.review
        items.append(
            {
                "view": rendition.view,
                "rendition": f"{rendition.view}/{name}",
                "report": f"{rendition.view}/{name}.report.json",
                "delivered_name": rendition.name,
                "review_required": review is not None and review.required(rendition.view, rendition.lowest_confidence),
            }
        )
    return items


def _push_decision(question: Scenario, evidence_type: str | None, media_type: str, size: int) -> Decision:
    if evidence_type is None:
        return deny("media-type-not-permitted", "/evidence", f"no evidence type of this agreement permits {media_type}")
    if question.agency not in recipients_of(question.agreement, question.sender):
        return deny("party-may-not-pull", f"/parties/{_index(question)}", f"'{question.agency}' may not pull")
    return decide(
        Request(
            action="push",
            principal=question.submitter,
            now=question.now,
            purpose=question.purpose,
            evidence_type=evidence_type,
            media_type=media_type,
            size_bytes=size,
        ),
        question.agreement,
        AgreementState.ACTIVE,
    )


def _pull(question: Scenario, evidence_type: str | None, media_type: str, view: str | None) -> Request:
    return Request(
        action="pull",
        principal=question.reader,
        now=question.now,
        purpose=question.purpose,
        evidence_type=evidence_type,
        media_type=media_type,
        view=view,
    )


def _index(question: Scenario) -> int:
    return list(question.agreement.parties).index(question.agency)


def declared_media_type(path: Path) -> str:
    """What a file's extension says it is; a claim, to be checked against its bytes."""
    by_extension = {extension: media_type for media_type, extension in EXTENSIONS.items()}
    return by_extension.get(path.suffix.lower(), OCTETS)


def fitting_type(agreement: Agreement, media_type: str) -> str | None:
    """The first evidence type of the agreement that permits the media type; looked-into ones first."""
    fitting = [rule for rule in agreement.evidence.values() if media_type in rule.media]
    fitting.sort(key=lambda rule: rule.opaque)
    return fitting[0].evidence_type if fitting else None


def _invalid(reason: str, remedy: str) -> InvalidInput:
    return InvalidInput("simulate-invalid", f"The simulation cannot begin: {reason}.", remedy=remedy.capitalize() + ".")
