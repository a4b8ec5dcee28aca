"""`report:`, what reports go by: in whose hours waits are counted, and how long an effect lasts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from outreach.rules.yaml_section import Section
from outreach.timing.calendars import Calendar
from outreach.timing.durations import parse_duration
from outreach.workspace.people import parse_address

REPORT_KEYS = ("calendar", "within", "to")


@dataclass(frozen=True)
class ReportSettings:
    """What stands under `report:`.

    Without a calendar waits are counted on any clock. `within` is how long after a rule applied
    to somebody what they do may have to do with it. `to` are those it is mailed to every week.
    """

    calendar: Calendar | None = None
    within: timedelta = timedelta(days=14)
    to: tuple[str, ...] = ()


def read_report(section: Section, calendars: Mapping[str, Calendar]) -> ReportSettings:
    """Read `report:`."""
    part = section.section("report", REPORT_KEYS)
    if part is None:
        return ReportSettings()
    name = part.scalar("calendar")
    if name and name.text not in calendars:
        part.report("E010", f"there is no calendar `{name.text}`: see `calendars:`", name)
    addresses = (part.parsed_scalar(scalar, parse_address) for scalar in part.scalars("to"))
    return ReportSettings(
        calendar=calendars.get(name.text) if name else None,
        to=tuple(dict.fromkeys(filter(None, addresses))),
        within=part.parsed("within", _parse_within) or ReportSettings.within,
    )


def _parse_within(text: str) -> timedelta:
    length = parse_duration(text)
    if length.is_business or length.minutes or not length.days:
        raise ValueError(f"`{text}`: write whole days, such as `14 days`")
    return timedelta(days=length.days)
