"""The heart of redaction: one parse, one detection, then for each view and audience plan, rebuild, prove.

Runs in the sandboxed child: bytes in, renditions out that the residue check has passed, or an error
and nothing. It knows formats and detectors only as Protocols, and no store at all.
"""

from __future__ import annotations

from collections.abc import Sequence

from gateway.evidence.taxonomy import ENTITIES
from gateway.exchange.ports import CleanRendition, Redacted, RenditionSpec
from gateway.redaction.document import CanonicalText, Detector, Format, Replacement, Segment
from gateway.redaction.plan import build_plan
from gateway.redaction.pseudonym import Pseudonymiser
from gateway.redaction.report import build_report
from gateway.redaction.residue import prove_clean


def redact_exhibit(
    data: bytes,
    *,
    format_: Format,
    detector: Detector,
    exhibit_id: str,
    name: str,
    source_commitment: str,
    stop_on: frozenset[str],
    specs: Sequence[RenditionSpec],
) -> Redacted:
    """All renditions of one exhibit.

    Args:
        stop_on: Values of ``taxonomy.Category`` whose findings stop the package.

    Raises:
        Unparsable, DetectionFailed, ResidueFound: nothing may be released.
    """
    document = format_.parse(data)
    findings = detector.detect(document.canonical)
    name_text = _name_as_text(name)
    name_findings = detector.detect(name_text)
    forbidden = {f.entity for f in (*findings, *name_findings) if ENTITIES[f.entity].category.value in stop_on}
    if forbidden:
        return Redacted((), tuple(sorted(forbidden)))
    renditions = []
    for spec in specs:
        pseudonymiser = Pseudonymiser(spec.pseudonym_key)
        plan = build_plan(document.canonical, findings, spec.view.action, pseudonymiser)
        if plan.stops:
            return Redacted((), tuple(sorted(plan.stops)))
        finished = document.render(plan.replacements)
        expected = _apply(document.canonical.text, plan.replacements)
        proof = prove_clean(plan.removed, format_.layers(finished), expected)
        name_plan = build_plan(name_text, name_findings, spec.view.action, pseudonymiser)
        renditions.append(
            CleanRendition(
                view=spec.view.name,
                audience=spec.audience,
                name=_apply(name, name_plan.replacements),
                media_type=format_.media_type,
                data=finished,
                report=build_report(
                    exhibit=exhibit_id,
                    view=spec.view.name,
                    source_commitment=source_commitment,
                    document=document.canonical,
                    plan=plan,
                    proof=proof,
                ),
                lowest_confidence=min((r.confidence for r in plan.redactions), default=1.0),
            )
        )
    return Redacted(tuple(renditions), ())


def _name_as_text(name: str) -> CanonicalText:
    # Underscores hide word boundaries from every detector; blanks of the same length do not.
    text = name.replace("_", " ")
    return CanonicalText(text, (Segment(0, len(text), "file name"),), "name", "1")


def _apply(text: str, replacements: Sequence[Replacement]) -> str:
    pieces, position = [], 0
    for r in replacements:
        pieces += [text[position : r.start], r.text]
        position = r.end
    return "".join([*pieces, text[position:]])
