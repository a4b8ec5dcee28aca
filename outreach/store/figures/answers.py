"""Answers to surveys in a time: which scores, what asked for them, and what became of low ones."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, and_, case, func, select

from outreach.model import Kind, MessageState, Mode
from outreach.store.figures.sent import were_sent
from outreach.store.figures.weekly import week_of, within
from outreach.store.frames import table_of
from outreach.store.ledger import Enrollment, Handoff, Message
from outreach.store.survey_counts import BY_CHANCE
from outreach.store.types import Record
from outreach.timing.weeks import Weeks

#: states of messages that will not go out
_SPARED = [MessageState.CANCELLED.value, MessageState.SUPPRESSED.value, MessageState.EXPIRED.value]


def scores_given(connection: Connection, weeks: Weeks) -> Sequence[Record]:
    """Return survey, week, rule, locale, score, whether it is suspected, and how many.

    Answers that a later one replaced are left out.
    """
    answer, message = table_of(Kind.RESPONSE).c, table_of(Message).c
    joined = table_of(Kind.RESPONSE).outerjoin(
        table_of(Message), message.id == answer.survey_message
    )
    keys = (
        answer.survey,
        week_of(answer.received_at, weeks).label("week"),
        func.coalesce(message.rule, "").label("rule"),
        func.coalesce(message.locale, "").label("locale"),
        answer.score,
        answer.suspected,
    )
    return connection.execute(
        select(*keys, func.count().label("answers"))
        .select_from(joined)
        .where(
            within(answer.received_at, weeks),
            answer.survey.is_not(None),
            answer.score.is_not(None),
            answer.counts | answer.suspected,
        )
        .group_by(*keys)
    ).all()


def people_asked(connection: Connection, weeks: Weeks, rules: Sequence[str]) -> Sequence[Record]:
    """Return survey, how many messages of rules asked it in a time, and how many were answered."""
    answer, message = table_of(Kind.RESPONSE).c, table_of(Message).c
    joined = table_of(Message).outerjoin(
        table_of(Kind.RESPONSE), and_(answer.survey_message == message.id, ~answer.suspected)
    )
    answered = case((answer.id.is_not(None), message.id))
    return connection.execute(
        select(
            message.survey,
            func.count(message.id.distinct()).label("asked"),
            func.count(answered.distinct()).label("answered"),
        )
        .select_from(joined)
        .where(were_sent(message, weeks, rules), message.survey.is_not(None))
        .group_by(message.survey)
    ).all()


def people_spared(connection: Connection, weeks: Weeks) -> Sequence[Record]:
    """Return survey, rule, why its message was not sent, and of how many that were planned."""
    message = table_of(Message).c
    keys = (message.survey, message.rule, message.reason)
    return connection.execute(
        select(*keys, func.count().label("messages"))
        .where(
            message.survey.is_not(None),
            within(message.planned_for, weeks),
            message.mode == Mode.LIVE.value,
            message.state.in_(_SPARED),
        )
        .group_by(*keys)
    ).all()


def people_left_out(connection: Connection, weeks: Weeks) -> Sequence[Record]:
    """Return survey, rule, why chance left them out, and how many, of rules that asked others."""
    message, row = table_of(Message).c, table_of(Enrollment).c
    asks = (
        select(message.survey, message.rule)
        .where(message.survey.is_not(None), within(message.planned_for, weeks))
        .distinct()
        .subquery()
    )
    keys = (asks.c.survey, row.rule, row.reason)
    return connection.execute(
        select(*keys, func.count().label("messages"))
        .join(asks, asks.c.rule == row.rule)
        .where(
            row.reason.in_(BY_CHANCE),
            row.mode == Mode.LIVE.value,
            within(row.matched_at, weeks),
        )
        .group_by(*keys)
    ).all()


def followed_up(connection: Connection, weeks: Weeks, survey: str, low: int) -> Record:
    """Return of a survey's low scores how many there are, went to a person, in time, are done."""
    answer, row, task = (table_of(t).c for t in (Kind.RESPONSE, Enrollment, Handoff))
    joined = (
        table_of(Kind.RESPONSE)
        .outerjoin(
            table_of(Enrollment),
            and_(row.kind == Kind.RESPONSE.value, row.subject_id == answer.id),
        )
        .outerjoin(table_of(Handoff), task.enrollment_id == row.id)
    )
    begun = func.coalesce(task.taken_at, task.done_at)
    in_time = and_(begun.is_not(None), task.due_at.is_(None) | (begun <= task.due_at))
    return connection.execute(
        select(
            func.count(answer.id.distinct()).label("low"),
            func.count(case((task.id.is_not(None), answer.id)).distinct()).label("handed"),
            func.count(case((in_time, answer.id)).distinct()).label("in_time"),
            func.count(case((task.done_at.is_not(None), answer.id)).distinct()).label("done"),
        )
        .select_from(joined)
        .where(
            answer.survey == survey,
            within(answer.received_at, weeks),
            answer.score <= low,
            answer.counts,
            ~answer.suspected,
        )
    ).one()


def comment_topics(connection: Connection, weeks: Weeks) -> Sequence[Record]:
    """Return what comments of a time are about, in which week, and how many."""
    answer = table_of(Kind.RESPONSE).c
    week = week_of(answer.received_at, weeks).label("week")
    return connection.execute(
        select(answer.topic.label("topic"), week, func.count().label("tickets"))
        .where(
            within(answer.received_at, weeks),
            answer.topic.is_not(None),
            answer.counts,
            ~answer.suspected,
        )
        .group_by(answer.topic, week)
    ).all()
