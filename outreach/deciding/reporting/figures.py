"""Figures of a report as values: messages, what they did, tickets; each with its own doubt."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from enum import StrEnum

from outreach.deciding.reporting.surveys import SurveyFigures
from outreach.deciding.statistics import Difference, Estimate, share, share_difference
from outreach.timing.weeks import Weeks


class By(StrEnum):
    """What messages are counted by."""

    RULE = "rule"
    WEEK = "week"
    LOCALE = "locale"


@dataclass(frozen=True)
class Outcomes:
    """How many messages were sent, and of how many of them what was told; each counts once.

    Of a message in doubt nobody knows whether it went out. `clicked` counts mail scanners too.
    """

    sent: int = 0
    emails: int = 0
    texts: int = 0
    segments: int = 0
    delivered: int = 0
    undelivered: int = 0
    in_doubt: int = 0
    bounced: int = 0
    complained: int = 0
    opted_out: int = 0
    replied: int = 0
    clicked: int = 0
    answered: int = 0

    def __add__(self, other: Outcomes) -> Outcomes:
        return Outcomes(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(self)))


@dataclass(frozen=True)
class Line:
    """What was sent by one rule in one week in one language."""

    rule: str
    week: int
    locale: str
    outcomes: Outcomes


def added(lines: Iterable[Line]) -> Outcomes:
    """Return all of it together."""
    return sum((line.outcomes for line in lines), Outcomes())


@dataclass(frozen=True)
class Arm:
    """People a rule matched, and how many of them wrote to us or ordered again afterwards."""

    people: int = 0
    wrote: int = 0
    ordered: int = 0


@dataclass(frozen=True)
class Effect:
    """What a rule did: those it wrote to beside those in its holdout, `within` days of matching.

    Everybody it meant to write to counts, whether a message came of it or not: who settled the
    matter before is in both groups. `waiting` are those whose days are not over; `moved` were in
    both groups, since the share was changed.
    """

    rule: str
    within: timedelta
    treated: Arm
    held_out: Arm
    waiting: int = 0
    moved: int = 0

    @property
    def wrote(self) -> Difference | None:
        return self._difference("wrote")

    @property
    def ordered(self) -> Difference | None:
        return self._difference("ordered")

    def _difference(self, what: str) -> Difference | None:
        one, two = self.treated, self.held_out
        return share_difference((getattr(one, what), one.people), (getattr(two, what), two.people))


class Handled(StrEnum):
    """What of a ticket is timed, from its opening."""

    FIRST_REPLY = "first_reply"
    RESOLUTION = "resolution"


@dataclass(frozen=True)
class Spell:
    """How long it took: in half of the cases at most `median`, in nine of ten at most `most`."""

    count: int = 0
    median: timedelta | None = None
    most: timedelta | None = None


@dataclass(frozen=True)
class Handling:
    """How long customers waited, by the week in which it ended; `calendar` names whose hours count.

    `before` is the time just before, as long.
    """

    what: Handled
    calendar: str
    whole: Spell
    weeks: tuple[Spell, ...]
    before: Spell


@dataclass(frozen=True)
class Theme:
    """What tickets were about, by the week in which they were opened; empty: nobody said."""

    topic: str
    weeks: tuple[int, ...]
    before: int

    @property
    def count(self) -> int:
        return sum(self.weeks)


@dataclass(frozen=True)
class Report:
    """All figures of one time; `rule` when they are those of one rule only."""

    at: datetime
    weeks: Weeks
    rule: str
    lines: tuple[Line, ...]
    effects: tuple[Effect, ...]
    handling: tuple[Handling, ...]
    themes: tuple[Theme, ...]
    surveys: tuple[SurveyFigures, ...] = ()
    #: what comments beside answers are about
    comments: tuple[Theme, ...] = ()

    def counted(self, by: By) -> dict[str, Outcomes]:
        """Return the messages by rule, by locale, or by the day on which a week begins."""
        names: list[str]
        if by is By.WEEK:
            names = [day.isoformat() for day in self.weeks.days]
            keyed = [(names[line.week], line) for line in self.lines]
        else:
            keyed = [(getattr(line, by.value), line) for line in self.lines]
            names = sorted({key for key, _ in keyed})
        return {name: added(line for key, line in keyed if key == name) for name in names}

    @property
    def total(self) -> Outcomes:
        return added(self.lines)


def rate(hits: int, outcomes: Outcomes) -> Estimate | None:
    """Return the share of messages sent of which something was told."""
    return share(hits, outcomes.sent)
