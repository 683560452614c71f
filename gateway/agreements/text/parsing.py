"""An agreement file in, an :class:`Agreement` out, or every reason why not.

The one way to make an agreement. Strict: what is not in the vocabulary is an error, what the file
leaves open is either an error or has one documented, stricter meaning (docs/agreements.md). The
*document* of the result is the file as written, typed (version and approvals are numbers, all else
text), without comments and layout; its RFC 8785 form is what the parties sign.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from gateway.agreements import vocabulary as words
from gateway.agreements.finding import AgreementInvalid
from gateway.agreements.model import Agreement
from gateway.agreements.text.consistency import check_consistency
from gateway.agreements.text.data_sections import read_evidence, read_retention, read_views
from gateway.agreements.text.typed_values import Reading
from gateway.agreements.text.who_sections import (
    read_deadlines,
    read_in_force,
    read_parties,
    read_recipients,
    read_review,
    read_roles,
    read_two_persons,
)
from gateway.agreements.text.yaml_nodes import BrokenNode, ListNode, MapNode, Node, ScalarNode
from gateway.agreements.text.yaml_reading import read_yaml

#: JSON Pointer -> (line, column) of what stands there; for a member, the place of its key.
Places = Mapping[str, tuple[int, int]]


@dataclass(frozen=True, slots=True)
class ParsedAgreement:
    """An agreement together with where in the file each clause stands."""

    agreement: Agreement
    places: Places


def parse_agreement(untrusted: bytes) -> Agreement:
    """The agreement that a YAML or JSON file states.

    Args:
        untrusted: The bytes of the file, at most 256 KiB of UTF-8.

    Raises:
        AgreementInvalid: With all errors found; see docs/agreements.md for the codes.
    """
    return parse_with_places(untrusted).agreement


def parse_with_places(untrusted: bytes) -> ParsedAgreement:
    """As :func:`parse_agreement`, with the line and column of every clause.

    Raises:
        AgreementInvalid: With all errors found.
    """
    root, findings = read_yaml(untrusted)
    reading = Reading(findings)
    sections = reading.mapping(root, "the agreement", words.DOCUMENT)
    agreement = _read(reading, sections, root)
    if not reading.findings:
        # Contradictions are looked for between sound sections only; a slip would cast false ones.
        check_consistency(reading, agreement, sections)
    if reading.findings:
        raise AgreementInvalid.of(reading.findings)
    return ParsedAgreement(agreement, _places(root))


def _read(reading: Reading, sections: Mapping[str, Node], root: Node) -> Agreement:
    absent = BrokenNode("", root.line, root.column)  # a missing section is reported already
    at = {key.name: sections.get(key.name, absent) for key in words.DOCUMENT}
    names = {section: _names(at[section]) for section in ("views", "evidence")}
    permitted, forbidden = read_evidence(reading, at["evidence"])
    legal_basis: tuple[str, ...] = ()
    if "legal_basis" in sections:
        legal_basis = reading.distinct(
            at["legal_basis"], "legal_basis", lambda n: reading.text(n, "a legal basis", 500)
        )
    in_force = read_in_force(reading, at["in_force"])
    deadlines, attest_within = read_deadlines(reading, sections.get("deadlines"))
    return Agreement(
        id=reading.name(at["agreement"], "the agreement identifier"),
        version=reading.integer(at["version"], "the version", 1, words.MAX_VERSION),
        title=reading.text(at["title"], "the title", words.MAX_TITLE_CHARS),
        parties=read_parties(reading, at["parties"]),
        in_force_from=in_force[0],
        in_force_until=in_force[1],
        legal_basis=legal_basis,
        purposes=reading.names(at["purposes"], "the list of purposes", "the purpose"),
        roles=read_roles(reading, at["roles"], names["views"]),
        evidence=permitted,
        forbidden=forbidden,
        retention=read_retention(reading, at["retention"], names["evidence"], forbidden, names["views"]),
        views=read_views(reading, at["views"], forbidden),
        review=read_review(reading, at["review"], names["views"]) if "review" in sections else None,
        recipients=read_recipients(reading, at["encryption"]) if "encryption" in sections else "classical",
        deadlines=deadlines,
        two_persons=(
            read_two_persons(reading, at["safeguards"])
            if "safeguards" in sections
            else frozenset(words.TWO_PERSON_ACTS)
        ),
        document=_document(root),
        attest_within=attest_within,
    )


def _names(node: Node) -> list[str]:
    return list(node.entries) if isinstance(node, MapNode) else []


def _document(root: Node) -> dict[str, object]:
    value = _value(root)
    return value if isinstance(value, dict) else {}


def _value(node: Node) -> object:
    # The depth is bounded by yaml_reading.MAX_DEPTH, so recursion is safe.
    if isinstance(node, MapNode):
        return {key: _value(value) for key, value in node.entries.items()}
    if isinstance(node, ListNode):
        return [_value(item) for item in node.items]
    if isinstance(node, ScalarNode):
        return int(node.text) if node.kind == "integer" and len(node.text) <= 12 else node.text
    return None


def _places(root: Node) -> dict[str, tuple[int, int]]:
    places = {"": (root.line, root.column)}
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if isinstance(node, MapNode):
            for key, value in node.entries.items():
                places[value.pointer] = (node.keys[key].line, node.keys[key].column)
            waiting.extend(node.entries.values())
        elif isinstance(node, ListNode):
            places.update({item.pointer: (item.line, item.column) for item in node.items})
            waiting.extend(node.items)
    return places
