"""`surveys:`: what can be asked, in whose words, and what is wrong with it, with its line."""

from __future__ import annotations

import pytest

from outreach.errors import Problem
from outreach.rules.survey import Scale, wording
from outreach.timing.durations import Duration
from outreach.workspace.settings import Settings, read_settings


def read(text: str) -> tuple[Settings | None, list[Problem]]:
    problems: list[Problem] = []
    return read_settings(f"format: 1\ntimezone: Europe/Berlin\n{text}\n", problems), problems


def test_a_survey_with_as_little_as_it_needs() -> None:
    settings, problems = read("surveys: {nps: {question: Would you?, scale: 0-10}}")
    assert not problems
    assert settings
    nps = settings.surveys["nps"]
    assert (nps.scale, nps.low, nps.link_expires) == (Scale.TEN, 6, Duration(days=14))
    assert nps.scale.scores == tuple(range(11))
    assert not nps.comment


def test_words_by_locale() -> None:
    settings, problems = read("surveys: {c: {question: {en: How?, de: Wie?}, scale: thumbs}}")
    assert not problems
    assert settings
    said = settings.surveys["c"].question
    assert [wording(said, locale) for locale in ("de-AT", "en", "fr", "")] == [
        "Wie?",
        "How?",
        "How?",
        "How?",
    ]


@pytest.mark.parametrize(
    ("text", "code", "part"),
    [
        ("{c: {scale: 1-5}}", "E005", "needs the key `question`"),
        ("{c: {question: How?}}", "E005", "needs the key `scale`"),
        ("{c: {question: How?, scale: 1-6}}", "E010", "1-6"),
        ("{c: {question: How?, scale: 1-5, low: 9}}", "E010", "no score of 1-5"),
        ("{c: {question: How?, scale: 1-5, lo: 2}}", "E003", "`lo`"),
        ("{c: {question: {xx-yy-zz: How?}, scale: 1-5}}", "E010", "xx-yy-zz"),
        ("{c: {question: How?, scale: 1-5, link_expires: 2 business days}}", "E010", "business"),
    ],
)
def test_what_is_wrong_is_told(text: str, code: str, part: str) -> None:
    _, problems = read(f"surveys: {text}")
    assert [(problem.code, part in str(problem)) for problem in problems] == [(code, True)]
