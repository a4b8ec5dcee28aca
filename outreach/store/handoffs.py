"""Tasks for people as they are kept: each is written once, taken by one, and done once."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import Connection, Insert, Select, bindparam, case, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from outreach.errors import Refused
from outreach.model import IS_WITH_PEOPLE, EnrollmentState, HandoffState
from outreach.rules.document import Ruleset
from outreach.store.frames import table_of
from outreach.store.ledger import Enrollment, Handoff
from outreach.store.pieces import chunks
from outreach.store.sql_functions import among
from outreach.store.types import Record

_WITH_PEOPLE = [state.value for state in IS_WITH_PEOPLE]


@dataclass(frozen=True)
class WantedHandoffs:
    """Which tasks to list; what is None or empty does not narrow it down."""

    states: Collection[HandoffState] = ()
    team: str | None = None
    customer: str | None = None


@dataclass(frozen=True)
class HandoffCounts:
    """How many tasks are with people, and how many of them should have been done by now."""

    open: int
    taken: int
    overdue: int


def write_handoff(connection: Connection, values: Mapping[str, Any]) -> int | None:
    """Keep a task and return its number; None when there is one of its key."""
    number = connection.execute(_insert(connection.dialect.name), dict(values)).scalar()
    return None if number is None else int(number)


@cache
def _insert(dialect: str) -> Insert:
    table = table_of(Handoff)
    statement = (postgresql.insert if dialect == "postgresql" else sqlite.insert)(table)
    return statement.on_conflict_do_nothing(index_elements=[table.c.key]).returning(table.c.id)


def known_handoffs(connection: Connection, keys: Sequence[str]) -> set[str]:
    """Return which of some tasks were written already."""
    row = table_of(Handoff).c
    found: set[str] = set()
    for part in chunks(keys):
        found |= set(connection.execute(select(row.key).where(row.key.in_(part))).scalars())
    return found


def list_handoffs(
    connection: Connection, wanted: WantedHandoffs, limit: int | None = None
) -> Sequence[Record]:
    """Return tasks: open ones first, then those taken, each by when they are due."""
    table = table_of(Handoff)
    query = _narrowed(select(table), wanted)
    order = {state.value: place for place, state in enumerate(HandoffState)}
    by_state = case(order, value=table.c.state, else_=len(order))
    has_no_end = case((table.c.due_at.is_(None), 1), else_=0)
    return connection.execute(
        query.order_by(by_state, has_no_end, table.c.due_at, table.c.id).limit(limit)
    ).all()


def handoffs_of(connection: Connection, enrollment: int) -> Sequence[Record]:
    """Return the tasks of an enrollment, the oldest first."""
    table = table_of(Handoff)
    query = select(table).where(table.c.enrollment_id == enrollment).order_by(table.c.id)
    return connection.execute(query).all()


class CaseOf(NamedTuple):
    """Whose case an enrollment has become: a team's, and of the person in it who took it."""

    team: str
    who: str


def cases_of(connection: Connection, enrollments: Sequence[int]) -> dict[int, CaseOf]:
    """Return the latest case of each enrollment that people were asked to step in for."""
    return {
        enrollment: CaseOf(team, who)
        for part in chunks(enrollments)
        for enrollment, team, who in connection.execute(_cases(), {"ids": part})
    }


@cache
def _cases() -> Select[Any]:
    row = table_of(Handoff).c
    query = select(row.enrollment_id, row.team, row.who).order_by(row.id)
    is_given = row.state != HandoffState.CANCELLED.value
    return query.where(among(row.enrollment_id, "ids"), is_given)


def handoffs_after(connection: Connection, number: int) -> Sequence[Record]:
    """Return the tasks that were given to people after the one of a number, the oldest first."""
    return connection.execute(_after(), {"number": number}).all()


@cache
def _after() -> Select[Any]:
    table = table_of(Handoff)
    given = (table.c.id > bindparam("number"), table.c.state != HandoffState.CANCELLED.value)
    return select(table).where(*given).order_by(table.c.id)


def count_wanted(connection: Connection, wanted: WantedHandoffs) -> int:
    """Return how many tasks there are."""
    query = _narrowed(select(func.count()).select_from(table_of(Handoff)), wanted)
    return connection.execute(query).scalar_one()


def count_handoffs(connection: Connection, now: datetime) -> HandoffCounts:
    """Count the tasks that are with people."""
    row = table_of(Handoff).c
    is_open = func.count().filter(row.state == HandoffState.OPEN.value)
    is_late = func.count().filter(row.due_at < now)
    found = connection.execute(
        select(is_open, func.count(), is_late).where(row.state.in_(_WITH_PEOPLE))
    ).one()
    return HandoffCounts(found[0], found[1] - found[0], found[2])


def read_handoff(connection: Connection, number: int) -> Record:
    """Return a task; raises Refused when there is none of that number."""
    table = table_of(Handoff)
    row = connection.execute(select(table).where(table.c.id == number)).one_or_none()
    if row is None:
        raise Refused(f"there is no task H-{number}: see `outreach handoffs`")
    return row


def lock_handoff(connection: Connection, number: int) -> Record:
    """Return a task that nobody else changes until this transaction ends; raises Refused."""
    if connection.dialect.name == "postgresql":
        row = table_of(Handoff).c
        connection.execute(select(row.id).where(row.id == number).with_for_update()).all()
    return read_handoff(connection, number)


def change_handoff(connection: Connection, number: int, **values: Any) -> None:
    """Write down what became of a task."""
    table = table_of(Handoff)
    connection.execute(update(table).where(table.c.id == number).values(**values))


def _narrowed(query: Select[Any], wanted: WantedHandoffs) -> Select[Any]:
    row = table_of(Handoff).c
    if wanted.states:
        query = query.where(row.state.in_([state.value for state in wanted.states]))
    if wanted.team is not None:
        query = query.where(row.team == wanted.team)
    if wanted.customer is not None:
        query = query.where(row.customer_id == wanted.customer)
    return query


class Coming(NamedTuple):
    """A task that an enrollment stands at, to be given when its time comes."""

    at: datetime
    team: str
    rule: str
    step: str
    subject: str
    customer: str | None
    mode: str


def coming_handoffs(connection: Connection, ruleset: Ruleset) -> list[Coming]:
    """Return the tasks that enrollments stand at, those due first coming first."""
    row = table_of(Enrollment).c
    found: list[Coming] = []
    for rule in ruleset:
        asking = {n: step for n, step in enumerate(rule.steps) if step.handoff is not None}
        if not asking:
            continue
        query = select(row.step, row.plan_at, row.kind, row.subject_id, row.customer_id, row.mode)
        rows = connection.execute(
            query.where(
                row.rule == rule.name,
                row.state == EnrollmentState.ACTIVE.value,
                row.plan_at.is_not(None),
                row.step.in_(list(asking)),
            )
        )
        for each in rows:
            step = asking[each.step]
            assert step.handoff is not None
            subject = f"{each.kind} {each.subject_id}"
            place = (rule.name, step.id, subject, each.customer_id, each.mode)
            found.append(Coming(each.plan_at, step.handoff.team, *place))
    return sorted(found, key=lambda each: (each.at, each.rule, each.subject))
