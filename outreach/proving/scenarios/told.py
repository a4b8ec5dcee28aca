"""Messages, expectations and times of a scenario as a report tells them."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from outreach.model import REASON_TEXT, Reason
from outreach.proving.journal import Entry
from outreach.proving.scenarios.document import Waits, Wanted
from outreach.proving.scenarios.playing import Came
from outreach.timing.hours import DAYS
from outreach.timing.moments import MONTHS

DOT = " · "


def told_time(instant: datetime, zone: ZoneInfo, *, year: bool = False) -> str:
    """Write `Mon 30 Nov 13:00`, with `year` also that and the place: for a heading."""
    local = instant.astimezone(zone)
    day = f"{DAYS[local.weekday()].title()} {local.day} {MONTHS[local.month - 1].title()}"
    clock = f"{local.hour:02}:{local.minute:02}"
    if not year:
        return f"{day} {clock}"
    return f"{day} {local.year} {clock} {zone.key.rpartition('/')[2].replace('_', ' ')}"


def written_time(instant: datetime, zone: ZoneInfo) -> str:
    """Write an instant as a test says it, its seconds only where it has some."""
    return instant.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S").removesuffix(":00")


def told_wanted(wanted: Wanted, zone: ZoneInfo) -> str:
    """Write what was expected, by the words of the test."""
    parts = [
        wanted.rule or "a message",
        *_said("step", wanted.step),
        *_said("to", wanted.to),
        *_said("via", wanted.via.value if wanted.via else ""),
        *_said("template", wanted.template),
        *_said("locale", wanted.locale),
        *_said("offer", wanted.offer),
        *_said("about", ", ".join(wanted.about)),
        *_said("at", told_time(wanted.at, zone) if wanted.at else ""),
    ]
    return DOT.join(parts)


def told_waits(waits: Waits, zone: ZoneInfo) -> str:
    """Write what was expected to wait."""
    parts = [
        f"{waits.rule or 'a message'} waiting",
        *_said("to", waits.to),
        *_said("about", waits.about),
        *_said("until", told_time(waits.until, zone) if waits.until else ""),
        *_said("because", waits.because),
    ]
    return DOT.join(parts)


def told_came(came: Came, zone: ZoneInfo) -> str:
    """Write what left."""
    entry = came.entry
    parts = [
        entry.rule,
        f"step {entry.step}",
        f"to {entry.customer}",
        f"via {entry.channel}",
        f"locale {entry.locale}",
        *_said("offer", came.offer),
        f"about {', '.join(came.about)}",
        f"at {told_time(entry.at, zone)}",
    ]
    return DOT.join(parts)


def told_entry(entry: Entry, zone: ZoneInfo, due: datetime | None = None) -> str:
    """Write where a message stands and why."""
    about = ", ".join(ref.id for ref in entry.subjects)
    until = f" until {told_time(due, zone)}" if due else ""
    return f"{entry.rule} about {about} is {entry.state}{until}: {told_reason(entry)}"


def told_reason(entry: Entry) -> str:
    """Write why a message stands where it does."""
    note = f' "{entry.note}"' if entry.note else ""
    return f"{REASON_TEXT[entry.reason]}{note}"


def fits_reason(wanted: str, reason: Reason, *notes: str) -> bool:
    """Whether a reason is what a test calls it: its code, or words that all stand in it."""
    said = " ".join([reason.value, reason.value.replace("_", " "), REASON_TEXT[reason], *notes])
    words = {word.strip('":,.') for word in said.casefold().split()}
    return all(word in words for word in wanted.casefold().replace(":", " ").split())


def _said(what: str, value: str) -> list[str]:
    return [f"{what} {value}"] if value else []
