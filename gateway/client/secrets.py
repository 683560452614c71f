"""An agency's register of secrets: register, list, retire."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import quote

from gateway.client.connection import Connection


class SecretRegister:
    """The register of one's own agency, over one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def term(self, label: str, text: str) -> dict[str, Any]:
        """Register a word, name, number or phrase; the same again changes nothing."""
        return self._put(label, {"kind": "term", "text": text})

    def record(self, label: str, fields: Sequence[str], needed: int = 2) -> dict[str, Any]:
        """Register fields that are a secret where ``needed`` of them stand near each other."""
        return self._put(label, {"kind": "record", "fields": list(fields), "needed": needed})

    def document(self, label: str, text: str) -> dict[str, Any]:
        """Register a text or source code of which partial copies are to be found."""
        return self._put(label, {"kind": "document", "text": text})

    def listed(self) -> Iterator[dict[str, Any]]:
        """All secrets by label, retired ones included; never their text."""
        after: str | None = None
        while True:
            page = self._connection.get(
                "/v1/secrets", {"limit": 500} if after is None else {"limit": 500, "after": after}
            )
            yield from page["secrets"]
            after = page["next"]
            if after is None:
                return

    def retire(self, label: str) -> dict[str, Any]:
        """Stop looking for a secret; its fingerprints are deleted."""
        answer: dict[str, Any] = self._connection.delete(_address(label))
        return answer

    def _put(self, label: str, body: dict[str, Any]) -> dict[str, Any]:
        answer: dict[str, Any] = self._connection.put_json(_address(label), body)
        return answer


def _address(label: str) -> str:
    return f"/v1/secrets/{quote(label, safe='')}"
