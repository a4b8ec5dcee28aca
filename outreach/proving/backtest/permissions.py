"""Words: what customers agreed to and who must not be written to, each from when it was so."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, insert, select, update

from outreach.store.database import Store
from outreach.store.frames import table_of
from outreach.store.permissions import Consent, Suppression


class Word(NamedTuple):
    """One row that came to be at an instant; `ends` says that an earlier one ended."""

    at: datetime
    model: type[Consent | Suppression]
    row: Mapping[str, Any]
    ends: bool = False


def read_words(store: Store) -> list[Word]:
    """Return all words of a store, the oldest first."""
    with store.read() as connection:
        return sorted(_words(connection), key=lambda word: word.at)


def _words(connection: Connection) -> Iterator[Word]:
    for row in connection.execute(select(table_of(Consent))).mappings():
        yield Word(row["at"], Consent, dict(row))
    for row in connection.execute(select(table_of(Suppression))).mappings():
        yield Word(row["since"], Suppression, {**row, "lifted_at": None})
        if row["lifted_at"] is not None:
            yield Word(row["lifted_at"], Suppression, dict(row), ends=True)


def say(store: Store, waiting: list[Word], now: datetime) -> None:
    """Write down those of the waiting words that have been said by now, and wait for the others."""
    with store.write() as connection:
        while waiting and waiting[0].at <= now:
            _write(connection, waiting.pop(0))


def _write(connection: Connection, word: Word) -> None:
    table = table_of(word.model)
    if word.ends:
        it = table.c.id == word.row["id"]
        connection.execute(update(table).where(it).values(lifted_at=word.at))
    else:
        connection.execute(insert(table).values(**word.row))
