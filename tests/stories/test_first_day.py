"""The first day of a rule: shadow, holdout, and who is left out of it for good."""

from __future__ import annotations

from outreach.model import EnrollmentState, MessageState, Reason
from tests.stories.conftest import Story

LATE = """
- rule: late
  about: order
  {extra}
  when:
    - promised_at is in the past
  steps:
    - send: note
"""


def test_shadow_sends_nothing_and_says_what_it_would_have_sent(story: Story) -> None:
    story.rules(LATE.format(extra="mode: shadow"))
    story.customer("ana").order("A-1", "ana", promised_at="today 13:00")
    story.until("13:00").expect_nothing()
    story.expect_state("A-1", MessageState.CANCELLED, Reason.SHADOW)


def test_shadow_spends_nothing_of_what_live_rules_may_do(story: Story) -> None:
    story.settings("contact_policy:\n  - {purpose: service, gap: 4 hours}\n")
    story.rules(LATE.format(extra="mode: shadow"))
    story.rules(LATE.format(extra="mode: live").replace("rule: late", "rule: real"))
    story.customer("ana").order("A-1", "ana", promised_at="today 13:00")
    story.until("13:00").expect("ana", rule="real", at="2026-11-20 13:00")


def test_a_shadow_rule_walks_through_its_steps(story: Story) -> None:
    story.rules(LATE.format(extra="mode: shadow") + "    - {send: second, wait: 1 day}\n")
    story.customer("ana").order("A-1", "ana", promised_at="today 13:00")
    story.until("tomorrow 14:00").expect_nothing()
    entry = story.expect_state("A-1", MessageState.CANCELLED, Reason.SHADOW)
    assert (entry.template, story.shown(entry.at)) == ("second", "2026-11-21 13:00")


def test_a_rule_that_is_off_finds_nobody(story: Story) -> None:
    story.rules(LATE.format(extra='mode: "off"'))
    story.customer("ana").order("A-1", "ana", promised_at="today 13:00")
    story.advance("1 day").expect_nothing()
    assert story.enrollments() == []


def test_the_holdout_is_the_same_people_for_every_order(story: Story) -> None:
    story.rules(LATE.format(extra="holdout: 50%"))
    people = [f"c{number:02}" for number in range(20)]
    for number, name in enumerate(people):
        story.customer(name)
        story.order(f"A-{number:02}x", name, promised_at="today 13:00")
        story.order(f"A-{number:02}y", name, promised_at="tomorrow 13:00")
    first = set(story.until("14:00").everything_that_came())
    second = set(story.until("tomorrow 14:00").everything_that_came())
    assert first == second
    assert 5 <= len(first) <= 15  # about half of them
    left_out = [e for e in story.enrollments() if e.state == EnrollmentState.HELD_OUT.value]
    assert {e.customer_id for e in left_out} == set(people) - first
    assert {e.reason for e in left_out} == {Reason.HELD_OUT.value}
