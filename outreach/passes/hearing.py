"""Hearing: what people write back is kept once, and a stop in it counts at once.

What may be a stop lets everything but transactional messages to that customer wait, until a
person has read it: see `has_open_reply` in the gates, and `outreach replies`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from outreach.channels.inbound import Inbound
from outreach.deciding.feelings.reading import Feeling, Reader, read_feeling
from outreach.deciding.replies.confirming import confirmation
from outreach.deciding.replies.meaning import Meaning, what_is_meant
from outreach.errors import Refused
from outreach.model import (
    NON_ESSENTIAL,
    Channel,
    Kind,
    Purpose,
    Reason,
    ReplyState,
    StopScope,
    Topic,
)
from outreach.passes.escalating import Escalation, escalate
from outreach.passes.opting_out import By, OptedOut, Word, opt_in, opt_out
from outreach.passes.text_answers import says_score, take_answer
from outreach.rules.document import Ruleset
from outreach.rules.survey import Survey
from outreach.store import consents, replies
from outreach.store.auditing import note_deed
from outreach.store.change_log import lock_change_log
from outreach.store.coupons import carries_coupon
from outreach.store.database import Store
from outreach.store.frames import table_of
from outreach.store.queue import lock_customers
from outreach.store.receipts import attempts_on, store_receipts
from outreach.store.suppressing import normalised
from outreach.store.types import Record
from outreach.store.waking import wake

#: what rules know a reply by: `update was replied to`
REPLIED = "replied"
_BY = {Channel.SMS: By.TEXT, Channel.EMAIL: By.MAIL}


@dataclass(frozen=True)
class House:
    """What of the workspace replies are answered with."""

    shop: str = ""
    locale: str = "en"
    stop_scope: StopScope = StopScope.ALL
    #: who is asked to look at what is angry or urgent
    escalation: Escalation | None = None
    #: what can be answered with a number by text
    surveys: Mapping[str, Survey] = field(default_factory=dict)


@dataclass(frozen=True)
class Heard:
    """What became of a reply; `answer` is what to say back, empty for nothing."""

    meaning: Meaning
    is_new: bool = True
    dropped: int = 0
    answer: str = ""
    feeling: Feeling | None = None


@dataclass(frozen=True)
class _Matched:
    """Whose reply it is, and to what: `is_named` when it says so itself.

    `addresses` are those it speaks for: where it came from, and where the named message went.
    """

    customers: frozenset[str]
    addresses: tuple[str, ...]
    message: Record | None
    is_named: bool


def hear(
    store: Store,
    inbound: Inbound,
    house: House,
    *,
    now: datetime,
    ruleset: Ruleset | None = None,
    feel: Reader = read_feeling,
) -> Heard:
    """Take one reply in: keep it, and do what it says; `feel` tells how they feel about it."""
    meaning = inbound.meaning or what_is_meant(inbound.text)
    if inbound.channel is Channel.EMAIL and meaning in (Meaning.START, Meaning.HELP):
        meaning = Meaning.NOTHING  # a "yes" in a mail may mean anything
    may_answer = _may_answer(inbound, house, meaning)
    with store.write() as connection:
        if may_answer:
            # before any row: whoever takes in data locks in this order too
            lock_change_log(connection)
        matched = _match(connection, inbound)
        lock_customers(connection, matched.customers)
        locale = _locale(connection, matched.customers)
        feeling = feel(inbound.text, locale or house.locale)
        row = _row(inbound, meaning, matched, now) | _felt(meaning, feeling)
        number = replies.store_reply(connection, row)
        if number is None:
            return Heard(meaning, is_new=False)
        if house.escalation and row["state"] == ReplyState.UNREAD.value:
            escalate(connection, number, row, feeling, house.escalation, now)
        _pass_on(connection, inbound, matched, number, now)
        words = _words(inbound, matched)
        for word in words if meaning is Meaning.START else ():
            opt_in(connection, word, now=now)
        if may_answer:
            who, written = matched.customers, inbound.text
            take_answer(connection, house.surveys, who, written, locale=locale, now=now)
        if meaning is not Meaning.STOP:
            return Heard(meaning, feeling=feeling)
        scope = _scope(inbound, house, matched.message)
        about = _purposes(connection, inbound, scope, matched.message)
        said = [replace(word, purposes=about) for word in words]
        done = [opt_out(connection, word, now=now, ruleset=ruleset) for word in said]
        if inbound.purpose is None and about in (None, NON_ESSENTIAL):
            replies.settle_replies_of(connection, inbound.channel, inbound.from_, now)
        answer = ""
        if _is_to_confirm(inbound, done):
            answer = confirmation(scope, shop=house.shop, locale=locale, workspace=house.locale)
            replies.mark_confirmed(connection, number)
    dropped = sum(each.dropped for each in done)
    return Heard(meaning, dropped=dropped, answer=answer, feeling=feeling)


def _pass_on(
    connection: Connection, inbound: Inbound, matched: _Matched, number: int, now: datetime
) -> None:
    """Let rules know that the message was replied to."""
    if matched.message is not None:
        store_receipts(connection, [_receipt(inbound, matched.message, number, now)])


def _may_answer(inbound: Inbound, house: House, meaning: Meaning) -> bool:
    """Whether a text that stops and asks nothing has a score at its start."""
    is_plain = inbound.channel is Channel.SMS and meaning is Meaning.NOTHING
    return is_plain and bool(house.surveys) and says_score(inbound.text)


def _is_to_confirm(inbound: Inbound, done: Sequence[OptedOut]) -> bool:
    is_news = any(each.is_new for each in done)
    return inbound.channel is Channel.SMS and is_news and not inbound.is_answered


def settle(
    store: Store,
    reply: int,
    *,
    is_stop: bool,
    who: str,
    now: datetime,
    ruleset: Ruleset | None = None,
) -> int:
    """Say of an uncertain reply whether it was a stop; return how many messages that dropped.

    What waited for the answer is looked at by the next send pass.
    """
    with store.write() as connection:
        row = replies.read_reply(connection, reply)
        if row is None:
            raise Refused(f"there is no reply {reply}: see `outreach replies`")
        channel = Channel(row.channel)
        customers = consents.customers_at(connection, channel, row.address)
        customers |= {row.customer_id} if row.customer_id else set()
        lock_customers(connection, customers)
        state = ReplyState.STOP if is_stop else ReplyState.NOT_STOP
        if not replies.settle_reply(connection, reply, state, who=who, now=now):
            raise Refused(f"reply {reply} waits for nobody: it is {row.state.replace('_', ' ')}")
        dropped = 0
        if is_stop:
            word = Word(
                channel=channel,
                address=row.address,
                by=_BY[channel],
                purposes=NON_ESSENTIAL if channel is Channel.EMAIL else None,
                text=row.text,
                message_id=row.message_id,
                customer=row.customer_id,
            )
            dropped = opt_out(connection, word, now=now, ruleset=ruleset).dropped
        wake(connection, Reason.PAUSED, now)
        note_deed(connection, who, "settle reply", {"reply": reply, "was": state.value}, now)
    return dropped


def _match(connection: Connection, inbound: Inbound) -> _Matched:
    channel = inbound.channel
    named = replies.named_message(connection, inbound.answers) if inbound.answers else None
    addresses = [inbound.from_]
    if named is not None and (calls := attempts_on(connection, [named.id]).get(named.id)):
        addresses.append(calls[-1].address)
    plain = {normalised(channel, address): address for address in reversed(addresses)}
    customers = {c for a in plain.values() for c in consents.customers_at(connection, channel, a)}
    if named is not None:
        customers.add(named.customer_id)
    message = named or replies.answered_by(connection, customers, channel)
    return _Matched(frozenset(customers), tuple(plain.values()), message, named is not None)


def _row(inbound: Inbound, meaning: Meaning, matched: _Matched, now: datetime) -> dict[str, Any]:
    message = matched.message
    customer = message.customer_id if message is not None else min(matched.customers, default=None)
    return {
        "channel": inbound.channel.value,
        "provider": inbound.provider,
        "provider_id": inbound.provider_id,
        "address": inbound.from_,
        "written_to": inbound.to,
        "text": inbound.text,
        "meaning": meaning.value,
        "customer_id": customer,
        "message_id": message.id if message is not None else None,
        "received_at": now,
        "confirmed": False,
        "who": "",
    }


def _felt(meaning: Meaning, feeling: Feeling) -> dict[str, Any]:
    """Return what is kept of a feeling, and whether somebody must read the reply."""
    state = ReplyState.DONE
    if meaning is Meaning.UNCERTAIN_STOP:
        state = ReplyState.OPEN
    elif feeling.needs_a_person and not _is_only_a_stop(meaning, feeling):
        state = ReplyState.UNREAD
    return {
        "state": state.value,
        "sentiment": feeling.sentiment.value,
        "urgent": feeling.is_urgent,
        "topic": feeling.topic.value,
    }


def _is_only_a_stop(meaning: Meaning, feeling: Feeling) -> bool:
    """Whether a stop, however rude, was answered by stopping: it asks for nothing else."""
    has_matter = feeling.is_urgent or feeling.topic not in (Topic.OTHER, Topic.NONE)
    return meaning is Meaning.STOP and not has_matter


def _receipt(inbound: Inbound, message: Record, number: int, now: datetime) -> dict[str, Any]:
    return {
        "message_id": message.id,
        "event": REPLIED,
        "at": min(inbound.at, now),
        "provider": inbound.provider,
        "provider_event_id": f"reply:{inbound.provider_id}",
        "detail": {"reply": number},
        "received_at": None,
    }


def _words(inbound: Inbound, matched: _Matched) -> list[Word]:
    """Return what was said, once for each address that it speaks for."""
    message = matched.message
    word = Word(
        channel=inbound.channel,
        address=inbound.from_,
        by=_BY[inbound.channel],
        text=inbound.text,
        message_id=message.id if message is not None else None,
        # only a message that was named says for certain whose word it is
        customer=message.customer_id if message is not None and matched.is_named else None,
    )
    return [replace(word, address=address) for address in matched.addresses]


def _scope(inbound: Inbound, house: House, message: Record | None) -> StopScope:
    """Return how far a stop reaches; one that the provider acts on ends everything there."""
    if inbound.is_answered or message is None:
        return StopScope.ALL
    return house.stop_scope


def _purposes(
    connection: Connection, inbound: Inbound, scope: StopScope, message: Record | None
) -> frozenset[Purpose] | None:
    if inbound.purpose is not None:
        had_offer = message is not None and carries_coupon(connection, message.id)
        return frozenset({inbound.purpose} | ({Purpose.MARKETING} if had_offer else set()))
    if inbound.channel is Channel.EMAIL:
        return NON_ESSENTIAL
    if scope is StopScope.CLASS and message is not None:
        return frozenset({Purpose(message.purpose)})
    return None


def _locale(connection: Connection, customers: Collection[str]) -> str | None:
    person = table_of(Kind.CUSTOMER).c
    query = select(person.locale).where(person.id.in_(sorted(customers))).order_by(person.id)
    return next((locale for locale in connection.execute(query).scalars() if locale), None)
