"""What became of a rule's messages that people did not want, or that found nobody."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, and_, func, select, union

from outreach.model import COUNTS_AS_SENT, MessageState, Mode
from outreach.store.frames import table_of
from outreach.store.ledger import Message, Receipt
from outreach.store.permissions import Consent, Pause

LEFT = [state.value for state in (*COUNTS_AS_SENT, MessageState.UNDELIVERED)]


class Mark(NamedTuple):
    """How far harm has been looked at: the last receipt and the last word of a customer."""

    receipt: int = 0
    consent: int = 0


def newest_mark(connection: Connection) -> Mark:
    """Return how far there is anything to look at."""
    receipt, consent = connection.execute(_newest()).one()
    return Mark(receipt or 0, consent or 0)


@cache
def _newest() -> Select[Any]:
    receipts, words = table_of(Receipt).c, table_of(Consent).c
    return select(
        select(func.max(receipts.id)).scalar_subquery(),
        select(func.max(words.id)).scalar_subquery(),
    )


def harmful_rules(connection: Connection, after: Mark, events: Iterable[str]) -> set[str]:
    """Return the rules of whose messages something bad became known since a mark."""
    message, receipt, word = table_of(Message).c, table_of(Receipt).c, table_of(Consent).c
    told = (
        select(message.rule)
        .join(table_of(Receipt), receipt.message_id == message.id)
        .where(receipt.id > after.receipt, receipt.event.in_(list(events)))
    )
    said = (
        select(message.rule)
        .join(table_of(Consent), word.message_id == message.id)
        .where(word.id > after.consent, word.granted.is_(False))
    )
    return set(connection.execute(union(told, said)).scalars())


def last_resumed(connection: Connection, rule: str) -> datetime | None:
    """Return when a rule was let go on for the last time, None if it never was paused."""
    pause = table_of(Pause).c
    mine = (pause.scope == "rule", pause.name == rule)
    ended: datetime | None = connection.execute(
        select(pause.ended_at).where(*mine, pause.ended_at.is_not(None)).order_by(pause.id.desc())
    ).scalar()
    return ended


def count_harm(
    connection: Connection, rule: str, since: datetime, kinds: Mapping[str, Iterable[str]]
) -> dict[str, int]:
    """Count a rule's messages since an instant, and by kind those with one of its events.

    What a customer said in answer to a message is one of `opt_outs`.
    """
    ours = _of_rule(rule, since)
    message, receipt, word = table_of(Message).c, table_of(Receipt).c, table_of(Consent).c
    counts = {"messages": connection.execute(select(func.count()).where(ours)).scalar_one()}
    for kind, events in kinds.items():
        found = (
            select(message.id)
            .join(table_of(Receipt), receipt.message_id == message.id)
            .where(ours, receipt.event.in_(list(events)))
        )
        said = (
            select(message.id)
            .join(table_of(Consent), word.message_id == message.id)
            .where(ours, word.granted.is_(False))
        )
        both = union(found, said) if kind == "opt_outs" else found.distinct()
        query = select(func.count()).select_from(both.subquery())
        counts[kind] = connection.execute(query).scalar_one()
    return counts


def _of_rule(rule: str, since: datetime) -> ColumnElement[bool]:
    message = table_of(Message).c
    return and_(
        message.rule == rule,
        message.sent_at > since,
        message.mode == Mode.LIVE.value,
        message.state.in_(LEFT),
    )
