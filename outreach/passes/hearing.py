"""Hearing: what people write back is kept once, and a stop in it counts at once.

What may be a stop lets everything but transactional messages to that customer wait, until a
person has read it: see `has_open_reply` in the gates, and `outreach replies`.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from outreach.channels.inbound import Inbound
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
)
from outreach.passes.opting_out import By, Word, opt_in, opt_out
from outreach.rules.document import Ruleset
from outreach.store import consents, replies
from outreach.store.auditing import note_deed
from outreach.store.database import Store
from outreach.store.frames import table_of
from outreach.store.queue import lock_customers, read_messages
from outreach.store.receipts import store_receipts
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


@dataclass(frozen=True)
class Heard:
    """What became of a reply; `answer` is what to say back, empty for nothing."""

    meaning: Meaning
    is_new: bool = True
    dropped: int = 0
    answer: str = ""


def hear(
    store: Store, inbound: Inbound, house: House, *, now: datetime, ruleset: Ruleset | None = None
) -> Heard:
    """Take one reply in: keep it, and do what it says."""
    meaning = inbound.meaning or what_is_meant(inbound.text)
    if inbound.channel is Channel.EMAIL and meaning in (Meaning.START, Meaning.HELP):
        meaning = Meaning.NOTHING  # a "yes" in a mail may mean anything
    with store.write() as connection:
        customers = consents.customers_at(connection, inbound.channel, inbound.from_)
        lock_customers(connection, customers)
        message = _answered(connection, inbound, customers)
        number = replies.store_reply(connection, _row(inbound, meaning, customers, message, now))
        if number is None:
            return Heard(meaning, is_new=False)
        if message is not None:
            store_receipts(connection, [_receipt(inbound, message, number, now)])
        word = _word(inbound, message)
        if meaning is Meaning.START:
            opt_in(connection, word, now=now)
        if meaning is not Meaning.STOP:
            return Heard(meaning)
        scope = _scope(inbound, house, message)
        about = _purposes(inbound.channel, scope, message)
        done = opt_out(connection, replace(word, purposes=about), now=now, ruleset=ruleset)
        answer = ""
        if inbound.channel is Channel.SMS and done.is_new and not inbound.is_answered:
            locale = _locale(connection, customers)
            answer = confirmation(scope, shop=house.shop, locale=locale, workspace=house.locale)
            replies.mark_confirmed(connection, number)
    return Heard(meaning, dropped=done.dropped, answer=answer)


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
                purposes=_purposes(channel, StopScope.ALL, None),
                text=row.text,
                message_id=row.message_id,
                customer=row.customer_id,
            )
            dropped = opt_out(connection, word, now=now, ruleset=ruleset).dropped
        wake(connection, Reason.PAUSED, now)
        note_deed(connection, who, "settle reply", {"reply": reply, "was": state.value}, now)
    return dropped


def _answered(
    connection: Connection, inbound: Inbound, customers: Collection[str]
) -> Record | None:
    if inbound.answers:
        return read_messages(connection, [inbound.answers]).get(inbound.answers)
    return replies.answered_by(connection, customers, inbound.channel)


def _row(
    inbound: Inbound,
    meaning: Meaning,
    customers: Collection[str],
    message: Record | None,
    now: datetime,
) -> dict[str, Any]:
    is_open = meaning is Meaning.UNCERTAIN_STOP
    customer = message.customer_id if message is not None else min(customers, default=None)
    return {
        "channel": inbound.channel.value,
        "provider": inbound.provider,
        "provider_id": inbound.provider_id,
        "address": inbound.from_,
        "written_to": inbound.to,
        "text": inbound.text,
        "meaning": meaning.value,
        "state": (ReplyState.OPEN if is_open else ReplyState.DONE).value,
        "customer_id": customer,
        "message_id": message.id if message is not None else None,
        "received_at": now,
        "confirmed": False,
        "who": "",
    }


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


def _word(inbound: Inbound, message: Record | None) -> Word:
    # only a message that was named says for certain whose word it is
    customer = message.customer_id if message is not None and inbound.answers else None
    return Word(
        channel=inbound.channel,
        address=inbound.from_,
        by=_BY[inbound.channel],
        text=inbound.text,
        message_id=message.id if message is not None else None,
        customer=customer,
    )


def _scope(inbound: Inbound, house: House, message: Record | None) -> StopScope:
    """Return how far a stop reaches; one that the provider acts on ends everything there."""
    if inbound.is_answered or message is None:
        return StopScope.ALL
    return house.stop_scope


def _purposes(
    channel: Channel, scope: StopScope, message: Record | None
) -> frozenset[Purpose] | None:
    if channel is Channel.EMAIL:
        return NON_ESSENTIAL
    if scope is StopScope.CLASS and message is not None:
        return frozenset({Purpose(message.purpose)})
    return None


def _locale(connection: Connection, customers: Collection[str]) -> str | None:
    person = table_of(Kind.CUSTOMER).c
    query = select(person.locale).where(person.id.in_(sorted(customers))).order_by(person.id)
    return next((locale for locale in connection.execute(query).scalars() if locale), None)
