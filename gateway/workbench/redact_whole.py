"""The heart of redaction: one parse, one detection, then for each view and audience plan, rebuild, prove.

Before it, each exhibit is surveyed for names of persons, which are then looked for in all of its package.

Runs in the sandboxed child: bytes in, renditions out that the residue check has passed, or an error
and nothing. It knows formats and detectors only as Protocols, and no store at all.
"""

from __future__ import annotations

from collections.abc import Sequence

from gateway.errors import TooLarge
from gateway.evidence.taxonomy import ENTITIES
from gateway.exchange.ports.workbench import CleanRendition, Redacted, RenditionSpec
from gateway.redaction.document import Detector, Format
from gateway.redaction.fingerprint import Register
from gateway.redaction.package_names import NameIndex, names_found
from gateway.redaction.plan import build_plan
from gateway.redaction.pseudonym import Pseudonymiser
from gateway.redaction.report import build_report
from gateway.redaction.residue import prove_clean
from gateway.workbench.exhibit_names import delivered_name, name_as_text

#: Names that one exhibit may contribute; a directory of more is not redacted by machine alone.
MAX_NAMES = 50_000


def survey_exhibit(data: bytes, *, format_: Format, detector: Detector, name: str) -> frozenset[str]:
    """The names of persons in an exhibit, its file name included, that its package is to be searched for.

    Raises:
        Unparsable, DetectionFailed: as :func:`redact_exhibit` would.
        TooLarge: ``exhibit-too-many-names``.
    """
    names: frozenset[str] = frozenset()
    for text in (format_.parse(data).canonical, name_as_text(name)):
        names |= names_found(text.text, detector.detect(text))
    return checked_names(names)


def checked_names(names: frozenset[str]) -> frozenset[str]:
    """The names, if they are not too many to be looked for.

    Raises:
        TooLarge: ``exhibit-too-many-names``.
    """
    if len(names) > MAX_NAMES:
        raise TooLarge(
            "exhibit-too-many-names",
            f"The exhibit names {len(names)} persons; at most {MAX_NAMES} can be looked for in its package.",
            remedy="Split the file, or push it as a package of its own.",
        )
    return names


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
    names: frozenset[str] = frozenset(),
    register: Register | None = None,
    dropped: Sequence[str] = (),
) -> Redacted:
    """All renditions of one exhibit.

    Args:
        stop_on: Values of ``taxonomy.Category`` whose findings stop the package.
        names: Names of persons known from other exhibits of the package.
        register: Registered secrets of the party that pushed it.
        dropped: What the format leaves out of every rendition, for the report.

    Raises:
        Unparsable, DetectionFailed, ResidueFound: nothing may be released.
    """
    document = format_.parse(data)
    name_text = name_as_text(name)
    findings, name_findings = detector.detect(document.canonical), detector.detect(name_text)
    names = names.union(names_found(document.canonical.text, findings), names_found(name_text.text, name_findings))
    index = NameIndex(names)
    findings = [*findings, *index.find(document.canonical.text)]
    name_findings = [*name_findings, *index.find(name_text.text)]
    if register is not None:
        findings += register.find(document.canonical.text)
        name_findings += register.find(name_text.text)
    forbidden = {f.entity for f in (*findings, *name_findings) if ENTITIES[f.entity].category.value in stop_on}
    if forbidden:
        return Redacted((), tuple(sorted(forbidden)))
    renditions = []
    for spec in specs:
        pseudonymiser = Pseudonymiser(spec.pseudonym_key)
        plan = build_plan(document.canonical, findings, spec.view.action, pseudonymiser, names)
        if plan.stops:
            return Redacted((), tuple(sorted(plan.stops)))
        finished = document.render(plan.replacements)
        proof = prove_clean(plan.removed, format_.layers(finished), plan.expected_text)
        name_plan = build_plan(name_text, name_findings, spec.view.action, pseudonymiser, names)
        renditions.append(
            CleanRendition(
                view=spec.view.name,
                audience=spec.audience,
                name=delivered_name(name, name_plan, plan.removed),
                media_type=format_.media_type,
                data=finished,
                report=build_report(
                    exhibit=exhibit_id,
                    view=spec.view.name,
                    source_commitment=source_commitment,
                    document=document.canonical,
                    plan=plan,
                    proof=proof,
                    dropped=dropped,
                ),
                lowest_confidence=plan.lowest_confidence,
            )
        )
    return Redacted(tuple(renditions), ())
