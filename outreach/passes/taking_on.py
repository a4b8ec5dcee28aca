"""Taking on: a person takes a task, and says when it is done."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from outreach.errors import Refused
from outreach.model import HandoffState, Reason
from outreach.store.auditing import note_deed
from outreach.store.database import Store
from outreach.store.handoffs import change_handoff, lock_handoff
from outreach.store.types import Record
from outreach.store.waking import wake


def take(store: Store, number: int, *, who: str, by: str, now: datetime, note: str = "") -> Record:
    """Let a person take an open task; `by` is who says so. Raises Refused when it is not open."""
    with store.write() as connection:
        row = lock_handoff(connection, number)
        if row.state == HandoffState.TAKEN.value:
            raise Refused(f"H-{number} is with {row.who} already")
        _check_open(row)
        change_handoff(
            connection,
            number,
            state=HandoffState.TAKEN.value,
            taken_at=now,
            who=who,
            outcome=_added(row.outcome, note),
        )
        _note(connection, "handoff-take", number, who, by, now)
        return lock_handoff(connection, number)


def finish(
    store: Store,
    number: int,
    *,
    who: str,
    by: str,
    now: datetime,
    note: str = "",
    resume: bool = False,
) -> Record:
    """Say that a task is done, by who took it unless another is named.

    With `resume` other rules write to the customer again.
    """
    with store.write() as connection:
        row = lock_handoff(connection, number)
        _check_open(row)
        who = who or row.who or by
        change_handoff(
            connection,
            number,
            state=HandoffState.DONE.value,
            taken_at=row.taken_at or now,
            done_at=now,
            who=who,
            outcome=_added(row.outcome, note),
            stop_until=None if resume else row.stop_until,
        )
        if resume and row.stop_until is not None:
            wake(connection, Reason.WITH_PERSON, now)
        _note(connection, "handoff-done", number, who, by, now)
        return lock_handoff(connection, number)


def _check_open(row: Record) -> None:
    if row.state == HandoffState.DONE.value:
        raise Refused(f"H-{row.id} is done already, by {row.who}")
    if row.state == HandoffState.CANCELLED.value:
        raise Refused(f"H-{row.id} was never given to anybody: nothing is to be done")


def _added(before: str, note: str) -> str:
    return "\n".join(filter(None, (before, note.strip())))


def _note(connection: Connection, deed: str, number: int, who: str, by: str, now: datetime) -> None:
    note_deed(connection, by, deed, {"handoff": f"H-{number}", "who": who}, now)
