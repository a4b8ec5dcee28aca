"""What a workspace's reports are about: its settings, and the weeks that are asked for."""

from __future__ import annotations

from datetime import datetime

from outreach.deciding.reporting.surveys import Measure
from outreach.passes.reporting.surveys import Declared
from outreach.passes.reporting.whole import Asked
from outreach.rules.survey import Survey
from outreach.timing.weeks import Weeks, whole_weeks
from outreach.workspace.settings import Settings

#: how many weeks a report is about when nothing is said
WEEKS = 8


def report_of(settings: Settings, weeks: Weeks, rule: str = "") -> Asked:
    """Return what a report of these weeks is about."""
    declared = {name: _declared(survey) for name, survey in settings.surveys.items()}
    return Asked(weeks, rule, settings.report.within, settings.report.calendar, declared)


def _declared(survey: Survey) -> Declared:
    scores = survey.scale.scores
    return Declared(Measure((scores[0], scores[-1])), survey.low)


def weekly(settings: Settings, now: datetime) -> Asked:
    """Return what the mailed report is about: the last whole weeks."""
    return report_of(settings, whole_weeks(WEEKS, now, settings.zone))
