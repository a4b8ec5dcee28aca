"""Stocking: the codes of the workspace's files come into their pools, each once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from outreach.rules.offer import Pool
from outreach.store.database import Store
from outreach.store.stocking import add_codes


@dataclass(frozen=True)
class CodeFault:
    """A line whose code was not taken, and why; the code itself is not told."""

    file: str
    line: int
    why: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.why}"


@dataclass(frozen=True)
class Stocked:
    """What became of one file: codes that are new, that this pool had, and that are no good."""

    pool: str
    file: str
    new: int
    known: int
    faults: tuple[CodeFault, ...]


#: the lines of a file of codes: number, code, and what is wrong with it
Lines = Iterable[tuple[int, str, str]]


def stock(store: Store, pool: Pool, file: str, lines: Lines, *, now: datetime) -> Stocked:
    """Take the codes of one file into a pool. A file that was read before brings nothing new."""
    faults, sources = [], {}
    for line, code, fault in lines:
        if fault:
            faults.append(CodeFault(file, line, fault))
        else:
            sources[code] = line
    with store.write() as connection:
        named = {code: f"{file}:{line}" for code, line in sources.items()}
        there = add_codes(connection, pool.name, named, now)
    for code, row in there.items():
        if row.pool != pool.name:
            why = f"the same code is in the pool {row.pool}, from {row.source}"
            faults.append(CodeFault(file, sources[code], why))
    elsewhere = sum(row.pool != pool.name for row in there.values())
    faults.sort(key=lambda fault: fault.line)
    return Stocked(
        pool.name, file, len(sources) - len(there), len(there) - elsewhere, tuple(faults)
    )
