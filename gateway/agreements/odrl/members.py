"""Strict access to the members of an ODRL document from an outsider: the right type at each place, or an error.

What is read with these is never trusted by itself: document.py writes the imported agreement again and
compares, so a member that nobody read is found too.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeVar

from gateway.agreements.odrl.terms import RESOURCE
from gateway.agreements.text.yaml_nodes import escape
from gateway.errors import InvalidInput

_T = TypeVar("_T")


def odrl_invalid(reason: str, where: str) -> InvalidInput:
    """The refusal of an ODRL document. ``where`` is a JSON Pointer into it."""
    return InvalidInput(
        "odrl-invalid",
        f"This is not an agreement in the ODRL form of the gateway: {reason}.",
        remedy="Import what 'agreements export-odrl' writes; docs/odrl.md describes the form.",
        where=where or "/",
    )


class Members:
    """The members of one object of the document, with its place."""

    def __init__(self, untrusted: object, where: str = "") -> None:
        if not isinstance(untrusted, dict):
            raise odrl_invalid("an object is expected here", where)
        self._members: dict[str, Any] = untrusted
        self.where = where

    def has(self, name: str) -> bool:
        return name in self._members

    def value(self, name: str) -> Any:
        """The member, whatever it is."""
        if name not in self._members:
            raise odrl_invalid(f"the member '{name}' is missing", self.where)
        return self._members[name]

    def at(self, name: str) -> str:
        """The place of a member."""
        return f"{self.where}/{escape(name)}"

    def text(self, name: str) -> str:
        value = self.value(name)
        if not isinstance(value, str):
            raise odrl_invalid("a text is expected here", self.at(name))
        return value

    def integer(self, name: str) -> int:
        value = self.value(name)
        if type(value) is not int:
            raise odrl_invalid("a whole number is expected here", self.at(name))
        return value

    def object(self, name: str) -> Members:
        return Members(self.value(name), self.at(name))

    def texts(self, name: str) -> list[str]:
        """A list of texts."""
        value = self.value(name)
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise odrl_invalid("a list of texts is expected here", self.at(name))
        return list(value)

    def objects(self, name: str) -> Iterator[Members]:
        """The objects of a list."""
        value = self.value(name)
        if not isinstance(value, list):
            raise odrl_invalid("a list is expected here", self.at(name))
        for index, item in enumerate(value):
            yield Members(item, f"{self.at(name)}/{index}")

    def names(self, name: str, kind: str) -> tuple[str, ...]:
        """The names in a resource identifier of the gateway: ``urn:evidence-gateway:KIND:NAME:...``."""
        text = self.text(name)
        start, *names = text.removeprefix(RESOURCE).split(":")
        if not text.startswith(RESOURCE) or start != kind:
            raise odrl_invalid(f"an identifier {RESOURCE}{kind}... is expected here", self.at(name))
        return tuple(names)


class Constraints:
    """The simple constraints of a list, by left operand and operator."""

    def __init__(self, owner: Members, name: str) -> None:
        self._where = owner.at(name)
        self._values: dict[tuple[str, str], Any] = {}
        for item in owner.objects(name):
            if not item.has("leftOperand"):
                continue  # a logical constraint, read by name
            key = item.text("leftOperand"), item.text("operator")
            if key in self._values:
                raise odrl_invalid(f"two constraints on {key[0]}", item.where)
            self._values[key] = item.value("rightOperand")

    def find(self, left: str, operator: str) -> Any:
        """The right operand, or None."""
        return self._values.get((left, operator))

    def text(self, left: str, operator: str) -> str:
        return self._one(left, operator, str)

    def integer(self, left: str, operator: str) -> int:
        return self._one(left, operator, int)

    def texts(self, left: str, operator: str) -> list[str]:
        values: list[Any] = self._one(left, operator, list)
        if not all(isinstance(value, str) for value in values):
            raise odrl_invalid(f"the right operand of {left} is a list of texts", self._where)
        return list(values)

    def literal(self, left: str, operator: str) -> str:
        """The text of a typed literal."""
        return Members(self.find(left, operator), self._where).text("@value")

    def _one(self, left: str, operator: str, kind: type[_T]) -> _T:
        value = self.find(left, operator)
        # Exactly the type: True is an int to isinstance.
        if not isinstance(value, kind) or type(value) is not kind:
            raise odrl_invalid(f"a constraint {left} {operator} with a {kind.__name__} is expected", self._where)
        return value
