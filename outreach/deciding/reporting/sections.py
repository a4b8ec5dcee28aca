"""Sections of a report: a heading, a chart, and a table that says the same; for pages and mails."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from outreach.deciding.reporting import words
from outreach.deciding.reporting.charts import Band, Bands, Bars, Chart, Columns, dropped
from outreach.deciding.reporting.figures import By, Effect, Handling, Outcomes, Report, Theme
from outreach.deciding.reporting.surveys import Measure, SurveyFigures
from outreach.deciding.statistics import Estimate

HOUR = timedelta(hours=1)
TOLD = {
    "answered": "answered",
    "replied": "replied",
    "opted_out": "opted out",
    "complained": "complained",
    "bounced": "bounced",
    "in_doubt": "in doubt",
}
#: those of them that a mail has room for
IN_A_MAIL = ("answered", "opted_out", "complained")
HEADINGS = {By.RULE: "rule", By.WEEK: "week of", By.LOCALE: "language"}
TITLES = {"first_reply": "Waits for a first reply", "resolution": "Waits for a resolution"}


@dataclass(frozen=True)
class Section:
    """One part of a report. The first column of its table names the row, the others are figures."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    chart: Chart | None = None
    notes: tuple[str, ...] = ()
    total: tuple[str, ...] = ()
    #: the columns that a mail has room for; empty for all of them
    brief: tuple[int, ...] = ()
    #: its rows are weeks, which the total sums up
    is_weekly: bool = False
    is_mailed: bool = True


def sections(report: Report, by: By = By.RULE) -> tuple[Section, ...]:
    """Return all parts that there is anything to say of."""
    return tuple(_sections(report, by))


def _sections(report: Report, by: By) -> Iterator[Section]:
    for survey in report.surveys:
        if survey.answers or survey.asked or survey.spared:
            yield from _survey(report, survey)
    if report.lines:
        yield _messages(report, by)
    if report.effects:
        yield _effects(report)
    for handling in report.handling:
        if handling.whole.count:
            yield _handling(report, handling)
    if report.themes:
        yield _themes(report, "What tickets were about", report.themes)
    if report.comments:
        yield _themes(report, "What comments were about", report.comments)


def _survey(report: Report, survey: SurveyFigures) -> Iterator[Section]:
    """Yield the figure of each week, and how often each score was given."""
    measure, name = survey.measure, survey.name
    weeks = survey.weekly(len(report.weeks.starts))
    bands = tuple(
        Band(day, *(scale(measure, bound) for bound in (week.low, week.value, week.high)))
        for day, week in zip(_days(report), weeks, strict=True)
        if week is not None and not week.is_too_few
    )
    unit = "%" if measure.is_share else ""
    yield Section(
        title=f"{name} ({words.MEASURES[measure]})",
        chart=Bands(f"{name} by week, with its interval", bands, unit, signed=False)
        if bands
        else None,
        columns=("week of", "answers", "score", "95 %"),
        rows=tuple(
            (day, *_scored(measure, week)) for day, week in zip(_days(report), weeks, strict=True)
        ),
        total=("all weeks", *_scored(measure, survey.figure)),
        is_weekly=True,
        notes=_about_answers(survey),
    )
    if survey.figure is None or survey.figure.is_too_few:
        return
    scores = tuple(reversed(measure.scores))
    counts = tuple(survey.tally.get(score, 0) for score in scores)
    yield Section(
        title=f"{name}: scores given",
        chart=Bars(
            f"{name}: how often each score was given",
            tuple(map(str, scores)),
            tuple(map(float, counts)),
        ),
        columns=("score", "answers", "share"),
        rows=tuple(
            (f"{score}", f"{count:,}", words.percent(count / sum(counts)))
            for score, count in zip(scores, counts, strict=True)
        ),
        is_mailed=False,
    )


def scale(measure: Measure, value: float) -> float:
    """Return a figure as it is drawn: shares of a hundred."""
    return 100 * value if measure.is_share else value


def _scored(measure: Measure, found: Estimate | None) -> tuple[str, str, str]:
    count = f"{found.count:,}" if found else "0"
    return count, words.score(measure, found), words.margin(measure, found) or words.NONE


def _about_answers(survey: SurveyFigures) -> tuple[str, ...]:
    said = []
    if survey.rate is not None:
        said.append(f"{survey.asked:,} were asked, {words.answered(survey)} answered.")
    if change := words.score_change(survey):
        said.append(f"The time before: {change}.")
    said.append(f"{words.followed_up(survey.lows).capitalize()}.")
    if why := words.spared(survey):
        said.append(f"{why.capitalize()}.")
    if survey.suspected:
        said.append(f"{survey.suspected:,} answers of what may be mail scanners are left out.")
    return tuple(said)


def _messages(report: Report, by: By) -> Section:
    total = report.total
    told = [key for key in TOLD if getattr(total, key)]
    has_parts = bool(total.segments)
    by_week = report.counted(By.WEEK)
    chart = Columns(
        "Messages sent by week",
        _days(report),
        tuple(float(each.sent) for each in by_week.values()),
        tuple(f"{each.sent:,}" for each in by_week.values()),
    )
    return Section(
        title="Messages",
        chart=chart,
        columns=(
            HEADINGS[by],
            "sent",
            "delivered",
            *(TOLD[key] for key in told),
            *(["SMS parts"] if has_parts else []),
        ),
        rows=tuple(
            (_name(name, by), *_figures(outcomes, told, has_parts))
            for name, outcomes in report.counted(by).items()
        ),
        total=("all", *_figures(total, told, has_parts)),
        brief=(0, 1, 2, *(3 + told.index(key) for key in IN_A_MAIL if key in told)),
    )


def _name(name: str, by: By) -> str:
    return words.week(date.fromisoformat(name)) if by is By.WEEK else name or words.NONE


def _figures(outcomes: Outcomes, told: list[str], has_parts: bool) -> Iterator[str]:
    yield f"{outcomes.sent:,}"
    yield words.delivered(outcomes)
    for key in told:
        yield words.told(getattr(outcomes, key), outcomes)
    if has_parts:
        yield f"{outcomes.segments:,}"


def _effects(report: Report) -> Section:
    days = report.effects[0].within.days
    bands = tuple(band for effect in report.effects for band in _bands(effect))
    rows = [
        (f"{effect.rule}: {words.COMPARED[what][0]}", *_compared(effect, what))
        for effect in report.effects
        for what in words.COMPARED
    ]
    return Section(
        title="What it helped",
        chart=Bands("Differences to the holdout, in points", bands, "points") if bands else None,
        columns=("", "written to", "held out", "difference (95 %)", "that is"),
        rows=tuple(rows),
        brief=(0, 1, 2, 4),
        notes=(
            f"What people did within {days} days, beside those of the holdout who got nothing.",
            *(f"{each.rule}: {words.groups(each)}." for each in report.effects),
        ),
    )


def _bands(effect: Effect) -> Iterator[Band]:
    for what, (name, *_) in words.COMPARED.items():
        found = getattr(effect, what)
        if found is not None and not found.is_too_few:
            label = f"{effect.rule}: {name}"
            yield Band(label, 100 * found.low, 100 * found.value, 100 * found.high)


def _compared(effect: Effect, what: str) -> tuple[str, ...]:
    found = getattr(effect, what)
    shares = (
        words.percent(getattr(arm, what) / arm.people) if arm.people else words.NONE
        for arm in (effect.treated, effect.held_out)
    )
    return (*shares, words.difference(found) or words.NONE, words.verdict(what, found))


def _handling(report: Report, handling: Handling) -> Section:
    medians = tuple(None if w.median is None else w.median / HOUR for w in handling.weeks)
    title, whole = TITLES[handling.what.value], handling.whole
    said = tuple(words.took(week.median) for week in handling.weeks)
    chart = Columns(
        f"{title}: half took at most, in hours", _days(report), medians, _short(medians)
    )
    return Section(
        title=title,
        chart=None if dropped(medians) else chart,
        columns=("week of", "tickets", "half within", "9 of 10 within"),
        rows=tuple(
            (day, f"{week.count:,}", half, words.took(week.most))
            for day, week, half in zip(_days(report), handling.weeks, said, strict=True)
        ),
        is_weekly=True,
        total=("all weeks", f"{whole.count:,}", words.took(whole.median), words.took(whole.most)),
        notes=(_compared_to_before(handling),),
    )


def _compared_to_before(handling: Handling) -> str:
    now, before = words.took(handling.whole.median), handling.before.median
    said = f"Half of all waits took at most {now}"
    if before is not None:
        said += f", and {words.took(before)} in the time before"
    clock = words.clock([handling])
    return f"{said}; {clock}." if clock else f"{said}."


def _themes(report: Report, title: str, themes: tuple[Theme, ...]) -> Section:
    labels = tuple(theme.topic or "not said" for theme in themes)
    return Section(
        title=title,
        chart=Bars(title, labels, tuple(float(t.count) for t in themes)),
        columns=("topic", *_days(report), "count", "before"),
        brief=(0, len(report.weeks.starts) + 1, len(report.weeks.starts) + 2),
        rows=tuple(_theme(theme) for theme in themes),
    )


def _theme(theme: Theme) -> tuple[str, ...]:
    weeks = (f"{count:,}" for count in theme.weeks)
    return (theme.topic or "not said", *weeks, f"{theme.count:,}", f"{theme.before:,}")


def _days(report: Report) -> tuple[str, ...]:
    return tuple(map(words.week, report.weeks.days))


def _short(hours: tuple[float | None, ...]) -> tuple[str, ...]:
    return tuple("" if h is None else f"{h:.1f}" if h < 10 else f"{h:.0f}" for h in hours)
