"""Not too much: cooldowns, caps for a customer, the contact policy, totals, and floods held."""

from __future__ import annotations

from outreach.model import MessageState, Reason
from tests.stories.conftest import Story

LATE = """
- rule: late
  about: order
  when:
    - promised_at is in the past
    - status not in [delivered, cancelled, refunded]
  steps:
    - send: note
  limits:
"""


def test_a_cooldown_is_the_least_time_between_two_letters(story: Story) -> None:
    story.rules(LATE + "    cooldown: 14 days")
    story.customer("ana").order("A-1", "ana", promised_at="today 13:00")
    story.order("A-2", "ana", promised_at="2026-12-04 12:59")
    story.order("A-3", "ana", promised_at="2026-12-04 13:00")
    story.until("13:00").expect("ana", about="A-1")
    story.until("2026-12-04 12:59")
    story.expect_state("A-2", MessageState.CANCELLED, Reason.COOLDOWN)
    story.until("2026-12-04 13:00").expect("ana", about="A-3")


def test_a_cooldown_does_not_stop_the_rule_s_own_next_step(story: Story) -> None:
    story.rules("""
- rule: late
  about: order
  when:
    - promised_at is in the past
  steps:
    - send: note
    - send: second
      wait: 1 day
  limits: {cooldown: 14 days}
""")
    story.customer("ana").order("A-1", "ana", promised_at="today 13:00")
    story.until("14:00").expect("ana", "note")
    story.advance("1 day").expect("ana", "second")


def test_three_in_thirty_days_and_no_more(story: Story) -> None:
    story.rules(LATE + "    per_customer: 3 per 30 days").customer("ana").customer("bo")
    for day in range(1, 6):
        story.order(f"A-{day}", "ana", promised_at=f"2026-11-2{day} 12:00")
    story.order("A-9", "bo", promised_at="2026-11-24 12:00")
    for day in range(1, 4):
        story.until(f"2026-11-2{day} 12:00").expect("ana", about=f"A-{day}")
    story.until("2026-11-24 12:00").expect("bo", about="A-9")  # everybody has their own limit
    story.expect_state("A-4", MessageState.CANCELLED, Reason.CUSTOMER_CAP)
    story.until("2026-11-25 12:00")
    story.expect_state("A-5", MessageState.CANCELLED, Reason.CUSTOMER_CAP)


def test_the_contact_policy_keeps_hours_between_letters_of_all_rules(story: Story) -> None:
    story.settings("contact_policy:\n  - {purpose: service, gap: 4 hours}\n")
    story.rules(LATE.removesuffix("  limits:\n"))
    story.customer("ana").order("A-1", "ana", promised_at="today 13:00")
    story.order("A-2", "ana", promised_at="today 15:00")
    story.until("13:00").expect("ana", about="A-1")
    story.until("15:00")
    story.expect_state("A-2", MessageState.PLANNED, Reason.CONTACT_POLICY)
    story.until("16:59").expect_nothing()
    story.until("17:00").expect("ana", about="A-2", at="2026-11-20 17:00")


def test_two_letters_a_day_and_the_third_waits_for_the_next(story: Story) -> None:
    """Counted over the time just passed: free again 24 hours after the first of the two."""
    story.settings("contact_policy:\n  - {purpose: [service, survey], at_most: 2 per day}\n")
    story.rules(LATE.removesuffix("  limits:\n")).customer("ana")
    for number, hour in ((1, 13), (2, 14), (3, 15)):
        story.order(f"A-{number}", "ana", promised_at=f"today {hour}:00")
    story.until("13:00").expect("ana", about="A-1")
    story.until("14:00").expect("ana", about="A-2")
    story.until("tomorrow 12:59").expect_nothing()
    story.until("13:00").expect("ana", about="A-3", at="2026-11-21 13:00")


def test_what_a_customer_must_know_is_no_courtesy_letter(story: Story) -> None:
    story.settings("contact_policy:\n  - {purpose: service, gap: 4 hours}\n")
    story.rules(LATE.removesuffix("  limits:\n")).rules("""
- rule: cancelled
  about: order
  purpose: transactional
  when:
    - status is cancelled
  steps:
    - send: second
""")
    story.customer("ana").order("A-1", "ana", promised_at="today 13:00")
    story.until("13:00").expect("ana", "note")
    story.order("A-2", "ana", status="cancelled")
    story.advance("1 minute").expect("ana", "second", about="A-2")


def test_a_total_lets_the_rest_wait_in_order(story: Story) -> None:
    story.rules(LATE + "    total: 2 per day\n  expires_after: 3 days")
    for number, name in enumerate(("ana", "bo", "cy", "di", "ed"), start=1):
        story.customer(name).order(f"A-{number}", name, promised_at=f"today 13:0{number}")
    story.until("14:00").expect("ana")
    story.expect("bo")
    story.expect_state("A-3", MessageState.PLANNED, Reason.TOTAL_LIMIT)
    story.until("tomorrow 14:00").expect("cy")
    story.expect("di")
    story.until("2026-11-22 14:00").expect("ed", about="A-5")


def test_a_data_fault_cannot_mail_a_thousand_people(story: Story) -> None:
    story.rules(LATE + "    hold_above: 60 per hour")
    for number in range(200):
        story.customer(f"c{number}").order(f"A-{number}", f"c{number}", promised_at="today 13:00")
    story.until("13:00").expect_nothing()
    assert story.held() == 200  # the whole batch waits, not the rest of it
    batch = story.only_batch()
    assert batch.said == "200 at once, above 60 per hour"
    assert (batch.messages, batch.people) == (200, 200)


def test_a_released_flood_goes_out_and_is_asked_every_question_again(story: Story) -> None:
    story.rules(LATE + "    hold_above: 2 per hour")
    for number, name in enumerate(("ana", "bo", "cy"), start=1):
        story.customer(name).order(f"A-{number}", name, promised_at="today 13:00")
    story.until("13:00").expect_nothing()
    story.change("A-2", status="delivered").advance("1 hour")
    story.approve()
    story.advance("1 minute").expect("ana", about="A-1")
    story.expect("cy", about="A-3")
    story.expect_state("A-2", MessageState.CANCELLED, Reason.CANCELLED_BY_DATA)


def test_a_rejected_flood_is_never_heard_of(story: Story) -> None:
    story.rules(LATE + "    hold_above: 2 per hour")
    for number, name in enumerate(("ana", "bo", "cy"), start=1):
        story.customer(name).order(f"A-{number}", name, promised_at="today 13:00")
    story.until("13:00").reject()
    story.advance("1 day").expect_state("A-1", MessageState.CANCELLED, Reason.REJECTED)
    story.advance("10 days").expect_nothing()


def test_a_held_flood_expires_when_nobody_decides(story: Story) -> None:
    story.rules(LATE + "    hold_above: 2 per hour\n  expires_after: 1 day")
    for number, name in enumerate(("ana", "bo", "cy"), start=1):
        story.customer(name).order(f"A-{number}", name, promised_at="today 13:00")
    story.until("13:00").advance("2 days")
    story.expect_state("A-1", MessageState.EXPIRED, Reason.EXPIRED)


def test_an_ordinary_stream_is_no_flood(story: Story) -> None:
    """Sixty an hour are allowed, and each comes by itself: fifty in fifty minutes."""
    story.rules(LATE + "    hold_above: 60 per hour")
    for number in range(50):
        story.customer(f"c{number:02}")
        story.order(f"A-{number:02}", f"c{number:02}", promised_at=f"today 13:{number:02}")
    story.until("14:00")
    for number in range(50):
        story.expect(f"c{number:02}", at=f"2026-11-20 13:{number:02}")


def test_the_whole_system_has_a_limit_too(story: Story) -> None:
    story.settings("safety: {hold_above: 3 per hour}")
    story.rules(LATE.removesuffix("  limits:\n"))
    story.rules(LATE.replace("rule: late", "rule: later").replace("note", "second")[:-10])
    for number, name in enumerate(("ana", "bo"), start=1):
        story.customer(name).order(f"A-{number}", name, promised_at="today 13:00")
    story.until("13:00").expect_nothing()
    assert story.held() == 4
