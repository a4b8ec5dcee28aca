"""Effects: what applying a release does to what is planned, in numbers, before anybody says yes.

Nothing is worked out a second time: the release is applied and the passes run, in a transaction
that is undone, and what they did is counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from outreach.model import MessageState, Mode
from outreach.passes.catching_up import catch_up
from outreach.passes.enrol import enrol
from outreach.passes.plan import PlanReport, plan_due
from outreach.passes.setup import Setup
from outreach.releases.applying import applied, current_release, put_live
from outreach.releases.release import Release
from outreach.releases.renaming import renames
from outreach.store import planning
from outreach.store.database import Store
from outreach.store.pretending import pretend
from outreach.store.queue import read_messages
from outreach.store.types import Record

#: makes what passes run with, for the rules that are applied in a store
Opens = Callable[[Store], Setup]


class Fate(StrEnum):
    """What an edit does to one message."""

    NEW = "new"
    NEW_HELD = "new_held"
    NEW_SHADOW = "new_shadow"
    MOVED = "moved"
    HELD = "held"
    FREED = "freed"
    CANCELLED = "cancelled"


@dataclass(frozen=True)
class Touched:
    """One message that an edit changes or makes; `was` is when it was due, where that moves."""

    fate: Fate
    id: str
    rule: str
    customer: str
    reason: str
    due_at: datetime
    was: datetime | None = None


@dataclass(frozen=True)
class Effect:
    """What would become of messages; the tasks for people that are new, and what stays."""

    touched: tuple[Touched, ...] = ()
    unchanged: int = 0
    tasks: int = 0

    def __bool__(self) -> bool:
        return bool(self.touched or self.tasks)

    def count(self, *fates: Fate, rule: str | None = None) -> int:
        """Return how many messages have one of these fates."""
        return sum(m.fate in fates and rule in (None, m.rule) for m in self.touched)

    def by_rule(self, fate: Fate) -> dict[str, int]:
        """Return how many messages of which rule have a fate, most first."""
        return dict(Counter(m.rule for m in self.touched if m.fate is fate).most_common())

    def held(self) -> dict[str, int]:
        """Return how many planned messages are held, by reason."""
        return dict(Counter(m.reason for m in self.touched if m.fate is Fate.HELD).most_common())

    def moved_to(self, day: date, zone: ZoneInfo) -> int:
        """Return how many of the moved ones are due on a day, or before, that were not."""
        return sum(
            m.fate is Fate.MOVED
            and m.due_at.astimezone(zone).date() <= day
            and m.was is not None
            and m.was.astimezone(zone).date() > day
            for m in self.touched
        )


def foresee(
    store: Store, release: Release, opens: Opens, *, now: datetime, with_backlog: bool = False
) -> Effect:
    """Say what applying a release now does, and the passes that come next; nothing is written."""
    with pretend(store) as scratch:
        has_rules = applied(scratch) is not None
        usual, usual_tasks = _run(scratch, opens, now) if has_rules else ({}, 0)
        made = _renames(scratch, release)
    with pretend(store) as scratch:
        before = _waiting(scratch)
        put_live(scratch, release, who="", now=now, as_new=True, with_backlog=with_backlog)
        carried = _again(scratch, before)
        planned, tasks = _run(scratch, opens, now)
    found_anyway = {_about(row, made[row.rule]) for row in usual.values() if row.rule in made}
    known = {*usual, *before}
    new = [
        row
        for id_, row in planned.items()
        if id_ not in known and _about(row, row.rule) not in found_anyway
    ]
    touched = (*_changed(before, carried), *map(_new, new))
    old = len(before) - sum(m.id in before for m in touched)
    return Effect(touched, old, max(0, tasks - usual_tasks))


def _renames(store: Store, release: Release) -> dict[str, str]:
    if not release.names_then and not any(rule.renamed_from for rule in release.ruleset):
        return {}
    return renames(current_release(store, release.workspace.folder), release)


def _about(row: Record, rule: str) -> tuple[Any, ...]:
    """Return what tells a message from others, by the name its rule has or will have."""
    return rule, row.step, row.repetition, row.channel_number, row.customer_id, row.matched_at


def foresee_moved(store: Store, release: Release, *, now: datetime) -> Effect:
    """Say what applying a release now does to what is planned already; the passes do not run."""
    with pretend(store) as scratch:
        before = _waiting(scratch)
        if not before:
            return Effect()
        put_live(scratch, release, who="", now=now, as_new=True)
        touched = tuple(_changed(before, _again(scratch, before)))
    return Effect(touched, len(before) - len(touched))


@contextmanager
def once_renamed(store: Store, release: Release, opens: Opens, *, now: datetime) -> Iterator[Setup]:
    """Yield a release's setup on a store in which its rules have their new names; all is undone."""
    with pretend(store) as scratch:
        put_live(scratch, release, who="", now=now, as_new=True)
        setup = opens(scratch)
        yield replace(setup, ruleset=replace(setup.ruleset, version=None))


def _run(store: Store, opens: Opens, now: datetime) -> tuple[dict[str, Record], int]:
    """Let the passes find and plan; return what waits then, and how many tasks were given."""
    setup = opens(store)
    catch_up(setup, now=now)
    enrol(store, setup.enroller, setup.catalogue, zone=setup.zone, now=now)
    report: PlanReport = plan_due(setup, now=now)
    return _waiting(store), report.handed_off


def _waiting(store: Store) -> dict[str, Record]:
    with store.read() as connection:
        return {row.id: row for row in planning.open_messages(connection)}


def _again(store: Store, before: Mapping[str, Record]) -> dict[str, Record]:
    with store.read() as connection:
        return read_messages(connection, list(before))


def _changed(before: Mapping[str, Record], after: Mapping[str, Record]) -> Iterator[Touched]:
    for id_, old in before.items():
        new = after[id_]
        if (fate := _fate(old, new)) is not None:
            was = old.due_at if old.due_at != new.due_at else None
            yield Touched(fate, id_, new.rule, new.customer_id, new.reason, new.due_at, was)


def _fate(old: Record, new: Record) -> Fate | None:
    held, planned = MessageState.HELD.value, MessageState.PLANNED.value
    match old.state, new.state:
        case (_, is_) if is_ not in (held, planned):
            return Fate.CANCELLED
        case (was, is_) if was != is_:
            return Fate.HELD if is_ == held else Fate.FREED
        case _:
            return Fate.MOVED if old.due_at != new.due_at else None


def _new(row: Record) -> Touched:
    fate = Fate.NEW_HELD if row.state == MessageState.HELD.value else Fate.NEW
    if row.mode == Mode.SHADOW.value:
        fate = Fate.NEW_SHADOW
    return Touched(fate, row.id, row.rule, row.customer_id, row.reason, row.due_at)
