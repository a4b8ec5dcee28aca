"""Many rows: ids in pieces that fit one IN list, and changes that one statement writes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any, TypeVar

from sqlalchemy import BindParameter, Connection, Executable, bindparam

T = TypeVar("T")
#: ids in one IN list
CHUNK = 500
#: where a statement that is made once takes the ids of a piece: `column.in_(IDS)`
IDS: BindParameter[Any] = bindparam("ids", expanding=True)


def chunks(ids: Sequence[T]) -> Iterator[Sequence[T]]:
    """Cut ids into pieces that fit one IN list."""
    for start in range(0, len(ids), CHUNK):
        yield ids[start : start + CHUNK]


def run_each(
    connection: Connection, statement: Executable, rows: Iterable[Mapping[str, Any]]
) -> None:
    """Run a statement for each row, those that follow one another with the same columns at once."""
    for _, alike in groupby(rows, key=lambda row: row.keys()):
        connection.execute(statement, list(alike))
