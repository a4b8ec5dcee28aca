"""Ending what is suspended: a rule that is live no longer keeps what it had planned for a day."""

from __future__ import annotations

from datetime import datetime, timedelta

from outreach.model import MessageState, Mode, Reason
from outreach.passes.setup import Setup
from outreach.store import suspending
from outreach.store.marks import one_at_a_time
from outreach.store.queue import lock_customers
from outreach.store.states import StateChange, change_states, end_enrollments

#: so long the edit that suspended a rule can be undone
KEPT = timedelta(hours=24)


def end_suspended(setup: Setup, *, now: datetime) -> int:
    """Cancel what rules had planned that have not been live for a day; count the messages."""
    with setup.store.read() as connection:
        due = suspending.suspended_before(connection, now - KEPT)
    return sum(_end(setup, name, now) for name in due)


def _end(setup: Setup, name: str, now: datetime) -> int:
    rule, why = setup.ruleset.get(name), Reason.CANCELLED_BY_RULE_EDIT
    with setup.store.write() as connection:
        one_at_a_time(connection, "rulesets")
        if name not in suspending.suspended_before(connection, now - KEPT):
            return 0  # it was made live again at this moment
        held = suspending.waiting_live(connection, name, MessageState.HELD)
        lock_customers(connection, {row.customer_id for row in held})
        mode = rule.mode if rule else Mode.OFF
        change_states(
            connection,
            [
                StateChange(row.id, MessageState.CANCELLED, why, f"the rule is {mode.value}")
                for row in suspending.waiting_live(connection, name, MessageState.HELD)
            ],
            now,
        )
        end_enrollments(connection, suspending.live_enrollments(connection, name), why, now)
        suspending.release(connection, name)
    return len(held)
