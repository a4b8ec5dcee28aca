"""Retiming: an edited `wait` or `send_window` moves what is planned already.

Nothing is pulled forward to less than a quarter of an hour after the edit, so that somebody can
still undo it; and what is pulled forward all at once is held, like any other flood.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from outreach.deciding.caps import bursts
from outreach.deciding.places import spoken_step
from outreach.deciding.planning import (
    Ended,
    Later,
    PlannedHandoff,
    PlannedMessage,
    plan,
    planned_again,
)
from outreach.deciding.recipients import Recipient
from outreach.model import MessageState, Mode, Reason
from outreach.passes.known import Known, read_known
from outreach.passes.setup import Setup
from outreach.rules.document import Rule, Ruleset
from outreach.rules.limits import Rate
from outreach.store import claiming, places
from outreach.store.planning import new_batch
from outreach.store.states import StateChange, change_states
from outreach.store.types import Record
from outreach.timing.waits import add_local

#: nothing that an edit pulls forward goes out sooner
UNDO_TIME = timedelta(minutes=15)


@dataclass(frozen=True)
class _Move:
    """A waiting message whose rule now wants it at another time."""

    rule: Rule
    message: Record
    to: datetime
    expires_at: datetime

    @property
    def is_forward(self) -> bool:
        """Whether nobody but the edit lets it go out this early."""
        is_planned = self.message.state == MessageState.PLANNED.value
        is_live = Mode.LIVE.value == self.message.mode == self.rule.mode.value
        return is_planned and is_live and self.to < self.message.planned_for


def retimed(before: Ruleset, after: Ruleset) -> list[tuple[Rule, Rule]]:
    """Return the rules, as they were and are, whose messages may be due at other times."""
    both = ((before.get(rule.name), rule) for rule in after)
    return [(old, new) for old, new in both if old is not None and _times(old) != _times(new)]


def retime(
    connection: Connection, setup: Setup, rules: Iterable[tuple[Rule, Rule]], now: datetime
) -> None:
    """Move what waits to where the edited rules want it; `setup` is that of the edited rules."""
    moves: list[_Move] = []
    for old, new in rules:
        rows = [row for row in places.waiting_of_rule(connection, new.name) if _is_moved_by(row)]
        parts = claiming.subjects_of(connection, [row.id for row in rows])
        firsts = [found[0] for found in parts.values() if found]
        known = read_known(connection, setup, firsts, now)
        found = (
            _move(old, new, row, parts[row.id][0], known, now) for row in rows if parts[row.id]
        )
        moves.extend(move for move in found if move is not None)
        _look_again(connection, setup, old, new, now)
    _write(connection, moves, _held(setup.hold_above, moves), setup.ruleset.version, now)


def _times(rule: Rule) -> Any:
    """Return all that decides when a rule's messages are due."""
    steps = {step.id: (step.wait, step.repeat) for step in rule.steps}
    return rule.window, rule.calendar, rule.combine_within, steps


def _is_moved_by(message: Record) -> bool:
    # a person said when it goes out, or it follows another channel's message
    return not message.approved and message.channel_number == 0


def _move(
    old: Rule, new: Rule, message: Record, part: Record, known: Known, now: datetime
) -> _Move | None:
    """Return where an edit moves a message, None when it stays.

    One that a gate put off stays so, unless the rule itself says another time than before.
    """
    recipient = known.people.get(message.customer_id)
    was, is_ = (
        _planned(rule, message, part, known, recipient) if recipient else None
        for rule in (old, new)
    )
    if recipient is None or was is None or is_ is None or was.planned_for == is_.planned_for:
        return None
    to = is_.planned_for
    if to < now + UNDO_TIME:
        to = recipient.next_open(new.window, now + UNDO_TIME) or now + UNDO_TIME
    if to == message.planned_for:
        return None
    return _Move(new, message, to, add_local(to, new.expires_after, recipient.zones.zones[0]))


def _planned(
    rule: Rule, message: Record, part: Record, known: Known, recipient: Recipient
) -> PlannedMessage | None:
    step = spoken_step(rule, message.step, message.repetition)
    if step is None:
        return None
    walker = replace(known.walker(part), repetition=message.repetition)
    return planned_again(rule, step, walker, recipient)


def _held(overall: Rate | None, moves: Collection[_Move]) -> dict[str, str]:
    """Return the messages that are too many to be pulled forward at once, each with why."""
    forward = [move for move in moves if move.is_forward]
    found: dict[str, str] = {}
    for name in dict.fromkeys(move.rule.name for move in forward):
        mine = [move for move in forward if move.rule.name == name]
        own = mine[0].rule.limits.hold_above
        for rate, counted in ((overall, forward), (own, mine)):
            times = bursts(rate, [move.to for move in counted]) if rate else []
            for move in mine:
                if any(first <= move.to <= last for first, last in times):
                    found[move.message.id] = f"above {rate}"
    return found


def _write(
    connection: Connection,
    moves: Iterable[_Move],
    held: dict[str, str],
    version: int | None,
    now: datetime,
) -> None:
    batches: dict[str, str] = {}
    changes = []
    for move in moves:
        row = move.message
        values: dict[str, Any] = {
            "planned_for": move.to,
            "due_at": move.to,
            "expires_at": move.expires_at,
        }
        state, reason = MessageState(row.state), Reason.MOVED_BY_RULE_EDIT
        if state is MessageState.HELD:
            reason = Reason(row.reason)
        elif why := held.get(row.id):
            state, reason = MessageState.HELD, Reason.OVER_HOLD_LIMIT
            if row.rule not in batches:
                said = f"pulled forward by version {version}, {why}"
                batches[row.rule] = new_batch(connection, row.rule, reason, said, now)
            values["batch"] = batches[row.rule]
        changes.append(StateChange(row.id, state, reason, f"version {version}", values=values))
    change_states(connection, changes, now)


def _look_again(connection: Connection, setup: Setup, old: Rule, new: Rule, now: datetime) -> None:
    """Let planning look at enrollments that wait without a message when their time has come."""
    rows = places.walking(connection, new.name, after=now)
    known = read_known(connection, setup, rows, now)
    places.plan_at(connection, dict(_looks(old, new, rows, known, now)))


def _looks(
    old: Rule, new: Rule, rows: Iterable[Record], known: Known, now: datetime
) -> Iterator[tuple[int, datetime]]:
    """Yield the enrollments that are to be planned at another time than they would be."""
    for row in rows:
        recipient, walker = known.people.get(row.customer_id), known.walker(row)
        was, is_ = (_due(plan(rule, walker, recipient, (), now)) for rule in (old, new))
        if was != is_ and is_ is not None:
            yield row.id, max(is_, now + UNDO_TIME)


def _due(found: PlannedMessage | PlannedHandoff | Later | Ended) -> datetime | None:
    match found:
        case PlannedMessage(planned_for=at) | PlannedHandoff(opens_at=at):
            return at
        case Later(at=at, is_known=True):
            return at
        case _:
            return None
