"""A backtest as one HTML page, with the charts and the layout that reports have."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date, datetime

from outreach.deciding.reporting.charts import Bars, Columns
from outreach.deciding.reporting.page import lay_out
from outreach.deciding.reporting.sections import Section
from outreach.model import REASON_TEXT, Channel, Reason
from outreach.proving.backtest.figures import Figures
from outreach.timing.moments import MONTHS

#: of messages that came too late so many are named
MOST_LATE = 20


def backtest_page(found: Mapping[str, Figures], shop: str, now: datetime) -> str:
    """Return the page of one backtest, or of two side by side, by what their rules are called."""
    first = next(iter(found.values()))
    begin, end = (at.astimezone(first.zone) for at in (first.begin, first.end))
    parts = [*_compared(found)]
    for name, figures in found.items():
        before = f"{name}: " if len(found) > 1 else ""
        parts += [_named(section, before) for section in _sections(figures)]
    subjects = ", ".join(f"{n:,} {kind.value}s" for kind, n in first.subjects.items())
    made = f"{now.astimezone(first.zone):%Y-%m-%d %H:%M}"
    return lay_out(
        f"Backtest of {' beside '.join(found)}",
        f"{_day(begin.date())} {begin.year} to {_day(end.date())} {end.year} · {subjects}",
        parts,
        shop=shop,
        empty="Nothing would have been sent.",
        footer=f"Made {made}. Nothing was sent. What it takes for granted: docs/backtest.md.",
    )


def _compared(found: Mapping[str, Figures]) -> Iterator[Section]:
    if len(found) < 2:
        return
    (one, first), (other, second) = found.items()
    rules = dict.fromkeys([*first.rules, *second.rules])
    rows = [(rule, *_change(first.of_rule(rule), second.of_rule(rule))) for rule in rules]
    total = ("", *_change(first.sent.total(), second.sent.total()))
    columns = ("rule", one, other, "change")
    yield Section("Sent, side by side", columns, tuple(rows), total=total)


def _change(before: int, after: int) -> tuple[str, str, str]:
    return _number(before), _number(after), f"{after - before:+,}" if after != before else "–"


def _sections(figures: Figures) -> Iterator[Section]:
    yield _settled(figures)
    yield _rules(figures)
    if figures.sent:
        yield _weeks(figures)
        yield _hours(figures)
        yield _people(figures)
    if figures.held:
        yield _held(figures)
    if figures.silent:
        yield _silence(figures)


def _settled(figures: Figures) -> Section:
    late = figures.after_settled
    title = "After the matter was settled"
    if not late:
        return Section(title, (), (), notes=("None would have gone out: that is as it must be.",))
    rows = tuple(
        (
            each.rule,
            str(each.subject),
            _moment(figures, each.sent_at),
            _moment(figures, each.settled_at),
        )
        for each in late[:MOST_LATE]
    )
    notes = (f"{len(late):,} would have gone out too late. The first of them:",)
    return Section(title, ("rule", "about", "sent", "settled"), rows, notes=notes)


def _rules(figures: Figures) -> Section:
    counts = {rule: _counts(figures, rule) for rule in figures.rules}
    sums = [sum(column) for column in zip(*counts.values(), strict=True)]
    sent = {rule: figures.of_rule(rule) for rule in figures.rules if figures.of_rule(rule)}
    title = "Messages sent by rule"
    values = tuple(map(float, sent.values()))
    return Section(
        "What each rule would have done",
        ("rule", "sent", "e-mail", "SMS", "segments", "held", "waiting", "silent"),
        tuple((rule, *map(_number, row)) for rule, row in counts.items()),
        chart=Bars(title, tuple(sent), values) if sent else None,
        total=("", *map(_number, sums)) if len(counts) > 1 else (),
    )


def _counts(figures: Figures, rule: str) -> list[int]:
    return [
        figures.of_rule(rule),
        *(figures.of_rule(rule, channel) for channel in (Channel.EMAIL, Channel.SMS)),
        figures.segments[rule],
        figures.held_of(rule),
        figures.waiting[rule],
        sum(count for (name, _), count in figures.silent.items() if name == rule),
    ]


def _weeks(figures: Figures) -> Section:
    weeks = figures.weeks
    (day, most), *_ = figures.days.most_common(1)
    labels, said = tuple(map(_day, weeks)), tuple(f"{count:,}" for count in weeks.values())
    values = tuple(map(float, weeks.values()))
    return Section(
        "By week",
        ("week of", "messages"),
        tuple(zip(labels, said, strict=True)),
        chart=Columns("Messages sent by week", labels, values, said),
        notes=(f"Busiest day: {day:%a} {_day(day)} {day.year}, {most:,} messages.",),
    )


def _hours(figures: Figures) -> Section:
    by_hour: Counter[int] = Counter()
    for hour, count in figures.hours.items():
        by_hour[hour.hour] += count
    hours = range(min(by_hour), max(by_hour) + 1)
    (busiest, most), *_ = figures.hours.most_common(1)
    labels = tuple(f"{hour:02}:00" for hour in hours)
    said = tuple(f"{by_hour[hour]:,}" for hour in hours)
    values = tuple(float(by_hour[hour]) for hour in hours)
    return Section(
        "By hour of the day",
        ("hour", "messages"),
        tuple(zip(labels, said, strict=True)),
        chart=Columns("Messages sent by hour of the day", labels, values, said),
        notes=(f"Busiest hour: {_moment(figures, busiest)}, {most:,} messages.",),
    )


def _people(figures: Figures) -> Section:
    rows = ((w.customer, f"{w.messages:,}", f"{w.in_a_week:,}") for w in figures.most_written)
    columns = ("customer", "messages", "most in seven days")
    return Section("Who would have been written to most", columns, tuple(rows))


def _held(figures: Figures) -> Section:
    rows = (
        (held.rule, _why(held.reason), f"{held.messages:,}", _moment(figures, held.at))
        for held in figures.held
    )
    columns = ("rule", "why", "messages", "since")
    return Section("What would have waited for a person", columns, tuple(rows))


def _silence(figures: Figures) -> Section:
    reasons = figures.reasons.most_common()
    title = "Why messages stayed silent"
    labels = tuple(_why(reason) for reason, _ in reasons)
    counts = tuple(count for _, count in reasons)
    rows = tuple((label, f"{count:,}") for label, count in zip(labels, counts, strict=True))
    return Section(title, ("why", "messages"), rows, Bars(title, labels, tuple(map(float, counts))))


def _named(section: Section, before: str) -> Section:
    return Section(
        f"{before}{section.title}",
        section.columns,
        section.rows,
        section.chart,
        section.notes,
        section.total,
    )


def _why(reason: Reason) -> str:
    return REASON_TEXT[reason].partition(":")[0]


def _moment(figures: Figures, at: datetime) -> str:
    local = at.astimezone(figures.zone)
    return f"{_day(local.date())} {local.year} {local:%H:%M}"


def _day(day: date) -> str:
    return f"{day.day} {MONTHS[day.month - 1].title()}"


def _number(number: int) -> str:
    return f"{number:,}" if number else "–"
