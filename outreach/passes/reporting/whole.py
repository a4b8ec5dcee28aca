"""The whole report: every part of it, as of one moment of the database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from outreach.deciding.reporting.figures import Handled, Report
from outreach.passes.reporting.effect import effect
from outreach.passes.reporting.sending import sendings
from outreach.passes.reporting.surveys import Declared, survey_figures
from outreach.passes.reporting.tickets import handling, themes
from outreach.store.database import Store
from outreach.store.figures.answers import comment_topics
from outreach.store.figures.effects import rules_with_holdout
from outreach.store.figures.sent import rules_that_sent
from outreach.timing.calendars import Calendar
from outreach.timing.weeks import Weeks

#: how long after a rule matched somebody what they do may have to do with it
WITHIN = timedelta(days=14)


@dataclass(frozen=True)
class Asked:
    """What a report is to be about: a time, one rule or all, and how to count."""

    weeks: Weeks
    rule: str = ""
    within: timedelta = WITHIN
    calendar: Calendar | None = None
    #: what is declared of surveys, by name; the scale of others is guessed
    surveys: Mapping[str, Declared] = field(default_factory=dict)


def make_report(store: Store, asked: Asked, *, now: datetime) -> Report:
    """Read all figures. Tickets are left out when it is about one rule."""
    weeks = asked.weeks
    with store.read() as connection:
        only = [asked.rule] if asked.rule else None
        rules = only or rules_that_sent(connection, weeks)
        compared = only or rules_with_holdout(connection, weeks)
        every = [effect(connection, rule, weeks, asked.within, now) for rule in compared]
        return Report(
            at=now,
            weeks=weeks,
            rule=asked.rule,
            lines=sendings(connection, weeks, rules),
            effects=tuple(every),
            handling=()
            if only
            else tuple(handling(connection, what, weeks, asked.calendar) for what in Handled),
            themes=() if only else themes(connection, weeks),
            surveys=survey_figures(connection, weeks, asked.surveys, rules, asked.rule),
            comments=() if only else themes(connection, weeks, comment_topics),
        )
