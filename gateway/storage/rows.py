"""Rows written once, found, locked, changed and listed: the statements that all stores are made of.

``insert_once`` uses ON CONFLICT DO NOTHING, so that a step which repeats itself after a crash learns
that its row exists without losing the transaction, which a failed INSERT would abort. Every statement
goes out with bound parameters; nothing here builds SQL from text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Table, UpdateBase, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert

from gateway.storage.refusals import exists, missing


def written(connection: Connection, statement: UpdateBase) -> int:
    """Execute a statement that writes, and return how many rows it wrote.

    SQLAlchemy does not keep the count of an INSERT unless it is asked to.
    """
    return connection.execute(statement, execution_options={"preserve_rowcount": True}).rowcount


def insert_once(connection: Connection, table: Table, values: Mapping[str, Any], noun: str) -> None:
    """Insert a row that may be there once only.

    Raises:
        Conflict: ``<noun>-exists``; the transaction stays usable.
    """
    if written(connection, insert(table).values(dict(values)).on_conflict_do_nothing()) != 1:
        raise exists(noun)


def find(connection: Connection, table: Table, *conditions: ColumnElement[bool], lock: bool = False) -> Row[Any] | None:
    """The one row that meets the conditions, locked to the end of the transaction if wanted."""
    query = select(table).where(*conditions)
    if lock:
        # FOR NO KEY UPDATE: keys never change, so rows that refer to this one need not wait.
        query = query.with_for_update(key_share=True)
    return connection.execute(query).one_or_none()


def find_locked(connection: Connection, table: Table, noun: str, *conditions: ColumnElement[bool]) -> Row[Any]:
    """The one row that meets the conditions, locked.

    Raises:
        NotFound: ``<noun>-missing``.
    """
    row = find(connection, table, *conditions, lock=True)
    if row is None:
        raise missing(noun)
    return row


def require(connection: Connection, table: Table, noun: str, *conditions: ColumnElement[bool]) -> None:
    """Refuse to refer to a row that is not there; a foreign key would say so less kindly.

    Raises:
        NotFound: ``<noun>-missing``.
    """
    if connection.execute(select(1).select_from(table).where(*conditions)).first() is None:
        raise missing(noun)


def change(connection: Connection, table: Table, row_id: str, values: Mapping[str, Any]) -> None:
    """Write members of the row with this id, which the caller has locked."""
    connection.execute(update(table).where(table.c.id == row_id).values(dict(values)))


def newest_first(
    connection: Connection,
    table: Table,
    order: str,
    *conditions: ColumnElement[bool],
    after: str | None,
    limit: int,
) -> Sequence[Row[Any]]:
    """A page of rows by a time column, newest first.

    Args:
        order: Name of the time column; ties are broken by ``id``.
        after: Id of the last row of the page before; an id that meets not the conditions gives no rows.
    """
    query = select(table).where(*conditions)
    if after is not None:
        place = connection.execute(
            select(table.c[order], table.c.id).where(table.c.id == after, *conditions)
        ).one_or_none()
        if place is None:
            return ()
        query = query.where(tuple_(table.c[order], table.c.id) < tuple_(*place))
    return connection.execute(query.order_by(table.c[order].desc(), table.c.id.desc()).limit(limit)).all()
