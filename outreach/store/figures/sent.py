"""What was sent in a time and what was told of it, by rule, week and locale."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Select, and_, case, func, literal, select, union

from outreach.model import COUNTS_AS_SENT, Kind, MessageState, Mode
from outreach.store.figures.weekly import week_of, within
from outreach.store.frames import table_of
from outreach.store.ledger import Message, Receipt
from outreach.store.permissions import Consent
from outreach.store.types import Record
from outreach.timing.weeks import Weeks

#: what left us, or may have
_OUT = [state.value for state in (*sorted(COUNTS_AS_SENT), MessageState.UNDELIVERED)]


def rules_that_sent(connection: Connection, weeks: Weeks) -> list[str]:
    """Return the rules that sent anything in a time, those that are gone by now too."""
    message = table_of(Message).c
    query = select(message.rule).where(within(message.sent_at, weeks)).distinct()
    return list(connection.execute(query.order_by(message.rule)).scalars())


def sent_messages(connection: Connection, weeks: Weeks, rules: Sequence[str]) -> Sequence[Record]:
    """Return rule, week, locale, channel, state, how many messages, and in how many segments."""
    message = table_of(Message).c
    keys = _keys(message, weeks)
    return connection.execute(
        select(
            *keys,
            message.channel,
            message.state,
            func.count().label("messages"),
            func.sum(message.segments).label("segments"),
        )
        .where(were_sent(message, weeks, rules))
        .group_by(*keys, message.channel, message.state)
    ).all()


def told_of_messages(
    connection: Connection,
    weeks: Weeks,
    rules: Sequence[str],
    events: Mapping[str, str],
    stopped: str,
    answered: str,
) -> Sequence[Record]:
    """Return rule, week, locale, what was told, and of how many messages, each once.

    `events` are the receipts that count and what they are called; `stopped` is what a message is
    called that somebody answered by asking for no more, `answered` one with a survey's answer.
    """
    message, receipt, consent = (table_of(t).c for t in (Message, Receipt, Consent))
    answer = table_of(Kind.RESPONSE).c
    keys = _keys(message, weeks)
    called = case(*((receipt.event == event, name) for event, name in events.items()))
    joined = table_of(Message).join(table_of(Receipt), receipt.message_id == message.id)
    told = (
        select(message.id, *keys, called.label("told"))
        .select_from(joined)
        .where(were_sent(message, weeks, rules), receipt.event.in_(list(events)))
    )
    joined = table_of(Consent).join(table_of(Message), message.id == consent.message_id)
    stops = (
        select(message.id, *keys, literal(stopped).label("told"))
        .select_from(joined)
        .where(
            were_sent(message, weeks, rules),
            and_(consent.message_id > "", consent.granted.is_(False)),
        )
    )
    joined = table_of(Message).join(table_of(Kind.RESPONSE), answer.survey_message == message.id)
    answers = (
        select(message.id, *keys, literal(answered).label("told"))
        .select_from(joined)
        .where(were_sent(message, weeks, rules), ~answer.suspected)
    )
    return connection.execute(_counted(union(told, stops, answers))).all()


def _counted(every: Any) -> Select[Any]:
    found = every.subquery("found").c
    keys = (found.rule, found.week, found.locale, found.told)
    return select(*keys, func.count().label("messages")).group_by(*keys)


def _keys(message: Any, weeks: Weeks) -> tuple[Any, ...]:
    return (message.rule, week_of(message.sent_at, weeks).label("week"), message.locale)


def were_sent(message: Any, weeks: Weeks, rules: Sequence[str]) -> Any:
    """Ask whether a message of these rules went out in the time, or may have."""
    return and_(
        message.rule.in_(rules),
        within(message.sent_at, weeks),
        message.mode == Mode.LIVE.value,
        message.state.in_(_OUT),
    )
