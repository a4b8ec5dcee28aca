"""The enrol pass: who newly matches which rule, and since when.

Its cost follows what changed since the last pass, not what is stored. A rule that is new, or whose
conditions were edited, is asked about all rows once, as things stand now.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from outreach.passes.counting import counted
from outreach.rules.catalogue import Catalogue
from outreach.rules.document import Rule
from outreach.store import marks
from outreach.store.database import Store, was_overtaken
from outreach.store.enrolling import Asked, Enroller, Question, Window
from outreach.store.rulesets import is_renamed_since
from outreach.store.staging import prepare, read_changes, stage
from outreach.timing.periods import stretch_of

#: more changes than this are cheaper to find by asking every rule about every row
MANY_CHANGES = 20_000
#: how often a pass begins anew on PostgreSQL, when what is sent meanwhile moves what it finds
TRIES = 5


@dataclass
class EnrolReport:
    """What one enrol pass did."""

    enrolled: dict[str, int] = field(default_factory=dict)
    changes: int = 0
    swept: bool = False

    @property
    def total(self) -> int:
        return sum(self.enrolled.values())


def enrol(
    store: Store,
    enroller: Enroller,
    catalogue: Catalogue,
    *,
    zone: ZoneInfo,
    now: datetime,
    sweep: bool = False,
) -> EnrolReport:
    """Enrol every subject that came to match a rule since the last pass.

    `zone` is the workspace's: periods of `once_per` begin and end on its clock. With `sweep` every
    rule is asked about every row in range; it must find nothing that earlier passes did not.
    """
    for _ in range(TRIES - 1):
        try:
            return _enrol_once(store, enroller, catalogue, zone, now, sweep)
        except Exception as error:
            if not was_overtaken(error):
                raise
    return _enrol_once(store, enroller, catalogue, zone, now, sweep)


def _enrol_once(
    store: Store,
    enroller: Enroller,
    catalogue: Catalogue,
    zone: ZoneInfo,
    now: datetime,
    sweep: bool,
) -> EnrolReport:
    with store.write(snapshot=True) as connection:
        marks.lock_enrolling(connection)
        seen = marks.enrol_mark(connection)
        if seen is not None and seen.at >= now:
            return EnrolReport()
        # under their old names rules would meet everybody anew
        if is_renamed_since(connection, enroller.ruleset.version):
            return EnrolReport()
        top = marks.newest_change(connection)
        report = EnrolReport(changes=top - (seen.change_id if seen else 0))
        report.swept = sweep or report.changes > MANY_CHANGES
        if seen is not None and not report.swept:
            prepare(connection)
            changes = read_changes(connection, after=seen.change_id, upto=top)
            stage(connection, changes, after=seen.at, wanted=enroller.staged_columns)
        known = marks.rule_marks(connection)
        asked: list[Asked] = []
        for rule in enroller.awake:
            is_known = seen is not None and known.get(rule.name) == enroller.digests[rule.name]
            after = seen.at if seen is not None and is_known else None
            asked += questions(rule, after, now, zone, swept=report.swept)
        report.enrolled = _enrol_all(connection, enroller, catalogue, asked)
        marks.write_rule_marks(connection, enroller.digests, known, now)
        marks.write_enrol_mark(connection, top, now)
    return report


def _enrol_all(
    connection: Connection, enroller: Enroller, catalogue: Catalogue, asked: Sequence[Asked]
) -> dict[str, int]:
    """Enrol what matches; return how many were new by rule, of those that had any."""
    counts = enroller.enrol(connection, (each for each in asked if enroller.is_exact(each.rule)))
    for each in asked:
        if not enroller.is_exact(each.rule):
            found = counted(connection, enroller, catalogue, *each)
            counts[each.rule.name] += enroller.add(connection, each.rule, found, each.window)
    return dict(+counts)


def questions(
    rule: Rule, after: datetime | None, now: datetime, zone: ZoneInfo, *, swept: bool
) -> Iterator[Asked]:
    """Yield what to ask about a rule, oldest first; `after` is None for its first pass."""
    often: Question = "standing" if swept else "changed"
    if rule.once_per.period is None:
        if after is None:
            yield Asked(rule, "standing", Window.first(now))
        else:
            yield Asked(rule, often, Window(after, now))
        return
    stretch = stretch_of(now, rule.once_per.period, zone)
    if after is None:
        yield Asked(rule, "standing", Window.first(now, stretch))
    elif after >= stretch.start:
        yield Asked(rule, often, Window(after, now, stretch))
    else:
        # a new period begins: who matches already is asked again
        before = stretch_of(after, rule.once_per.period, zone)
        yield Asked(rule, "standing", Window(after, min(before.end, stretch.start), before))
        yield Asked(rule, "standing", Window(stretch.start, now, stretch))
