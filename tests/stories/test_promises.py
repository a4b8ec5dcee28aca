"""A date we wrote is remembered: kept, broken or replaced, and what comes next knows it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from outreach.channels.sandbox.faults import refusal
from outreach.model import MessageState, Reason
from outreach.store.frames import table_of
from outreach.store.promises import Promise
from tests.stories.conftest import Story
from tests.stories.providers import Providers

#: tells the date it has, and promises it
LATE = """
- rule: late
  about: order
  when:
    - estimated_at is present
    - delivered_at is missing
  once_per: order and estimated_at
  steps:
    - send: dated
"""
NEXT = "      if_undelivered: next channel after 30 minutes\n"
BROKEN = """
- rule: broken
  about: order
  when:
    - promise is broken
    - delivered_at is missing
  once_per: order and promise_changed_at
  steps:
    - send: sorry
"""
TEMPLATES = {
    "dated/en.email.md": """---
subject: "{{ rule.name }} to {{ customer.first_name }}"
---
{{ rule.name }} to {{ customer.first_name }}: {{ order.estimated_at | promise | day }}
""",
    "sorry/en.email.md": """---
subject: "{{ rule.name }} to {{ customer.first_name }}"
---
We said {{ promise.date | day }}, and broke our word {{ promise.count }} times
""",
}


def promising(story: Story) -> Story:
    story.templates(TEMPLATES).rules(LATE).rules(BROKEN).customer("ana")
    return story


def promises(story: Story) -> list[tuple[Any, ...]]:
    promise = table_of(Promise).c
    query = select(promise.state, promise.until, promise.settled_at).order_by(promise.id)
    with story.store.read() as connection:
        return [tuple(row) for row in connection.execute(query)]


def test_a_broken_promise_is_broken_when_the_day_is_over(story: Story) -> None:
    promising(story).order("A-1", "ana", estimated_at="2026-11-24 15:00")
    story.advance("1 hour").expect("ana", "dated", rule="late", says=["Tuesday, 24 November"])
    story.until("2026-11-24 23:59").expect_nothing()
    story.until("2026-11-25 12:00")
    # at midnight, and said when the window opens
    said = ["We said Tuesday, 24 November, and broke our word 1 times"]
    story.expect("ana", "sorry", rule="broken", at="2026-11-25 09:00", says=said)
    midnight = story.time("2026-11-25 00:00")
    assert promises(story) == [("broken", midnight, midnight)]
    story.advance("30 days").expect_nothing()


def test_a_promise_kept_on_its_last_evening_is_kept(story: Story) -> None:
    promising(story).order("A-1", "ana", estimated_at="2026-11-24 15:00")
    story.advance("1 hour").expect("ana", "dated", rule="late")
    story.until("2026-11-24 22:00").change("A-1", status="delivered", delivered_at="now")
    story.advance("5 days").expect_nothing()
    assert [state for state, *_ in promises(story)] == ["kept"]
    assert story.facts("A-1").value("promise") == "kept"


def test_a_later_date_told_in_time_replaces_the_first_and_a_second_break_counts(
    story: Story,
) -> None:
    promising(story).order("A-1", "ana", estimated_at="2026-11-24 15:00")
    story.advance("1 hour").expect("ana", "dated", rule="late")
    story.change("A-1", estimated_at="2026-11-26 15:00")
    story.advance("1 hour").expect("ana", "dated", rule="late", says=["Thursday, 26 November"])
    story.until("2026-11-27 12:00").expect("ana", "sorry", rule="broken", says=["1 times"])
    story.change("A-1", estimated_at="2026-11-30 15:00")
    story.advance("1 hour").expect("ana", "dated", rule="late", says=["Monday, 30 November"])
    story.until("2026-12-01 12:00").expect(
        "ana", "sorry", rule="broken", says=["30 November", "2 times"]
    )
    assert [state for state, *_ in promises(story)] == ["replaced", "broken", "broken"]


def test_a_date_that_has_passed_is_never_promised(story: Story) -> None:
    promising(story).order("A-1", "ana", estimated_at="2026-11-19 15:00")
    story.advance("1 hour")
    entry = story.expect_state("A-1", MessageState.HELD, Reason.PROMISE_PASSED)
    assert "Thursday, 19 November has passed" in entry.note
    assert promises(story) == []


def test_what_never_left_promised_nothing(story: Story) -> None:
    promising(story).order("A-1", "ana", estimated_at="2026-11-24 15:00")
    story.sandbox.script(refusal(400, "No"), to="ana@example.com")
    story.advance("1 hour")
    story.advance("10 days").expect_nothing()
    assert promises(story) == []
    assert story.facts("A-1").value("promise") is None


def test_what_bounced_promised_nothing_unless_the_next_channel_says_it(story: Story) -> None:
    """Ana's mail bounced, and nobody told her in another way; Bo had a text."""
    texts = {"dated/en.sms.txt": "{{ order.estimated_at | promise | day }}"}
    twice = LATE.replace("dated\n", "dated\n      via: [email, sms]\n" + NEXT)
    story.templates(TEMPLATES | texts).rules(twice).rules(BROKEN)
    providers = Providers(story)
    story.customer("ana").customer("bo", phone="+4915550102")
    for name in ("ana", "bo"):
        story.order(f"A-{name}", name, estimated_at="2026-11-21 15:00")
    story.advance("5 minutes")
    for name in ("ana", "bo"):
        mail = story.expect(name, "dated")
        providers.tell(mail, "processed", "bounce", type="bounce", reason="550 no such user")
    story.advance("1 hour").expect("+4915550102", "dated", via="sms")
    assert [state for state, *_ in promises(story)] == ["void", "void", "open"]
    assert story.facts("A-ana").values.get("promise") is None
    story.until("2026-11-22 00:30")
    assert [state for state, *_ in promises(story)] == ["void", "void", "broken"]
    planned = [story.happened(about, MessageState.PLANNED) for about in ("A-ana", "A-bo")]
    assert planned == [False, True]  # nobody says sorry for what was never heard
    providers.server.stop()


def test_a_later_date_that_bounced_leaves_the_first_to_count(story: Story) -> None:
    promising(story).order("A-1", "ana", estimated_at="2026-11-21 15:00")
    providers = Providers(story)
    story.advance("1 hour").expect("ana", "dated", rule="late")
    story.change("A-1", estimated_at="2026-11-25 15:00")
    mail = story.advance("1 hour").expect("ana", "dated", rule="late")
    assert [state for state, *_ in promises(story)] == ["replaced", "open"]
    providers.tell(mail, "processed", "bounce", type="blocked", reason="421 later")
    story.until("2026-11-22 10:00").expect("ana", "sorry", says=["Saturday, 21 November"])
    assert [state for state, *_ in promises(story)] == ["broken", "void"]
    providers.server.stop()


def test_an_order_that_is_called_off_breaks_no_promise(story: Story) -> None:
    promising(story).order("A-1", "ana", estimated_at="2026-11-24 15:00")
    story.advance("1 hour").expect("ana", "dated", rule="late")
    story.change("A-1", status="cancelled", cancelled_at="now", estimated_at=None)
    story.advance("10 days").expect_nothing()
    assert [state for state, *_ in promises(story)] == ["void"]


def test_news_of_a_delivery_in_time_mends_a_promise_that_seemed_broken(story: Story) -> None:
    promising(story).order("A-1", "ana", estimated_at="2026-11-24 15:00")
    story.advance("1 hour").expect("ana", "dated", rule="late")
    story.until("2026-11-25 08:00").expect_nothing()
    story.change("A-1", status="delivered", delivered_at="2026-11-24 18:00")
    story.until("2026-11-27 12:00").expect_nothing()
    assert [state for state, *_ in promises(story)] == ["kept"]
    assert story.facts("A-1").value("broken_promises") == 0
