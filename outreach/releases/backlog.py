"""Backlog: whom a rule only recorded in shadow is met after all, when somebody says so.

Who matches now is met like anybody new: not if it is too old, and held where that is too many.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from sqlalchemy import Connection

from outreach.model import MessageState, Mode, Reason
from outreach.passes.counting import counted
from outreach.passes.enrol import questions
from outreach.passes.setup import Setup
from outreach.releases.first_day import in_force
from outreach.rules.document import Rule, Ruleset
from outreach.store import places, recorded, rule_starts
from outreach.store.enrolling import Match
from outreach.store.states import StateChange, change_states

#: what becomes of a message that was only recorded, and of its successor
MET = "met after the shadow"
#: why there is no backlog
NOTHING_RECORDED = "no rule goes from shadow to live here: there is no backlog to include"


def going_live(
    connection: Connection,
    before: Ruleset,
    after: Ruleset,
    now: datetime,
    *,
    renamed: Mapping[str, str],
) -> list[Rule]:
    """Return the rules, as they will be, that were in shadow until now and are live then.

    Both know them by their new names, the store still by those they have until now.
    """
    known = rule_starts.read_starts(connection)
    starts = {renamed.get(name, name): since for name, since in known.items()}
    were = in_force(before, starts, now)
    both = ((were.get(rule.name), rule) for rule in in_force(after, starts, now))
    return [new for old, new in both if old and (old.mode, new.mode) == (Mode.SHADOW, Mode.LIVE)]


def meet_recorded(
    connection: Connection, setup: Setup, rules: Iterable[Rule], now: datetime
) -> None:
    """Begin anew with all whom rules have recorded and still mean."""
    for rule in rules:
        matching = {match.key: match for match in _matching(connection, setup, rule, now)}
        rows = [row for row in recorded.of_rule(connection, rule.name) if row.key in matching]
        waiting = recorded.waiting(connection, [row.id for row in rows])
        why = Reason.CANCELLED_BY_RULE_EDIT
        gone = [StateChange(message, MessageState.CANCELLED, why, MET) for message in waiting]
        change_states(connection, gone, now)
        places.plan_anew(connection, waiting)
        recorded.begin_anew(connection, rows, matching, setup.ruleset.version, now)


def _matching(connection: Connection, setup: Setup, rule: Rule, now: datetime) -> Iterator[Match]:
    enroller = setup.enroller
    for asked in questions(rule, None, now, setup.zone, swept=True):
        if enroller.is_exact(rule):
            yield from enroller.find(connection, *asked)
        else:
            yield from counted(connection, enroller, setup.catalogue, *asked)
