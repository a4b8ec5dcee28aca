"""When jobs run next. APScheduler's own triggers count every missed run, and stumble on DST."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from apscheduler.triggers.base import BaseTrigger  # type: ignore[import-untyped]

from outreach.timing.instants import MICROSECOND
from outreach.timing.waits import next_clock
from outreach.workspace.jobs import Job


class Every(BaseTrigger):  # type: ignore[misc]
    """Every so often. Runs that were missed are one run, however many they were."""

    def __init__(self, period: timedelta) -> None:
        self.period = period

    def get_next_fire_time(self, previous_fire_time: datetime | None, now: datetime) -> datetime:
        """Return when it runs next: at once the first time."""
        if previous_fire_time is None:
            return now
        following = previous_fire_time + self.period
        return following if following > now else now + self.period


class Daily(BaseTrigger):  # type: ignore[misc]
    """On some days of the week at a time of day, on a zone's clock; once a day whatever it does."""

    def __init__(self, job: Job, zone: ZoneInfo) -> None:
        assert job.at is not None
        self.at, self.days, self.zone = job.at, job.days, zone

    def get_next_fire_time(self, previous_fire_time: datetime | None, now: datetime) -> datetime:
        """Return when it runs next, in UTC."""
        after = max(now, (previous_fire_time or now) + MICROSECOND).astimezone(UTC)
        while True:
            found = next_clock(after, self.at, self.zone)
            if found.astimezone(self.zone).weekday() in self.days:
                return found
            after = found + MICROSECOND


def trigger_of(job: Job, zone: ZoneInfo) -> Any:
    """Return what says when a job runs."""
    return Every(job.every.fixed) if job.every else Daily(job, zone)
