"""How far sources have been read: a text by name, written in the transaction of the rows."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, Select, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from outreach.store.frames import table_of
from outreach.store.operations import Cursor
from outreach.store.pieces import chunks

#: how far passes have come that look at what is new: at changes of subjects, or at receipts
PROMISES, LINKS, HARM = "promises", "incidents", "harm"


def read_cursors(connection: Connection, prefix: str) -> dict[str, str]:
    """Return all cursors whose name starts so, by the rest of their name."""
    rows = connection.execute(_beginning(prefix))
    return {row.name.removeprefix(prefix): row.value for row in rows}


@cache
def _beginning(prefix: str) -> Select[Any]:
    cursor = table_of(Cursor).c
    return select(cursor.name, cursor.value).where(cursor.name.startswith(prefix, autoescape=True))


def write_cursor(connection: Connection, name: str, value: str, *, now: datetime) -> None:
    """Remember a value."""
    given = {"name": name, "value": value, "at": now}
    connection.execute(_writing(connection.dialect.name), given)


@cache
def _writing(dialect: str) -> Any:
    """Return the statement for a kind of database: passes write cursors again and again."""
    table = table_of(Cursor)
    insert: Any = postgresql.insert if dialect == "postgresql" else sqlite.insert
    statement = insert(table)
    return statement.on_conflict_do_update(
        index_elements=[table.c.name],
        set_={"value": statement.excluded.value, "at": statement.excluded.at},
    )


def forget_cursors(connection: Connection, names: Iterable[str]) -> None:
    """Forget values that are of no use any more."""
    table = table_of(Cursor)
    for part in chunks(list(names)):
        connection.execute(delete(table).where(table.c.name.in_(part)))
