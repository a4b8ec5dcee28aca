"""An incident: one approval for everybody affected, no single apologies, and an all-clear."""

from __future__ import annotations

from dataclasses import replace

from outreach.model import MessageState, Reason
from outreach.passes import incidents
from outreach.passes.incidents import Opened
from outreach.store.batches import open_batches
from tests.stories.conftest import Story

NOTICE = """
- rule: notice
  about: order
  when:
    - open_incident.opened_at is within the last 14 days
    - status not in [delivered, cancelled]
  once_per: order and open_incident.id
  approval: always
  batch_by: open_incident.id
  takes_over: [late]
  steps:
    - id: notice
      send: happened
      stop_if: [open_incident.status is resolved]
    - id: over
      wait: until open_incident.resolved_at
      send: over
      stop_if:
        - last_sent.notice is missing
        - last_sent.notice is before open_incident.opened_at
"""
LATE = """
- rule: late
  about: order
  when:
    - promised_at is more than 1 day ago
    - status not in [delivered, cancelled]
  steps:
    - send: note
"""
HEAD = '---\nsubject: "{{ rule.name }} to {{ customer.first_name }}"\n---\n'
TEMPLATES = {
    "happened/en.email.md": HEAD + "{{ incident.title }}: {{ incident.message }}\n",
    "over/en.email.md": HEAD + "{{ incident.title }} is over\n",
}
STORM = Opened("Hub Leipzig closed", "A storm", {"de": "Ein Sturm"}, ("carrier is DHL",))


def shop(story: Story, *names: str) -> Story:
    story.templates(TEMPLATES).rules(NOTICE).rules(LATE)
    for number, name in enumerate(names, start=1):
        locale = "de" if name == "dora" else "en"
        story.customer(name, locale=locale)
        story.order(f"A-{number}", name, carrier="DHL", promised_at="2026-11-20 13:00")
    return story.advance("1 hour")


def opened(story: Story, *orders: str, what: Opened = STORM) -> str:
    now = story.clock.now()
    return incidents.open_incident(story.store, what, orders, who="mara", now=now)


def resolved(story: Story, incident: str) -> None:
    incidents.resolve(story.store, incident, who="mara", now=story.clock.now())


def held(story: Story) -> dict[str, int]:
    with story.store.read() as connection:
        return {b.said: b.messages for b in open_batches(connection, story.clock.now())}


def test_one_approval_silence_and_the_all_clear(story: Story) -> None:
    shop(story, "ana", "dora", "kim")
    incident = opened(story, "A-1", "A-2")
    story.advance("1 hour").expect_nothing()
    assert held(story) == {'incident INC-1 "Hub Leipzig closed"': 2}
    story.approve().advance("1 hour")
    story.expect("ana", "happened", says=["Hub Leipzig closed: A storm"])
    story.expect("dora", "happened", says=["Hub Leipzig closed: Ein Sturm"])
    # a day after the promise: the affected are silent, the other is not
    story.until("2026-11-21 13:30").expect("kim", rule="late")
    resolved(story, incident)
    story.advance("1 hour")
    assert sorted(story.everything_that_came()) == ["ana", "dora"]
    story.advance("5 days").expect_nothing()


def test_orders_that_come_to_match_are_linked_while_it_is_open(story: Story) -> None:
    shop(story)
    story.customer("ana").order("A-1", "ana", carrier="UPS").customer("kim").advance("1 hour")
    incident = opened(story)
    story.change("A-1", carrier="DHL").order("A-2", "kim", carrier="UPS").advance("5 minutes")
    assert held(story) == {'incident INC-1 "Hub Leipzig closed"': 1}
    story.approve().advance("1 hour").expect("ana", "happened")
    resolved(story, incident)
    story.advance("1 hour").expect("ana", "over")
    story.change("A-2", carrier="DHL").advance("1 day").expect_nothing()


def test_a_sentence_that_can_no_longer_be_read_stops_nobody_else(story: Story) -> None:
    shop(story, "ana")
    opened(story, what=replace(STORM, where=("gift is true",)))  # a field that was there then
    opened(story)
    story.customer("kim").order("A-2", "kim", carrier="DHL").advance("5 minutes")
    assert held(story) == {'incident INC-2 "Hub Leipzig closed"': 1}
    story.order("A-3", "kim", carrier="UPS")
    linked = incidents.link_matching(story.setup, now=story.clock.now())
    assert (linked.orders, [*linked.unread]) == (0, ["INC-1"])
    assert "has no field 'gift'" in linked.unread["INC-1"]
    story.advance("2 days").expect("ana", "note")


def test_nobody_who_heard_nothing_gets_an_all_clear(story: Story) -> None:
    shop(story, "ana")
    incident = opened(story, "A-1")
    story.advance("1 hour").expect_nothing()
    resolved(story, incident)
    story.approve().advance("1 hour")
    story.expect_state("A-1", MessageState.CANCELLED, Reason.CANCELLED_BY_RULE)
    story.advance("10 hours")


def test_a_second_incident_of_an_order_is_spoken_of_anew(story: Story) -> None:
    shop(story, "ana")
    first = opened(story, "A-1")
    story.advance("5 minutes").expect_nothing()
    story.approve().advance("5 minutes").expect("ana", "happened")
    second = opened(story, "A-1", what=Opened("Strike", "A strike"))
    story.advance("5 minutes").expect_nothing()
    assert held(story) == {'incident INC-2 "Strike"': 1}
    story.approve().advance("5 minutes").expect("ana", "happened", says=["Strike: A strike"])
    # while the newest is open, nothing is clear
    resolved(story, first)
    story.advance("1 hour").expect_nothing()
    resolved(story, second)
    story.advance("1 hour")
    assert story.facts("A-1").value("open_incident.id") == "INC-2"
    story.expect("ana", "over", says=["Strike is over"])
    story.everything_that_came()


def test_an_order_that_is_unlinked_is_none_of_it(story: Story) -> None:
    shop(story, "ana", "kim")
    incident = opened(story, "A-1", "A-2", what=Opened("Strike"))
    now = story.clock.now()
    assert incidents.unlink(story.store, incident, ["A-1", "B-9"], who="mara", now=now) == 1
    story.advance("5 minutes").expect_nothing()
    assert held(story) == {'incident INC-1 "Strike"': 1}
    assert story.facts("A-1").value("open_incident.id") is None
    story.until("2026-11-21 13:30").expect("ana", rule="late")
