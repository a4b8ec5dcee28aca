"""Stop means stop: customers write back in their own words, and what would come does not."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from outreach.channels.sandbox import Arrived
from outreach.deciding.rendering.headers import unsubscribe_link
from outreach.model import Channel, MessageState, Purpose, Reason
from outreach.passes.hearing import settle
from tests.stories.conftest import Story
from tests.stories.providers import Providers

RULES = """
- rule: late
  about: order
  when:
    - promised_at is in the past
  steps:
    - id: first
      send: note
      via: [VIA]
    - id: again
      send: note
      via: [VIA]
      wait: 2 hours
- rule: shipped
  about: order
  purpose: transactional
  when:
    - status is delivered
  steps:
    - send: note
      via: [VIA]
"""
PHONE = "+4915550101"


@pytest.fixture
def providers(story: Story) -> Iterator[Providers]:
    running = Providers(story)
    yield running
    running.server.stop()


def sent(story: Story, via: str) -> Arrived:
    """Let an order be late, its first message arrive, and the next one wait."""
    story.rules(RULES.replace("VIA", via)).customer("ana", phone=PHONE)
    story.order("A-1", "ana", promised_at="today 13:00").until("13:00")
    return story.expect(PHONE if via == "sms" else "ana", via=via)


def test_please_stop_texting_me(story: Story, providers: Providers) -> None:
    sent(story, "sms")
    story.advance("1 minute")  # the next one is planned
    assert "no more text messages from us" in providers.text(PHONE, "Please stop texting me!")
    assert providers.text(PHONE, "STOP") == ""  # Twilio answers that
    story.advance("1 minute").expect_state("A-1", MessageState.SUPPRESSED, Reason.OPTED_OUT)
    assert story.is_suppressed(Channel.SMS, PHONE)
    story.change("A-1", status="delivered").advance("2 days").expect_nothing()


def test_start_brings_the_next_matter(story: Story, providers: Providers) -> None:
    sent(story, "sms")
    story.advance("1 minute")
    providers.text(PHONE, "bitte keine SMS mehr")
    story.advance("1 hour")
    providers.text(PHONE, "START")
    # what was dropped stays so
    story.until("18:00").expect_nothing()
    story.change("A-1", status="delivered").advance("1 minute")
    story.expect(PHONE, via="sms", rule="shipped")


def test_what_may_be_a_stop_waits_for_a_person(story: Story, providers: Providers) -> None:
    sent(story, "email")
    assert providers.mail("ana@example.com", "I am not interested in this") == 200
    story.until("15:30").expect_nothing()
    story.change("A-1", status="delivered").advance("1 minute")
    story.expect("ana", rule="shipped")  # that must be said
    settle(story.store, 1, is_stop=False, who="mara", now=story.clock.now())
    story.advance("1 minute").expect("ana", rule="late")


def test_the_link_in_a_mail_ends_its_purpose(story: Story, providers: Providers) -> None:
    mail = sent(story, "email")
    link = unsubscribe_link(Purpose.SERVICE, "care@nordlicht.example", mail.message_id)
    subject = link.partition("subject=")[2].replace("%20", " ")
    assert providers.mail("somebody@else.example", "", subject) == 200
    story.until("16:00").expect_nothing()
    assert story.is_suppressed(Channel.EMAIL, "ana@example.com")
    story.change("A-1", status="delivered").advance("1 minute")
    story.expect("ana", rule="shipped")


def test_a_machine_and_a_question_end_nothing(story: Story, providers: Providers) -> None:
    sent(story, "email")
    assert providers.mail("ana@example.com", "stop", "Out of office") == 200
    assert providers.mail("ana@example.com", "When?\n\n> Unsubscribe: https://x.example") == 200
    story.until("15:00").expect("ana", rule="late")
