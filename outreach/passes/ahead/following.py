"""Following: what comes to match because of what we will have sent ourselves.

`last_sent.apology is more than 3 days ago`: a look ahead over a week must know of the update that
follows the apology, which nothing in the data tells yet.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import InitVar, dataclass, field
from datetime import datetime
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from outreach.model import Kind, Mode, Money, SubjectRef
from outreach.passes.ahead.foreseen import Walking
from outreach.passes.ahead.supposed import Supposed
from outreach.passes.counting import applying
from outreach.passes.setup import Setup
from outreach.rules.conditions.fields import fields_of
from outreach.rules.document import Rule
from outreach.rules.facts import Facts
from outreach.rules.fields import Source
from outreach.store import planning
from outreach.store.enrolling import Match
from outreach.store.types import AMOUNT_UNITS
from outreach.timing.instants import to_micros
from outreach.timing.periods import Stretch, stretch_of


@dataclass
class Following:
    """The rules that ask what we have sent, and the occurrences that are known to come."""

    connection: Connection
    setup: Setup
    supposed: Supposed
    until: datetime
    coming: InitVar[Iterable[Walking]] = ()
    _keys: set[tuple[str, str]] = field(init=False)
    _rules: list[Rule] = field(init=False)
    _numbers: Iterator[int] = field(init=False)

    def __post_init__(self, coming: Iterable[Walking]) -> None:
        rows = list(coming)
        self._keys = {(row.rule, row.key) for row in rows}
        self._numbers = count(min((row.id for row in rows), default=0) - 1, -1)
        self._rules = [
            rule for rule in self.setup.ruleset if rule.mode is not Mode.OFF and looks_back(rule)
        ]

    def still_matches(self, rule: Rule, row: Walking, at: datetime) -> bool:
        """Whether what was foreseen comes true, whatever we have sent meanwhile."""
        facts = self.supposed.facts(row)
        return rule not in self._rules or (facts is not None and at in applying(rule, facts))

    def after(self, rule: Rule, row: Walking, at: datetime) -> Iterator[Walking]:
        """Yield what comes instead of an enrollment that did not come true, if anything does."""
        self._keys.discard((row.rule, row.key))
        if facts := self.supposed.facts(row):
            yield from self._next(rule, facts, at)

    def on_send(self, changed: Iterable[SubjectRef], at: datetime) -> Iterator[Walking]:
        """Yield the enrollments that come of a message that went out."""
        for ref in changed:
            facts = self.supposed.seen.known.facts[ref]
            for rule in self._rules:
                if rule.about is ref.kind:
                    yield from self._next(rule, facts, at)

    def _next(self, rule: Rule, facts: Facts, at: datetime) -> Iterator[Walking]:
        match = next_match(rule, facts, at, self.setup.zone)
        if match is None or match.matched_at > self.until or (rule.name, match.key) in self._keys:
            return
        if planning.enrolled_keys(self.connection, rule.name, [match.key]):
            return
        self._keys.add((rule.name, match.key))
        yield Walking.begun(next(self._numbers), rule, match, match.matched_at)


def looks_back(rule: Rule) -> bool:
    """Whether a rule asks what we have sent."""
    fields = fields_of((*rule.when, *rule.audience))
    return any(f.source is Source.LAST_SENT or f.name == "last_contact_at" for f in fields)


def next_match(rule: Rule, facts: Facts, at: datetime, zone: ZoneInfo) -> Match | None:
    """Return the first occurrence of a rule from an instant on, if the data stays as it is."""
    start = applying(rule, facts).first_from(at)
    if start is None:
        return None
    stretch = stretch_of(start, rule.once_per.period, zone) if rule.once_per.period else None
    key = _key(rule, facts, stretch)
    return Match(facts.subject.id, _customer(rule, facts), key, start, 0)


def _key(rule: Rule, facts: Facts, stretch: Stretch | None) -> str:
    """Return the occurrence's key as enrolling writes it."""
    once, subject = rule.once_per, facts.subject.id
    who = f"customer:{_customer(rule, facts) or subject}"
    parts = [who if once.customer else f"{rule.about.value}:{subject}"]
    parts += [f"{wanted.path}={_raw(facts.get(wanted))}" for wanted in once.fields]
    parts += [stretch.name] if stretch else []
    return "|".join(parts)


def _raw(value: Any) -> str:
    match value:
        case None:
            return ""
        case datetime():
            return str(to_micros(value))
        case Money(amount=amount):
            return str(int(amount * AMOUNT_UNITS))
        case _:
            return str(value)


def _customer(rule: Rule, facts: Facts) -> str | None:
    found: str | None = facts.value("id" if rule.about is Kind.CUSTOMER else "customer_id")
    return found
