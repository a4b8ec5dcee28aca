"""Many rows: ids in pieces that fit one question, and changes that one statement writes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any, TypeVar

from sqlalchemy import Connection, Executable

T = TypeVar("T")
#: ids in one question
CHUNK = 500


def chunks(ids: Sequence[T]) -> Iterator[Sequence[T]]:
    """Cut ids into pieces that fit one question."""
    for start in range(0, len(ids), CHUNK):
        yield ids[start : start + CHUNK]


def run_each(
    connection: Connection, statement: Executable, rows: Iterable[Mapping[str, Any]]
) -> None:
    """Run a statement for each row, those that follow one another with the same columns at once."""
    for _, alike in groupby(rows, key=lambda row: row.keys()):
        connection.execute(statement, list(alike))
