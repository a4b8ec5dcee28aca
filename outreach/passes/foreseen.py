"""Enrollments as a look ahead sees them: those there are, and those that would come to be."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from outreach.model import Mode
from outreach.passes.counting import counted
from outreach.passes.setup import Setup
from outreach.rules.canonical import conditions_digest
from outreach.rules.document import Rule
from outreach.store import marks, planning
from outreach.store.enrolling import Match, Window
from outreach.store.matching import matching
from outreach.timing.instants import MICROSECOND
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
    known_from: datetime
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
    if matching(rule).is_exact:
        matches = setup.enroller.find(connection, rule, "standing", window)
    else:
        matches = counted(connection, setup.enroller, setup.catalogue, rule, "standing", window)
    found: dict[str, Match] = {}
    for match in matches:
        found.setdefault(match.key, match)
    known = planning.enrolled_keys(connection, rule.name, list(found))
    is_new = marks.rule_marks(connection).get(rule.name) != conditions_digest(rule)
    return [
        (
            rule.name,
            match.key,
            rule.about.value,
            match.subject_id,
            match.customer_id,
            match.matched_at,
            max(match.matched_at, now) if is_new else match.matched_at,
            match.matched_at,
            0,
            1,
            rule.mode.value,
        )
        for match in found.values()
        if match.key not in known
    ]
