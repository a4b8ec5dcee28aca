"""What a step gives to a team of people: a task with a title, and by when it should be done."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from outreach.model import Position
from outreach.timing.calendars import Calendar
from outreach.timing.durations import Duration
from outreach.timing.waits import add_local


@dataclass(frozen=True)
class Handoff:
    """A task for `team`; `title` and `note` are templates.

    `due` counts from when the task is given, business time in `calendar`. With `stop_outreach`
    only transactional messages, and those of the same rule, go to the customer for so long.
    """

    team: str
    title: str
    due: Duration | None = None
    note: str = ""
    stop_outreach: Duration | None = None
    calendar: Calendar | None = None
    position: Position = Position("", 0)

    def due_at(self, opened_at: datetime, zone: ZoneInfo) -> datetime | None:
        """Return by when it should be done; days are those of the team's calendar, or of `zone`."""
        if self.due is None:
            return None
        clock = self.calendar.zone if self.calendar else zone
        return add_local(opened_at, self.due, clock, None, self.calendar)

    def stop_until(self, opened_at: datetime, zone: ZoneInfo) -> datetime | None:
        """Return until when the customer hears nothing else, None when nothing is stopped."""
        if self.stop_outreach is None:
            return None
        return add_local(opened_at, self.stop_outreach, zone)
