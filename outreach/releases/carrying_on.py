"""Carrying on: enrollments go on at their own step, wherever an applied edit has moved it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import Connection

from outreach.deciding.places import STEP_GONE, edited, silenced, spoken_step
from outreach.model import MessageState, Reason
from outreach.rules.document import Rule, Ruleset
from outreach.store import places
from outreach.store.change_log import lock_change_log
from outreach.store.queue import lock_customers
from outreach.store.states import StateChange, change_states


def carry_on(
    connection: Connection, before: Ruleset, after: Ruleset, *, version: int, now: datetime
) -> None:
    """Move running enrollments to where their steps are, and drop the messages of steps gone."""
    moves = edited(before, after)
    quiet = [rule for rule in after if _is_silenced(before, rule)]
    names = {*moves, *(rule.name for rule in quiet)}
    if not names:
        return
    # all that a send pass takes, in its order: what it is about to move stands still meanwhile
    lock_change_log(connection)
    lock_customers(
        connection, {who for name in names for who in places.customers_of(connection, name)}
    )
    for rule in after:
        made = moves.get(rule.name, ())
        past = len(rule.steps)
        places.renumber(connection, rule.name, made, past=past, version=version, now=now)
    for rule in quiet:
        gone = list(_of_gone_steps(connection, rule))
        cancelled = (
            StateChange(id_, MessageState.CANCELLED, Reason.CANCELLED_BY_RULE_EDIT, STEP_GONE)
            for id_ in gone
        )
        change_states(connection, cancelled, now)
        places.plan_anew(connection, gone)


def count_dropped(connection: Connection, before: Ruleset, after: Ruleset) -> dict[str, int]:
    """Return by rule how many waiting messages belong to a step that would be gone."""
    quiet = (rule for rule in after if _is_silenced(before, rule))
    counts = {rule.name: sum(1 for _ in _of_gone_steps(connection, rule)) for rule in quiet}
    return {name: count for name, count in counts.items() if count}


def _is_silenced(before: Ruleset, rule: Rule) -> bool:
    old = before.get(rule.name)
    return old is not None and silenced(old, rule)


def _of_gone_steps(connection: Connection, rule: Rule) -> Iterator[str]:
    """Yield the waiting messages of steps that a rule no longer has."""
    for message in places.waiting_of_rule(connection, rule.name):
        if spoken_step(rule, message.step, message.repetition) is None:
            yield message.id
