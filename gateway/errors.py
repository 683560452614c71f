"""One family of errors for the whole gateway.

Every refusal carries three things: a stable ``code`` (kebab-case, listed in docs/errors.md, never
reworded), a sentence a person can read, and a remedy that says what to do next. ``where`` points at
the offending place (a JSON Pointer, a line, a file name) when there is one. Nothing here knows
about HTTP, exit codes or logging: the faces map the *class* of an error to a status and keep the
*code* as it is. An error text never quotes a secret or a value that was to be redacted.
"""

from __future__ import annotations

from typing import Any


class GatewayError(Exception):
    """Base of all refusals and failures.

    Args:
        code: Stable machine-readable identifier, kebab-case.
        message: What went wrong, one sentence for a person.
        remedy: What the caller can do about it; empty only when nothing can be done.
        where: Place of the fault: JSON Pointer, ``line 12``, exhibit name.
        detail: Further machine-readable members, JSON-serialisable, free of personal data.
    """

    def __init__(self, code: str, message: str, *, remedy: str = "", where: str | None = None, **detail: Any) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.remedy = remedy
        self.where = where
        self.detail = detail
        #: An audit event that the face must record, in a transaction of its own, before it answers.
        self.audit: Any = None

    def __str__(self) -> str:
        place = f" (at {self.where})" if self.where else ""
        remedy = f" {self.remedy}" if self.remedy else ""
        return f"{self.message}{place}{remedy}"

    def __reduce__(self) -> tuple[Any, ...]:
        # Errors cross the sandbox boundary; keyword-only arguments need help to survive pickling.
        return (_rebuild, (type(self), self.code, self.message, self.remedy, self.where, self.detail))

    def as_dict(self) -> dict[str, Any]:
        """The error as JSON-ready members: code, message, remedy, where, and the detail."""
        members: dict[str, Any] = {"code": self.code, "message": self.message}
        if self.remedy:
            members["remedy"] = self.remedy
        if self.where:
            members["where"] = self.where
        return {**self.detail, **members}


def _rebuild(
    kind: type[GatewayError], code: str, message: str, remedy: str, where: str | None, detail: dict[str, Any]
) -> GatewayError:
    return kind(code, message, remedy=remedy, where=where, **detail)


class InvalidInput(GatewayError):
    """The caller sent something that cannot be accepted as it stands: syntax, range, unknown key."""


class TooLarge(InvalidInput):
    """The input exceeds a limit; the message names the limit."""


class DigestMismatch(InvalidInput):
    """Bytes received do not hash to the digest that was declared for them."""


class Unauthenticated(GatewayError):
    """Who is asking could not be established: no, bad, expired or replayed credential."""


class Denied(GatewayError):
    """A policy decision said no. ``detail['clause']`` is the JSON Pointer that decided, if known."""


class NotFound(GatewayError):
    """No such object, or one of another agency, which is answered alike (architecture, invariant 7)."""


class Conflict(GatewayError):
    """The request contradicts the present state: wrong lifecycle state, reused idempotency key."""


class IntegrityFailure(GatewayError):
    """A MAC, signature, digest, hash chain or proof does not verify. Never retry, never ignore."""


class Unparsable(GatewayError):
    """An exhibit cannot be parsed, so it cannot be redacted, so it is quarantined."""


class DetectionFailed(GatewayError):
    """A detector failed, timed out or skipped a rule; the exhibit stops (fail closed)."""


class ResidueFound(GatewayError):
    """A finished rendition still contains a value that was to be removed; the release stops."""


class SandboxFailure(GatewayError):
    """The child process that parses crashed, hung or exceeded a limit."""


class Unavailable(GatewayError):
    """Something needed cannot be reached or written now (database, log, blob store); try again."""


class Misconfigured(GatewayError):
    """The installation itself is at fault: missing setting, wrong passphrase, unsafe permissions."""
