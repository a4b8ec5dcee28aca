"""Enrollments as a look ahead sees them: those there are, and those that would come to be."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from itertools import count
from typing import Any

from sqlalchemy import Connection, select

from outreach.deciding.places import place_after
from outreach.model import Kind, Mode
from outreach.passes.counting import counted
from outreach.passes.enrol import MANY_CHANGES
from outreach.passes.setup import Setup
from outreach.rules.canonical import conditions_digest
from outreach.rules.catalogue import REACH
from outreach.rules.document import Rule
from outreach.store import marks, planning
from outreach.store.enrolling import Match, Window
from outreach.store.frames import LINK, table_of
from outreach.store.matching import matching
from outreach.store.pieces import chunks
from outreach.store.staging import read_changes
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
    known_from: datetime
    base_at: datetime
    step: int
    repetition: int
    mode: str

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
    """Yield the enrollments that passes from `now` until `until` would make, data unchanged."""
    numbers = count(-1, -1)
    lately = _changed_lately(connection)
    digests = marks.rule_marks(connection)
    for rule in setup.ruleset:
        if rule.mode is Mode.OFF or (rules and rule.name not in rules):
            continue
        is_new = digests.get(rule.name) != conditions_digest(rule)
        matches = _matches(connection, setup, rule, now, until)
        since = {} if is_new else _since(connection, rule.about, lately, matches)
        for match in matches:
            matched_at = max(match.matched_at, since.get(match.subject_id, match.matched_at))
            known_from = max(matched_at, now) if is_new else matched_at
            exact = match._replace(matched_at=matched_at)
            yield Walking.begun(next(numbers), rule, exact, known_from)


def _matches(
    connection: Connection, setup: Setup, rule: Rule, now: datetime, until: datetime
) -> list[Match]:
    """Return what is not enrolled yet and matches until then, the first time of each occurrence."""
    found: dict[str, Match] = {}
    for window in _windows(setup, rule, now, until):
        if matching(rule).is_exact:
            matches = setup.enroller.find(connection, rule, "standing", window)
        else:
            matches = counted(connection, setup.enroller, setup.catalogue, rule, "standing", window)
        for match in matches:
            found.setdefault(match.key, match)
    known = planning.enrolled_keys(connection, rule.name, list(found))
    return [match for match in found.values() if match.key not in known]


def _windows(setup: Setup, rule: Rule, now: datetime, until: datetime) -> Iterator[Window]:
    """Yield the time to ask about, one stretch after the other for a rule bound to a period."""
    if rule.once_per.period is None:
        yield Window(now - MICROSECOND, until)
        return
    while now <= until:
        stretch = stretch_of(now, rule.once_per.period, setup.zone)
        yield Window(now - MICROSECOND, min(until, stretch.end - MICROSECOND), stretch)
        now = stretch.end


def _changed_lately(connection: Connection) -> Mapping[tuple[str, str], int]:
    """Return what changed since the last pass, each row with the instant of its latest change."""
    mark = marks.enrol_mark(connection)
    top = marks.newest_change(connection)
    if mark is None or top - mark.change_id > MANY_CHANGES:
        return {}  # the next pass looks at all there is, as it stands
    latest: dict[tuple[str, str], int] = {}
    for change in read_changes(connection, after=mark.change_id, upto=top):
        row = (change.kind.value, change.subject_id)
        latest[row] = max(change.at, latest.get(row, change.at))
    return latest


def _since(
    connection: Connection,
    kind: Kind,
    lately: Mapping[tuple[str, str], int],
    matches: Sequence[Match],
) -> dict[str, datetime]:
    """Return since when subjects that changed lately, or what they reach, are as they are."""
    if not lately:
        return {}
    own = table_of(kind).c
    links = {owner: own[LINK[prefix] if prefix else "id"] for prefix, owner in REACH[kind].items()}
    found = {}
    for part in chunks([match.subject_id for match in matches]):
        query = select(own.id, *(link.label(owner.value) for owner, link in links.items()))
        for row in connection.execute(query.where(own.id.in_(part))).mappings():
            instants = [lately.get((owner.value, row[owner.value])) for owner in links]
            if changed := [at for at in instants if at is not None]:
                found[str(row["id"])] = from_micros(max(changed))
    return found


def standing(setup: Setup, row: Any) -> Walking:
    """Return an enrollment at the step where it stands once these rules are applied."""
    here = place_after(setup.moves.get(row.rule, ()), row.step, row.repetition)
    return moved(Walking.of(row), *here, row.base_at)


def moved(row: Walking, step: int, repetition: int, base_at: datetime) -> Walking:
    """Return an enrollment at another place of its rule's steps."""
    return replace(row, step=step, repetition=repetition, base_at=base_at)
