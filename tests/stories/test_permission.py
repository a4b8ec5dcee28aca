"""Permission: who said stop, who is on the list, and who may be written to all the same."""

from __future__ import annotations

from outreach.model import Channel, MessageState, Purpose, Reason
from tests.stories.conftest import Story

LATE = """
- rule: late
  about: order
  purpose: {purpose}
  when:
    - promised_at is in the past
  steps:
    - send: note
      via: [email, sms]
      wait: 1 hour
"""


def test_stop_before_it_goes_out_counts_at_once(story: Story) -> None:
    story.rules(LATE.format(purpose="service")).customer("ana")
    story.order("A-1", "ana", promised_at="today 13:00")
    story.until("13:59").says("ana", Purpose.SERVICE, yes=False).until("14:00")
    story.expect_state("A-1", MessageState.SUPPRESSED, Reason.OPTED_OUT)


def test_the_latest_word_counts(story: Story) -> None:
    story.rules(LATE.format(purpose="service")).customer("ana")
    story.order("A-1", "ana", promised_at="today 13:00").until("12:30")
    story.says("ana", Purpose.SERVICE, yes=False).until("13:30")
    story.says("ana", Purpose.SERVICE, yes=True).until("14:00").expect("ana")


def test_what_they_must_know_is_told_even_so(story: Story) -> None:
    story.rules(LATE.format(purpose="transactional")).customer("ana")
    story.says("ana", Purpose.SERVICE, yes=False).order("A-1", "ana", promised_at="today 13:00")
    story.until("14:00").expect("ana")


def test_a_coupon_needs_a_yes(story: Story) -> None:
    story.rules(LATE.format(purpose="marketing")).customer("ana").customer("bo")
    story.says("bo", Purpose.MARKETING, yes=True)
    story.order("A-1", "ana", promised_at="today 13:00")
    story.order("A-2", "bo", promised_at="today 13:00")
    story.until("14:00").expect("bo")
    story.expect_state("A-1", MessageState.SUPPRESSED, Reason.NO_CONSENT)


def test_stop_on_one_channel_leaves_the_other(story: Story) -> None:
    story.rules(LATE.format(purpose="service")).customer("ana", phone="+4915550101")
    story.says("ana", Purpose.SERVICE, yes=False, via=Channel.EMAIL)
    story.order("A-1", "ana", promised_at="today 13:00")
    story.until("14:00").expect("+4915550101", via="sms")


def test_a_suppressed_address_is_not_written_to(story: Story) -> None:
    story.rules(LATE.format(purpose="transactional")).customer("ana").customer("bo")
    story.suppress(Channel.EMAIL, "ana@example.com")
    story.order("A-1", "ana", promised_at="today 13:00")
    story.order("A-2", "bo", promised_at="today 13:00")
    story.until("14:00").expect("bo")
    story.expect_state("A-1", MessageState.SUPPRESSED, Reason.SUPPRESSED)


def test_a_suppressed_domain_is_everybody_there(story: Story) -> None:
    story.rules(LATE.format(purpose="service")).customer("ana", email="ana@rival.example")
    story.suppress(Channel.EMAIL, "@rival.example")
    story.order("A-1", "ana", promised_at="today 13:00").until("14:00")
    story.expect_state("A-1", MessageState.SUPPRESSED, Reason.SUPPRESSED)


def test_nobody_without_an_address_is_written_to(story: Story) -> None:
    story.rules(LATE.format(purpose="service")).customer("ana", email=None)
    story.order("A-1", "ana", promised_at="today 13:00").until("14:00")
    story.expect_state("A-1", MessageState.SUPPRESSED, Reason.NO_ADDRESS)


def test_on_a_test_server_only_ourselves_are_written_to(story: Story) -> None:
    story.settings('safety: {send_only_to: ["*@nordlicht.example"]}')
    story.rules(LATE.format(purpose="service")).customer("ana").customer(
        "mara", email="mara@nordlicht.example"
    )
    story.order("A-1", "ana", promised_at="today 13:00")
    story.order("A-2", "mara", promised_at="today 13:00")
    story.until("14:00").expect("mara@nordlicht.example")
    story.expect_state("A-1", MessageState.HELD, Reason.NOT_ALLOWED_HERE)


def test_a_pause_keeps_everything_but_what_must_be_said(story: Story) -> None:
    story.rules(LATE.format(purpose="service"))
    story.rules(LATE.format(purpose="transactional").replace("rule: late", "rule: must"))
    story.customer("ana").order("A-1", "ana", promised_at="today 13:00")
    story.pause().until("14:00").expect("ana", rule="must")
    story.advance("2 hours").expect_nothing().resume()
    story.advance("1 minute").expect("ana", rule="late")
