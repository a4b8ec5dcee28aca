"""The intake pass: rows of sources go in, batch by batch; what cannot is kept and reported."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import Connection

from outreach.errors import DataError
from outreach.passes.intake_report import IntakeReport
from outreach.passes.refreshing import note_refresh
from outreach.passes.taking import Intake, Progress, batches, transactions
from outreach.sources.database import DatabaseRows, open_database
from outreach.sources.files import OpenRows, check_file
from outreach.sources.folder import FileMark, files_in
from outreach.sources.positions import Position
from outreach.sources.reading import Columns, SourceRows, read_file
from outreach.sources.settings import DatabaseSettings, FolderSettings, SourceSettings
from outreach.store.arrivals import Arrival
from outreach.store.cursors import forget_cursors, read_cursors, write_cursor
from outreach.store.database import Store
from outreach.store.intake_rows import take_rows
from outreach.timing.instants import from_micros

REJECTS = "rejects"


def import_rows(
    store: Store, records: Iterable[Arrival], *, now: datetime, source: str
) -> IntakeReport:
    """Take records in that are typed already, in their order."""
    report = IntakeReport(source)
    for batch in batches(records):
        with store.write() as connection:
            report.outcomes += take_rows(connection, batch, now=now, source=source)
        report.rows += len(batch)
    return report


def import_file(
    store: Store,
    path: Path,
    columns: Columns,
    *,
    now: datetime,
    folder: Path,
    dry_run: bool = False,
    progress: Progress | None = None,
) -> IntakeReport:
    """Import one file; `-` is the standard input. Rejected rows are kept in `folder`/rejects.

    With `dry_run` everything is done and undone, and nothing is kept. Raises DataError when the
    file cannot be read; if it breaks off later, the report's `failures` say so.
    """
    name = "stdin" if str(path) == "-" else path.name
    report = IntakeReport(name, files=1)
    intake = Intake(report, now, None if dry_run else folder / REJECTS, progress)
    with (
        transactions(store, dry_run=dry_run) as transaction,
        read_file(path, columns, folders=(folder,)) as rows,
    ):
        try:
            intake.take(rows, transaction)
        except DataError as error:
            if not report.rows:
                raise
            report.failures.append(str(error))
    return report


def run_source(
    store: Store,
    source: SourceSettings,
    *,
    now: datetime,
    folder: Path,
    env: Mapping[str, str] = os.environ,
    progress: Progress | None = None,
) -> IntakeReport:
    """Read what is new in a source. `folder` is the workspace's; rejects are kept below it.

    What cannot be read at all is among the report's `failures` and tried again the next time.
    """
    report = IntakeReport(source.name)
    intake = Intake(report, now, folder / REJECTS, progress)
    fresh_at = None
    try:
        if isinstance(source.place, FolderSettings):
            fresh_at = _run_folder(store, source, source.place, intake, folder)
        else:
            _run_database(store, source, source.place, intake, folder, env)
            fresh_at = now
    except DataError as error:
        report.failures.append(str(error))
    note_refresh(store, source, fresh_at=fresh_at, failures=report.failures, now=now)
    return report


def _run_folder(
    store: Store, source: SourceSettings, place: FolderSettings, intake: Intake, folder: Path
) -> datetime | None:
    """Take in what is new; return of when the newest file is, no later than now."""
    prefix = f"source/{source.name}/"
    files = files_in(place.folder, place.files)
    with store.read() as connection:
        taken = {
            name: FileMark.parse(text) for name, text in read_cursors(connection, prefix).items()
        }
    names = {path.relative_to(place.folder).as_posix(): path for path in files}
    for name, path in names.items():
        try:
            cursor = _FileCursor(prefix + name, taken.get(name))
            _take_file(store, source, path, cursor, intake, folder)
        except DataError as error:
            intake.report.failures.append(str(error))
    gone = taken.keys() - names.keys()
    if gone:
        with store.write() as connection:
            forget_cursors(connection, (prefix + name for name in gone))
    newest = max((FileMark.of(path).changed for path in files), default=None)
    return None if newest is None else min(from_micros(newest // 1000), intake.now)


class _FileCursor(NamedTuple):
    """What is remembered of a file, and under which name."""

    name: str
    taken: FileMark | None


def _take_file(
    store: Store,
    source: SourceSettings,
    path: Path,
    cursor: _FileCursor,
    intake: Intake,
    folder: Path,
) -> None:
    """Take a file in unless it was; one that changes while it is read is taken again."""
    found = FileMark.of(path)
    taken = cursor.taken
    if taken and taken.looks_like(found):
        return
    encoding = source.columns.mapping.encoding if source.columns.mapping else "utf-8"
    digest = check_file(path, encoding)
    if taken is None or digest != taken.digest:
        intake.report.files += 1
        with read_file(path, source.columns, folders=(folder,), is_checked=True) as rows:
            intake.take(rows, store.write, name=f"{source.name}-{path.stem}")
    if FileMark.of(path) == found:
        done = FileMark(found.size, found.changed, digest)
        with store.write() as connection:
            write_cursor(connection, cursor.name, str(done), now=intake.now)


def _run_database(
    store: Store,
    source: SourceSettings,
    place: DatabaseSettings,
    intake: Intake,
    folder: Path,
    env: Mapping[str, str],
) -> None:
    name = f"source/{source.name}"
    with store.read() as connection:
        kept = read_cursors(connection, name).get("")
    position = Position.parse(kept) if kept else Position()
    intake.known = position.rejected
    with open_database(place.url(env), name=place.table, query=place.query, folder=folder) as rows:
        source_rows = _database_rows(source, rows, folder)
        rows.start = position.start(place.overlap)
        rows.newest = position.newest

        def mark(connection: Connection) -> None:
            reached = Position(rows.newest, frozenset(intake.seen) | position.rejected)
            write_cursor(connection, name, str(reached), now=intake.now)

        intake.take(source_rows, store.write, mark)
    if intake.seen != position.rejected:
        with store.write() as connection:
            done = Position(rows.newest, frozenset(intake.seen))
            write_cursor(connection, name, str(done), now=intake.now)


def _database_rows(source: SourceSettings, rows: DatabaseRows, folder: Path) -> SourceRows:
    opened = OpenRows(source.name, rows.columns, iter(rows))
    source_rows = SourceRows.of(opened, source.columns, (folder,))
    main = source_rows.mapping.main
    rows.changed, rows.key = main.column_of("updated_at"), main.column_of("id")
    return source_rows
