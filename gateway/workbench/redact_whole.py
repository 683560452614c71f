"""The heart of redaction: one parse, one detection, then for each view and audience plan, rebuild, prove.

Before it, each exhibit is surveyed for names of persons, which are then looked for in all of its package.

Runs in the sandboxed child: bytes in, renditions out that the residue check has passed, or an error
and nothing. It knows formats and detectors only as Protocols, and no store at all. An exhibit too long to be held
at once takes the same steps window by window (:mod:`gateway.workbench.redact_windows`).
"""

from __future__ import annotations

from collections.abc import Sequence

from gateway.evidence.taxonomy import ENTITIES
from gateway.exchange.ports.redaction_job import RedactionJob
from gateway.exchange.ports.workbench import CleanRendition, Redacted
from gateway.redaction.document import Detector, Format
from gateway.redaction.package_names import names_found
from gateway.redaction.plan import build_plan
from gateway.redaction.pseudonym import Pseudonymiser
from gateway.redaction.report import build_report
from gateway.redaction.residue import prove_clean
from gateway.workbench.exhibit_name import ExhibitName
from gateway.workbench.known import Known, checked_names


def survey_exhibit(data: bytes, *, format_: Format, detector: Detector, name: str) -> frozenset[str]:
    """The names of persons in an exhibit, its file name included, that its package is to be searched for.

    Raises:
        Unparsable, DetectionFailed: as :func:`redact_exhibit` would.
        TooLarge: ``exhibit-too-many-names``.
    """
    text = format_.parse(data).canonical
    return checked_names(names_found(text.text, detector.detect(text)) | ExhibitName(name, detector).persons)


def redact_exhibit(
    data: bytes, job: RedactionJob, *, format_: Format, detector: Detector, dropped: Sequence[str] = ()
) -> Redacted:
    """All renditions of one exhibit.

    Args:
        dropped: What the format leaves out of every rendition, for the report.

    Raises:
        Unparsable, DetectionFailed, ResidueFound: nothing may be released.
    """
    document = format_.parse(data)
    text, name = document.canonical, ExhibitName(job.name, detector)
    findings = detector.detect(text)
    known = Known(job, names_found(text.text, findings) | name.persons)
    findings = [*findings, *known.find(text.text)]
    name.search(known.find)
    forbidden = {f.entity for f in (*findings, *name.findings) if ENTITIES[f.entity].category.value in job.stop_on}
    if forbidden:
        return Redacted((), tuple(sorted(forbidden)))
    renditions = []
    for spec in job.specs:
        pseudonymiser = Pseudonymiser(spec.pseudonym_key)
        plan = build_plan(text, findings, spec.view.action, pseudonymiser, known.names)
        if plan.stops:
            return Redacted((), tuple(sorted(plan.stops)))
        finished = document.render(plan.replacements)
        proof = prove_clean(plan.removed, format_.layers(finished), plan.expected_text)
        renditions.append(
            CleanRendition(
                view=spec.view.name,
                audience=spec.audience,
                name=name.delivered(name.plan(spec, pseudonymiser, known.names), plan.removed),
                media_type=format_.media_type,
                report=build_report(
                    exhibit=job.exhibit_id,
                    view=spec.view.name,
                    source_commitment=job.source_commitment,
                    document=text,
                    plan=plan,
                    proof=proof,
                    dropped=dropped,
                ),
                lowest_confidence=plan.lowest_confidence,
                data=finished,
            )
        )
    return Redacted(tuple(renditions))
