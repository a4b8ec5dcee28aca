"""Answering: what a customer says to a survey is kept; the latest counts, a machine's never."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection

from outreach.deciding.feelings.reading import read_feeling
from outreach.model import Kind
from outreach.rules.survey import Survey
from outreach.sources.records import Record
from outreach.store.change_log import lock_change_log
from outreach.store.intake_rows import take_rows
from outreach.store.receipts import store_receipts
from outreach.store.responses import Question, answers_to, question_of
from outreach.store.types import Record as Row

#: what rules know an answer by: `csat was answered`
ANSWERED = "answered"
PROVIDER = "survey"
#: more is cut off: nobody writes so much into a small field
LONGEST_COMMENT = 2000


class By(StrEnum):
    """How an answer came; the values are those of the field `answered_by`."""

    PAGE = "page"
    SMS = "sms"


@dataclass(frozen=True)
class Answer:
    """What somebody says. A suspected one is kept and counts for nothing."""

    score: int
    comment: str = ""
    by: By = By.PAGE
    is_suspected: bool = False


@dataclass(frozen=True)
class Asked:
    """A question that somebody holds the link of, and what they answered before."""

    question: Question
    survey: Survey
    is_over: bool
    latest: Row | None = None

    @property
    def can_be_answered(self) -> bool:
        """Whether an answer is taken now."""
        return not self.is_over and self.question.is_settled


def find_asked(
    connection: Connection, surveys: Mapping[str, Survey], message_id: str, now: datetime
) -> Asked | None:
    """Return what a message asked, None when it asked nothing that is still known."""
    question = question_of(connection, message_id, now)
    survey = surveys.get(question.survey) if question else None
    if question is None or survey is None:
        return None
    given = [row for row in answers_to(connection, message_id) if row.counts]
    is_over = now >= question.asked_at + survey.link_expires.fixed
    return Asked(question, survey, is_over, given[-1] if given else None)


def answer(
    connection: Connection, asked: Asked, said: Answer, *, locale: str | None, now: datetime
) -> None:
    """Keep an answer; earlier ones to the same message stay, and count no more.

    Said twice it is kept once. Who takes in data locks in the same order.
    """
    lock_change_log(connection)
    before = answers_to(connection, asked.question.message)
    comment = " ".join(said.comment.split())[:LONGEST_COMMENT]
    if before and _is_same(before[-1], said, comment):
        return
    new = _record(asked, said, comment, len(before) + 1, locale, now)
    overruled = [
        Record(Kind.RESPONSE, row.id, {"counts": False}, now, now)
        for row in before
        if row.counts and not said.is_suspected
    ]
    take_rows(connection, [*overruled, new], now=now, source=PROVIDER)
    if not said.is_suspected:
        store_receipts(connection, [_receipt(asked.question.message, new.id, now)])


def _is_same(row: Row, said: Answer, comment: str) -> bool:
    same = (row.score, row.comment or "") == (said.score, comment)
    return same and row.suspected == said.is_suspected


def _record(
    asked: Asked, said: Answer, comment: str, number: int, locale: str | None, now: datetime
) -> Record:
    question = asked.question
    feeling = read_feeling(comment, locale) if comment else None
    values = {
        "survey": question.survey,
        "score": said.score,
        "comment": comment or None,
        "received_at": now,
        "answered_by": said.by.value,
        "survey_message": question.message,
        "customer_id": question.customer,
        "order_id": question.order,
        "ticket_id": question.ticket,
        "counts": not said.is_suspected,
        "suspected": said.is_suspected,
        "sentiment": feeling.sentiment.value if feeling else None,
        "topic": feeling.topic.value if feeling else None,
    }
    return Record(Kind.RESPONSE, f"{question.message}-{number}", values, now, now)


def _receipt(message: str, name: str, now: datetime) -> dict[str, object]:
    return {
        "message_id": message,
        "event": ANSWERED,
        "at": now,
        "provider": PROVIDER,
        "provider_event_id": f"answer:{name}",
        "detail": None,
        "received_at": None,
    }
