"""What `explain` foretells is what happens, if nothing changes; and it says what has happened."""

from __future__ import annotations

import pytest

from outreach.model import Channel, MessageState, Purpose, Reason, SubjectRef
from outreach.passes.explain import RuleExplained, explain, explain_message
from outreach.passes.foretelling import Foretold
from tests.stories.conftest import Story, kind_of

LATE = """
- rule: late
  about: order
  when:
    - promised_at is more than 1 day ago
    - status is shipped
  {more}
  steps:
    - send: note
"""


def explained(story: Story, about: str = "A-1", rule: str = "late") -> RuleExplained:
    ref = SubjectRef(kind_of(about), about)
    (found,) = explain(story.setup, ref, now=story.clock.now(), rules=[rule]).rules
    return found


def foretold(story: Story, about: str = "A-1", rule: str = "late") -> Foretold:
    found = explained(story, about, rule).foretold
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("steps", "promised", "expected"),
    [
        ("- send: note", "today 10:00", "2026-11-21 10:00"),  # not late yet
        ("- send: note", "today 22:00", "2026-11-22 09:00"),  # late in the middle of the night
        ("- {send: note, wait: 3 hours}", "today 10:00", "2026-11-21 13:00"),
        ("- {send: note, wait: 4 business hours}", "today 10:00", "2026-11-23 13:00"),
        ("- {send: note, wait: '1 day, at 15:30'}", "today 10:00", "2026-11-22 15:30"),
        ("- wait: 2 days\n    - send: note", "today 10:00", "2026-11-23 10:00"),  # first only waits
        ("- send: note\n  combine_within: 2 hours", "today 10:00", "2026-11-21 12:00"),
    ],
)
def test_a_message_comes_when_it_was_foretold(
    steps: str, promised: str, expected: str, story: Story
) -> None:
    story.rules(LATE.format(more="").replace("- send: note", steps)).customer("ana")
    story.order("A-1", "ana", promised_at=promised).advance("1 minute")
    found = foretold(story)
    assert found.goes_out
    assert story.shown(found.at) == expected
    story.until("+5 days").expect("ana", at=expected, about="A-1")
    assert explained(story).reason is Reason.SENT


def test_the_second_message_is_foretold_once_the_first_is_out(story: Story) -> None:
    again = "- {send: note, repeat: 'every 3 days, up to 2 times'}"
    story.rules(LATE.format(more="").replace("- send: note", again)).customer("ana")
    story.order("A-1", "ana", promised_at="yesterday 10:00").advance("1 hour").expect("ana")
    assert story.shown(foretold(story).at) == "2026-11-23 12:00"
    story.advance("4 days").expect("ana", at="2026-11-23 12:00")
    assert explained(story).foretold is None  # that was all


def test_the_gap_between_two_messages_is_foretold(story: Story) -> None:
    story.settings("contact_policy: [{purpose: service, gap: 4 hours}]")
    story.rules(LATE.format(more="")).customer("ana")
    story.order("A-1", "ana", promised_at="yesterday 11:30").advance("5 minutes").expect("ana")
    story.order("A-2", "ana", promised_at="yesterday 13:00").advance("1 minute")
    found = foretold(story, "A-2")
    assert [verdict.reason for verdict in found.waits] == [Reason.CONTACT_POLICY]
    story.advance("8 hours").expect("ana", about="A-2", at=story.shown(found.at))


@pytest.mark.parametrize(
    ("refuse", "reason"),
    [
        (lambda s: s.says("ana", Purpose.SERVICE, yes=False), Reason.OPTED_OUT),
        (lambda s: s.suppress(Channel.EMAIL, "ana@example.com"), Reason.SUPPRESSED),
        (lambda s: s.change("ana", email=None), Reason.NO_ADDRESS),
    ],
)
def test_what_will_be_refused_is_foretold(refuse, reason: Reason, story: Story) -> None:
    story.rules(LATE.format(more="")).customer("ana")
    story.order("A-1", "ana", promised_at="today 10:00")
    refuse(story.advance("1 minute"))
    story.advance("1 minute")
    found = explained(story)
    assert found.foretold is not None
    assert (found.foretold.goes_out, found.foretold.verdict.reason) == (False, reason)
    story.advance("2 days").expect_nothing()
    assert explained(story).reason is reason


def test_a_rule_that_takes_over_is_foretold(story: Story) -> None:
    story.rules(LATE.format(more=""))
    story.rules(LATE.format(more="takes_over: [late]").replace("rule: late", "rule: instead"))
    story.customer("ana").order("A-1", "ana", promised_at="today 10:00").advance("1 minute")
    found = foretold(story)
    assert (found.goes_out, found.verdict.reason) == (False, Reason.TAKEN_OVER)
    story.advance("2 days").expect("ana", rule="instead")


def test_a_pause_is_told_while_it_lasts(story: Story) -> None:
    story.rules(LATE.format(more="")).customer("ana")
    story.order("A-1", "ana", promised_at="yesterday 10:00").pause().advance("1 hour")
    assert explained(story).reason is Reason.PAUSED
    story.resume().advance("1 hour").expect("ana")


def test_held_by_a_flood_it_waits_for_a_person(story: Story) -> None:
    story.rules(LATE.format(more="limits: {hold_above: 1 per hour}")).customer("ana").customer(
        "ben"
    )
    for number, of in (("A-1", "ana"), ("A-2", "ben")):
        story.order(number, of, promised_at="yesterday 10:00")
    story.advance("1 hour")
    found = foretold(story)
    assert (found.verdict.decision.value, found.reason) == ("hold", Reason.OVER_HOLD_LIMIT)


def test_in_shadow_it_says_when_it_would_go_out(story: Story) -> None:
    story.rules(LATE.format(more="mode: shadow")).customer("ana")
    story.order("A-1", "ana", promised_at="today 10:00").advance("1 minute")
    found = foretold(story)
    assert (found.goes_out, found.verdict.reason) == (True, Reason.SHADOW)
    story.advance("2 days").expect_nothing()
    assert explained(story).reason is Reason.SHADOW


def test_a_message_tells_how_it_came_where_it_stands(story: Story) -> None:
    story.rules(LATE.format(more="")).customer("ana")
    story.order("A-1", "ana", promised_at="today 10:00").advance("1 day").expect("ana")
    (message,) = explained(story).messages
    found = explain_message(story.setup, message.id, now=story.clock.now())
    assert [state.state for state in found.states] == [
        MessageState.PLANNED,
        MessageState.SENDING,
        MessageState.SENT,
    ]
    assert [attempt.outcome for attempt in found.attempts] == ["accepted"]
    assert found.subjects == (SubjectRef(kind_of("A-1"), "A-1"),)
    assert found.foretold is None


def test_a_planned_message_tells_how_it_will_fare(story: Story) -> None:
    story.rules(LATE.format(more="").replace("- send: note", "- {send: note, wait: 2 days}"))
    story.customer("ana").order("A-1", "ana", promised_at="yesterday 10:00").advance("1 hour")
    (message,) = explained(story).messages
    found = explain_message(story.setup, message.id, now=story.clock.now()).foretold
    assert found is not None
    assert found.goes_out
    story.advance("3 days").expect("ana", at=story.shown(found.at))
