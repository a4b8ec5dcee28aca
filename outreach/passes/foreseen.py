"""Enrollments as a look ahead sees them: those there are, and those that would come to be."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from outreach.deciding.rechecking import all_hold_from
from outreach.model import Mode, SubjectRef
from outreach.passes.setup import Setup
from outreach.rules.document import Rule
from outreach.store import planning
from outreach.store.enrolling import Window
from outreach.store.facts import read_facts
from outreach.store.matching import matching
from outreach.timing.instants import MICROSECOND, from_micros
from outreach.timing.periods import stretch_of


@dataclass(frozen=True)
class Walking:
    """An enrollment on its way; one that is only foreseen has a negative id."""

    id: int
    rule: str
    key: str
    kind: str
    subject_id: str
    customer_id: str | None
    matched_at: datetime
    base_at: datetime
    step: int
    repetition: int
    mode: str

    @classmethod
    def of(cls, row: Any) -> Walking:
        """Take over a row of the store."""
        return cls(**{field.name: getattr(row, field.name) for field in fields(cls)})


def foreseen(
    connection: Connection,
    setup: Setup,
    now: datetime,
    until: datetime,
    rules: Collection[str] | None = None,
) -> Iterator[Walking]:
    """Yield the enrollments that passes from `now` until `until` would make, data unchanged."""
    number = 0
    for rule in setup.ruleset:
        if rule.mode is Mode.OFF or (rules and rule.name not in rules):
            continue
        for walking in _matches(connection, setup, rule, now, until):
            number -= 1
            yield Walking(number, *walking)


def _matches(
    connection: Connection, setup: Setup, rule: Rule, now: datetime, until: datetime
) -> list[tuple[Any, ...]]:
    period = rule.once_per.period
    stretch = stretch_of(now, period, setup.zone) if period else None
    window = Window(now - MICROSECOND, until, stretch)
    found: dict[str, tuple[Any, ...]] = {}
    for subject, customer, key, matched_at in setup.enroller.find(connection, rule, window):
        found.setdefault(key, (subject, customer, from_micros(matched_at)))
    known = planning.enrolled_keys(connection, rule.name, list(found))
    fresh = {key: match for key, match in found.items() if key not in known}
    if not matching(rule).is_exact:
        fresh = _counted(connection, setup, rule, fresh, now, until)
    return [
        (rule.name, key, rule.about.value, subject, customer, at, at, 0, 1, rule.mode.value)
        for key, (subject, customer, at) in fresh.items()
    ]


def _counted(
    connection: Connection,
    setup: Setup,
    rule: Rule,
    found: dict[str, tuple[Any, ...]],
    now: datetime,
    until: datetime,
) -> dict[str, tuple[Any, ...]]:
    """Count in Python since when each matches, where business time decides."""
    refs = {key: SubjectRef(rule.about, match[0]) for key, match in found.items()}
    facts = read_facts(connection, setup.catalogue, refs.values())
    counted = {}
    for key, (subject, customer, at) in found.items():
        first = all_hold_from((*rule.when, *rule.audience), facts[refs[key]], at, now, until)
        if first is not None:
            counted[key] = (subject, customer, first)
    return counted
