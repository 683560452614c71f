"""The file name of an exhibit is evidence too: it is read like a text, and delivered redacted."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from gateway.errors import InvalidInput, ResidueFound
from gateway.evidence.names import check_exhibit_name
from gateway.exchange.ports.redaction_job import RenditionSpec
from gateway.redaction.document import CanonicalText, Detector, Finding, Layer, Replacement, Segment
from gateway.redaction.package_names import names_found
from gateway.redaction.plan import Plan, build_plan
from gateway.redaction.propagation import RemovedValue
from gateway.redaction.pseudonym import Pseudonymiser
from gateway.redaction.residue import Elsewhere, prove_clean


class ExhibitName:
    """The name of one exhibit, and what is found in it.

    Attributes:
        text: The name without its extension as a text of one segment, of the same length.
        persons: Names of persons in it.
        findings: All that is to be taken out of it, once :meth:`search` has added what is known from elsewhere.
    """

    def __init__(self, name: str, detector: Detector) -> None:
        self._name = name
        # Underscores hide word boundaries from every detector; blanks of the same length do not.
        # The extension says the format, nothing more, and stays.
        plain = name[: len(name) - len(_extension(name))].replace("_", " ")
        self.text = CanonicalText(plain, (Segment(0, len(plain), "file name"),), "name", "1")
        self.findings = detector.detect(self.text)
        self.persons = names_found(plain, self.findings)

    def search(self, find: Callable[[str], Sequence[Finding]]) -> None:
        """Add what is found in the name by what is known of the package."""
        self.findings = [*self.findings, *find(self.text.text)]

    def plan(
        self,
        spec: RenditionSpec,
        pseudonymiser: Pseudonymiser,
        known_names: frozenset[str] = frozenset(),
        aliases: Mapping[str, str] | None = None,
    ) -> Plan:
        """What becomes of the name in one rendition; see :func:`gateway.redaction.plan.build_plan`."""
        return build_plan(self.text, self.findings, spec.view.action, pseudonymiser, known_names, aliases=aliases)

    def delivered(self, plan: Plan, removed: Sequence[RemovedValue], elsewhere: Elsewhere | None = None) -> str:
        """The file name that the reader sees; a plain one if anything that was removed would stand in it."""
        delivered = "".join(_applied(self._name, plan.replacements))
        try:
            prove_clean(removed, [Layer("file name", delivered.replace("_", " "))], "", elsewhere)
            return check_exhibit_name(delivered)
        except (ResidueFound, InvalidInput):
            return f"exhibit{_extension(self._name)}"


def _extension(name: str) -> str:
    stem, dot, suffix = name.rpartition(".")
    return f".{suffix.lower()}" if stem and dot and suffix.isascii() and suffix.isalnum() and len(suffix) <= 8 else ""


def _applied(name: str, replacements: Sequence[Replacement]) -> Iterator[str]:
    # On the name itself, whose underscores the plan has not seen.
    position = 0
    for replacement in replacements:
        yield name[position : replacement.start]
        yield replacement.text
        position = replacement.end
    yield name[position:]
