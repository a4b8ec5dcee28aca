"""Notices to teams: written with their case, claimed by one process, told at least once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection, func, insert, select, update

from outreach.store.frames import table_of
from outreach.store.ledger import Handoff, HandoffNotice
from outreach.store.types import Record


class NoticeState(StrEnum):
    """Where a notice stands; one that was not told can be told again by hand.

    `not_told` is no fault: there was nothing to write on, or safety keeps it here.
    """

    WAITING = "waiting"
    TOLD = "told"
    GIVEN_UP = "given_up"
    NOT_TOLD = "not_told"


def write_notices(
    connection: Connection, handoff: int, key: str, ways: Iterable[str], now: datetime
) -> None:
    """Write what a team is to be told of a new case, a notice for each way."""
    rows = [
        {
            "id": f"{key}-{way}",
            "handoff_id": handoff,
            "way": way,
            "state": NoticeState.WAITING.value,
            "tries": 0,
            "due_at": now,
            "error": "",
        }
        for way in ways
    ]
    if rows:
        connection.execute(insert(table_of(HandoffNotice)), rows)


def claim_notices(
    connection: Connection, now: datetime, until: datetime, limit: int
) -> Sequence[Record]:
    """Return notices that are due, with their cases; nobody else takes them before `until`."""
    table = table_of(HandoffNotice)
    is_due = (table.c.state == NoticeState.WAITING.value, table.c.due_at <= now)
    query = select(table.c.id).where(*is_due).order_by(table.c.due_at, table.c.id).limit(limit)
    if connection.dialect.name == "postgresql":
        query = query.with_for_update(skip_locked=True)
    ids = list(connection.execute(query).scalars())
    if not ids:
        return []
    mine = update(table).where(table.c.id.in_(ids))
    connection.execute(mine.values(due_at=until, tries=table.c.tries + 1))
    case = table_of(Handoff)
    named = [column.label(f"case_{column.name}") for column in case.columns]
    return connection.execute(
        select(table, *named)
        .join(case, case.c.id == table.c.handoff_id)
        .where(table.c.id.in_(ids))
        .order_by(table.c.id)
    ).all()


def settle_notice(
    connection: Connection,
    notice: str,
    state: NoticeState,
    *,
    now: datetime,
    error: str = "",
    due_at: datetime | None = None,
) -> None:
    """Write down how telling went, and when it is tried again."""
    values = {"state": state.value, "error": error}
    table = table_of(HandoffNotice)
    mine = update(table).where(table.c.id == notice)
    if state is NoticeState.TOLD:
        connection.execute(mine.values(**values, told_at=now))
    else:
        connection.execute(mine.values(**values, due_at=due_at or now))


def tell_again(connection: Connection, handoff: int, now: datetime) -> int:
    """Let what was given up or not told be told again; return how many notices that are."""
    table = table_of(HandoffNotice)
    silent = [NoticeState.GIVEN_UP.value, NoticeState.NOT_TOLD.value]
    done = connection.execute(
        update(table)
        .where(table.c.handoff_id == handoff, table.c.state.in_(silent))
        .values(state=NoticeState.WAITING.value, tries=0, due_at=now)
    )
    return done.rowcount


def notices_of(connection: Connection, handoff: int) -> Sequence[Record]:
    """Return the notices of a case."""
    table = table_of(HandoffNotice)
    query = select(table).where(table.c.handoff_id == handoff).order_by(table.c.id)
    return connection.execute(query).all()


def count_waiting(connection: Connection, now: datetime) -> int:
    """Count the notices that are due."""
    table = table_of(HandoffNotice)
    query = select(func.count()).where(
        table.c.state == NoticeState.WAITING.value, table.c.due_at <= now
    )
    return connection.execute(query).scalar_one()
