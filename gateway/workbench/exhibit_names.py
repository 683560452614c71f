"""The file name of an exhibit is evidence too: it is read like a text, and delivered redacted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gateway.errors import InvalidInput, ResidueFound
from gateway.evidence.names import check_exhibit_name
from gateway.redaction.document import CanonicalText, Layer, Replacement, Segment
from gateway.redaction.plan import Plan
from gateway.redaction.propagation import RemovedValue
from gateway.redaction.residue import Elsewhere, prove_clean


def delivered_name(
    name: str, name_plan: Plan, removed: Sequence[RemovedValue], elsewhere: Elsewhere | None = None
) -> str:
    """The file name that the reader sees; a plain one if anything that was removed would stand in it."""
    delivered = "".join(_applied(name, name_plan.replacements))
    try:
        prove_clean(removed, [Layer("file name", delivered.replace("_", " "))], "", elsewhere)
        return check_exhibit_name(delivered)
    except (ResidueFound, InvalidInput):
        return f"exhibit{_extension(name)}"


def name_as_text(name: str) -> CanonicalText:
    """The name without its extension as a text of one segment, of the same length."""
    # Underscores hide word boundaries from every detector; blanks of the same length do not.
    # The extension says the format, nothing more, and stays.
    text = name[: len(name) - len(_extension(name))].replace("_", " ")
    return CanonicalText(text, (Segment(0, len(text), "file name"),), "name", "1")


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
