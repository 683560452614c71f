"""What the check of the log's tables finds: one error a kind of fault, with the row and column in ``where``."""

from __future__ import annotations

from gateway.errors import IntegrityFailure


def row_missing(seq: int) -> IntegrityFailure:
    """A number of the log has no row."""
    return IntegrityFailure(
        "log-row-missing",
        "A row of the log is missing in the database.",
        remedy="Find out who changed the database; the published log still has what it published.",
        where=f"log_entries {seq}",
    )


def row_wrong(seq: int, column: str) -> IntegrityFailure:
    """A row differs from its entry in a column, or names an id that is another entry's."""
    return IntegrityFailure(
        "log-row-wrong",
        "A row of the log in the database does not say what its entry says.",
        remedy="Find out who changed the database; the published log still has what it published.",
        where=f"log_entries {seq} {column}",
    )


def value_missing(owner: str, field: str) -> IntegrityFailure:
    """A commitment has no value beside it, and no entry says that it was erased."""
    return IntegrityFailure(
        "log-value-missing",
        "The value behind a commitment of the log is gone, and no entry says that it was erased.",
        remedy="Find out who changed the database; the published log still has what it published.",
        where=f"log_commitments {owner} {field}",
    )


def value_wrong(owner: str, field: str) -> IntegrityFailure:
    """A value does not open, belongs to no commitment, or is there although it was erased."""
    return IntegrityFailure(
        "log-value-wrong",
        "A value beside the log does not open, belongs to no entry, or was erased and is there all the same.",
        remedy="If an entry says that it was erased, erase it again; else find out who changed the database.",
        where=f"log_commitments {owner} {field}",
    )


def case_key_wrong(case_id: str) -> IntegrityFailure:
    """The key of a case is not what the log and the key-encryption key say it is."""
    return IntegrityFailure(
        "log-case-key-wrong",
        "The key of a case's values is missing, does not open, or is destroyed where the log says no erasure.",
        remedy="Find out who changed the database; the published log still has what it published.",
        where=f"case_keys {case_id}",
    )


def count_wrong(place: str) -> IntegrityFailure:
    """A kept count is not the count of the entries."""
    return IntegrityFailure(
        "log-count-wrong",
        "A count of pulls by month is not what the entries of the log add up to.",
        remedy="Find out who changed the database; delete all rows of both tables of counts to count anew.",
        where=place,
    )


def reference_wrong(place: str) -> IntegrityFailure:
    """A row elsewhere names an entry that does not stand for it."""
    return IntegrityFailure(
        "log-reference-wrong",
        "A row names as its entry of the log one that is not there, or that records something else.",
        remedy="Find out who changed the database; nothing of that row may be released or certified until then.",
        where=place,
    )
