"""States: every change is kept with its reason, and what has ended stays as it ended."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from outreach.model import MessageState, Reason
from outreach.store import ledger
from outreach.store.database import Store
from outreach.store.frames import table_of
from outreach.store.ledger import Enrollment, Message
from outreach.store.states import StateChange, change_states, end_enrollments
from tests.unit.ledger import DAY, HOUR, NOON, add_customer, add_enrollment, add_message


def rows(store: Store, model: Any) -> list[Any]:
    table = table_of(model)
    with store.read() as connection:
        return list(connection.execute(select(table).order_by(table.c.id)))


def test_each_change_is_kept_with_when_why_and_by_whom(store: Store) -> None:
    with store.write() as connection:
        add_customer(connection)
        add_message(connection, "m1")
        add_message(connection, "m2", approved=True)
        held = StateChange("m1", MessageState.HELD, Reason.OVER_HOLD_LIMIT, "61 in an hour")
        change_states(connection, [held], NOON)
        released = StateChange(
            "m1", MessageState.PLANNED, Reason.APPROVED, who="anna", values={"approved": True}
        )
        sent = StateChange("m2", MessageState.SENT, Reason.SENT, values={"sent_at": NOON})
        change_states(connection, [released, sent], NOON + HOUR)
    history = [
        (row.message_id, row.at, row.state, row.reason, row.note, row.who)
        for row in rows(store, ledger.MessageState)
    ]
    assert history == [
        ("m1", NOON, "held", "over_hold_limit", "61 in an hour", ""),
        ("m1", NOON + HOUR, "planned", "approved", "", "anna"),
        ("m2", NOON + HOUR, "sent", "sent", "", ""),
    ]
    messages = [(m.state, m.reason, m.approved, m.sent_at) for m in rows(store, Message)]
    assert messages == [("planned", "approved", True, None), ("sent", "sent", True, NOON)]


def test_no_change_writes_nothing(store: Store) -> None:
    with store.write() as connection:
        change_states(connection, [], NOON)
    assert rows(store, ledger.MessageState) == []


@pytest.mark.parametrize(
    ("reason", "state"),
    [
        (Reason.FINISHED, "done"),
        (Reason.HELD_OUT, "held_out"),
        (Reason.CANCELLED_BY_RULE, "cancelled"),
        (Reason.RULE_REMOVED, "cancelled"),
        (Reason.OPTED_OUT, "cancelled"),
    ],
)
def test_how_an_enrollment_ends(store: Store, reason: Reason, state: str) -> None:
    with store.write() as connection:
        one = add_enrollment(connection, "A-1", plan_at=NOON)
        add_enrollment(connection, "A-2", plan_at=NOON)  # another
        gone = add_enrollment(connection, "A-3", state="done", reason="finished", ended_at=NOON)
        end_enrollments(connection, [one, gone], reason, NOON + DAY)
    found = [(row.state, row.reason, row.ended_at, row.plan_at) for row in rows(store, Enrollment)]
    assert found == [
        (state, reason.value, NOON + DAY, None),
        ("active", "matched", None, NOON),
        ("done", "finished", NOON, None),  # what has ended stays as it ended
    ]
