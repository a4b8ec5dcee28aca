"""Known: what planning and the gates ask the store about some enrollments, read all at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from outreach.deciding.circumstances import Subject
from outreach.deciding.planning import Walker
from outreach.deciding.recipients import Recipient
from outreach.model import Kind, Mode, SubjectRef
from outreach.passes.setup import Setup
from outreach.rules.facts import Facts, StepEvent
from outreach.store import planning
from outreach.store.facts import read_events, read_facts
from outreach.store.handoffs import CaseOf, cases_of


@dataclass(frozen=True)
class Known:
    """What was read for some enrollments at once."""

    facts: dict[SubjectRef, Facts]
    events: Mapping[int, tuple[StepEvent, ...]]
    #: by subject the enrollments that were not called off, each with its rule
    acting: dict[SubjectRef, dict[int, str]]
    people: dict[str, Recipient]
    #: by enrollment whose case it has become, where its rule asks people to step in
    cases: Mapping[int, CaseOf] = field(default_factory=dict)

    def walker(self, row: Any) -> Walker:
        """Return where an enrollment stands."""
        subject = self.subject(row, row.id)
        return Walker(subject, row.known_from, row.step, row.repetition, Mode(row.mode))

    def subject(self, row: Any, enrollment: int) -> Subject:
        """Return a subject with the facts about it, its enrollment's earlier steps included."""
        ref = SubjectRef(Kind(row.kind), row.subject_id)
        facts = self.facts.get(ref)
        if facts is not None and (happened := self.events.get(enrollment)):
            facts = replace(facts, events=happened)
        enrolled_in = frozenset(self.acting.get(ref, {}).values())
        return Subject(ref, enrollment, row.matched_at, row.base_at, facts, enrolled_in)


def read_known(connection: Connection, setup: Setup, rows: Sequence[Any], now: datetime) -> Known:
    """Read what planning asks for about some enrollments."""
    refs = [SubjectRef(Kind(row.kind), row.subject_id) for row in rows]
    return Known(
        facts=read_facts(connection, setup.catalogue, refs),
        events=read_events(connection, [row.id for row in rows]),
        acting=planning.acting_enrollments(connection, refs),
        people=setup.recipients.read(connection, {row.customer_id for row in rows}, now),
        cases=cases_of(connection, _with_people(setup, rows)),
    )


def _with_people(setup: Setup, rows: Sequence[Any]) -> list[int]:
    """Return the enrollments of rules that ask people to step in."""
    asking = {rule.name for rule in setup.ruleset if any(step.handoff for step in rule.steps)}
    return [row.id for row in rows if row.rule in asking]
