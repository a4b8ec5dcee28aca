"""Figures of a report in words: the same on a terminal, on a page and in a mail."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from outreach.deciding.reporting.figures import Effect, Handled, Handling, Outcomes, Report
from outreach.deciding.reporting.surveys import Lows, Measure, SurveyFigures
from outreach.deciding.statistics import Difference, Estimate
from outreach.model import REASON_TEXT
from outreach.timing.moments import MONTHS, format_span

NONE = "–"
TOO_FEW = "too few to say"
NOT_YET = "not conclusive yet"
#: what is compared between the two groups of a rule: its figure, and what more or less of it means
COMPARED = {
    "wrote": ("opened a ticket", "more do", "fewer do"),
    "ordered": ("ordered again", "more do", "fewer do"),
}
#: what a survey's figure is, beside its name
MEASURES = {
    Measure.CSAT: "4-5 of 5",
    Measure.CES: "mean of 1-7",
    Measure.NPS: "promoters − detractors",
    Measure.THUMBS: "thumbs up",
}
HANDLED = {Handled.FIRST_REPLY: "first reply", Handled.RESOLUTION: "resolution"}


def span_of(report: Report) -> str:
    """Return which days a report is about: `28 Sep – 22 Nov 2026`."""
    first, last = report.weeks.days[0], report.weeks.last_day
    begins = _day(first) if first.year == last.year else f"{_day(first)} {first.year}"
    return f"{begins} – {_day(last)} {last.year}"


def week(day: date) -> str:
    """Return the day on which a week begins: `28 Sep`."""
    return _day(day)


def percent(value: float) -> str:
    """Return a share: `3.1 %`, `34 %`; what is not all or nothing does not read like it."""
    number = 100 * value
    if 0 < number < 0.05:
        return "<0.1 %"
    if 99.5 <= number < 100:
        return f"{min(number, 99.9):.1f} %"
    return f"{number:.1f} %" if 0 < number < 10 else f"{number:.0f} %"


def signed(value: float) -> str:
    """Return a number with its sign, one digit after the point: `+0.9`, `−6.3`."""
    rounded = round(value, 1) + 0.0  # no minus before a zero
    return f"{rounded:+.1f}".replace("-", "−")


def took(length: timedelta | None) -> str:
    """Return how long something took."""
    return NONE if length is None else format_span(length)


def delivered(outcomes: Outcomes) -> str:
    """Return the share that arrived; nothing where providers tell nothing."""
    if not outcomes.delivered + outcomes.undelivered:
        return NONE
    return percent(outcomes.delivered / outcomes.sent)


def told(number: int, outcomes: Outcomes) -> str:
    """Return how many, and which share of what was sent: `34 (3 %)`."""
    return f"{number:,} ({percent(number / outcomes.sent)})" if number else NONE


def score(measure: Measure, found: Estimate | None) -> str:
    """Return a survey's figure: `86 %` (CSAT), `+41` (NPS), `5.6` (CES)."""
    if found is None:
        return NONE
    return TOO_FEW if found.is_too_few else _scored(measure, found.value)


def margin(measure: Measure, found: Estimate | None) -> str:
    """Return the interval of a survey's figure: `82 to 89 %`."""
    if found is None or found.is_too_few:
        return ""
    low, high = _scored(measure, found.low), _scored(measure, found.high)
    return f"{low.removesuffix(' %')} to {high}"


def score_change(survey: SurveyFigures) -> str:
    """Return how a survey's figure was in the time before: `▲ from 82 %`."""
    now, before = survey.figure, survey.figure_before
    if now is None or before is None or now.is_too_few or before.is_too_few:
        return ""
    return f"{arrow(now.value - before.value)} from {_scored(survey.measure, before.value)}"


def answered(survey: SurveyFigures) -> str:
    """Return how many answered, and of those asked the share with its margin."""
    count = f"{sum(survey.tally.values()):,}"
    rate = survey.rate
    if rate is None:
        return count
    return f"{count} ({percent(rate.value)} ±{100 * rate.margin:.0f})"


def followed_up(lows: Lows) -> str:
    """Return what became of low scores: `34 went to a person, 31 of them in time …`."""
    if not lows.count:
        return "no low scores"
    said = f"{lows.count:,} low: {lows.handed:,} handed to a person"
    return f"{said}, {lows.in_time:,} taken in time, {lows.done:,} done" if lows.handed else said


def spared(survey: SurveyFigures) -> str:
    """Return who was not asked and why; empty when everybody was."""
    if not survey.spared:
        return ""
    why = "; ".join(f"{count:,} {REASON_TEXT[reason]}" for reason, count in survey.spared)
    return f"not asked: {why}"


def _scored(measure: Measure, value: float) -> str:
    if measure.is_share:
        return f"{100 * value:.0f} %"
    if measure is Measure.NPS:
        return f"{round(value) + 0:+d}".replace("-", "−") if round(value) else "0"
    return f"{value:.1f}"


def groups(effect: Effect) -> str:
    """Return who is compared: `1,216 people and 64 held out`."""
    said = f"{_people(effect.treated.people)} and {effect.held_out.people:,} held out"
    if effect.waiting:
        said += f"; {effect.waiting:,} more are still within their {effect.within.days} days"
    if effect.moved:
        said += f"; {effect.moved:,} were in both groups and are left out"
    return said


def difference(found: Difference | None) -> str:
    """Return a difference with its interval: `−6.3 points (95 %: −13.5 to +0.9)`."""
    if found is None or found.is_too_few:
        return ""
    low, high = signed(100 * found.low), signed(100 * found.high)
    return f"{signed(100 * found.value)} points (95 %: {low} to {high})"


def verdict(what: str, found: Difference | None) -> str:
    """Return what a difference says, as far as it says anything."""
    if found is None or found.is_too_few:
        return TOO_FEW
    if not found.is_conclusive:
        return NOT_YET
    _, more, fewer = COMPARED[what]
    return more if found.value > 0 else fewer


def change(handling: Handling) -> str:
    """Return how the usual wait was in the time before: `▲ from 3 h`, longer by now."""
    now, before = handling.whole.median, handling.before.median
    if now is None or before is None:
        return ""
    return f"{arrow(now - before, timedelta(0))} from {took(before)}"


def arrow(value: float | timedelta, nothing: float | timedelta = 0) -> str:
    """Return which way something went."""
    if value == nothing:
        return "="
    return "▲" if value > nothing else "▼"  # type: ignore[operator]


def clock(timed: Iterable[Handling]) -> str:
    """Return whose hours waits are counted in; empty for those of any clock."""
    names = {each.calendar for each in timed if each.calendar}
    return f"in open hours of {min(names)}" if names else ""


def _people(count: int) -> str:
    return f"{count:,} {'person' if count == 1 else 'people'}"


def _day(day: date) -> str:
    return f"{day.day} {MONTHS[day.month - 1].title()}"
