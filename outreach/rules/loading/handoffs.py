"""`handoff:` on a step: a task for a team instead of a message."""

from __future__ import annotations

from outreach.rules.handoff import Handoff
from outreach.rules.loading.references import Loading
from outreach.rules.phrases import read_fixed_duration
from outreach.rules.yaml_nodes import Scalar
from outreach.rules.yaml_section import Section
from outreach.timing.calendars import Calendar
from outreach.timing.durations import Duration, parse_duration

#: a list of tasks shows no more of one
LONGEST_TITLE = 200


def read_handoff(section: Section, calendar: Calendar | None, loading: Loading) -> Handoff | None:
    """Return the task of a step, None when it has none; `calendar` is the rule's.

    Business time is counted in the team's own calendar where it has one.
    """
    team = section.scalar("handoff")
    if team is None:
        return None
    calendar = loading.team(team) or calendar
    title = section.scalar("title")
    if title is None and "title" not in section:
        said = "a task needs a title: it is what the team reads first"
        hint = 'title: "Call {{ customer.name }}"'
        section.report("E005", said, "handoff", hint=hint)
    elif title and (len(title.text) > LONGEST_TITLE or "\n" in title.text):
        said = f"`title` is one line of at most {LONGEST_TITLE} characters: say more in `note`"
        section.report("E010", said, title)
    due, stop = section.scalar("due"), section.scalar("stop_outreach")
    return Handoff(
        team=team.text,
        title=title.text if title else "",
        due=_read_due(section, due, calendar) if due else None,
        note=section.text("note"),
        stop_outreach=read_fixed_duration(stop, section.problems) if stop else None,
        calendar=calendar,
        position=(title or team).position,
    )


def _read_due(section: Section, due: Scalar, calendar: Calendar | None) -> Duration | None:
    duration = section.parsed_scalar(due, parse_duration, code="E203")
    if duration and duration.is_business and calendar is None:
        said = "business time needs a calendar, and neither this rule nor the team names one"
        section.report("E205", said, due)
        return None
    return duration
