"""How a command fails: one sentence and a remedy on standard error, and an exit code that means something.

| code | meaning |
|---|---|
| 0 | done |
| 1 | something does not verify (a signature, a MAC, a digest, the log), or detection or redaction failed |
| 2 | the input or the command line cannot be accepted |
| 3 | refused by an agreement, or by its rules on who may do what |
| 4 | not found, or not possible in the present state |
| 5 | not available or wrongly set up: server, database, key file, settings |
"""

from __future__ import annotations

import json
import sys

from gateway.errors import (
    Conflict,
    Denied,
    DetectionFailed,
    GatewayError,
    IntegrityFailure,
    InvalidInput,
    Misconfigured,
    NotFound,
    ResidueFound,
    SandboxFailure,
    Unauthenticated,
    Unavailable,
    Unparsable,
)

_EXIT_CODES: tuple[tuple[type[GatewayError], int], ...] = (
    (IntegrityFailure, 1),
    (ResidueFound, 1),
    (DetectionFailed, 1),
    (SandboxFailure, 1),
    (InvalidInput, 2),
    (Unparsable, 2),
    (Denied, 3),
    (NotFound, 4),
    (Conflict, 4),
    (Unauthenticated, 5),
    (Unavailable, 5),
    (Misconfigured, 5),
)


def exit_code(error: GatewayError) -> int:
    """The exit code for an error: of the first class in the table that it belongs to, else 1."""
    return next((code for kind, code in _EXIT_CODES if isinstance(error, kind)), 1)


def report(error: GatewayError, *, as_json: bool) -> None:
    """Say on standard error what went wrong, where, and what to do."""
    if as_json:
        print(json.dumps({"error": error.as_dict()}, ensure_ascii=False, default=str), file=sys.stderr)  # noqa: T201
        return
    place = f" (at {error.where})" if error.where else ""
    print(f"error [{error.code}]: {error.message}{place}", file=sys.stderr)  # noqa: T201
    if error.remedy:
        print(f"  what to do: {error.remedy}", file=sys.stderr)  # noqa: T201
