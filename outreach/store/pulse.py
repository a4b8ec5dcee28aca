"""The pulse: daemons say that they live, and passes say how their last run went."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from outreach.store.frames import table_of
from outreach.store.operations import Cursor, Heartbeat, PassRun
from outreach.store.types import Record


@dataclass(frozen=True)
class Process:
    """One daemon: a name of its own, and where it runs."""

    name: str
    host: str
    pid: int
    version: str
    started_at: datetime


def beat(connection: Connection, process: Process, now: datetime) -> None:
    """Say that a daemon is alive."""
    values = {
        "host": process.host,
        "pid": process.pid,
        "version": process.version,
        "started_at": process.started_at,
        "beat_at": now,
        "stopped_at": None,
    }
    _upsert(connection, table_of(Heartbeat), {"process": process.name}, values)


def stop_beating(connection: Connection, process: Process, now: datetime) -> None:
    """Say that a daemon stopped in good order."""
    table = table_of(Heartbeat)
    connection.execute(
        table.update().where(table.c.process == process.name).values(beat_at=now, stopped_at=now)
    )


def beating(connection: Connection, since: datetime) -> Sequence[Record]:
    """Return the daemons that said so since an instant and have not stopped."""
    table = table_of(Heartbeat)
    return connection.execute(
        select(table)
        .where(table.c.beat_at >= since, table.c.stopped_at.is_(None))
        .order_by(table.c.beat_at.desc())
    ).all()


def forget_daemons(connection: Connection, before: datetime) -> int:
    """Forget daemons that have not been heard of since an instant."""
    table = table_of(Heartbeat)
    return connection.execute(delete(table).where(table.c.beat_at < before)).rowcount


def pass_began(connection: Connection, name: str, now: datetime) -> None:
    """Say that a pass has begun; how the run before it went is kept until it ends."""
    _upsert(connection, table_of(PassRun), {"name": name}, {"started_at": now})


def pass_ended(connection: Connection, name: str, counts: Mapping[str, Any], now: datetime) -> None:
    """Say what a pass has done."""
    table = table_of(PassRun)
    connection.execute(
        table.update()
        .where(table.c.name == name)
        .values(finished_at=now, error="", counts=dict(counts))
    )


def pass_failed(connection: Connection, name: str, error: str, now: datetime) -> None:
    """Say why a pass did not get to its end."""
    table = table_of(PassRun)
    connection.execute(
        table.update().where(table.c.name == name).values(failed_at=now, error=error)
    )


def last_at(connection: Connection, name: str) -> datetime | None:
    """Return when something was last done that keeps its time under a name."""
    cursor = table_of(Cursor).c
    return connection.execute(select(cursor.at).where(cursor.name == name)).scalar()


def note_at(connection: Connection, name: str, now: datetime) -> None:
    """Keep when something was done."""
    _upsert(connection, table_of(Cursor), {"name": name}, {"value": "", "at": now})


def _upsert(
    connection: Connection, table: Table, key: Mapping[str, Any], values: Mapping[str, Any]
) -> None:
    is_postgres = connection.dialect.name == "postgresql"
    insert = (postgresql.insert if is_postgres else sqlite.insert)(table)
    given = {"error": ""} if "error" in table.c else {}
    connection.execute(
        insert.values({**given, **key, **values}).on_conflict_do_update(
            index_elements=list(key), set_=dict(values)
        )
    )
