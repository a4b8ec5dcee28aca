"""Supposed: what was read for a look ahead, and what it takes to have happened since."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime

from outreach.deciding.caps import Contact
from outreach.deciding.recipients import WithPerson
from outreach.model import Kind, Mode, Purpose, SubjectRef
from outreach.passes.ahead.foreseen import Walking
from outreach.passes.ahead.outlook import Draft
from outreach.passes.judging import Seen
from outreach.rules.catalogue import REACH
from outreach.rules.facts import Facts


@dataclass
class Supposed:
    """`seen` is what the gates are shown; its collections change as time is supposed to pass."""

    seen: Seen
    _holders: dict[tuple[str, str], list[tuple[str, SubjectRef]]] = field(init=False)

    def __post_init__(self) -> None:
        self._holders = defaultdict(list)
        for ref, facts in self.seen.known.facts.items():
            for prefix, owner in REACH[ref.kind].items():
                if row_id := facts.values.get(f"{prefix}id"):
                    self._holders[owner.value, row_id].append((prefix, ref))

    def facts(self, row: Walking) -> Facts | None:
        """Return what is known of an enrollment's subject, its own steps included."""
        return self.seen.known.subject(row, row.id).facts

    def enrolled(self, row: Walking) -> None:
        """An enrollment came to be: its rule may speak instead of others."""
        if row.mode == Mode.LIVE.value:
            self.seen.known.acting.setdefault(_ref(row), {})[row.id] = row.rule

    def called_off(self, row: Walking) -> None:
        """An enrollment was cancelled: its rule no longer acts on the subject."""
        self.seen.known.acting.get(_ref(row), {}).pop(row.id, None)

    def sent(self, message: Draft, rows: Iterable[Walking], at: datetime) -> set[SubjectRef]:
        """A message went out; return the subjects whose facts are others now."""
        rows = list(rows)
        own = frozenset(row.id for row in rows)
        contact = Contact(message.rule, Purpose(message.purpose), at, own)
        self.seen.contacts.setdefault(message.customer_id, []).append(contact)
        self.seen.sent_by_rule.setdefault(message.rule, []).append(at)
        person = (Kind.CUSTOMER.value, message.customer_id)
        changed: set[SubjectRef] = set()
        for about in {person, *((row.kind, row.subject_id) for row in rows)}:
            for prefix, ref in self._holders[about]:
                values = {f"{prefix}last_sent.{message.rule}": at}
                if about == person:
                    values[f"{prefix}last_contact_at"] = at
                self._learn(ref, values)
                changed.add(ref)
        return changed

    def with_person(self, customer: str, task: WithPerson) -> None:
        """A person looks after a customer, to whom other rules do not write for a time."""
        people = self.seen.known.people
        known = people[customer]
        people[customer] = replace(known, with_people=(*known.with_people, task))

    def _learn(self, ref: SubjectRef, values: dict[str, datetime]) -> None:
        facts = self.seen.known.facts[ref]
        self.seen.known.facts[ref] = replace(facts, values={**facts.values, **values})


def _ref(row: Walking) -> SubjectRef:
    return SubjectRef(Kind(row.kind), row.subject_id)
