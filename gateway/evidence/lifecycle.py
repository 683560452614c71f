"""The lawful moves of a package, an exhibit, a rendition and a release, as data.

Each transition names the state it leaves, the event, the state it reaches, who may cause it and the
action that the audit entry records. Nothing else in the gateway decides what may follow what: the
stores refuse a move that is not listed here, and a test checks that every state has an owner and
that every state but the terminal ones has a way out.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from gateway.errors import Conflict

Actor = Literal["submitter", "reviewer", "worker", "receiver", "operator"]


class PackageState(StrEnum):
    OPEN = "open"  # manifest accepted, uploads awaited
    SUBMITTED = "submitted"  # complete; to be examined
    EXAMINED = "examined"  # every exhibit opened or set aside; to be redacted
    REDACTED = "redacted"  # every rendition proved clean; to be reviewed or sealed
    IN_REVIEW = "in-review"  # a person must approve at least one rendition
    SEALED = "sealed"  # headers written; the log entry must be sequenced before release
    RELEASED = "released"  # receivers may pull
    QUARANTINED = "quarantined"  # stopped as a whole; contents kept encrypted until disposal
    WITHDRAWN = "withdrawn"  # taken back by the submitter, or abandoned
    DISPOSED = "disposed"  # keys destroyed, contents erased


class ExhibitState(StrEnum):
    DECLARED = "declared"
    REFUSED = "refused"  # the agreement does not permit it; it is never uploaded
    UPLOADED = "uploaded"
    EXAMINED = "examined"
    REDACTED = "redacted"
    QUARANTINED = "quarantined"  # this exhibit stops; the others go on
    DISPOSED = "disposed"


class RenditionState(StrEnum):
    REDACTED = "redacted"  # proved clean, body encrypted
    IN_REVIEW = "in-review"
    APPROVED = "approved"
    REJECTED = "rejected"
    DISPOSED = "disposed"


class ReleaseState(StrEnum):
    SEALED = "sealed"  # header written, entry pending
    AVAILABLE = "available"
    WITHDRAWN = "withdrawn"
    DISPOSED = "disposed"


@dataclass(frozen=True, slots=True)
class Transition:
    """One lawful move."""

    source: StrEnum
    event: str
    target: StrEnum
    actor: Actor
    action: str


_P, _E, _R, _L = PackageState, ExhibitState, RenditionState, ReleaseState

TRANSITIONS: tuple[Transition, ...] = (
    Transition(_P.OPEN, "submit", _P.SUBMITTED, "submitter", "package.submit"),
    Transition(_P.SUBMITTED, "examine", _P.EXAMINED, "worker", "package.examine"),
    Transition(_P.EXAMINED, "redact", _P.REDACTED, "worker", "package.redact"),
    Transition(_P.REDACTED, "await-review", _P.IN_REVIEW, "worker", "package.await-review"),
    Transition(_P.REDACTED, "seal", _P.SEALED, "worker", "package.seal"),
    Transition(_P.IN_REVIEW, "seal", _P.SEALED, "worker", "package.seal"),
    Transition(_P.SEALED, "release", _P.RELEASED, "worker", "package.release"),
    *(
        Transition(state, "quarantine", _P.QUARANTINED, "worker", "package.quarantine")
        for state in (_P.SUBMITTED, _P.EXAMINED, _P.REDACTED, _P.IN_REVIEW, _P.SEALED)
    ),
    *(
        Transition(state, "withdraw", _P.WITHDRAWN, "submitter", "package.withdraw")
        for state in (_P.OPEN, _P.SUBMITTED, _P.EXAMINED, _P.REDACTED, _P.IN_REVIEW, _P.SEALED, _P.RELEASED)
    ),
    *(
        Transition(state, "dispose", _P.DISPOSED, "worker", "package.dispose")
        for state in (_P.RELEASED, _P.QUARANTINED, _P.WITHDRAWN)
    ),
    Transition(_P.OPEN, "abandon", _P.WITHDRAWN, "worker", "package.abandon"),
    Transition(_E.DECLARED, "upload", _E.UPLOADED, "submitter", "exhibit.upload"),
    Transition(_E.UPLOADED, "examine", _E.EXAMINED, "worker", "exhibit.examine"),
    Transition(_E.UPLOADED, "refuse", _E.REFUSED, "worker", "exhibit.refuse"),
    Transition(_E.EXAMINED, "redact", _E.REDACTED, "worker", "exhibit.redact"),
    *(
        Transition(state, "quarantine", _E.QUARANTINED, "worker", "exhibit.quarantine")
        for state in (_E.UPLOADED, _E.EXAMINED, _E.REDACTED)
    ),
    *(
        Transition(state, "dispose", _E.DISPOSED, "worker", "exhibit.dispose")
        for state in (_E.DECLARED, _E.UPLOADED, _E.EXAMINED, _E.REDACTED, _E.QUARANTINED)
    ),
    Transition(_R.REDACTED, "await-review", _R.IN_REVIEW, "worker", "rendition.await-review"),
    Transition(_R.REDACTED, "approve", _R.APPROVED, "worker", "rendition.approve"),
    Transition(_R.IN_REVIEW, "approve", _R.APPROVED, "reviewer", "rendition.approve"),
    Transition(_R.IN_REVIEW, "reject", _R.REJECTED, "reviewer", "rendition.reject"),
    *(
        Transition(state, "dispose", _R.DISPOSED, "worker", "rendition.dispose")
        for state in (_R.REDACTED, _R.IN_REVIEW, _R.APPROVED, _R.REJECTED)
    ),
    Transition(_L.SEALED, "release", _L.AVAILABLE, "worker", "release.available"),
    *(
        Transition(state, "withdraw", _L.WITHDRAWN, "submitter", "release.withdraw")
        for state in (_L.SEALED, _L.AVAILABLE)
    ),
    *(
        Transition(state, "dispose", _L.DISPOSED, "worker", "release.dispose")
        for state in (_L.SEALED, _L.AVAILABLE, _L.WITHDRAWN)
    ),
)

#: The step a worker resumes a package at, by the package's state. States not listed wait for a
#: person or for time.
NEXT_STEP: dict[PackageState, str] = {
    _P.SUBMITTED: "examine",
    _P.EXAMINED: "redact",
    _P.REDACTED: "seal",
    _P.SEALED: "release",
}

_BY_MOVE = {(type(t.source), t.source, t.event): t for t in TRANSITIONS}


def transition(source: StrEnum, event: str) -> Transition:
    """The transition that ``event`` causes in state ``source``.

    Raises:
        Conflict: ``state-conflict`` if the event is not lawful there.
    """
    found = _BY_MOVE.get((type(source), source, event))
    if found is None:
        lawful = sorted(t.event for t in TRANSITIONS if type(t.source) is type(source) and t.source == source)
        raise Conflict(
            "state-conflict",
            f"'{event}' is not possible in the state '{source}'.",
            remedy=f"Possible there: {', '.join(lawful) or 'nothing, the state is final'}.",
            state=str(source),
        )
    return found
