"""Reports with the keys that --json promises, and the same figures one a line for --csv."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import date, timedelta
from math import isfinite
from typing import Any

from outreach.deciding.reporting.figures import By, Effect, Handling, Report, Spell, Theme
from outreach.deciding.reporting.surveys import SurveyFigures
from outreach.deciding.reporting.words import COMPARED
from outreach.deciding.statistics import Difference, Estimate

SECOND = timedelta(seconds=1)
#: the columns of --csv: which part, of which rule or topic, in which week, and the figure itself
KEYS = ("part", "name", "week", "figure", "value", "low", "high", "count")
Row = dict[str, Any]


def report_json(report: Report, by: By) -> dict[str, Any]:
    """Return a report; lengths are seconds, shares and their differences go from 0 to 1."""
    days = report.weeks.days
    return {
        "at": report.at,
        "since": report.weeks.since,
        "until": report.weeks.until,
        "weeks": [day.isoformat() for day in days],
        "rule": report.rule or None,
        "by": by,
        "messages": [
            {by.value: name, **asdict(outcomes)} for name, outcomes in report.counted(by).items()
        ],
        "total": asdict(report.total),
        "surveys": [_survey(each, days) for each in report.surveys],
        "effects": [_effect(each) for each in report.effects],
        "tickets": [_handling(each, days) for each in report.handling],
        "topics": list(map(_theme, report.themes)),
        "comments": list(map(_theme, report.comments)),
    }


def report_rows(report: Report, by: By) -> Iterator[Row]:
    """Yield each figure as a row of --csv."""
    for name, outcomes in report.counted(by).items():
        for figure, value in asdict(outcomes).items():
            yield _row("messages", name, "", figure, value)
    for survey in report.surveys:
        yield from _survey_rows(survey, report.weeks.days)
    for effect in report.effects:
        yield from _effect_rows(effect)
    for handling in report.handling:
        for week, spell in zip(report.weeks.days, handling.weeks, strict=True):
            yield from _spell_rows(handling, week.isoformat(), spell)
        yield from _spell_rows(handling, "", handling.whole)
    for part, theme in (
        *(("topics", theme) for theme in report.themes),
        *(("comments", theme) for theme in report.comments),
    ):
        for week, count in zip(report.weeks.days, theme.weeks, strict=True):
            yield _row(part, theme.topic, week.isoformat(), "count", count)


def _theme(theme: Theme) -> dict[str, Any]:
    return asdict(theme) | {"count": theme.count}


def _survey(survey: SurveyFigures, days: tuple[date, ...]) -> dict[str, Any]:
    weeks = zip(days, survey.weekly(len(days)), strict=True)
    return {
        "survey": survey.name,
        "measure": survey.measure.name.lower(),
        "asked": survey.asked,
        "answered": survey.answered,
        "rate": _estimate(survey.rate),
        "score": _estimate(survey.figure),
        "before": _estimate(survey.figure_before),
        "scores": {score: survey.tally.get(score, 0) for score in survey.measure.scores},
        "weeks": [{"week": day.isoformat(), "score": _estimate(found)} for day, found in weeks],
        "rules": _grouped(survey.grouped(lambda answer: answer.rule)),
        "locales": _grouped(survey.grouped(lambda answer: answer.locale)),
        "suspected": survey.suspected,
        "not_asked": {reason.value: count for reason, count in survey.spared},
        "low": asdict(survey.lows),
    }


def _grouped(found: Mapping[str | int, Estimate | None]) -> dict[str, Any]:
    return {str(key): _estimate(each) for key, each in found.items()}


def _estimate(found: Estimate | None) -> dict[str, Any] | None:
    """Return a figure; one number has no bounds, which JSON cannot say but with nothing."""
    if found is None:
        return None
    low, high = (bound if isfinite(bound) else None for bound in (found.low, found.high))
    bounds = {"low": low, "high": high, "count": found.count, "too_few": found.is_too_few}
    return {"value": found.value, **bounds}


def _effect(effect: Effect) -> dict[str, Any]:
    return {
        "rule": effect.rule,
        "within_days": effect.within.days,
        "treated": asdict(effect.treated),
        "held_out": asdict(effect.held_out),
        "waiting": effect.waiting,
        "moved": effect.moved,
        **{what: _difference(getattr(effect, what)) for what in COMPARED},
    }


def _difference(found: Difference | None) -> dict[str, Any] | None:
    if found is None:
        return None
    return {
        "difference": found.value,
        "low": found.low,
        "high": found.high,
        "too_few": found.is_too_few,
        "conclusive": found.is_conclusive,
    }


def _handling(handling: Handling, days: tuple[date, ...]) -> dict[str, Any]:
    return {
        "what": handling.what,
        "calendar": handling.calendar or None,
        **_spell(handling.whole),
        "before": _spell(handling.before),
        "weeks": [
            {"week": day.isoformat(), **_spell(spell)}
            for day, spell in zip(days, handling.weeks, strict=True)
        ],
    }


def _spell(spell: Spell) -> dict[str, Any]:
    median, most = (_seconds(length) for length in (spell.median, spell.most))
    return {"count": spell.count, "median": median, "p90": most}


def _seconds(length: timedelta | None) -> float | None:
    return None if length is None else length / SECOND


def _survey_rows(survey: SurveyFigures, days: tuple[date, ...]) -> Iterator[Row]:
    weeks = zip(days, survey.weekly(len(days)), strict=True)
    for week, found in [("", survey.figure), *((day.isoformat(), each) for day, each in weeks)]:
        if told := _estimate(found):
            row = _row("surveys", survey.name, week, survey.measure.name.lower(), told["value"])
            yield {**row, "low": told["low"], "high": told["high"], "count": told["count"]}
    for score in survey.measure.scores:
        yield _row("surveys", survey.name, "", f"score {score}", survey.tally.get(score, 0))
    for reason, count in survey.spared:
        yield _row("surveys", survey.name, "", f"not asked: {reason.value}", count)
    for figure, value in asdict(survey.lows).items():
        yield _row("surveys", survey.name, "", f"low_{figure}", value)


def _effect_rows(effect: Effect) -> Iterator[Row]:
    for group in ("treated", "held_out"):
        for figure, value in asdict(getattr(effect, group)).items():
            yield _row("effects", effect.rule, "", f"{group}_{figure}", value)
    for what in COMPARED:
        found = getattr(effect, what)
        if found is not None:
            row = _row("effects", effect.rule, "", f"{what}_difference", found.value)
            yield {**row, "low": found.low, "high": found.high, "count": sum(found.counts)}


def _spell_rows(handling: Handling, week: str, spell: Spell) -> Iterator[Row]:
    for figure, value in _spell(spell).items():
        row = _row("tickets", handling.what.value, week, figure, value)
        yield {**row, "count": spell.count}


def _row(part: str, name: str, week: str, figure: str, value: float | None) -> Row:
    row: Row = dict.fromkeys(KEYS)
    return row | {"part": part, "name": name, "week": week, "figure": figure, "value": value}
