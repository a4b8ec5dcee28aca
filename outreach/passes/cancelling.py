"""The cancel pass: enrollments that their rule's `cancel_if` ends, and the messages they planned.

The gates ask the same question again when a message is due. Asked at every pass, it also ends what
is due much later, so that the queue shows what will happen and a matter that was settled once is
not taken up again when it reopens.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection

from outreach.deciding.rechecking import said
from outreach.model import MessageState, Reason
from outreach.passes.meanwhile import find_meanwhile
from outreach.passes.setup import Setup
from outreach.rules.document import Rule
from outreach.store import claiming
from outreach.store.cancel_marks import last_seen, to_see, write_seen
from outreach.store.cancelling import still_waiting, waiting_messages
from outreach.store.pieces import chunks
from outreach.store.queue import lock_customers
from outreach.store.states import StateChange, change_states, end_enrollments


@dataclass
class CancelReport:
    """What one cancel pass did: enrollments by rule, and messages that will not go out."""

    enrollments: dict[str, int] = field(default_factory=dict)
    messages: int = 0

    @property
    def total(self) -> int:
        return sum(self.enrollments.values())


def cancel_matching(setup: Setup, *, now: datetime) -> CancelReport:
    """Cancel active enrollments of which a `cancel_if` is true, or was since the last pass."""
    report = CancelReport()
    rules = [rule for rule in setup.ruleset if rule.cancel_if]
    if not rules:
        return report
    with setup.store.read() as connection:
        found = {rule.name: dict(setup.canceller.find(connection, rule, now)) for rule in rules}
        last, here = last_seen(connection), to_see(connection, rules)
    for name, met in find_meanwhile(setup, rules, last, here, now=now).items():
        found[name] = {**met, **found[name]}
    for rule in rules:
        for part in chunks(list(found[rule.name].items())):
            with setup.store.write() as connection:
                report.messages += _cancel(connection, rule, dict(part), now)
        if found[rule.name]:
            report.enrollments[rule.name] = len(found[rule.name])
    if last is None or last[0] != here:
        with setup.store.write() as connection:
            write_seen(connection, here, now)
    return report


def _cancel(
    connection: Connection, rule: Rule, enrollments: Mapping[int, int], now: datetime
) -> int:
    """End enrollments, by the place of the condition that was met; return the messages dropped."""
    customers = waiting_messages(connection, list(enrollments))
    lock_customers(connection, set(customers.values()))
    messages = sorted(still_waiting(connection, customers))
    changes = []
    for message, parts in claiming.subjects_of(connection, messages).items():
        ending = [part for part in parts if part.id in enrollments]
        if len(ending) == len(parts):
            met = rule.cancel_if[enrollments[ending[0].id]]
            changes.append(_cancelled(message, said(met)))
            continue
        for part in ending:
            claiming.drop_subject(connection, message, part.position)
    change_states(connection, changes, now)
    _end(connection, list(enrollments), now)
    return len(changes)


def _cancelled(message: str, note: str) -> StateChange:
    return StateChange(message, MessageState.CANCELLED, Reason.CANCELLED_BY_RULE, note)


def _end(connection: Connection, enrollments: Sequence[int], now: datetime) -> None:
    end_enrollments(connection, enrollments, Reason.CANCELLED_BY_RULE, now)
