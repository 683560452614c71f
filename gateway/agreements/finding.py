"""What is wrong with an agreement file, with line and column, and the error that carries it all.

A finding of a *file* is an error (the file is no agreement) or a warning (it is one, but may not do
what its author hopes). Each has a stable code, its place as line, column and JSON Pointer, a
sentence, and a remedy. Findings of *evidence* are another thing: gateway.redaction.document.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from gateway.errors import InvalidInput

#: After so many errors a file is not read on: it is no slip, and hints for all of them would cost time.
MAX_FINDINGS = 200

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class AgreementFinding:
    """One fault or doubt. ``line`` and ``column`` count from 1; ``pointer`` is RFC 6901."""

    code: str
    message: str
    line: int
    column: int
    pointer: str
    remedy: str
    severity: Severity = "error"

    @property
    def where(self) -> str:
        """The place for a person: ``line 12``."""
        return f"line {self.line}"

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready members."""
        return {
            "severity": self.severity,
            "code": self.code,
            "message": self.message,
            "line": self.line,
            "column": self.column,
            "pointer": self.pointer,
            "remedy": self.remedy,
        }

    def __str__(self) -> str:
        return f"line {self.line}, column {self.column}: {self.severity}: {self.message} {self.remedy} [{self.code}]"


@dataclass(frozen=True, slots=True)
class Doubt:
    """A doubt about an agreement that is valid, before its line is known. ``code`` lacks its prefix."""

    code: str
    pointer: str
    message: str
    remedy: str


class AgreementInvalid(InvalidInput):
    """An agreement file cannot be accepted; :attr:`findings` has every error found in it.

    Code, message, place and remedy are those of the first finding, so that a caller who shows only
    one error shows a useful one. ``detail`` has ``column``, ``pointer`` and ``findings`` for JSON.
    """

    @classmethod
    def of(cls, findings: Sequence[AgreementFinding]) -> AgreementInvalid:
        """The error for at least one finding, in the order of the file."""
        ordered = sorted(findings, key=lambda f: (f.line, f.column))
        first = ordered[0]
        more = f" There are {len(ordered) - 1} more errors in this file." if len(ordered) > 1 else ""
        return cls(
            first.code,
            first.message + more,
            remedy=first.remedy,
            where=first.where,
            column=first.column,
            pointer=first.pointer,
            findings=[finding.as_dict() for finding in ordered],
        )

    @property
    def findings(self) -> tuple[AgreementFinding, ...]:
        """All errors, in the order of the file."""
        return tuple(AgreementFinding(**members) for members in self.detail["findings"])


def fatal(code: str, message: str, line: int, column: int, remedy: str) -> AgreementInvalid:
    """The error for a fault after which the file can't be read on. ``code`` lacks its prefix."""
    return AgreementInvalid.of([AgreementFinding(f"agreement-{code}", message, line, column, "", remedy)])
