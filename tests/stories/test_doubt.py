"""In doubt: the provider is asked what became of a message before anything is sent again."""

from __future__ import annotations

import pytest

from outreach.channels.sandbox.faults import reset_after, server_error, wrong_credentials
from outreach.model import MessageState, Reason
from outreach.passes import decisions
from tests.stories.conftest import Story

RULE = """
- rule: late
  about: order
  when:
    - promised_at is in the past
  cancel_if:
    - status is cancelled
  steps:
    - id: first
      send: note
      via: [sms]
    - id: second
      send: note
      wait: {wait}
      via: [sms]
"""
PHONE = "+4915550101"
AGAIN = "safety:\n  when_unknown: {service: resend_after 1 hour}\n"


def late(story: Story, *, wait: str = "1 day", settings: str = "") -> Story:
    story.settings(settings).rules(RULE.format(wait=wait)).customer("ana", phone=PHONE)
    return story.order("A-1", "ana", promised_at="today 13:00")


def test_what_the_provider_took_is_sent_after_all(story: Story) -> None:
    story.sandbox.script(reset_after())
    late(story).until("13:00").expect(PHONE, via="sms")
    story.expect_state("A-1", MessageState.UNKNOWN, Reason.IN_DOUBT)
    story.until("13:02").expect_state("A-1", MessageState.SENT, Reason.SENT)
    # the rule went on when the message was in doubt, and goes on once
    story.until("tomorrow 13:00").expect(PHONE, via="sms", at="2026-11-21 13:00")
    story.until("tomorrow 23:00").expect_nothing()


def test_two_texts_with_the_same_words_are_two_messages(story: Story) -> None:
    """What the provider took for the first is not found for the second."""
    late(story, settings=AGAIN).order("A-2", "ana", number="A-1", promised_at="today 13:30")
    story.until("13:29").expect(PHONE, via="sms", says=["A-1"])
    story.sandbox.script(server_error())  # it took nothing
    story.until("14:29").expect_nothing()
    story.until("14:30").expect(PHONE, via="sms", says=["A-1"], about="A-2")


def test_nothing_is_sent_again_without_a_policy(story: Story) -> None:
    story.sandbox.script(server_error())
    late(story).until("tomorrow 12:59").expect_nothing()
    story.expect_state("A-1", MessageState.UNKNOWN, Reason.IN_DOUBT)
    story.until("tomorrow 13:00").expect(PHONE, via="sms")


def test_the_policy_sends_again_what_the_provider_does_not_know(story: Story) -> None:
    story.sandbox.script(server_error())
    late(story, settings=AGAIN).until("13:59").expect_nothing()
    story.until("14:00").expect(PHONE, via="sms", at="2026-11-20 14:00")
    story.expect_state("A-1", MessageState.SENT, Reason.SENT)
    # the rule had gone on when the message was in doubt, and goes on once
    story.until("tomorrow 13:00").expect(PHONE, via="sms", at="2026-11-21 13:00")
    story.until("tomorrow 23:00").expect_nothing()


def test_what_the_provider_took_is_not_sent_again_by_the_policy(story: Story) -> None:
    story.sandbox.script(reset_after())
    late(story, settings=AGAIN).until("13:00").expect(PHONE, via="sms")
    story.until("tomorrow 12:59").expect_nothing()


def test_an_email_cannot_be_asked_about_and_goes_by_the_policy_alone(story: Story) -> None:
    rule = RULE.format(wait="1 day").replace("via: [sms]", "via: [email]")
    story.settings(AGAIN).rules(rule).customer("ana").sandbox.script(server_error(502))
    story.order("A-1", "ana", promised_at="today 13:00").until("13:59").expect_nothing()
    story.until("14:00").expect("ana", at="2026-11-20 14:00")


def test_nothing_is_sent_again_while_the_provider_cannot_be_asked(story: Story) -> None:
    story.sandbox.script(server_error())
    late(story, settings=AGAIN).until("13:30").expect_nothing()
    story.sandbox.script(wrong_credentials(), to=PHONE)
    story.until("15:00").expect_nothing()
    story.sandbox.script(None, to=PHONE)
    story.until("15:02").expect(PHONE, via="sms")


def test_a_rule_that_has_gone_on_does_not_go_back(story: Story) -> None:
    story.sandbox.script(server_error())
    late(story, wait="10 minutes", settings=AGAIN).until("13:10").expect(PHONE, via="sms")
    story.until("14:00").expect_nothing()
    story.expect_state("A-1", MessageState.FAILED, Reason.RESENT)


def test_what_was_called_off_meanwhile_is_not_sent_again(story: Story) -> None:
    story.sandbox.script(server_error())
    late(story, settings=AGAIN).until("13:05").change("A-1", status="cancelled").until("13:10")
    story.change("A-1", status="shipped").until("15:00").expect_nothing()
    story.expect_state("A-1", MessageState.FAILED, Reason.RESENT)


@pytest.mark.parametrize(
    ("was_sent", "state"), [(True, MessageState.SENT), (False, MessageState.PLANNED)]
)
def test_a_person_who_has_looked_settles_it(
    story: Story, was_sent: bool, state: MessageState
) -> None:
    story.sandbox.script(server_error())
    late(story).until("13:00")
    message = story.expect_state("A-1", MessageState.UNKNOWN, Reason.IN_DOUBT).message
    now = story.until("13:30").clock.now()
    assert decisions.settle(story.setup, message, was_sent=was_sent, who="mara", now=now) is state
    story.until("13:30").expect_state("A-1", state, Reason.SETTLED_BY_PERSON)
    if not was_sent:
        story.expect(PHONE, via="sms", at="2026-11-20 13:30")
    story.until("tomorrow 13:00").expect(PHONE, via="sms", at="2026-11-21 13:00")
