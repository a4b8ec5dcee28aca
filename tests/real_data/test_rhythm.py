"""The rhythm of the passes does not matter: every minute, every hour, or with a day's outage.

The same messages are due at the same instants, but for those that the outage let expire, and those
whose matter was settled between the instant they were due and the pass that came too late.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import NamedTuple

import pytest
from sqlalchemy import delete, select

from outreach.clock import MovingClock
from outreach.model import MessageState, Reason
from outreach.proving.scratch import make_hasty
from outreach.proving.simulation import Simulation
from outreach.releases import close_setup, open_setup
from outreach.sources.records import Record
from outreach.store.database import Store
from outreach.store.frames import table_of
from outreach.store.ledger import Message, MessageSubject
from outreach.store.ledger import MessageState as StateRow
from outreach.store.migrating import METADATA
from outreach.workspace import Workspace

pytestmark = pytest.mark.timeout(900)

START = datetime.fromisoformat("2017-11-15T00:00Z")
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
OUTAGE = START + timedelta(days=14, hours=9, minutes=17)

SETTINGS = """
format: 1
timezone: America/Sao_Paulo
contact_policy: []
safety: {hold_above: 100000 per hour}
channels: {email: {provider: outbox, from: care@shop.example}}
calendars: {office: {country: BR, days: mon-fri, hours: 09:00-18:00}}
send_windows: {daytime: {days: mon-sat, hours: 09:00-20:00}}
"""
RULES = """
format: 1
defaults: {purpose: service, calendar: office, send_window: daytime}
rules:
  - rule: late
    about: order
    when:
      - promised_at is more than 1 day ago
      - status not in [delivered, cancelled]
    combine_within: 2 hours
    steps:
      - send: note
      - {send: note, wait: 3 days, repeat: "every 3 days, up to 3 times"}
  - rule: at-risk
    about: order
    when:
      - promised_at is within the next 2 days
      - shipped_at is missing
      - status not in [delivered, cancelled]
    steps: [{send: note}]
    expires_after: 1 day
  - rule: paid
    about: order
    when: [status is paid]
    steps: [{send: note}]
  - rule: on-its-way
    about: order
    purpose: transactional
    send_window: any time
    when:
      - status is shipped
      - status_changed_at is within the last 2 hours
    steps: [{send: note}]
    expires_after: 3 hours
  - rule: check-in
    about: order
    when:
      - status is delivered
      - delivered_at is within the last 7 days
      - none:
          - delivered_at is more than 1 day after promised_at
    steps: [{send: note, wait: "3 days after delivered_at, at 10:00"}]
  - rule: cancelled
    about: order
    purpose: transactional
    send_window: any time
    when: [status is cancelled]
    once_per: order and status_changed_at
    steps: [{send: note}]
  - rule: waiting
    about: ticket
    when:
      - status in [waiting_on_us, waiting_on_customer] for more than 4 business hours
    once_per: ticket and status_changed_at
    steps: [{send: note, repeat: "every 2 business days, up to 3 times"}]
  - rule: resolved
    about: ticket
    when:
      - status in [resolved, closed]
      - resolved_at is within the last 3 days
    once_per: ticket and resolved_at
    cancel_if:
      - status not in [resolved, closed]
    steps: [{send: note, wait: "1 day, at 10:00"}]
  - rule: weekly
    about: customer
    when:
      - open_tickets is at least 1
    once_per: week
    steps: [{send: note}]
"""
RULE_NAMES = set(re.findall(r"- rule: (\S+)", RULES))
NOTE = '---\nsubject: "{{ rule.name }}"\n---\n{{ rule.name }} {{ message.number }}\n'


@dataclass(frozen=True)
class Told:
    """What the ledger says of one message in the end, and what it went through."""

    rule: str
    step: str
    repetition: int
    subjects: frozenset[str]
    customer: str
    planned_for: datetime
    expires_at: datetime
    state: MessageState
    reason: Reason
    ended_at: datetime
    reasons: frozenset[Reason]

    @property
    def end(self) -> tuple[MessageState, Reason]:
        return self.state, self.reason


@dataclass(frozen=True)
class Played:
    """A time that was played: its ledger by message id, and when the passes ran."""

    ledger: Mapping[str, Told]
    passes: Sequence[datetime]

    def first_pass(self, since: datetime) -> datetime:
        return next((at for at in self.passes if at >= since), self.end)

    @property
    def end(self) -> datetime:
        return self.passes[-1]


class Span(NamedTuple):
    """The time that is played."""

    start: datetime
    end: datetime


#: Black Friday, the outage of the week after it, and a day of what follows
WEEKS = Span(START + timedelta(days=9), START + timedelta(days=16, hours=12))
#: a pass on PostgreSQL is the same language at several times the cost
DAYS = Span(START + timedelta(days=13), START + timedelta(days=16))
Rhythm = Callable[[Simulation, Span], Iterator[datetime]]


def every(step: timedelta, *, leap: bool = True) -> Rhythm:
    """Run the passes on a grid; with `leap`, not when they would find nothing."""

    def grid(simulation: Simulation, span: Span) -> Iterator[datetime]:
        at = span.start
        while at < span.end:
            yield at
            due = simulation.next_due() if leap else at
            at += max(-(-((due or span.end) - at) // step), 1) * step
        yield span.end

    return grid


def irregular(seed: int) -> Rhythm:
    """Run the passes some seconds to some hours apart, and not at all for a day and an hour."""

    def leaps(simulation: Simulation, span: Span) -> Iterator[datetime]:
        random, at = Random(seed), span.start
        while at < span.end:
            yield at
            at += timedelta(seconds=random.choice([60, 600, 3600, 5 * 3600]) * random.random())
            if OUTAGE - timedelta(hours=5) < at <= OUTAGE:
                yield OUTAGE
                at = OUTAGE + timedelta(hours=25)
        yield span.end

    return leaps


def write_workspace(folder: Path) -> Path:
    """Write a workspace with one rule of each kind, and return its folder."""
    for path, text in {
        "outreach.yaml": SETTINGS,
        "rules/rhythm.yaml": RULES,
        "templates/note/en.email.md": NOTE,
    }.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, "utf-8")
    return folder


def play(
    store: Store, folder: Path, records: Sequence[Record], rhythm: Rhythm, span: Span
) -> Played:
    """Play a time into an empty database with the passes in a rhythm."""
    write_workspace(folder)
    with store.write() as connection:
        for table in METADATA.sorted_tables:
            connection.execute(delete(table))
    setup = open_setup(Workspace.open(folder), store, env={}, applied=False)
    simulation = Simulation(setup, MovingClock(span.start))
    simulation.add(records)
    passes = []
    for instant in rhythm(simulation, span):
        simulation.run_at(instant)
        passes.append(instant)
    close_setup(setup)
    assert simulation.missed == 0, "the nightly sweep found what the passes should have found"
    return Played(ledger(store), passes)


def ledger(store: Store) -> dict[str, Told]:
    """Read every message with its subjects and its history."""
    part, line = table_of(MessageSubject).c, table_of(StateRow).c
    subjects: dict[str, set[str]] = {}
    history: dict[str, list[tuple[datetime, Reason]]] = {}
    with store.read() as connection:
        for message_id, subject in connection.execute(select(part.message_id, part.subject_id)):
            subjects.setdefault(message_id, set()).add(subject)
        lines = select(line.message_id, line.at, line.reason).order_by(line.id)
        for message_id, at, reason in connection.execute(lines):
            history.setdefault(message_id, []).append((at, Reason(reason)))
        rows = connection.execute(select(table_of(Message))).all()
    return {
        row.id: Told(
            rule=row.rule,
            step=row.step,
            repetition=row.repetition,
            subjects=frozenset(subjects[row.id]),
            customer=row.customer_id,
            planned_for=row.planned_for,
            expires_at=row.expires_at,
            state=MessageState(row.state),
            reason=Reason(row.reason),
            ended_at=history[row.id][-1][0],
            reasons=frozenset(reason for _, reason in history[row.id]),
        )
        for row in rows
    }


@dataclass(frozen=True)
class Judge:
    """Compares a slower rhythm with the quickest; `changed_at` says when subjects changed."""

    quick: Played
    slow: Played
    changed_at: Mapping[str, Sequence[datetime]]

    def faults(self) -> Iterator[str]:
        """Yield what differs without a reason."""
        for key in sorted(self.quick.ledger.keys() | self.slow.ledger.keys()):
            quick, slow = self.quick.ledger.get(key), self.slow.ledger.get(key)
            if quick is None:
                yield f"only in the slower rhythm: {slow}"
            elif slow is None:
                if not self.is_moot(quick):
                    yield f"only in the quicker rhythm: {quick}"
            elif (quick.subjects, quick.planned_for) != (slow.subjects, slow.planned_for):
                yield f"not the same: {quick}, {slow}"
            elif quick.end != slow.end and not self.is_explained(slow):
                yield f"another end: {quick}, {slow}"

    def is_explained(self, slow: Told) -> bool:
        return self.expired(slow) or self.settled(slow) or self.waits(slow)

    def is_moot(self, quick: Told) -> bool:
        """Whether a message came to nothing, and a slower pass saw that before it was planned."""
        before = [
            told
            for told in self.slow.ledger.values()
            if (told.rule, told.subjects) == (quick.rule, quick.subjects)
            and (told.step, told.repetition) != (quick.step, quick.repetition)
        ]
        return quick.state is MessageState.CANCELLED and any(map(self.settled, before))

    def expired(self, slow: Told) -> bool:
        """Whether no pass came between the instant it was due and its end, or only at night."""
        if slow.reason is not Reason.EXPIRED:
            return False
        first = self.slow.first_pass(slow.planned_for)
        return first >= slow.expires_at or Reason.OUTSIDE_WINDOW in slow.reasons

    def settled(self, slow: Told) -> bool:
        """Whether its matter changed between the instant it was due and the pass that ended it."""
        return slow.reason is Reason.CANCELLED_BY_DATA and any(
            slow.planned_for < at <= slow.ended_at
            for subject in slow.subjects
            for at in self.changed_at[subject]
        )

    def waits(self, slow: Told) -> bool:
        """Whether the time ended before its window opened again."""
        is_open = slow.state is MessageState.PLANNED
        return is_open and slow.planned_for > self.slow.end - timedelta(days=2)


def test_the_same_messages_are_due_at_the_same_instants_in_every_rhythm(
    store: Store, tmp_path: Path, a_month_of_records: Sequence[Record]
) -> None:
    make_hasty(store)
    records = a_month_of_records
    span = WEEKS if store.is_sqlite else DAYS
    changed_at: dict[str, list[datetime]] = {}
    for record in records:
        assert record.updated_at is not None
        changed_at.setdefault(record.id, []).append(record.updated_at)
        # what becomes of a ticket changes what its customer has open
        changed_at.setdefault(record.values.get("customer_id", ""), []).append(record.updated_at)
    minutes = play(store, tmp_path / "minutes", records, every(MINUTE), span)
    leaps = play(store, tmp_path / "leaps", records, irregular(seed=7), span)
    if store.is_sqlite:
        hours = play(store, tmp_path / "hours", records, every(HOUR), span)
        assert list(Judge(minutes, hours, changed_at).faults()) == []
    assert list(Judge(minutes, leaps, changed_at).faults()) == []
    # and the test saw something: every rule spoke, and the outage let some expire, which say so
    assert {told.rule for told in minutes.ledger.values()} == RULE_NAMES
    assert any(told.state is MessageState.EXPIRED for told in leaps.ledger.values())
    assert not any(told.state is MessageState.EXPIRED for told in minutes.ledger.values())


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_leaping_over_empty_minutes_changes_nothing(
    store: Store, tmp_path: Path, a_month_of_records: Sequence[Record]
) -> None:
    """The morning of Black Friday with a pass in every minute, and with those that matter."""
    make_hasty(store)
    morning = Span(
        datetime.fromisoformat("2017-11-24T11:00Z"), datetime.fromisoformat("2017-11-24T14:00Z")
    )
    whole = play(store, tmp_path / "whole", a_month_of_records, every(MINUTE, leap=False), morning)
    leaping = play(store, tmp_path / "leaping", a_month_of_records, every(MINUTE), morning)
    assert leaping.ledger == whole.ledger
    assert len(leaping.passes) < len(whole.passes) == 181
