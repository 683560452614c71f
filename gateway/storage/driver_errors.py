"""What SQLAlchemy or the driver raises, as one of our errors: not reachable, too busy, a value that no column takes.

Values never appear in them.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg import errors as pg
from sqlalchemy import exc as sa

from gateway.errors import GatewayError, IntegrityFailure, InvalidInput, Unavailable
from gateway.storage.refusals import exists, missing

_BUSY = (pg.QueryCanceled, pg.LockNotAvailable, pg.DeadlockDetected, pg.SerializationFailure, pg.TooManyConnections)


@contextmanager
def translated() -> Iterator[None]:
    """What SQLAlchemy or the driver raises within leaves as one of our errors."""
    try:
        yield
    except GatewayError:
        raise
    except (sa.SQLAlchemyError, psycopg.Error) as error:
        cause = error.orig if isinstance(error, sa.DBAPIError) else error
        if isinstance(cause, psycopg.IntegrityError | psycopg.DataError):
            # "from None": the driver's text quotes the values of the row, and tracebacks get logged.
            raise _refused_value(cause) from None
        if isinstance(cause, _BUSY) or isinstance(error, sa.TimeoutError):
            raise Unavailable(
                "database-busy",
                "The database is too busy to do this now; nothing was changed.",
                remedy="Try again shortly.",
            ) from error
        if isinstance(cause, pg.ReadOnlySqlTransaction):
            raise Unavailable(
                "database-read-only",
                "The database takes no changes now; nothing was done.",
                remedy="Try again shortly; if it persists, the operator must check the database.",
            ) from error
        if isinstance(cause, psycopg.OperationalError | psycopg.InterfaceError):
            raise Unavailable(
                "database-unavailable",
                "The database can't be reached now.",
                remedy="Try again shortly; if it persists, the operator must check the database.",
            ) from error
        raise


def _refused_value(cause: psycopg.Error) -> GatewayError:
    if isinstance(cause, pg.ForeignKeyViolation):
        return missing("reference")
    if isinstance(cause, pg.UniqueViolation):
        return exists("row")
    if isinstance(cause, psycopg.DataError):
        return InvalidInput(
            "value-not-storable",
            "A value can't be stored: it holds a character or a number that the database doesn't take.",
            remedy="Send text without NUL characters, and numbers within the documented limits.",
        )
    return IntegrityFailure(
        "constraint-violated",
        f"A row would break the rule {cause.diag.constraint_name or cause.diag.column_name}; nothing was changed.",
        remedy="This is a fault of the gateway: report it with the name of the rule.",
    )
