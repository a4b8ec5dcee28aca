"""Answers by text: `4`, or `4 great service`, to the latest survey that the sender can answer."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import Connection

from outreach.passes.answering import Answer, By, answer, find_asked
from outreach.rules.survey import Survey
from outreach.store.responses import latest_asked

#: a number by itself or before words; what goes on as a number or a time is none
_SCORE = re.compile(
    r"\s*(?P<score>[0-9]{1,2})(?![\w:/.,-]*[0-9])(?!\w)\s*[-,.:;!]*\s*(?P<words>.*)", re.DOTALL
)


def says_score(text: str) -> bool:
    """Whether a text may be the answer to a survey."""
    return _SCORE.fullmatch(text) is not None


def take_answer(
    connection: Connection,
    surveys: Mapping[str, Survey],
    customers: Collection[str],
    text: str,
    *,
    locale: str | None,
    now: datetime,
) -> bool:
    """Keep a text as the answer to the latest open survey; return whether it was one.

    The change log must be locked before any customer is.
    """
    said = _SCORE.fullmatch(text)
    message = latest_asked(connection, customers) if said else None
    asked = find_asked(connection, surveys, message, now) if message else None
    if said is None or asked is None or not asked.can_be_answered:
        return False
    score = int(said["score"])
    if score not in asked.survey.scale.scores:
        return False
    answer(connection, asked, Answer(score, said["words"], By.SMS), locale=locale, now=now)
    return True
