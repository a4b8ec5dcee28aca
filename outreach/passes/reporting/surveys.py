"""Surveys of a report: the scores that were given, and who looked after the low ones."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from outreach.deciding.reporting.surveys import (
    Answer,
    Lows,
    Measure,
    SurveyFigures,
    measure_of,
)
from outreach.model import Reason
from outreach.store.figures.answers import (
    followed_up,
    people_asked,
    people_left_out,
    people_spared,
    scores_given,
)
from outreach.timing.weeks import Weeks


@dataclass(frozen=True)
class Declared:
    """What the workspace says of a survey: its scale, and the best score that is a bad one."""

    measure: Measure
    low: int


def survey_figures(
    connection: Connection,
    weeks: Weeks,
    declared: Mapping[str, Declared],
    rules: Sequence[str],
    rule: str = "",
) -> tuple[SurveyFigures, ...]:
    """Return the figures of every survey that was asked or answered, of all rules or of one.

    `rules` are those that sent anything in this time.
    """
    asked = {row.survey: row for row in people_asked(connection, weeks, rules)}
    answers: dict[str, list[Answer]] = defaultdict(list)
    suspected: Counter[str] = Counter()
    before: dict[str, Counter[int]] = defaultdict(Counter)
    for row in scores_given(connection, weeks):
        if rule not in ("", row.rule):
            continue
        if row.suspected:
            suspected[row.survey] += row.answers
            continue
        given = Answer(row.week, row.rule, row.locale, row.score, row.answers)
        answers[row.survey].append(given)
    for row in scores_given(connection, weeks.before()):
        if rule in ("", row.rule) and not row.suspected:
            before[row.survey][row.score] += row.answers
    spared: dict[str, Counter[Reason]] = defaultdict(Counter)
    for row in (*people_spared(connection, weeks), *people_left_out(connection, weeks)):
        if rule in ("", row.rule):
            spared[row.survey][Reason(row.reason)] += row.messages
    found = []
    for name in sorted({*answers, *suspected, *asked, *spared}):
        scores = {*(answer.score for answer in answers[name]), *before[name]}
        said = declared.get(name) or _guessed(scores)
        if said is None:
            continue
        of_all = not rule
        found.append(
            SurveyFigures(
                name=name,
                measure=said.measure,
                answers=tuple(answers[name]),
                before=tuple(sorted(before[name].items())),
                suspected=suspected[name],
                spared=tuple(sorted(spared[name].items(), key=lambda each: (-each[1], each[0]))),
                asked=asked[name].asked if name in asked else None,
                answered=asked[name].answered if name in asked else 0,
                lows=_lows(connection, weeks, name, said.low) if of_all else Lows(),
            )
        )
    return tuple(found)


def _guessed(scores: set[int]) -> Declared | None:
    measure = measure_of(scores)
    return Declared(measure, measure.low) if measure else None


def _lows(connection: Connection, weeks: Weeks, survey: str, low: int) -> Lows:
    row = followed_up(connection, weeks, survey, low)
    return Lows(row.low, row.handed, row.in_time, row.done)
