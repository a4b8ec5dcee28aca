"""Meanwhile: of whom a `cancel_if` was true since the last pass, though it is not any more.

A ticket that was reopened and settled again between two passes had been open: what changed is
looked at as it was, version by version, so that a rarer rhythm calls off the same.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from outreach.model import Kind
from outreach.passes.enrol import MANY_CHANGES
from outreach.passes.setup import Setup
from outreach.rules.conditions import Condition
from outreach.rules.document import Rule
from outreach.store.cancel_marks import (
    Seen,
    active_on,
    last_seen,
    to_see,
)
from outreach.store.facts import Version, read_events, read_versions
from outreach.store.staging import clear, every_column, prepare, read_changes, stage
from outreach.timing.instants import MICROSECOND
from outreach.timing.spans import Spans

#: by enrollment the place of the condition that was true of it
Met = dict[int, int]
#: what the last pass has seen and when, None when there was none
LastSeen = tuple[Seen, datetime] | None


def find_meanwhile(
    setup: Setup, rules: Sequence[Rule], last: LastSeen, here: Seen, *, now: datetime
) -> dict[str, Met]:
    """Return by rule the active enrollments that a condition was true of since the last pass."""
    if not asks_back(last, here, now):
        return {}
    found: dict[str, Met] = defaultdict(dict)
    with setup.store.read(temporary=prepare) as connection:
        active: dict[Kind, list[Any]] = {}

        def among(kind: Kind, subjects: Sequence[str]) -> set[str]:
            names = [rule.name for rule in rules if rule.about is kind]
            active[kind] = active_on(connection, kind, subjects, names)
            return {row.subject_id for row in active[kind]}

        after = stage_changes(connection, rules, last, here, among)
        for kind, rows in active.items():
            known = {row.id: row.rule for row in rows}
            for number, place in met(connection, setup, kind, rows, after, now).items():
                found[known[number]][number] = place
    return found


def foresee_met(
    connection: Connection, setup: Setup, rows: Sequence[Any], now: datetime
) -> dict[int, Condition]:
    """Return of which enrollments the next pass would find a condition true since the last one.

    The staging tables must be there; what is staged in them is not needed any more.
    """
    rules = {rule.name: rule for rule in setup.ruleset if rule.cancel_if}
    last, here = last_seen(connection), to_see(connection, rules.values())
    if not asks_back(last, here, now):
        return {}
    clear(connection)
    after = stage_changes(connection, rules.values(), last, here)
    found: dict[int, Condition] = {}
    for kind in {rule.about for rule in rules.values()}:
        mine = {row.id: row for row in rows if row.rule in rules and row.kind == kind.value}
        for number, place in met(connection, setup, kind, mine.values(), after, now).items():
            found[number] = rules[mine[number].rule].cancel_if[place]
    return found


def asks_back(last: LastSeen, here: Seen, now: datetime) -> bool:
    """Whether there is something to look at: other conditions than before are asked from now on."""
    if last is None or last[1] >= now or last[0].digest != here.digest:
        return False
    return 0 < here.change_id - last[0].change_id <= MANY_CHANGES


def stage_changes(
    connection: Connection,
    rules: Iterable[Rule],
    last: LastSeen,
    here: Seen,
    among: Callable[[Kind, Sequence[str]], set[str]] | None = None,
) -> datetime:
    """Stage what changed since the last pass, of `among` these, and return when that was."""
    assert last is not None
    seen, after = last
    changes = read_changes(connection, after=seen.change_id, upto=here.change_id)
    wanted = {rule.about: every_column(rule.about) for rule in rules}
    stage(connection, changes, after=after, wanted=wanted, among=among)
    return after


def met(
    connection: Connection,
    setup: Setup,
    kind: Kind,
    rows: Iterable[Any],
    after: datetime,
    now: datetime,
) -> Met:
    """Return the enrollments of which a condition was true since, whose subjects are staged.

    Only the time counts in which an enrollment was known. `rows` are about one kind of subject.
    """
    rows = list(rows)
    versions = _by_subject(connection, setup, kind, {row.subject_id for row in rows})
    events = read_events(connection, [row.id for row in rows if row.id > 0])
    found = {}
    for row in rows:
        rule = setup.ruleset.get(row.rule)
        asked = Spans.between(max(after + MICROSECOND, row.known_from), now + MICROSECOND)
        happened = events.get(row.id, ())
        of_it = [
            replace(version, facts=replace(version.facts, events=happened))
            for version in versions.get(row.subject_id, ())
        ]
        place = _first_met(rule, of_it, asked) if rule else None
        if place is not None:
            found[row.id] = place
    return found


def _first_met(rule: Rule, versions: Sequence[Version], asked: Spans) -> int | None:
    for place, condition in enumerate(rule.cancel_if):
        for version in versions:
            valid = Spans.between(version.valid_from, version.valid_until) & asked
            if valid and condition.spans(version.facts) & valid:
                return place
    return None


def _by_subject(
    connection: Connection, setup: Setup, kind: Kind, subjects: set[str]
) -> Mapping[str, Sequence[Version]]:
    found: dict[str, list[Version]] = defaultdict(list)
    read = read_versions(connection, setup.catalogue, kind, sorted(subjects))
    for (subject, _), version in read.items():
        found[subject].append(version)
    return found
