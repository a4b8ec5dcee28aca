"""The lint of schedules: when messages would go out, and when they never could."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, time
from zoneinfo import ZoneInfo

from outreach.deciding.lint.rule_text import RuleText
from outreach.errors import Problem
from outreach.model import Channel, Purpose
from outreach.rules.limits import ContactRule
from outreach.timing.clock_changes import next_skipped
from outreach.timing.durations import Duration, parse_duration
from outreach.timing.hours import ALL_DAY, DAYS, EVERY_DAY, Hours

#: when a message wakes nobody and disturbs nobody at supper
DECENT = Hours(8 * 60, 21 * 60)
#: the same for what people wait for, if it makes a telephone ring
BEARABLE = Hours(7 * 60, 22 * 60)
_PROMISE = re.compile(r"""now\s*\|\s*plus\(\s*["'](?P<length>[^"']+)["']\s*\)""")


@dataclass(frozen=True)
class Surroundings:
    """What a schedule means something in: the workspace's clock, policy and templates."""

    zone: ZoneInfo
    now: datetime
    policy: tuple[ContactRule, ...] = ()
    #: the texts of each template, by its name
    templates: Mapping[str, Collection[str]] = field(default_factory=dict)
    #: the templates that say sorry
    apologies: Collection[str] = ()


def lint_schedule(text: RuleText, around: Surroundings) -> Iterator[Problem]:
    """Yield what is wrong with when a rule speaks."""
    for look in _LOOKS:
        yield from look(text, around)


def _never_open(text: RuleText, _: Surroundings) -> Iterator[Problem]:
    window = text.rule.window
    if window.cautious() is None:
        said = f"`{window.name}` ({window.hours}) never opens for people whose zone is a guess"
        hint = "for them only 11:00-18:00 counts: let the window reach into it"
        yield text.problem("T501", "send_window", said, hint)


def _waits_for_closed(text: RuleText, _: Surroundings) -> Iterator[Problem]:
    window = text.rule.window
    for step in text.rule.steps:
        at = step.wait.at if step.wait else None
        if at and step.template and not _contains(window.hours, at):
            said = f"at {at:%H:%M} the send window `{window.name}` ({window.hours}) is closed"
            opens = _clock(window.hours.opens)
            hint = f"it goes out when it opens: write at {opens}, or name another window"
            yield text.problem_in(step, "T502", "wait", said, hint)


def _in_the_night(text: RuleText, _: Surroundings) -> Iterator[Problem]:
    rule, hours = text.rule, text.rule.window.hours
    rings = any(Channel.SMS in step.via for step in rule.steps if step.template)
    if rule.purpose is Purpose.TRANSACTIONAL:
        decent, what = BEARABLE, "an SMS"
        if not rings:
            return
    else:
        decent, what = DECENT, f"a {rule.purpose} message"
    if hours.opens < decent.opens or hours.closes > decent.closes:
        shown = "at any time" if hours == ALL_DAY else f"at {hours}"
        said = f"{what} may come {shown}, when people sleep or rest"
        yield text.problem("T503", "send_window", said, f"keep it within {decent}")


def _skipped(text: RuleText, around: Surroundings) -> Iterator[Problem]:
    zone, today = around.zone, around.now.astimezone(around.zone).date()
    for step in text.rule.steps:
        at = step.wait.at if step.wait else None
        if at and (day := next_skipped(at, zone, today)):
            said = f"on {day:%Y-%m-%d} there is no {at:%H:%M} in {zone.key}: clocks go forward"
            hint = "it goes out when they have: take a time before 01:00 or after 03:00"
            yield text.problem_in(step, "T504", "wait", said, hint)


def _promised(text: RuleText, around: Surroundings) -> Iterator[Problem]:
    """Yield promises of a day on which we may not write, or before the next message comes."""
    window = text.rule.window
    closed = [DAYS[day] for day in sorted(EVERY_DAY - window.days)]
    closed += [f"holidays of {window.holidays_of}"] if window.holidays_of else []
    for step in text.rule.steps:
        for promise in _promises(step.template, around):
            promised = f"“{step.template}” promises news in {promise}"
            if closed:
                said = f"{promised}, and `{window.name}` is closed on {', '.join(closed)}"
                hint = "open the window on those days, or promise a day on which it is open"
                yield text.problem_in(step, "T505", "send", said, hint)
            every = step.repeat.every if step.repeat else None
            if every and not every.is_business and every.fixed > promise.fixed:
                said = f"{promised}, and the next comes in {every}"
                yield text.problem_in(step, "T506", "repeat", said, "promise what the rule does")


def _promises(template: str | None, around: Surroundings) -> list[Duration]:
    """Return how far ahead a template names a day for our next word, each once."""
    lengths = {
        found["length"]
        for words in around.templates.get(template or "", ())
        for found in _PROMISE.finditer(words)
    }
    return [length for text in sorted(lengths) if not (length := parse_duration(text)).is_business]


def _expires(text: RuleText, around: Surroundings) -> Iterator[Problem]:
    rule, lasts = text.rule, text.rule.expires_after
    hint = f"give `expires_after` more than {lasts}"
    for line in around.policy:
        if rule.purpose in line.purposes and line.gap and line.gap.fixed >= lasts.fixed:
            said = f"it lasts {lasts}, and the contact policy may keep it waiting for {line.gap}"
            yield text.problem("T507", "expires_after", said, hint)
    total = rule.limits.total
    if total and total.per.fixed > lasts.fixed:
        said = f"it lasts {lasts}, and what is above {total} waits longer"
        yield text.problem("T507", "total", said, hint)
    for step in rule.steps:
        after = step.next_channel_after
        if after and after.fixed >= lasts.fixed:
            said = f"it lasts {lasts}, so a next channel after {after} is never tried"
            yield text.problem_in(step, "T507", "if_undelivered", said, hint)


def _business_days(text: RuleText, _: Surroundings) -> Iterator[Problem]:
    calendar = text.rule.calendar
    counts = re.search(r"\bbusiness (day|hour|minute)s?\b", text.said)
    if calendar and counts and calendar.country is None:
        said = f"`{calendar.name}` knows no public holidays: it counts them as working days"
        yield text.problem(
            "T510", "calendar", said, "name its country in outreach.yaml: country: DE"
        )


def _contains(hours: Hours, at: time) -> bool:
    return hours.opens <= at.hour * 60 + at.minute < hours.closes


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


_LOOKS: tuple[Callable[[RuleText, Surroundings], Iterable[Problem]], ...] = (
    _never_open, _waits_for_closed, _in_the_night, _skipped, _promised, _expires, _business_days,
)  # fmt: skip
