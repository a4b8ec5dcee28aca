"""What people did whom a rule matched, in and out of its holdout: they wrote, or ordered again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, case, exists, func, literal, select

from outreach.model import EnrollmentState, Kind, Mode
from outreach.store.change_log import raw_table
from outreach.store.frames import table_of
from outreach.store.ledger import Enrollment
from outreach.store.types import Record
from outreach.timing.instants import MICROSECOND, to_micros
from outreach.timing.weeks import Weeks

TREATED, HELD_OUT, MOVED = "treated", "held_out", "moved"


def rules_with_holdout(connection: Connection, weeks: Weeks) -> list[str]:
    """Return the rules that held anybody out in a time."""
    enrollment = raw_table(table_of(Enrollment)).c
    names = connection.execute(select(enrollment.rule).distinct().order_by(enrollment.rule))
    return [
        name
        for name in names.scalars()
        if connection.execute(
            select(literal(1)).where(_matched(name, weeks), _is_held_out(enrollment)).limit(1)
        ).first()
    ]


def outcomes(
    connection: Connection, rule: str, weeks: Weeks, lasting: timedelta, now: datetime
) -> Sequence[Record]:
    """Return by group and whether their days are over: people, who wrote, and who ordered.

    Somebody counts once, from the first time that the rule matched them in this time.
    """
    person = _people(rule, weeks).subquery("found")
    ends = person.c.first + lasting // MICROSECOND
    group = case(
        (person.c.held == 0, TREATED), (person.c.held == person.c.times, HELD_OUT), else_=MOVED
    ).label("arm")
    is_over = case((ends <= to_micros(now), 1), else_=0).label("is_over")
    order = raw_table(table_of(Kind.ORDER)).c
    ticket = raw_table(table_of(Kind.TICKET)).c
    return connection.execute(
        select(
            group,
            is_over,
            func.count().label("people"),
            func.sum(_any(ticket, ticket.opened_at, person.c, ends)).label("wrote"),
            func.sum(_any(order, order.placed_at, person.c, ends)).label("ordered"),
        ).group_by(group, is_over)
    ).all()


def _people(rule: str, weeks: Weeks) -> Any:
    enrollment = raw_table(table_of(Enrollment)).c
    held = case((_is_held_out(enrollment), 1), else_=0)
    return (
        select(
            enrollment.customer_id,
            func.min(enrollment.known_from).label("first"),
            func.count().label("times"),
            func.sum(held).label("held"),
        )
        .where(_matched(rule, weeks), enrollment.customer_id.is_not(None))
        .group_by(enrollment.customer_id)
    )


def _matched(rule: str, weeks: Weeks) -> ColumnElement[bool]:
    enrollment = raw_table(table_of(Enrollment)).c
    return and_(
        enrollment.rule == rule,
        enrollment.known_from >= to_micros(weeks.since),
        enrollment.known_from < to_micros(weeks.until),
        enrollment.mode == Mode.LIVE.value,
    )


def _is_held_out(enrollment: Any) -> ColumnElement[bool]:
    # a larger share may call off later steps of those who have had the first: they were treated
    return and_(
        enrollment.state == EnrollmentState.HELD_OUT.value,
        enrollment.step == 0,
        enrollment.repetition == 1,
    )


def _any(row: Any, at: Any, person: Any, ends: Any) -> ColumnElement[int]:
    found = exists(
        select(literal(1)).where(
            row.customer_id == person.customer_id, at > person.first, at <= ends
        )
    )
    return case((found, 1), else_=0)
