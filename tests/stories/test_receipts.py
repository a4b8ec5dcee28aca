"""Receipts: what providers tell later decides what becomes of a message, and who is written to."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import select

from outreach.channels.sandbox import Arrived
from outreach.channels.sandbox.faults import reset_after
from outreach.model import Channel, MessageState, Reason
from outreach.store.frames import table_of
from outreach.store.ledger import Message
from tests.stories.conftest import Story
from tests.stories.providers import Providers

LATE = """
- rule: late
  about: order
  when:
    - promised_at is in the past
  steps:
    - id: first
      send: note
      via: [VIA]
    - id: again
      send: second
      wait: 1 day
      skip_if:
        - first was delivered
"""
PHONE = "+4915550101"


@pytest.fixture
def providers(story: Story) -> Iterator[Providers]:
    running = Providers(story)
    yield running
    running.server.stop()


def sent(story: Story, via: str = "email") -> Arrived:
    """Let an order be late, and its first message arrive."""
    story.rules(LATE.replace("VIA", via)).customer("ana", phone=PHONE)
    story.order("A-1", "ana", promised_at="today 13:00").until("13:00")
    return story.expect(PHONE if via == "sms" else "ana", via=via)


def stands(story: Story, mail: Arrived) -> tuple[str, str]:
    table = table_of(Message)
    with story.store.read() as connection:
        query = select(table.c.state, table.c.reason).where(table.c.id == mail.message_id)
        return tuple(connection.execute(query).one())  # type: ignore[return-value]


def test_what_was_delivered_is_known_to_the_next_step(story: Story, providers: Providers) -> None:
    mail = sent(story)
    assert providers.tell(mail, "processed", "deferred", "delivered") == 200
    assert stands(story, mail) == ("delivered", "delivered")
    story.until("tomorrow 14:00").expect_nothing()


def test_without_a_word_of_it_the_next_step_comes(story: Story, providers: Providers) -> None:
    mail = sent(story)
    assert providers.tell(mail, "processed") == 200
    assert stands(story, mail) == ("sent", "sent")
    story.until("tomorrow 13:00").expect("ana", "second")


def test_who_bounced_is_not_written_to_again(story: Story, providers: Providers) -> None:
    mail = sent(story)
    assert providers.tell(mail, "bounce", type="bounce", reason="550 no such user") == 200
    assert stands(story, mail) == ("undelivered", "bounced")
    assert story.is_suppressed(Channel.EMAIL, "ana@example.com")
    story.until("tomorrow 13:00")
    story.expect_state("A-1", MessageState.SUPPRESSED, Reason.SUPPRESSED)


def test_who_was_blocked_once_is_written_to_again(story: Story, providers: Providers) -> None:
    mail = sent(story)
    assert providers.tell(mail, "bounce", type="blocked", reason="greylisted") == 200
    assert stands(story, mail) == ("undelivered", "not_delivered")
    story.until("tomorrow 13:00").expect("ana", "second")


def test_who_called_it_spam_is_left_in_peace(story: Story, providers: Providers) -> None:
    mail = sent(story)
    assert providers.tell(mail, "delivered", "spamreport") == 200
    story.order("A-2", "ana", promised_at="today 14:00").until("today 15:00")
    story.expect_state("A-2", MessageState.SUPPRESSED, Reason.SUPPRESSED)


def test_what_is_forged_changes_nothing(story: Story, providers: Providers) -> None:
    mail = sent(story)
    assert providers.forge(mail, "bounce") == 403
    assert stands(story, mail) == ("sent", "sent")
    assert not story.is_suppressed(Channel.EMAIL, "ana@example.com")
    story.until("tomorrow 13:00").expect("ana", "second")


def test_a_receipt_settles_what_was_in_doubt(story: Story, providers: Providers) -> None:
    story.sandbox.script(reset_after())
    mail = sent(story)
    story.expect_state("A-1", MessageState.UNKNOWN, Reason.IN_DOUBT)
    assert providers.tell(mail, "processed") == 200
    assert stands(story, mail) == ("sent", "sent")
    story.until("tomorrow 13:00").expect("ana", "second")


def test_a_text_is_delivered_whatever_comes_late(story: Story, providers: Providers) -> None:
    text = sent(story, "sms")
    assert providers.call_back(text, ["sending", "delivered", "sent", "delivered"]) == [200] * 4
    assert stands(story, text) == ("delivered", "delivered")
    story.until("tomorrow 14:00").expect_nothing()


def test_a_number_that_said_stop_hears_no_more(story: Story, providers: Providers) -> None:
    text = sent(story, "sms")
    assert providers.call_back(text, ["failed"], "21610") == [200]
    assert stands(story, text) == ("undelivered", "opted_out")
    assert story.is_suppressed(Channel.SMS, PHONE)
    # the address they did not speak of still works
    story.until("tomorrow 13:00").expect("ana", "second")
