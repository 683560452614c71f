"""The refusals that every store gives alike: what is missing, what exists already.

One place for the sentences, so that the codes of all stores follow one pattern (``<noun>-missing``,
``<noun>-exists``) and an outsider can't tell stores apart by their wording. Identifiers are not
quoted: the caller knows what it asked for, and a log of errors needs no references to cases.
"""

from __future__ import annotations

from datetime import datetime

from gateway.errors import Conflict, NotFound


def missing(noun: str) -> NotFound:
    """The error for a row that has to be there and is not: ``<noun>-missing``."""
    return NotFound(
        f"{noun}-missing",
        f"There is no such {noun.replace('-', ' ')}.",
        remedy="Check the identifier; it may also have been removed in the meantime.",
    )


def exists(noun: str) -> Conflict:
    """The error for a row that may be there once only: ``<noun>-exists``."""
    return Conflict(
        f"{noun}-exists",
        f"This {noun.replace('-', ' ')} exists already.",
        remedy="Look at the existing one; if this is a repetition, there is nothing left to do.",
    )


def check_open(closed_at: datetime | None) -> None:
    """A case is closed once, and stays closed.

    Raises:
        Conflict: ``case-closed``.
    """
    if closed_at is not None:
        raise Conflict("case-closed", "The case is closed already.", remedy="Nothing is left to do.")


def check_once(marked_at: datetime | None, noun: str) -> None:
    """What is written down once is not written down again.

    Raises:
        Conflict: ``<noun>-settled``.
    """
    if marked_at is not None:
        raise Conflict(
            f"{noun}-settled", f"This {noun} is settled already.", remedy="Look at it; nothing is left to do."
        )
