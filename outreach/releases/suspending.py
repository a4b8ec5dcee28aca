"""Suspending: what waits of a rule that is live no longer is held, so that it can be undone."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from outreach.model import MessageState, Mode, Reason
from outreach.releases.retiming import UNDO_TIME
from outreach.rules.document import Rule, Ruleset
from outreach.store import suspending
from outreach.store.states import StateChange, change_states
from outreach.store.types import Record


def switched(before: Ruleset, after: Ruleset) -> list[Rule]:
    """Return the rules, as they are, that were live and are not, or the other way round."""
    both = ((before.get(rule.name), rule) for rule in after)
    return [new for old, new in both if old is not None and _is_live(old) != _is_live(new)]


def switch(connection: Connection, rules: Iterable[Rule], now: datetime) -> None:
    """Hold what rules had planned that are not live now, and let go what waited for those that are.

    What a rule only recorded in shadow stays so: it begins with whom it meets from now on.
    """
    for rule in rules:
        if _is_live(rule):
            suspending.release(connection, rule.name)
            held = suspending.waiting_live(connection, rule.name, MessageState.HELD)
            change_states(connection, [_freed(row, now) for row in held], now)
        else:
            suspending.suspend(connection, rule.name, now)
            planned = suspending.waiting_live(connection, rule.name, MessageState.PLANNED)
            why, state = Reason.RULE_SUSPENDED, MessageState.HELD
            said = f"the rule is {rule.mode.value}"
            change_states(connection, [StateChange(m.id, state, why, said) for m in planned], now)


def _is_live(rule: Rule) -> bool:
    return rule.mode is Mode.LIVE


def _freed(row: Record, now: datetime) -> StateChange:
    to = max(row.planned_for, now + UNDO_TIME)
    values: dict[str, Any] = {
        "planned_for": to,
        "due_at": max(row.due_at, to),
        "expires_at": row.expires_at + (to - row.planned_for),
    }
    return StateChange(
        row.id, MessageState.PLANNED, Reason.MATCHED, "the rule is live again", values=values
    )
