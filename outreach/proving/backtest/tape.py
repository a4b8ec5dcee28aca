"""The tape: what is known to have happened, in its order, on disk and never all in memory."""

from __future__ import annotations

import pickle
import sqlite3
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Self

from outreach.model import Kind
from outreach.rules.catalogue import Catalogue
from outreach.store.database import Store
from outreach.store.past import Version, count_subjects, read_past
from outreach.timing.instants import to_micros

#: subjects between two words on how far it is
OFTEN = 500
#: is told how many subjects are read, and their share
Told = Callable[[int, float], None]


class Tape:
    """Versions of subjects in the order in which they came to be; closed, it is gone."""

    def __init__(self) -> None:
        # an empty name is a file that SQLite makes, and takes away
        self._kept = sqlite3.connect("")
        self._kept.execute("PRAGMA journal_mode=OFF")
        self._kept.execute("CREATE TABLE tape (at INTEGER, content BLOB)")
        self.versions = 0
        #: when the first and the last of all came to be, people left aside: they are always there
        self.first: datetime | None = None
        self.last: datetime | None = None

    def record(self, store: Store, catalogue: Catalogue, told: Told) -> None:
        """Read all that a store has seen."""
        with store.read() as connection:
            subjects = max(sum(count_subjects(connection).values()), 1)
            read = 0
            # people first: at one instant an order finds who placed it
            for kind in Kind:
                for versions in read_past(connection, catalogue, kind):
                    self._add(versions)
                    read += 1
                    if read % OFTEN == 0:
                        told(read, read / subjects)
        self._kept.execute("CREATE INDEX by_time ON tape (at)")

    def between(self, begin: datetime | None, end: datetime) -> Iterator[Version]:
        """Yield what came to be in a time, its begin included and its end not."""
        after = -1 if begin is None else to_micros(begin)
        asked = "SELECT content FROM tape WHERE at >= ? AND at < ? ORDER BY at, rowid"
        for (content,) in self._kept.execute(asked, (after, to_micros(end))):
            yield pickle.loads(content)  # noqa: S301 - written by ourselves, to a file of our own

    def _add(self, versions: list[Version]) -> None:
        if versions[0].kind is not Kind.CUSTOMER:
            self.first = min(versions[0].at, self.first or versions[0].at)
            self.last = max(versions[-1].at, self.last or versions[-1].at)
        rows = [(to_micros(v.at), pickle.dumps(v, pickle.HIGHEST_PROTOCOL)) for v in versions]
        self._kept.executemany("INSERT INTO tape VALUES (?, ?)", rows)
        self.versions += len(rows)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._kept.close()
