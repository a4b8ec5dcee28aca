"""Taking rows in batch by batch: each in one transaction, what is rejected kept and counted."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection

from outreach.errors import DataError
from outreach.passes.intake_report import IntakeReport
from outreach.sources.reading import RowResult, SourceRows
from outreach.sources.rejects import RejectsFile
from outreach.store.arrivals import Arrival
from outreach.store.database import Store
from outreach.store.intake_rows import take_rows

#: rows in one transaction: long enough to be quick, short enough that nobody waits for the lock
BATCH = 1000
#: is told after each batch how many rows are read, and which share of the source if that is known
Progress = Callable[[int, float | None], None]
Transaction = Callable[[], AbstractContextManager[Connection]]
T = TypeVar("T")
Mark = Callable[[Connection], None]


@dataclass
class Intake:
    """One run over a source: what it has counted, and where rejected rows go.

    `known` are digests of rows that were rejected and reported before; `seen` those of this run.
    """

    report: IntakeReport
    now: datetime
    rejects_folder: Path | None
    progress: Progress | None = None
    known: frozenset[str] | None = None
    seen: set[str] = field(default_factory=set)

    def take(
        self, rows: SourceRows, transaction: Transaction, mark: Mark | None = None, name: str = ""
    ) -> None:
        """Take all rows in; `mark` is called in the transaction of each batch."""
        rejects = self._rejects(rows, name)
        try:
            for batch in batches(rows):
                records = [record for result in batch for record in self._sorted(result, rejects)]
                with transaction() as connection:
                    if records:
                        self._write(connection, records)
                    if mark:
                        mark(connection)
                if self.progress:
                    self.progress(self.report.rows, rows.opened.share())
        finally:
            if rejects:
                rejects.close()
                self.report.rejects_files += [rejects.path] if rejects.path else []
        self.report.notes += rows.notes()

    def _write(self, connection: Connection, records: Sequence[Arrival]) -> None:
        source = self.report.source
        self.report.outcomes += take_rows(connection, records, now=self.now, source=source)

    def _rejects(self, rows: SourceRows, name: str) -> RejectsFile | None:
        if self.rejects_folder is None:
            return None
        return RejectsFile(self.rejects_folder, name or self.report.source, self.now, rows.columns)

    def _sorted(self, result: RowResult, rejects: RejectsFile | None) -> Iterator[Arrival]:
        """Count a row, keep it if it is rejected, and yield its records."""
        report = self.report
        report.rows += 1
        report.skipped += result.is_skipped
        for doubt in result.doubts:
            report.doubt(doubt)
        if result.fault is None:
            yield from result.records
        elif self._is_known(result):
            report.known_rejects += 1
        else:
            report.reject(result.fault)
            if rejects:
                rejects.add(result.row, result.fault)

    def _is_known(self, result: RowResult) -> bool:
        if self.known is None:
            return False
        told = repr((sorted(result.row.values.items()), result.fault and result.fault.reason))
        digest = sha256(told.encode("utf-8", "replace")).hexdigest()[:24]
        self.seen.add(digest)
        return digest in self.known


class _Undone(Exception):
    """Ends the transaction of a dry run."""


@contextmanager
def transactions(store: Store, *, dry_run: bool) -> Iterator[Transaction]:
    """Yield what opens a transaction for each batch: in a dry run all share one, undone."""
    if not dry_run:
        yield store.write
        return
    try:
        with store.write() as connection:
            yield lambda: nullcontext(connection)
            raise _Undone
    except _Undone:
        pass


def batches(items: Iterable[T]) -> Iterator[list[T]]:
    batch: list[T] = []
    try:
        for item in items:
            batch.append(item)
            if len(batch) == BATCH:
                yield batch
                batch = []
    except DataError:
        # what was read before it broke goes in
        if batch:
            yield batch
        raise
    if batch:
        yield batch
