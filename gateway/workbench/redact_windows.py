"""The heart of redaction for an exhibit that is too long to be held at once: the same steps, window by window.

The exhibit passes three times. :class:`WindowSurvey` looks for everything a detector finds.
:class:`WindowRedaction` first *learns* which values are removed anywhere and then *makes* the renditions: each
window is planned with what is known of all others, rebuilt, and proved clean of everything that was removed
from any of them, before its bytes leave. What the bytes on both sides of a seam hold together is searched too.
A failure at any window fails the exhibit; whoever keeps what was made before must then throw it away.

Runs in the sandboxed child, like :mod:`gateway.workbench.redact_whole`, of which this is the long form.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain

from gateway.errors import IntegrityFailure
from gateway.evidence.taxonomy import ENTITIES, Action
from gateway.exchange.ports.redaction_job import RedactionJob, RenditionSpec
from gateway.exchange.ports.workbench import CleanRendition
from gateway.redaction.document import CanonicalText, Detector, Finding, Layer, Segment, Window, WindowedFormat
from gateway.redaction.finding_list import FindingList
from gateway.redaction.known_values import KnownValues
from gateway.redaction.package_names import names_found
from gateway.redaction.plan import build_plan, values_found
from gateway.redaction.pseudonym import Pseudonymiser, resolve
from gateway.redaction.report import ReportWriter
from gateway.redaction.residue import prove_clean
from gateway.workbench.exhibit_name import ExhibitName
from gateway.workbench.known import Known, checked_names

_SEAM_BYTES = 1 << 12
#: So much on both sides of where a line was cut is read together.
_ACROSS_CHARS = 400
#: Redactions that a report lists one by one; the others are counted.
_MAX_LISTED = 20_000
#: So much of a window is searched together with the next for copies of registered secrets.
_OVERLAP_CHARS = 1 << 13


@dataclass(frozen=True, slots=True)
class Surveyed:
    """What the first look found: names of persons for the whole package, and everything, by window."""

    names: frozenset[str]
    findings: FindingList


class WindowSurvey:
    """The first look at a long exhibit.

    Args:
        enclosures: Finds what marks enclose, of texts given one after the other.
    """

    def __init__(
        self,
        format_: WindowedFormat,
        detector: Detector,
        enclosures: Callable[[str], Iterable[Finding]],
        name: str,
    ) -> None:
        self._reader = format_.reader()
        self._detector = detector
        self._enclosures = enclosures
        self._findings = FindingList()
        self._last: tuple[CanonicalText, set[Finding]] | None = None
        self._names = ExhibitName(name, detector).persons

    def feed(self, data: bytes) -> None:
        """The next bytes of the exhibit.

        Raises:
            Unparsable, DetectionFailed, TooLarge: the exhibit is to be quarantined.
        """
        for window in self._reader.feed(data):
            self._look(window)

    def finish(self) -> Surveyed:
        """What was found; raises as :meth:`feed`."""
        for window in self._reader.finish():
            self._look(window)
        self._keep_last()
        return Surveyed(self._names, self._findings)

    def _look(self, window: Window) -> None:
        text = window.document.canonical
        findings = {*self._detector.detect(text), *self._enclosures(text.text)}
        if window.continues and self._last is not None:
            findings |= self._across(self._last[0], text)
        self._names = checked_names(self._names | names_found(text.text, findings))
        self._keep_last()
        self._last = (text, findings)

    def _across(self, before: CanonicalText, after: CanonicalText) -> set[Finding]:
        """What is found where a line was cut: the part in the window before is added to it, the other returned."""
        head, tail = before.text[-_ACROSS_CHARS:], after.text[:_ACROSS_CHARS]
        both = CanonicalText(head + tail, (Segment(0, len(head + tail), ""),), after.extractor, after.version)
        found = [each for each in self._detector.detect(both) if each.start < len(head) < each.end]
        self._names |= names_found(both.text, found)
        if self._last is not None:
            shift = len(before.text) - len(head)
            self._last[1].update(replace(each, start=each.start + shift, end=len(before.text)) for each in found)
        return {replace(each, start=0, end=each.end - len(head)) for each in found}

    def _keep_last(self) -> None:
        if self._last is not None:
            found = self._last[1]
            self._findings.append(sorted(found, key=lambda each: (each.start, each.end, each.entity, each.rule)))
        self._last = None


@dataclass(slots=True)
class _Rendition:
    """A rendition in the making."""

    spec: RenditionSpec
    pseudonymiser: Pseudonymiser
    report: ReportWriter
    lowest_confidence: float = 1.0
    tail: bytes = b""

    def removes(self, entity: str) -> bool:
        return self.spec.view.action(ENTITIES[entity].category, entity) is not Action.KEEP


@dataclass(slots=True)
class _Learned:
    """What is known of all windows once the last has been learnt from."""

    values: KnownValues = field(default_factory=KnownValues)
    persons: set[str] = field(default_factory=set)
    registered: FindingList = field(default_factory=FindingList)
    reaching_back: dict[int, list[Finding]] = field(default_factory=dict)


class WindowRedaction:
    """All renditions of one long exhibit. Learn from all of it, then make all of it.

    Args:
        survey: What the first look at the same exhibit found.
    """

    def __init__(self, survey: Surveyed, job: RedactionJob, *, format_: WindowedFormat, detector: Detector) -> None:
        self._format = format_
        self._survey = survey
        self._stop_on = job.stop_on
        self._known = Known(job, survey.names)
        self._name = ExhibitName(job.name, detector)
        self._name.search(self._known.find)
        self._reader = format_.reader()
        self._learned = _Learned()
        self._before, self._before_at = "", 0
        self._window = 0
        self._aliases: dict[str, str] = {}
        self._extractor = ("", "")
        self._renditions = [
            _Rendition(
                spec,
                Pseudonymiser(spec.pseudonym_key),
                ReportWriter(
                    exhibit=job.exhibit_id,
                    view=spec.view.name,
                    source_commitment=job.source_commitment,
                    dropped=(),
                    hidden=self._learned.values.places,
                    max_listed=_MAX_LISTED,
                ),
            )
            for spec in job.specs
        ]

    def learn(self, data: bytes) -> None:
        """The next bytes of the exhibit, at its second passing.

        Raises:
            Unparsable, DetectionFailed, TooLarge: the exhibit is to be quarantined.
        """
        for window in self._reader.feed(data):
            self._learn(window)

    def learned(self) -> tuple[str, ...]:
        """End the second passing; the entities that stop the exhibit, if there are any."""
        for window in self._reader.finish():
            self._learn(window)
        if self._window != len(self._survey.findings):
            raise _changed()
        for value, confidence in values_found(self._name.text, self._name.findings):
            self._learned.values.add(value, confidence)
        self._aliases = resolve((*self._learned.persons, *self._known.names))
        self._learned.persons.clear()
        self._reader, self._window = self._format.reader(), 0
        found = {*self._survey.findings.entities, *self._learned.registered.entities}
        found.update(each.entity for each in self._name.findings)
        return tuple(sorted(entity for entity in found if self._stops(entity)))

    def make(self, data: bytes) -> list[bytes]:
        """The next bytes at the third passing; what they add to each rendition, in the order of the specs.

        Raises:
            Unparsable, DetectionFailed, ResidueFound: nothing of the exhibit may be released.
        """
        return self._made(self._reader.feed(data))

    def finish(self) -> tuple[list[bytes], list[CleanRendition]]:
        """The last bytes of each rendition, and all that is to be said about it; its ``data`` is empty."""
        last = self._made(self._reader.finish())
        if self._window != len(self._survey.findings):
            raise _changed()
        return last, [self._finished(rendition) for rendition in self._renditions]

    def _stops(self, entity: str) -> bool:
        category = ENTITIES[entity].category
        views = (rendition.spec.view for rendition in self._renditions)
        return category.value in self._stop_on or any(view.action(category, entity) is Action.STOP for view in views)

    def _learn(self, window: Window) -> None:
        document = window.document.canonical
        findings = [*self._surveyed(), *self._copies(document.text)]
        for value, confidence in values_found(document, findings):
            self._learned.values.add(value, confidence)
            if value.entity == "PERSON":
                self._learned.persons.add(value.value)
        self._window += 1

    def _copies(self, text: str) -> list[Finding]:
        """Copies of registered secrets in a window; of one that began in the window before, that part is kept."""
        found: list[Finding] = []
        if self._known.register is not None:
            before = f"{self._before}\n" if self._before else ""
            for each in self._known.register.find(before + text):
                start, end = each.start - len(before), each.end - len(before)
                if start < 0:
                    self._reach_back(replace(each, end=min(each.end, len(self._before))))
                if end > 0:
                    found.append(replace(each, start=max(0, start), end=end))
            self._before_at, self._before = max(0, len(text) - _OVERLAP_CHARS), text[-_OVERLAP_CHARS:]
        self._learned.registered.append(found)
        return found

    def _reach_back(self, part: Finding) -> None:
        """Note a finding in the text that the window before ends with."""
        for value, confidence in values_found(CanonicalText(self._before, (), "", ""), [part]):
            self._learned.values.add(value, confidence)
        moved = replace(part, start=part.start + self._before_at, end=part.end + self._before_at)
        self._learned.reaching_back.setdefault(self._window - 1, []).append(moved)

    def _surveyed(self) -> list[Finding]:
        if self._window >= len(self._survey.findings):
            raise _changed()
        return self._survey.findings.window(self._window)

    def _made(self, windows: Iterator[Window]) -> list[bytes]:
        made = [bytearray() for _ in self._renditions]
        for window in windows:
            document = window.document.canonical
            self._extractor = (document.extractor, document.version)
            findings = [
                *self._surveyed(),
                *self._learned.registered.window(self._window),
                *self._learned.reaching_back.get(self._window, ()),
                *self._known.index.find(document.text),
            ]
            findings += self._learned.values.again(document.text, findings)
            for rendition, out in zip(self._renditions, made, strict=True):
                out += self._render(window, findings, rendition)
            self._window += 1
        return [bytes(each) for each in made]

    def _render(self, window: Window, findings: Sequence[Finding], rendition: _Rendition) -> bytes:
        document = window.document.canonical
        plan = build_plan(
            document,
            findings,
            rendition.spec.view.action,
            rendition.pseudonymiser,
            aliases=self._aliases,
            recurring=False,
        )
        finished = window.document.render(plan.replacements)
        seam: Iterable[Layer] = ()
        if rendition.tail:
            seam = self._format.seam(rendition.tail + finished[:_SEAM_BYTES])
        layers = chain(self._format.layers(finished), seam)
        proof = prove_clean(plan.removed, layers, plan.expected_text, self._elsewhere(rendition))
        rendition.report.add(document, plan, proof, window.offset)
        rendition.lowest_confidence = min(rendition.lowest_confidence, plan.lowest_confidence)
        rendition.tail = finished[-_SEAM_BYTES:]
        return finished

    def _elsewhere(self, rendition: _Rendition) -> Callable[[str, bool], tuple[str, str] | None]:
        return lambda text, raw: self._learned.values.first(text, raw, rendition.removes)

    def _finished(self, rendition: _Rendition) -> CleanRendition:
        spec = rendition.spec
        plan = self._name.plan(spec, rendition.pseudonymiser, aliases=self._aliases)
        return CleanRendition(
            view=spec.view.name,
            audience=spec.audience,
            name=self._name.delivered(plan, plan.removed, self._elsewhere(rendition)),
            media_type=self._format.media_type,
            report=rendition.report.finish(*self._extractor),
            lowest_confidence=rendition.lowest_confidence,
        )


def _changed() -> IntegrityFailure:
    return IntegrityFailure(
        "exhibit-changed",
        "The exhibit was not the same each time it was read.",
        remedy="Nothing was released. Check the storage of the gateway; then try again.",
    )
