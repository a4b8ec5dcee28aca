"""Asking for many rows: ids in pieces that fit one IN list, of statements that are made once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

from sqlalchemy import BindParameter, bindparam

T = TypeVar("T")
#: ids in one IN list
CHUNK = 500
#: where a statement that is made once takes the ids of a piece: `column.in_(IDS)`
IDS: BindParameter[Any] = bindparam("ids", expanding=True)


def chunks(ids: Sequence[T]) -> Iterator[Sequence[T]]:
    """Cut ids into pieces that fit one IN list."""
    for start in range(0, len(ids), CHUNK):
        yield ids[start : start + CHUNK]
