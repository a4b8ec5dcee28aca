"""Reports with the keys that --json promises, and the same figures one a line for --csv."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from datetime import date, timedelta
from typing import Any

from outreach.deciding.reporting.figures import By, Effect, Handling, Report, Spell
from outreach.deciding.reporting.words import COMPARED
from outreach.deciding.statistics import Difference

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
        "effects": [_effect(each) for each in report.effects],
        "tickets": [_handling(each, days) for each in report.handling],
        "topics": [
            {
                "topic": theme.topic,
                "count": theme.count,
                "before": theme.before,
                "weeks": list(theme.weeks),
            }
            for theme in report.themes
        ],
    }


def report_rows(report: Report, by: By) -> Iterator[Row]:
    """Yield each figure as a row of --csv."""
    for name, outcomes in report.counted(by).items():
        for figure, value in asdict(outcomes).items():
            yield _row("messages", name, "", figure, value)
    for effect in report.effects:
        yield from _effect_rows(effect)
    for handling in report.handling:
        for week, spell in zip(report.weeks.days, handling.weeks, strict=True):
            yield from _spell_rows(handling, week.isoformat(), spell)
        yield from _spell_rows(handling, "", handling.whole)
    for theme in report.themes:
        for week, count in zip(report.weeks.days, theme.weeks, strict=True):
            yield _row("topics", theme.topic, week.isoformat(), "opened", count)


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
