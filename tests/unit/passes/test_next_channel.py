"""The next channel of what did not arrive: planned once, and only for who is left."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from outreach.channels.receipts import Event, Receipt
from outreach.passes.next_channel import fall_back
from outreach.passes.receipts import take_receipts
from outreach.store.frames import table_of
from outreach.store.ledger import Enrollment, MessageSubject
from tests.unit.ledger import HOUR, NOON

MINUTE = timedelta(minutes=1)
LATER = NOON + 10 * MINUTE
TWO_WAYS = (
    "send: note\n        via: [email, sms]\n        if_undelivered: next channel after 30 minutes\n"
)


@pytest.fixture
def sent(shop: Any) -> Any:
    """A shop that has written to three customers, each with a phone."""
    shop.edit("rules/shop.yaml", "send: note\n", TWO_WAYS)
    shop.late_orders(3)
    for number in (1, 2, 3):
        shop.customer(f"ana{number}", phone=f"+491555010{number}", at=NOON)
    return shop.run()


def say(shop: Any, event: Event, at: datetime = LATER, **of: str) -> None:
    """Let the provider say something of all messages, or of those with such columns."""
    rows = [m for m in shop.messages() if all(getattr(m, k) == v for k, v in of.items())]
    told = [Receipt("sendgrid", f"{m.id} {event}", m.id, event, at) for m in rows]
    assert take_receipts(shop.store, told, now=at).moved == len(rows)


def texts(shop: Any) -> list[Any]:
    return [message for message in shop.messages() if message.channel == "sms"]


def test_two_who_look_at_once_plan_it_once(sent: Any) -> None:
    say(sent, Event.UNDELIVERED)
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(lambda _: fall_back(sent.setup, now=LATER + MINUTE), range(2)))
    assert sum(found) == 3
    assert [(text.state, text.reason, text.due_at) for text in texts(sent)] == [
        ("planned", "next_channel", LATER + 30 * MINUTE)
    ] * 3
    assert fall_back(sent.setup, now=LATER + HOUR) == 0


def test_it_waits_for_its_text_even_if_that_was_the_last_step(sent: Any) -> None:
    say(sent, Event.BOUNCED, customer_id="ana1")
    fall_back(sent.setup, now=LATER)
    states = {row.customer_id: row.state for row in sent.rows(Enrollment)}
    assert states == {"ana1": "active", "ana2": "done", "ana3": "done"}


def test_what_is_not_lost_any_more_is_left_alone(sent: Any) -> None:
    say(sent, Event.UNDELIVERED)
    say(sent, Event.DELIVERED, LATER + MINUTE)
    assert fall_back(sent.setup, now=LATER + 2 * MINUTE) == 0


def test_who_was_called_off_is_left_out(sent: Any) -> None:
    """Of two orders in one message the one that is settled is not spoken of again."""
    part, table = table_of(MessageSubject), table_of(Enrollment)
    numbers = {row.customer_id: row.id for row in sent.rows(Enrollment)}
    first = next(m.id for m in sent.messages() if m.customer_id == "ana1")
    with sent.store.write() as connection:
        # as if they had been combined
        connection.execute(
            update(part)
            .where(part.c.enrollment_id == numbers["ana2"])
            .values(message_id=first, position=1)
        )
        off = update(table).where(table.c.id == numbers["ana1"])
        connection.execute(off.values(state="cancelled", reason="cancelled_by_rule"))
    say(sent, Event.UNDELIVERED, customer_id="ana1")
    assert fall_back(sent.setup, now=LATER) == 1
    (text,) = texts(sent)
    about = [row.enrollment_id for row in sent.rows(MessageSubject) if row.message_id == text.id]
    assert about == [numbers["ana2"]]
