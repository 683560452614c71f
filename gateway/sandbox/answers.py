"""What a parsing child answers, believed only as far as it can be checked.

The child may have been taken over by the evidence it opened. An answer is a result, or an error of a
few known classes whose code has the right form and whose text is short and printable; anything else
becomes a failure of the sandbox.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from gateway import errors
from gateway.errors import GatewayError, SandboxFailure

_CODE = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")
#: Errors that a child may raise; anything else it names becomes a SandboxFailure.
_KINDS = {
    kind.__name__: kind
    for kind in (
        errors.InvalidInput, errors.TooLarge, errors.Unparsable, errors.DetectionFailed, errors.ResidueFound,
        errors.IntegrityFailure, errors.Misconfigured,
    )
}  # fmt: skip


def unwrap(answer: Mapping[str, Any]) -> Mapping[str, Any]:
    """The result in an answer.

    Raises:
        GatewayError: What the task raised, if it may raise that.
        SandboxFailure: ``sandbox-memory``, ``sandbox-task-failed``, ``sandbox-answer-invalid``.
    """
    value = answer.get("value")
    if isinstance(value, dict):
        return value
    if isinstance(answer.get("error"), dict):
        raise _error(answer["error"])
    if "memory" in answer:
        raise SandboxFailure(
            "sandbox-memory",
            "Opening the exhibit took more memory than is allowed.",
            remedy="Split the exhibit into smaller ones, or raise EVIDENCE_GATEWAY_SANDBOX_MEMORY_BYTES.",
        )
    if isinstance(answer.get("failed"), str):
        raise SandboxFailure(
            "sandbox-task-failed",
            f"The exhibit could not be worked on ({printable(answer['failed'])}).",
            remedy="Report this: an error of this kind should have been foreseen.",
        )
    raise invalid_answer()


def _error(members: Mapping[str, Any]) -> GatewayError:
    # The child may be hostile: only known kinds, a code of the right form, and short plain text pass.
    code = members.get("code")
    if not isinstance(code, str) or len(code) > 64 or not _CODE.fullmatch(code):
        return invalid_answer()
    detail = members.get("detail")
    safe = {
        key: printable(value) if isinstance(value, str) else value
        for key, value in (detail.items() if isinstance(detail, dict) else ())
        if key.isidentifier() and len(key) <= 40 and isinstance(value, (str, int, float, bool))
        and key not in ("code", "message", "remedy", "where")
    }  # fmt: skip
    kind = _KINDS.get(str(members.get("kind")), SandboxFailure)
    where = members.get("where")
    return kind(
        code,
        printable(members.get("message", "")),
        remedy=printable(members.get("remedy", "")),
        where=printable(where) if isinstance(where, str) else None,
        **dict(list(safe.items())[:10]),
    )


def printable(value: object) -> str:
    """At most 400 characters, none of which steers a terminal."""
    return "".join(char if char.isprintable() else " " for char in str(value))[:400]


def invalid_answer() -> SandboxFailure:
    """The failure of a child that sends nonsense."""
    return SandboxFailure(
        "sandbox-answer-invalid",
        "The process that opened the exhibit sent an answer that makes no sense.",
        remedy="The exhibit may be hostile; have it examined by hand.",
    )
