"""Reports as people read them on a terminal: tables, and charts of block characters."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from outreach.cli.output import counted
from outreach.cli.output_blocks import bar, sparkline
from outreach.cli.output_tables import Column, cut, lines_of, table
from outreach.cli.session import Session
from outreach.deciding.reporting import words
from outreach.deciding.reporting.figures import By, Effect, Handling, Outcomes, Report, Spell, Theme
from outreach.deciding.reporting.sections import TOLD
from outreach.deciding.reporting.surveys import SurveyFigures
from outreach.deciding.statistics import Estimate

if TYPE_CHECKING:
    from outreach.cli.output import Output

WIDEST_NAME = 26
BAR = 20
MINUTE = timedelta(minutes=1)


def print_report(session: Session, report: Report, by: By) -> None:
    """Print all parts that there is anything to say of."""
    out = session.out
    about = f" of {report.rule}" if report.rule else ""
    weeks = counted(len(report.weeks.starts), "week")
    out.line(out.style(f"Report{about}, {words.span_of(report)}, {weeks}", bold=True))
    out.line()
    if report.surveys:
        _print_surveys(out, report)
        out.line()
    _print_messages(out, report, by)
    if report.effects:
        out.line()
        _print_effects(out, report)
    if timed := [each for each in report.handling if each.whole.count]:
        out.line()
        _print_handling(out, timed)
    for title, themes in (("Tickets", report.themes), ("Comments", report.comments)):
        if themes:
            out.line()
            _print_themes(out, title, themes)


def _print_surveys(out: Output, report: Report) -> None:
    titles = ("Surveys", "asked", "answered", "score", "95 %", "before")
    surveys = [each for each in report.surveys if each.answers or each.asked or each.spared]
    columns = [Column(title, right=title != "Surveys") for title in titles]
    table(out, columns, [_survey(each) for each in surveys])
    for survey in surveys:
        if why := words.spared(survey):
            out.paragraph(f"{survey.name}, {why}")
    for survey in surveys:
        if survey.figure is None or survey.figure.is_too_few:
            continue
        out.line()
        weeks = survey.weekly(len(report.weeks.starts))
        line = sparkline([_value(week) for week in weeks])
        out.line(f"{survey.name} by week  {line}   {words.followed_up(survey.lows)}")
        most = max(survey.tally.values())
        for score in reversed(survey.measure.scores):
            count = survey.tally.get(score, 0)
            out.line(f"  {score:>2}  {f'{bar(count, most, BAR)} {count:,}'.strip()}")
    if suspected := sum(survey.suspected for survey in report.surveys):
        out.line(f"{counted(suspected, 'answer')} left out: a mail scanner may have given them")


def _value(found: Estimate | None) -> float | None:
    return None if found is None or found.is_too_few else found.value


def _survey(survey: SurveyFigures) -> list[str]:
    measure, found = survey.measure, survey.figure
    return [
        f"{cut(survey.name, WIDEST_NAME)} ({words.MEASURES[measure]})",
        words.NONE if survey.asked is None else f"{survey.asked:,}",
        words.answered(survey),
        words.score(measure, found),
        words.margin(measure, found),
        words.score_change(survey),
    ]


def _print_messages(out: Output, report: Report, by: By) -> None:
    if not report.lines:
        out.line(f"{out.mark('none')} nothing was sent in this time")
        return
    told = {key: title for key, title in TOLD.items() if getattr(report.total, key)}
    columns = [Column(_heading(by), shrinks=True), Column("sent", right=True)]
    columns += [Column("delivered", right=True)]
    columns += [Column(title, right=True) for title in told.values()]
    columns += [Column("SMS parts", right=True)] if report.total.segments else []
    rows = [
        [_name(name, by), *_figures(report, outcomes, told)]
        for name, outcomes in report.counted(by).items()
    ]
    table(out, columns, rows, ["", *_figures(report, report.total, told)])


def _heading(by: By) -> str:
    return {By.RULE: "Messages", By.WEEK: "Messages, week of", By.LOCALE: "Messages in"}[by]


def _name(name: str, by: By) -> str:
    from datetime import date

    return words.week(date.fromisoformat(name)) if by is By.WEEK else cut(name, WIDEST_NAME)


def _figures(report: Report, outcomes: Outcomes, told: dict[str, str]) -> Iterator[str]:
    yield f"{outcomes.sent:,}"
    yield words.delivered(outcomes)
    for key in told:
        yield words.told(getattr(outcomes, key), outcomes)
    if report.total.segments:
        yield f"{outcomes.segments:,}" if outcomes.segments else words.NONE


def _print_effects(out: Output, report: Report) -> None:
    days = report.effects[0].within.days
    title = f"Holdouts: what people did within {days} days"
    out.line(out.style(title, bold=True) + ", beside those who got nothing")
    titles = ("", "written to", "held out", "difference")
    columns = [*(Column(title, right=bool(title)) for title in titles), Column("")]
    rows = [_compared(effect, what) for effect in report.effects for what in words.COMPARED]
    heading, *lines = lines_of(out, columns, rows)
    out.line(heading)
    for effect in report.effects:
        out.line(f"{cut(effect.rule, WIDEST_NAME)}: {words.groups(effect)}")
        for _ in words.COMPARED:
            out.line(lines.pop(0))


def _compared(effect: Effect, what: str) -> list[str]:
    found = getattr(effect, what)
    shares = [
        words.percent(getattr(arm, what) / arm.people) if arm.people else words.NONE
        for arm in (effect.treated, effect.held_out)
    ]
    name, *_ = words.COMPARED[what]
    return [f"  {name}", *shares, words.difference(found), words.verdict(what, found)]


def _print_handling(out: Output, timed: Sequence[Handling]) -> None:
    titles = ("Tickets", "count", "half within", "9 of 10 within", "by week", "before")
    columns = [Column(title, right=title not in ("Tickets", "by week")) for title in titles]
    table(out, columns, [_handled(each) for each in timed])
    if clock := words.clock(timed):
        out.line(f"  counted {clock}")


def _handled(handling: Handling) -> list[str]:
    whole = handling.whole
    return [
        words.HANDLED[handling.what],
        f"{whole.count:,}",
        words.took(whole.median),
        words.took(whole.most),
        sparkline([_minutes(week) for week in handling.weeks]),
        words.change(handling),
    ]


def _minutes(spell: Spell) -> float | None:
    return None if spell.median is None else spell.median / MINUTE


def _print_themes(out: Output, title: str, themes: Sequence[Theme]) -> None:
    most = max(theme.count for theme in themes)
    columns = [Column(f"{title} about"), Column(""), Column("count", right=True)]
    columns += [Column("by week"), Column("before", right=True)]
    rows = [_theme(theme, most) for theme in themes]
    if not any(theme.before for theme in themes):  # most likely nobody counted then
        columns, rows = columns[:-1], [row[:-1] for row in rows]
    table(out, columns, rows)


def _theme(theme: Theme, most: int) -> list[str]:
    return [
        cut(theme.topic or "not said", WIDEST_NAME),
        bar(theme.count, most, BAR),
        f"{theme.count:,}",
        sparkline(theme.weeks, 0),
        f"{words.arrow(theme.count - theme.before)} from {theme.before:,}",
    ]
