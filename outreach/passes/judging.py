"""Judging: read all that the gates ask for about some messages, and put it together for each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from outreach.deciding.caps import Contact, longest_memory
from outreach.deciding.gates import Circumstances, Paused, Subject
from outreach.deciding.recipients import Recipient
from outreach.model import Channel, Kind, Mode, Purpose, SubjectRef
from outreach.passes.plan import with_events
from outreach.passes.setup import Setup
from outreach.passes.wording import renderer
from outreach.rules.document import Step
from outreach.rules.facts import Facts
from outreach.store import claiming, planning
from outreach.store.facts import read_events, read_facts
from outreach.store.recipients import read_contacts, read_pauses, sent_by_rule
from outreach.store.types import Record


@dataclass(frozen=True)
class Seen:
    """What was read for all due messages at once."""

    subjects: Mapping[str, Sequence[Record]]
    facts: Mapping[SubjectRef, Facts]
    events: Mapping[int, tuple[Any, ...]]
    enrolled: Mapping[SubjectRef, frozenset[str]]
    people: Mapping[str, Recipient]
    contacts: Mapping[str, list[Contact]]
    sent_by_rule: dict[str, list[datetime]]
    pauses: Sequence[Paused]


def read_seen(connection: Connection, setup: Setup, rows: Sequence[Record], now: datetime) -> Seen:
    """Read what the gates ask for, for all messages at once."""
    subjects = claiming.subjects_of(connection, [row.id for row in rows])
    parts = [part for found in subjects.values() for part in found]
    refs = [SubjectRef(Kind(part.kind), part.subject_id) for part in parts]
    customers = {row.customer_id for row in rows}
    rules = {row.rule: setup.ruleset.get(row.rule) for row in rows}
    since = now - longest_memory(setup.policy, [rule for rule in rules.values() if rule])
    return Seen(
        subjects=subjects,
        facts=read_facts(connection, setup.catalogue, refs),
        events=read_events(connection, [part.enrollment_id for part in parts]),
        enrolled=planning.enrolled_rules(connection, refs),
        people=setup.recipients.read(connection, customers, now),
        contacts=read_contacts(connection, customers, since),
        sent_by_rule={
            name: sent_by_rule(connection, name, now - rule.limits.total.per.fixed)
            for name, rule in rules.items()
            if rule and rule.limits.total
        },
        pauses=read_pauses(connection, now),
    )


def circumstances(setup: Setup, row: Any, seen: Seen) -> Circumstances:
    """Put together all that is known about one message."""
    rule = setup.ruleset.get(row.rule)
    step = next((s for s in rule.steps if s.id == row.step), None) if rule else None
    recipient = seen.people.get(row.customer_id)
    render = None
    if rule and step and recipient:
        render = renderer(setup, rule, step, row.repetition, recipient, row.id)
    return Circumstances(
        rule=rule,
        step=step,
        repetition=row.repetition,
        purpose=Purpose(row.purpose),
        expires_at=row.expires_at,
        subjects=tuple(_subject(part, seen) for part in seen.subjects[row.id]),
        recipient=recipient,
        mode=Mode(row.mode),
        via=_via(setup, step, row.channel_number) if step else (),
        contacts=seen.contacts.get(row.customer_id, ()),
        sent_by_rule=seen.sent_by_rule.get(row.rule, ()),
        policy=setup.policy,
        pauses=seen.pauses,
        takers=setup.ruleset.over(row.rule),
        is_first=row.channel_number == 0,
        render=render,
    )


def _via(setup: Setup, step: Step, number: int) -> tuple[Channel, ...]:
    """Return the channels a message may choose from, of those the workspace has."""
    wanted = step.via[number:]
    return tuple(c for c in wanted if c in setup.senders) or wanted


def _subject(part: Record, seen: Seen) -> Subject:
    ref = SubjectRef(Kind(part.kind), part.subject_id)
    subject = Subject(
        ref,
        part.enrollment_id,
        part.matched_at,
        part.base_at,
        seen.facts.get(ref),
        seen.enrolled.get(ref, frozenset()),
    )
    return with_events(subject, seen.events)
