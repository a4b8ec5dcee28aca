"""Enrollments as a look ahead sees them: those there are, and those that would come to be."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, fields, replace
from datetime import datetime
from itertools import count
from typing import Any, NamedTuple

from sqlalchemy import Connection

from outreach.deciding.places import place_after
from outreach.passes.counting import counted
from outreach.passes.enrol import MANY_CHANGES, questions
from outreach.passes.setup import Setup
from outreach.rules.document import Rule
from outreach.store import marks, planning
from outreach.store.enrolling import Asked, Match, Window
from outreach.store.staging import read_changes, stage
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
    known_as: str | None = None

    @classmethod
    def of(cls, row: Any) -> Walking:
        """Take over a row of the store."""
        return cls(**{field.name: getattr(row, field.name) for field in fields(cls)})

    @classmethod
    def begun(cls, number: int, rule: Rule, match: Match, known_from: datetime) -> Walking:
        """Return an enrollment that has just come to be."""
        subject, customer, key, matched_at, _ = match
        kind, mode = rule.about.value, rule.mode.value
        places = (matched_at, known_from, matched_at, 0, 1)
        return cls(number, rule.name, key, kind, subject, customer, *places, mode)


def foreseen(
    connection: Connection,
    setup: Setup,
    now: datetime,
    until: datetime,
    rules: Collection[str] | None = None,
) -> Iterator[Walking]:
    """Yield the enrollments that passes from `now` until `until` would make, data unchanged.

    The staging tables must be there: what changed since the last pass is asked as passes do.
    """
    numbers = count(-1, -1)
    since = _stage(connection, setup, now)
    digests = marks.rule_marks(connection)
    for rule in setup.enroller.awake:
        if rules and rule.name not in rules:
            continue
        is_new = digests.get(rule.name) != setup.enroller.digests[rule.name]
        after = None if is_new else since.at
        for match, known_from in _new(connection, setup, rule, after, since, now, until):
            yield Walking.begun(next(numbers), rule, match, known_from)


class _Since(NamedTuple):
    """When passes last looked, None when none did, and whether the next looks at everything."""

    at: datetime | None
    sweeps: bool = False


def _stage(connection: Connection, setup: Setup, now: datetime) -> _Since:
    """Stage what changed since the last pass, as the next one would."""
    mark, top = marks.enrol_mark(connection), marks.newest_change(connection)
    if mark is None:
        return _Since(None)
    if mark.at >= now:  # a pretended time in the past: the data is taken as it stands
        return _Since(now - MICROSECOND, sweeps=True)
    if top - mark.change_id > MANY_CHANGES:
        return _Since(mark.at, sweeps=True)
    changes = read_changes(connection, after=mark.change_id, upto=top)
    stage(connection, changes, after=mark.at, wanted=setup.enroller.staged_columns)
    return _Since(mark.at)


def _new(
    connection: Connection,
    setup: Setup,
    rule: Rule,
    after: datetime | None,
    since: _Since,
    now: datetime,
    until: datetime,
) -> Iterator[tuple[Match, datetime]]:
    """Yield what is not enrolled yet, the first time of each occurrence, with when it is known."""
    found: dict[str, tuple[Match, datetime]] = {}
    asked = [
        *questions(rule, after, now, setup.zone, swept=since.sweeps),
        *(Asked(rule, "standing", window) for window in _coming(setup, rule, now, until)),
    ]
    for each in asked:
        for match in _find(connection, setup, each):
            found.setdefault(match.key, (match, each.window.known_from(match.matched_at)))
    known = planning.enrolled_keys(connection, rule.name, list(found))
    yield from (match for key, match in found.items() if key not in known)


def _find(connection: Connection, setup: Setup, asked: Asked) -> list[Match]:
    if setup.enroller.is_exact(asked.rule):
        return setup.enroller.find(connection, *asked)
    return counted(connection, setup.enroller, setup.catalogue, *asked)


def _coming(setup: Setup, rule: Rule, now: datetime, until: datetime) -> Iterator[Window]:
    """Yield the time ahead, one stretch after the other for a rule bound to a period."""
    if rule.once_per.period is None:
        if now < until:
            yield Window(now, until)
        return
    after = now
    while after < until:
        stretch = stretch_of(after + MICROSECOND, rule.once_per.period, setup.zone)
        last = min(until, stretch.end - MICROSECOND)
        yield Window(after, last, stretch)
        after = last


def standing(setup: Setup, row: Any) -> Walking:
    """Return an enrollment at the step where it stands once these rules are applied."""
    here = place_after(setup.moves.get(row.rule, ()), row.step, row.repetition)
    return moved(Walking.of(row), *here, row.base_at)


def moved(row: Walking, step: int, repetition: int, base_at: datetime) -> Walking:
    """Return an enrollment at another place of its rule's steps."""
    return replace(row, step=step, repetition=repetition, base_at=base_at)
