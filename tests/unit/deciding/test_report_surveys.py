"""What survey scores come to, by their scale, and that few of them come to nothing."""

from __future__ import annotations

import pytest

from outreach.deciding.reporting import words
from outreach.deciding.reporting.surveys import (
    Answer,
    Measure,
    SurveyFigures,
    Tally,
    figure,
    measure_of,
)


@pytest.mark.parametrize(
    ("measure", "scores", "said", "margin"),
    [
        # 353 of 411: Wilson, worked out with another program
        (Measure.CSAT, {5: 262, 4: 91, 3: 24, 2: 14, 1: 20}, "86 %", "82 to 89 %"),
        (Measure.CSAT, {3: 10}, "0 %", "0 to 28 %"),
        (Measure.THUMBS, {1: 9, 0: 1}, "90 %", "60 to 98 %"),
        (Measure.NPS, {10: 30, 9: 30, 8: 20, 7: 10, 6: 5, 0: 5}, "+50", "+35 to +62"),
        (Measure.NPS, {0: 20}, "−100", "−100 to −70"),
        (Measure.NPS, {9: 10, 6: 10}, "0", "−40 to +40"),
        (Measure.CES, {7: 5, 6: 5, 5: 5}, "6.0", "5.5 to 6.5"),
    ],
)
def test_a_figure_follows_from_its_scale(
    measure: Measure, scores: Tally, said: str, margin: str
) -> None:
    found = figure(measure, scores)
    assert words.score(measure, found) == said
    assert words.margin(measure, found) == margin


@pytest.mark.parametrize("measure", Measure)
def test_few_answers_say_nothing(measure: Measure) -> None:
    best = measure.scores[-1]
    assert words.score(measure, figure(measure, {})) == words.NONE
    assert words.score(measure, figure(measure, {best: 9})) == words.TOO_FEW
    assert words.margin(measure, figure(measure, {best: 9})) == ""
    assert words.score(measure, figure(measure, {best: 10})) != words.TOO_FEW


@pytest.mark.parametrize(
    ("scores", "measure"),
    [
        ([1, 5], Measure.CSAT),
        ([2, 6], Measure.CES),
        ([0, 5], Measure.NPS),
        ([7, 8], Measure.NPS),
        ([11], None),
    ],
)
def test_an_undeclared_scale_is_the_narrowest_that_holds(
    scores: list[int], measure: Measure | None
) -> None:
    assert measure_of(scores) == measure


def test_figures_are_told_by_week_rule_and_locale() -> None:
    survey = SurveyFigures(
        "csat",
        Measure.CSAT,
        (Answer(0, "a", "de", 5, 10), Answer(2, "a", "en", 1, 10), Answer(2, "b", "en", 5, 30)),
    )
    by_week = [found and found.value for found in survey.weekly(3)]
    assert by_week == [1.0, None, 0.75]
    assert {
        key: found and found.value for key, found in survey.grouped(lambda a: a.rule).items()
    } == {
        "a": 0.5,
        "b": 1.0,
    }
    assert {
        key: found and found.count for key, found in survey.grouped(lambda a: a.locale).items()
    } == {
        "de": 10,
        "en": 40,
    }
