"""Changing states: of messages, each change kept with its reason, and of their enrollments."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, Update, bindparam, insert, update

from outreach.model import EnrollmentState, MessageState, Mode, Reason
from outreach.store import ledger
from outreach.store.coupons import follow
from outreach.store.frames import table_of
from outreach.store.pieces import chunks, run_each
from outreach.store.sql_functions import Barred, among


@dataclass(frozen=True)
class StateChange:
    """One message comes into a state; `values` are other columns that change with it."""

    message_id: str
    state: MessageState
    reason: Reason
    note: str = ""
    who: str = ""
    values: dict[str, Any] = field(default_factory=dict)


def change_states(connection: Connection, changes: Iterable[StateChange], now: datetime) -> None:
    """Write the changes and their history; coupons follow their messages."""
    rows, history, moved = [], [], []
    for change in changes:
        said = {"state": change.state.value, "reason": change.reason.value}
        rows.append({**said, **change.values, "changed": change.message_id})
        moved.append((change.message_id, change.state))
        kept = {"message_id": change.message_id, "at": now, **said}
        history.append({**kept, "note": change.note, "who": change.who})
    run_each(connection, _one_message(), rows)
    follow(connection, moved)
    if history:
        connection.execute(insert(table_of(ledger.MessageState)), history)


@cache
def _one_message() -> Update:
    """Return a statement that sets what it is given."""
    table = table_of(ledger.Message)
    return update(table).where(table.c.id == bindparam("changed"))


def end_enrollments(
    connection: Connection, ids: Sequence[int], reason: Reason, now: datetime
) -> None:
    """End enrollments: done when all steps are, held out, or cancelled for a reason."""
    match reason:
        case Reason.FINISHED:
            state = EnrollmentState.DONE
        case Reason.HELD_OUT:
            state = EnrollmentState.HELD_OUT
        case _:
            state = EnrollmentState.CANCELLED
    ended = {"state": state.value, "reason": reason.value, "ended_at": now, "plan_at": None}
    for part in chunks(ids):
        connection.execute(_active_of(), {**ended, "ids": part})


@cache
def _active_of() -> Update:
    """Return a statement that sets what it is given of those that have not ended."""
    table = table_of(ledger.Enrollment)
    return update(table).where(
        among(table.c.id, "ids"), Barred(table.c.state) == EnrollmentState.ACTIVE.value
    )


def put_in_shadow(connection: Connection, ids: Sequence[int]) -> None:
    """Only record enrollments, to their end: a later step must not come out of the blue."""
    for part in chunks(ids):
        connection.execute(_all_of(), {"mode": Mode.SHADOW.value, "ids": part})


@cache
def _all_of() -> Update:
    """Return a statement that sets what it is given, whether they have ended or not."""
    table = table_of(ledger.Enrollment)
    return update(table).where(among(table.c.id, "ids"))


def move_enrollment(
    connection: Connection,
    enrollment_id: int,
    *,
    step: int,
    repetition: int,
    base_at: datetime,
    plan_at: datetime | None,
) -> None:
    """Say what an enrollment does next, and when planning shall look at it."""
    place = {"step": step, "repetition": repetition, "base_at": base_at, "plan_at": plan_at}
    connection.execute(_active_of(), {**place, "ids": [enrollment_id]})
