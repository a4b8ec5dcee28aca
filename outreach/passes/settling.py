"""Settling: a message in doubt was sent after all, or it was not.

A person who has looked, the provider who was asked, or the policy that waited long enough says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from outreach.deciding.places import place_of
from outreach.errors import Refused
from outreach.model import COUNTS_AS_SENT, IS_WAITING, MessageState, Reason
from outreach.passes.setup import Setup
from outreach.store import claiming, promises
from outreach.store.rewinding import called_off, later_messages, rewind
from outreach.store.states import StateChange, change_states
from outreach.store.types import Record


@dataclass(frozen=True)
class Word:
    """Why a message is settled, and by whom if it was a person."""

    reason: Reason
    note: str = ""
    who: str = ""


def settle_sent(
    connection: Connection,
    row: Record,
    word: Word,
    *,
    now: datetime,
    provider_id: str | None = None,
) -> None:
    """Let a message in doubt have been sent, when it was tried."""
    values = {"provider_id": provider_id} if provider_id else {}
    change = StateChange(row.id, MessageState.SENT, word.reason, word.note, word.who, values)
    change_states(connection, [change], now)


def settle_not_sent(
    connection: Connection, setup: Setup, row: Record, word: Word, *, now: datetime
) -> MessageState:
    """Plan a message in doubt again, which did not go out; return its state.

    It is due now, and every gate is asked, also whether it comes too late. It failed when its rule
    was called off or has gone on meanwhile, or the same was said on another channel.
    """
    values: dict[str, Any] = {"sent_at": None, "provider_id": None}
    try:
        _leave_out_called_off(connection, row)
        take_up(connection, setup, row)
    except Refused as refused:
        state, note = MessageState.FAILED, word.note or str(refused)
    else:
        state, note = MessageState.PLANNED, word.note
        values |= {"due_at": now, "planned_for": now}
    change = StateChange(row.id, state, word.reason, note, word.who, values)
    change_states(connection, [change], now)
    promises.take_back(connection, row.id)
    return state


def _leave_out_called_off(connection: Connection, row: Record) -> None:
    """Take out of a message what its rule was called off for; Refused when that is all of it."""
    parts = claiming.subjects_of(connection, [row.id])[row.id]
    off = called_off(connection, [part.id for part in parts])
    if len(off) == len(parts):
        raise Refused("its rule was called off meanwhile")
    for part in parts:
        if part.id in off:
            claiming.drop_subject(connection, row.id, part.position)


def take_up(connection: Connection, setup: Setup, row: Record) -> None:
    """Let the enrollments of a message stand where it is; Refused when more was said since.

    Those whose next message is planned already stay there: it goes out in its time.
    """
    ids = [part.id for part in claiming.subjects_of(connection, [row.id])[row.id]]
    stand_again(connection, setup, row, still_there(connection, row, ids))


def still_there(connection: Connection, row: Record, enrollments: Sequence[int]) -> list[int]:
    """Return the enrollments of a message for which nothing was planned since.

    Raises Refused when the rule has said more meanwhile, or the same on another channel.
    """
    later = later_messages(connection, row, enrollments)
    for other in later:
        is_same = (other.step, other.repetition) == (row.step, row.repetition)
        is_alive = MessageState(other.state) in (*IS_WAITING, *COUNTS_AS_SENT)
        if is_same and is_alive:
            raise Refused(
                f"the same goes out by {other.channel}: message {other.id} is {other.state}"
            )
        if not is_same and MessageState(other.state) in COUNTS_AS_SENT:
            raise Refused(
                f"the rule has gone on to step '{other.step}': message {other.id} is {other.state}"
            )
    past = {other.enrollment_id for other in later}
    return [number for number in enrollments if number not in past]


def stand_again(
    connection: Connection, setup: Setup, row: Record, enrollments: Sequence[int]
) -> None:
    """Let enrollments wait for a message of theirs once more."""
    place = place_of(setup.ruleset.get(row.rule), row.step)
    if place is not None:
        rewind(connection, enrollments, place, row.repetition)
