"""Handoffs: a person is asked to step in, once, in time, and the robots keep quiet meanwhile."""

from __future__ import annotations

from typing import Any

import pytest

from outreach.errors import Refused
from outreach.model import MessageState, Mode, Reason
from outreach.passes import pausing
from outreach.passes.explain import explain
from outreach.passes.pausing import Scope
from outreach.passes.preview import preview
from outreach.passes.taking_on import finish, take
from outreach.store.handoffs import WantedHandoffs, coming_handoffs, list_handoffs
from outreach.store.notices import notices_of
from tests.stories.conftest import Story

TEAMS = """\
owners: {mara@nordlicht.example: {name: Mara Lind, first_name: Mara}}
teams:
  desk: {calendar: de, case_url: "https://desk.example/orders/{order.id}"}
  leads: {on_call: mara@nordlicht.example}
"""
VIP = """
- rule: vip
  about: order
  mode: {mode}
  when:
    - promised_at is more than 4 hours ago
    - status not in [delivered, cancelled]
  takes_over: [late]
  steps:
    - id: human
      handoff: desk
      title: "Call {{{{ customer.first_name }}}}: {{{{ order.number }}}} is late"
      due: 2 business hours
      {more}
    - id: sorry
      wait: 1 day
      send: note
      skip_if: [human was done]
"""
LATE = """
- rule: late
  about: order
  when:
    - promised_at is more than 1 day ago
  steps:
    - send: second
"""
OTHERS = """
- rule: hello
  about: ticket
  when:
    - status is new
  expires_after: 5 days
  steps:
    - send: second
- rule: must
  about: ticket
  purpose: transactional
  when:
    - status is open
  steps:
    - send: second
"""
SHORT = """
- rule: short
  about: order
  when:
    - promised_at is more than 4 hours ago
    - status not in [delivered, cancelled]
  steps:
    - id: human
      wait: {wait}
      handoff: {team}
      title: {title}
      {more}
"""


def vip(mode: str = "live", more: str = "note: soon") -> str:
    return VIP.format(mode=mode, more=more) + LATE


def short(wait: str = "1 hour", title: str = "Call", more: str = "note: soon") -> str:
    return SHORT.format(wait=wait, title=title, more=more, team="desk")


def cases(story: Story) -> list[Any]:
    with story.store.read() as connection:
        return list(list_handoffs(connection, WantedHandoffs()))


def late_order(story: Story, *rules: str) -> Story:
    """Return a Friday noon on which an order of Ana's should be there at 13:00."""
    story.settings(TEAMS)
    for text in rules:
        story.rules(text)
    story.customer("ana").order("A-1", "ana", promised_at="today 13:00")
    return story


def test_a_person_is_asked_once_and_due_in_business_time(story: Story) -> None:
    late_order(story, vip()).until("today 16:59")
    assert cases(story) == []
    story.until("today 18:00").advance("2 hours")
    (case,) = cases(story)
    assert (case.title, case.team, case.state) == ("Call Ana: A-1 is late", "desk", "open")
    assert case.case_url == "https://desk.example/orders/A-1"
    # given on Friday at 17:00, when the desk has just closed: due on Monday at 11:00
    assert case.due_at == story.time("2026-11-23 11:00")
    story.advance("1 day").expect("ana", rule="vip")
    story.advance("10 days").expect_nothing()
    assert len(cases(story)) == 1


def test_a_step_can_ask_what_people_did(story: Story) -> None:
    late_order(story, vip()).until("today 20:00")
    (case,) = cases(story)
    now = story.clock.now()
    take(story.store, case.id, who="mara@nordlicht.example", by="mara", now=now)
    story.advance("1 hour")
    finish(story.store, case.id, who="", by="mara", now=story.clock.now(), note="called")
    story.advance("2 days").expect_state("A-1", MessageState.CANCELLED, Reason.STEP_SKIPPED)
    (case,) = cases(story)
    assert (case.state, case.who, case.outcome) == ("done", "mara@nordlicht.example", "called")


ASKING = """
- rule: asking
  about: order
  when:
    - customer.open_handoffs is at least 1
    - status is packed
  cancel_if: [customer.open_handoffs is 0]
  steps:
    - wait: 2 days
      send: second
"""


def test_a_rule_can_ask_whether_a_case_is_open(story: Story) -> None:
    late_order(story, vip(), ASKING).order("A-2", "ana", status="packed")
    story.until("today 16:59")
    assert story.enrollments() == []
    story.until("today 20:00")
    assert [row.subject_id for row in story.enrollments() if row.rule == "asking"] == ["A-2"]
    (case,) = cases(story)
    finish(story.store, case.id, who="", by="mara", now=story.clock.now())
    story.advance("3 days").expect_state("A-2", MessageState.CANCELLED, Reason.CANCELLED_BY_RULE)


def test_in_shadow_it_is_recorded_and_nobody_is_asked(story: Story) -> None:
    late_order(story, vip(Mode.SHADOW.value)).until("today 20:00")
    (case,) = cases(story)
    assert (case.state, case.reason, case.mode) == ("cancelled", "shadow", "shadow")
    assert case.stop_until is None


@pytest.mark.parametrize("rules", [short(), short(more="stop_if: [status is delivered]")])
def test_what_was_settled_while_it_waited_is_not_given_to_people(story: Story, rules: str) -> None:
    late_order(story, rules).until("today 17:30").change("A-1", status="delivered")
    story.advance("1 day")
    (case,) = cases(story)
    assert case.state == "cancelled"
    assert case.reason in (Reason.CANCELLED_BY_DATA, Reason.CANCELLED_BY_RULE)


def test_a_date_that_moves_away_is_seen(story: Story) -> None:
    late_order(story, short()).until("today 17:30").change("A-1", promised_at="+3 days")
    story.advance("1 day")
    assert [case.state for case in cases(story)] == ["cancelled"]


def test_no_address_consent_or_quiet_hours_are_needed(story: Story) -> None:
    story.settings(TEAMS).rules(short("10 hours"))
    story.customer("ana", email=None).order("A-1", "ana", promised_at="today 13:00")
    story.until("tomorrow 04:00")
    (case,) = cases(story)
    assert (case.state, case.opened_at) == ("open", story.time("2026-11-21 03:00"))


def test_a_pause_of_the_rule_keeps_it_back_and_one_of_all_does_not(story: Story) -> None:
    late_order(story, short()).pause().until("today 18:30")
    assert [case.state for case in cases(story)] == ["open"]
    story.resume().order("A-2", "ana", promised_at="now").advance("1 hour")
    wanted = (Scope.RULE, "short")
    pausing.pause(story.store, *wanted, reason="test", who="mara", now=story.clock.now())
    story.advance("8 hours")
    assert len(cases(story)) == 1
    pausing.resume(story.store, *wanted, who="mara", now=story.clock.now())
    story.advance("1 hour")
    assert len(cases(story)) == 2


def test_a_title_with_a_hole_still_brings_a_person(story: Story) -> None:
    title = '"Ask {{ order.carrier }} about it"'
    late_order(story, short(title=title)).until("today 20:00")
    (case,) = cases(story)
    assert (case.title, case.state) == ("short: order A-1", "open")
    assert "order.carrier is missing" in case.said


def test_other_rules_are_silent_for_the_customer_and_its_own_go_on(story: Story) -> None:
    story.starts("2026-11-20 10:00")
    late_order(story, vip(more="stop_outreach: 3 days"), OTHERS)
    story.until("today 18:00").ticket("T-1", "ana").ticket("T-2", "ana", status="open")
    story.advance("1 hour").expect("ana", "second", rule="must")
    story.expect_state("T-1", MessageState.PLANNED, Reason.WITH_PERSON)
    story.until("tomorrow 18:00").expect("ana", rule="vip")
    story.until("2026-11-23 16:59").expect_nothing()
    story.advance("1 hour").expect("ana", "second", rule="hello")


def test_who_is_done_may_let_others_write_again(story: Story) -> None:
    soon = LATE.replace("more than 1 day", "more than 5 hours")
    late_order(story, short(more="stop_outreach: 30 days"), soon).until("today 19:00")
    story.expect_state("A-1", MessageState.PLANNED, Reason.WITH_PERSON)
    (case,) = cases(story)
    finish(story.store, case.id, who="", by="mara", now=story.clock.now(), resume=True)
    story.advance("10 minutes").expect("ana", "second")
    with pytest.raises(Refused, match="done already, by mara"):
        take(story.store, case.id, who="", by="mara", now=story.clock.now())


def test_a_case_is_taken_by_one(story: Story) -> None:
    late_order(story, short()).until("today 20:00")
    (case,) = cases(story)
    take(story.store, case.id, who="mara", by="mara", now=story.clock.now())
    with pytest.raises(Refused, match="is with mara already"):
        take(story.store, case.id, who="bo", by="bo", now=story.clock.now())
    with pytest.raises(Refused, match="there is no task H-99"):
        take(story.store, 99, who="bo", by="bo", now=story.clock.now())


def test_it_is_foreseen_before_it_happens(story: Story) -> None:
    late_order(story, vip(more="stop_outreach: 3 days")).until("today 14:00")
    now = story.clock.now()
    found = preview(story.setup, now=now, until=story.time("today 18:00"))
    (told,) = [message for message in found.messages if message.outcome == "handoff"]
    assert (told.rule, told.team, told.note) == ("vip", "desk", "Call Ana: A-1 is late")
    assert told.due_at == story.time("today 17:00")
    assert [count.handoff for count in found.rules] == [1, 0]
    ref = told.subjects[0]
    explained = {e.rule.name: e for e in explain(story.setup, ref, now=now).rules}
    foretold = explained["vip"].foretold
    assert foretold is not None
    assert (foretold.team, foretold.at) == ("desk", story.time("today 17:00"))


def test_an_enrolled_one_is_on_the_list_of_what_is_planned(story: Story) -> None:
    late_order(story, short("3 hours")).until("today 18:00")
    with story.store.read() as connection:
        (coming,) = coming_handoffs(connection, story.setup.ruleset)
    assert (coming.at, coming.team) == (story.time("today 20:00"), "desk")
    found = preview(story.setup, now=story.clock.now(), until=story.time("today 21:00"))
    assert [message.outcome for message in found.messages] == ["handoff"]
    story.advance("4 hours")
    with story.store.read() as connection:
        assert coming_handoffs(connection, story.setup.ruleset) == []


def test_a_flood_of_cases_stands_in_the_list_and_nobody_is_told_one_by_one(story: Story) -> None:
    mailed = TEAMS.replace("desk: {calendar: de,", "desk: {calendar: de, email: desk@shop.example,")
    held = short() + "  limits: {hold_above: 2 per hour}\n"
    story.settings(mailed).rules(held).customer("ana")
    story.order("A-0", "ana", promised_at="today 09:00").advance("3 hours")
    for number in range(1, 5):
        story.order(f"A-{number}", "ana", promised_at="today 11:00")
    story.advance("5 hours")
    told = [len(notices(story, case.id)) for case in cases(story)]
    assert told == [1, 0, 0, 0, 0]


@pytest.mark.parametrize(
    ("team", "taken_by", "signed"),
    [
        ("leads", "", "signed Mara"),  # on call
        ("leads", "ben@nordlicht.example", "signed Ben"),
        ("leads", "somebody who is not known", "signed Mara"),
        ("desk", "", "signed Ola"),  # nobody is on call: the owner of the rule
    ],
)
def test_who_has_the_case_signs_what_follows(
    story: Story, team: str, taken_by: str, signed: str
) -> None:
    people = {"mara": "Mara Lind", "ben": "Ben Ode", "ola": "Ola Ek"}
    owners = "\n".join(
        f"  {key}@nordlicht.example: {{name: {name}, first_name: {name.split()[0]}}}"
        for key, name in people.items()
    )
    teams = TEAMS.partition("\n")[2]
    story.settings(f"owners:\n{owners}\n{teams}")
    story.rules(f"""
- rule: sorry
  about: order
  owner: ola@nordlicht.example
  when:
    - promised_at is more than 1 hour ago
  steps:
    - handoff: {team}
      title: Call
    - send: signed
      wait: 15 minutes
""")
    story.customer("ana").order("A-1", "ana", promised_at="now").advance("65 minutes")
    (case,) = cases(story)
    if taken_by:
        take(story.store, case.id, who=taken_by, by="mara", now=story.clock.now())
    story.advance("1 hour").expect("ana", "signed", says=[signed])


def notices(story: Story, number: int) -> list[Any]:
    with story.store.read() as connection:
        return list(notices_of(connection, number))
