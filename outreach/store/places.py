"""Places: enrollments move on among their rule's steps, one by one or by an edit of the rule."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    Update,
    and_,
    bindparam,
    case,
    or_,
    select,
    update,
)

from outreach.deciding.places import Move
from outreach.model import IS_WAITING, EnrollmentState, Reason
from outreach.store.frames import table_of
from outreach.store.ledger import Enrollment, Message, MessageSubject
from outreach.store.pieces import chunks
from outreach.store.sql_functions import Barred
from outreach.store.types import Instant, Record


@dataclass(frozen=True)
class Onward:
    """Where an enrollment goes on, as it was read, and from when its next wait counts."""

    enrollment: Record
    step: int
    repetition: int
    base_at: datetime


def move_on(connection: Connection, onwards: Sequence[Onward]) -> None:
    """Let enrollments go on elsewhere, each from the place it was read at.

    When an edit has moved one since it was read, it stays where the edit put it.
    """
    rows = [
        {
            "mine": onward.enrollment.id,
            "as_read": onward.enrollment.rule_version,
            "to_step": onward.step,
            "to_repetition": onward.repetition,
            "from_then": onward.base_at,
        }
        for onward in onwards
    ]
    if rows:
        connection.execute(_move_on(), rows)


@cache
def _move_on() -> Update:
    table = table_of(Enrollment)
    row, then = table.c, bindparam("from_then", type_=Instant)
    stands = row.rule_version.is_not_distinct_from(bindparam("as_read", type_=Integer))
    to_step, to_repetition = (
        bindparam(name, type_=Integer) for name in ("to_step", "to_repetition")
    )
    return (
        update(table)
        .where(row.id == bindparam("mine"), _is_active())
        .values(
            step=case((stands, to_step), else_=row.step),
            repetition=case((stands, to_repetition), else_=row.repetition),
            base_at=then,
            plan_at=then,
        )
    )


def look_again(connection: Connection, row: Record, base_at: datetime) -> None:
    """Let planning look at an enrollment where it stands."""
    table = table_of(Enrollment)
    mine = update(table).where(table.c.id == row.id, _is_active())
    connection.execute(mine.values(base_at=base_at, plan_at=base_at))


def customers_of(connection: Connection, rule: str) -> set[str]:
    """Return the customers of a rule's active enrollments."""
    row = table_of(Enrollment).c
    found = connection.execute(select(row.customer_id).where(row.rule == rule, _is_active()))
    return {customer for customer in found.scalars() if customer is not None}


def renumber(
    connection: Connection,
    rule: str,
    moves: Sequence[Move],
    *,
    past: int,
    version: int | None,
    now: datetime,
) -> None:
    """Move a rule's active enrollments; those that come to the step `past` the last are done.

    Who leaves a step is planned anew from where the last one ended, unless a message of the step
    is on its way.
    """
    if not moves:
        return
    table = table_of(Enrollment)
    mine = update(table).where(table.c.rule == rule, _is_active())
    if over := [_at(move) for move in moves if move.to >= past]:
        ended = {"state": EnrollmentState.DONE.value, "reason": Reason.FINISHED.value}
        done = mine.where(or_(*over)).values(**ended, ended_at=now, plan_at=None)
        connection.execute(done)
    row = table.c
    values: dict[str, Any] = {
        "rule_version": version,
        "step": case(*((_at(move), move.to) for move in moves), else_=row.step),
    }
    if leaving := [_at(move) for move in moves if move.leaves]:
        waits = and_(row.plan_at.is_not(None), or_(*leaving))
        values["repetition"] = case((or_(*leaving), 1), else_=row.repetition)
        values["plan_at"] = case((waits, row.base_at), else_=row.plan_at)
    connection.execute(mine.where(or_(*map(_at, moves))).values(**values))


def waiting_of_rule(connection: Connection, rule: str) -> Sequence[Record]:
    """Return the planned and held messages of a rule."""
    message = table_of(Message)
    waiting = [state.value for state in IS_WAITING]
    return connection.execute(
        select(message).where(Barred(message.c.rule) == rule, message.c.state.in_(waiting))
    ).all()


def active_of_rule(connection: Connection, rule: str) -> list[int]:
    """Return a rule's active enrollments."""
    row = table_of(Enrollment).c
    return list(connection.execute(select(row.id).where(row.rule == rule, _is_active())).scalars())


def walking(connection: Connection, rule: str, *, after: datetime) -> Sequence[Record]:
    """Return a rule's active enrollments that planning would look at after an instant only."""
    table = table_of(Enrollment)
    waits = select(table).where(table.c.rule == rule, _is_active(), table.c.plan_at > after)
    return connection.execute(waits).all()


def plan_at(connection: Connection, times: Mapping[int, datetime]) -> None:
    """Let planning look at enrollments at other times than it would."""
    table = table_of(Enrollment)
    rows = [{"mine": number, "at": at} for number, at in times.items()]
    if rows:
        mine = update(table).where(table.c.id == bindparam("mine"), _is_active())
        connection.execute(mine.values(plan_at=bindparam("at", type_=Instant)), rows)


def match_anew(connection: Connection, enrollments: Sequence[int], now: datetime) -> None:
    """Say that the rules of enrollments apply since now: they were edited."""
    table = table_of(Enrollment)
    for ids in chunks(enrollments):
        mine = update(table).where(table.c.id.in_(ids), _is_active())
        connection.execute(mine.values(matched_at=now))


def plan_anew(connection: Connection, messages: Sequence[str]) -> None:
    """Let planning look at the enrollments whose messages will not go out."""
    table, part = table_of(Enrollment), table_of(MessageSubject).c
    for ids in chunks(messages):
        theirs = select(part.enrollment_id).where(part.message_id.in_(ids))
        connection.execute(
            update(table)
            .where(table.c.id.in_(theirs), table.c.plan_at.is_(None), _is_active())
            .values(plan_at=table.c.base_at)
        )


def leaving(connection: Connection, rule: str, moves: Sequence[Move]) -> Sequence[Record]:
    """Return the enrollments that planning would look at anew after the moves."""
    at = [_at(move) for move in moves if move.leaves]
    if not at:
        return []
    table = table_of(Enrollment)
    return connection.execute(
        select(table).where(
            table.c.rule == rule, _is_active(), table.c.plan_at.is_not(None), or_(*at)
        )
    ).all()


def _at(move: Move) -> ColumnElement[bool]:
    row = table_of(Enrollment).c
    return and_(row.step == move.step, row.repetition > move.above)


def _is_active() -> ColumnElement[bool]:
    return table_of(Enrollment).c.state == EnrollmentState.ACTIVE.value
