"""Send windows: the hours in which we may write, on the recipient's own clock.

When we do not know which of several zones somebody lives in, it must be open in all of them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from outreach.timing.hours import ALL_DAY, EVERY_DAY, Hours, format_days
from outreach.timing.instants import utc
from outreach.timing.public_holidays import is_public_holiday, split_place
from outreach.timing.wall_clock import reading

DAY = timedelta(days=1)
#: a week and a day: every weekly pattern has shown itself by then
HORIZON = 8 * DAY
#: a window of one day a week, over a festival of a fortnight
HORIZON_WITH_HOLIDAYS = 40 * DAY
#: decent in the zone we guessed and in those some hours beside it
CAUTIOUS_HOURS = Hours(11 * 60, 18 * 60)


class Opening(NamedTuple):
    """One stretch of open time in one zone."""

    opens: datetime
    closes: datetime


@dataclass(frozen=True)
class SendWindow:
    """Days (Monday = 0) and hours in which a message may go out.

    `holidays_of` closes it on the public holidays of a country, `DE`, or a part of it, `DE-BY`;
    whoever reads it from a file asks `public_holidays.check_country` first.
    """

    name: str
    days: frozenset[int]
    hours: Hours
    holidays_of: str | None = None

    def __post_init__(self) -> None:
        if not self.days:
            msg = f"send window '{self.name}' never opens: name at least one day"
            raise ValueError(msg)

    def __str__(self) -> str:
        but = f", not on holidays of {self.holidays_of}" if self.holidays_of else ""
        return f"{self.name} ({format_days(self.days)} {self.hours}{but})"

    def is_open(self, instant: datetime, zones: tuple[ZoneInfo, ...]) -> bool:
        """Whether a message may go out at `instant` in every one of the zones."""
        instant = utc(instant)
        openings = self._openings(instant, zones, instant)
        return all(found is not None and found.opens <= instant for found in openings)

    def next_open(self, instant: datetime, zones: tuple[ZoneInfo, ...]) -> datetime | None:
        """Return the first instant from `instant` on at which it is open in all zones.

        None if there is none within 8 days (40 with holidays): the zones are too far apart.
        """
        instant = utc(instant)
        until = instant + self._horizon
        while instant <= until:
            openings = self._openings(instant, zones, until)
            latest = max(found.opens if found else until + DAY for found in openings)
            if latest <= instant:
                return instant
            instant = latest
        return None

    def closes_at(self, instant: datetime, zones: tuple[ZoneInfo, ...]) -> datetime | None:
        """Return when the opening around `instant` ends in the first of the zones.

        None if it never ends; `instant` itself if it is not open.
        """
        instant = utc(instant)
        until = instant + self._horizon
        while instant <= until and self.is_open(instant, zones):
            openings = self._openings(instant, zones, until)
            instant = min(found.closes for found in openings if found)
        return instant if instant <= until else None

    def cautious(self) -> SendWindow | None:
        """Return the part of it for people whose zone is a guess (`Zones.is_certain` is false).

        That is what lies between 11:00 and 18:00, None if nothing does. A window without bounds
        stays as it is: who writes `any time` does not mind the recipient's clock.
        """
        if self.hours == ALL_DAY and self.days == EVERY_DAY:
            return self
        opens = max(self.hours.opens, CAUTIOUS_HOURS.opens)
        closes = min(self.hours.closes, CAUTIOUS_HOURS.closes)
        return replace(self, hours=Hours(opens, closes)) if opens < closes else None

    @property
    def _horizon(self) -> timedelta:
        return HORIZON_WITH_HOLIDAYS if self.holidays_of else HORIZON

    def _openings(
        self, instant: datetime, zones: tuple[ZoneInfo, ...], until: datetime
    ) -> list[Opening | None]:
        return [self._opening(instant, zone, until) for zone in zones]

    def _opening(self, instant: datetime, zone: ZoneInfo, until: datetime) -> Opening | None:
        """Return the opening in one zone that has not ended at `instant`, or the next one."""
        day = reading(instant, zone).date()
        last = until.date() + DAY
        while day <= last:
            span = self.hours.on(day, zone) if self._opens_on(day) else None
            if span and span[1] > instant:
                return Opening(*span)
            day += DAY
        return None

    def _opens_on(self, day: date) -> bool:
        if day.weekday() not in self.days:
            return False
        if self.holidays_of is None:
            return True
        return not is_public_holiday(day, *split_place(self.holidays_of))


ANY_TIME = SendWindow("any time", EVERY_DAY, ALL_DAY)
