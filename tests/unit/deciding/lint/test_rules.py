"""Schedules that cannot keep their word, and steps that nothing ever reaches."""

from __future__ import annotations

from datetime import timedelta

import pytest

from outreach.deciding.lint.rules import lint_rules, words_of_templates
from outreach.deciding.lint.schedule import Surroundings
from outreach.deciding.rendering import Templates
from outreach.errors import Problem
from outreach.model import Purpose
from outreach.rules.catalogue import Catalogue
from outreach.rules.limits import ContactRule
from outreach.rules.loader import check_rules
from outreach.rules.names import Names
from outreach.timing.calendars import Calendar
from outreach.timing.durations import Duration
from outreach.timing.hours import EVERY_DAY, WEEKDAYS, Hours
from outreach.timing.windows import ANY_TIME, SendWindow
from tests.unit.berlin import BERLIN
from tests.unit.deciding.lint.conftest import NOW

OFFICE = Hours(9 * 60, 17 * 60)
WINDOWS = [
    SendWindow("daytime", EVERY_DAY, Hours(9 * 60, 20 * 60)),
    SendWindow("dawn", EVERY_DAY, Hours(8 * 60, 11 * 60)),
    SendWindow("night", EVERY_DAY, Hours(18 * 60, 24 * 60)),
    SendWindow("late", EVERY_DAY, Hours(9 * 60, 23 * 60)),
    SendWindow("weekdays", WEEKDAYS, Hours(9 * 60, 20 * 60)),
    SendWindow("workdays", EVERY_DAY, Hours(9 * 60, 20 * 60), "DE"),
    ANY_TIME,
]
NAMES = Names(
    Catalogue(),
    BERLIN,
    WINDOWS[0],
    {window.name: window for window in WINDOWS},
    {
        "de": Calendar("de", BERLIN, WEEKDAYS, OFFICE, "DE"),
        "nowhere": Calendar("nowhere", BERLIN, WEEKDAYS, OFFICE),
    },
)
TEMPLATES = Templates(
    {
        "note/en.sms.txt": "{{ shop.name }}: it is here.",
        "sorry/en.sms.txt": "{{ shop.name }}: we are sorry.",
        "soon/en.sms.txt": "{{ shop.name }}: news by {{ now | plus('2 days') | day }}.",
    },
    "en",
)
POLICY = (ContactRule(frozenset({Purpose.SERVICE}), gap=Duration(minutes=4 * 60)),)
RULE = """\
format: 1
rules:
- rule: a
  about: order
  purpose: service
  when:
    - promised_at is more than 1 day ago
    - status in [packed, shipped]
  steps:
    - send: note
"""
OTHER = """\
- rule: b
  about: order
  purpose: service
  mode: shadow
  when:
    - promised_at is more than 1 day ago
    - status is shipped
  steps:
    - send: note
"""


def found_in(text: str) -> list[Problem]:
    """Lint one rule file, which must be in order for `check`."""
    ruleset, problems = check_rules({"rules.yaml": text}, NAMES)
    assert ruleset is not None, problems
    texts, apologies = words_of_templates(TEMPLATES)
    around = Surroundings(BERLIN, NOW, POLICY, texts, apologies)
    return sorted(lint_rules(ruleset, {"rules.yaml": text}, around))


def found_with(*edits: tuple[str, str]) -> list[tuple[str, int]]:
    text = RULE
    for before, after in edits:
        assert before in text
        text = text.replace(before, after)
    return [(problem.code, problem.line) for problem in found_in(text)]


def with_keys(*lines: str) -> tuple[str, str]:
    """Edit the rule: more keys above its conditions."""
    return "  when:\n", "".join(f"  {line}\n" for line in lines) + "  when:\n"


def with_step(*lines: str) -> tuple[str, str]:
    """Edit the rule: another step."""
    return "    - send: note\n", "    - " + "\n      ".join(lines) + "\n"


TRANSACTIONAL = ("purpose: service", "purpose: transactional")


def test_a_rule_that_is_in_order_stays_clean() -> None:
    assert found_with() == []


@pytest.mark.parametrize(
    ("edits", "expected"),
    [
        # people whose zone is a guess hear from us from 11:00 to 18:00
        ([with_keys("send_window: dawn")], [("T501", 6)]),
        ([with_keys("send_window: night")], [("T501", 6), ("T503", 6)]),
        ([with_keys("send_window: late")], [("T503", 6)]),
        ([TRANSACTIONAL, with_keys("send_window: late")], []),  # by e-mail it wakes nobody
        ([TRANSACTIONAL, with_keys("send_window: any time")], []),
        ([TRANSACTIONAL, with_keys("send_window: any time", "via: [sms]")], [("T503", 6)]),
        # closed at that hour
        ([with_step("wait: 1 day, at 08:00", "send: note")], [("T502", 10)]),
        ([with_step("wait: 1 day, at 20:00", "send: note")], [("T502", 10)]),
        ([with_step("wait: 1 day, at 19:59", "send: note")], []),
        # an hour that is left out in March
        (
            [
                TRANSACTIONAL,
                with_keys("send_window: any time"),
                with_step("wait: 1 day, at 02:30", "send: note"),
            ],
            [("T504", 11)],
        ),
        # news in two days, which may be a Sunday
        ([with_step("send: soon")], []),
        ([with_keys("send_window: weekdays"), with_step("send: soon")], [("T505", 11)]),
        ([with_keys("send_window: workdays"), with_step("send: soon")], [("T505", 11)]),
        ([with_keys("send_window: weekdays")], []),  # nothing is promised
        ([with_step("send: soon", "repeat: every 3 days, up to 2 times")], [("T506", 11)]),
        ([with_step("send: soon", "repeat: every 2 days, up to 2 times")], []),
        # gone before it may go
        ([with_keys("expires_after: 4 hours")], [("T507", 6)]),
        ([with_keys("expires_after: 5 hours")], []),
        ([TRANSACTIONAL, with_keys("expires_after: 1 hour")], []),  # the policy is for service
        ([with_keys("limits: {total: 9 per 7 days}")], [("T507", 3)]),
        ([with_keys("limits:", "  total: 9 per 7 days")], [("T507", 7)]),
        ([with_keys("limits: {total: 9 per day}")], []),
        (
            [
                with_step(
                    "send: note", "via: [email, sms]", "if_undelivered: next channel after 2 days"
                )
            ],
            [("T507", 12)],
        ),
        # business days on Christmas Day
        ([with_keys("calendar: nowhere")], []),
        (
            [with_keys("calendar: nowhere"), with_step("wait: 1 business day", "send: note")],
            [("T510", 6)],
        ),
        ([with_keys("calendar: de"), with_step("wait: 1 business day", "send: note")], []),
        ([with_keys("calendar: nowhere   # no business day here")], []),
    ],
)
def test_schedules_are_looked_at(
    edits: list[tuple[str, str]], expected: list[tuple[str, int]]
) -> None:
    assert found_with(*edits) == expected


@pytest.mark.parametrize(
    ("edits", "expected"),
    [
        # true of all that match
        ([with_keys("cancel_if: [promised_at is present]")], [("T508", 6)]),
        ([with_keys("cancel_if: ['status in [shipped, packed, paid]']")], [("T508", 6)]),
        ([with_keys("cancel_if: [promised_at is more than 1 day ago]")], [("T508", 6)]),
        ([with_keys("cancel_if: [status is shipped]")], []),  # the packed ones go on
        ([with_keys("cancel_if: [status is delivered]")], []),
        ([with_step("send: note", "skip_if: [promised_at is present]")], [("T508", 11)]),
        ([with_step("wait: 1 day", "send: note", "skip_if: [promised_at is present]")], []),
        # nothing comes of it
        ([("    - send: note\n", "    - send: note\n    - wait: 1 day\n")], [("T508", 11)]),
        (
            [
                with_keys("cancel_if: [delivered_at is present]"),
                with_step("wait: 1 day after delivered_at", "send: note"),
            ],
            [("T508", 11)],
        ),
        # sorry, although it is settled
        ([with_step("send: sorry")], []),
        ([with_step("send: sorry"), ("    - status in [packed, shipped]\n", "")], [("W423", 3)]),
        (
            [
                with_step("send: sorry"),
                ("    - status in [packed, shipped]\n", ""),
                with_keys("cancel_if: [delivered_at is present]"),
            ],
            [],
        ),
        # how was it, while something is open
        ([("purpose: service", "purpose: survey")], [("W422", 3)]),
        (
            [
                ("purpose: service", "purpose: survey"),
                with_keys("cancel_if: [customer.open_tickets is at least 1]"),
            ],
            [],
        ),
        # those of ours spare them anyway
        ([("purpose: service", "purpose: survey"), with_step("send: note", "survey: csat")], []),
        # meant so
        ([with_keys("send_window: dawn   # lint: ignore T501 we know all zones")], []),
        ([with_keys("send_window: daytime   # lint: ignore T501 no reason now")], [("L902", 6)]),
        ([with_keys("send_window: daytime   # lint: ignore T501")], [("L901", 6)]),
        # off says nothing, so it says nothing wrong
        ([with_keys("send_window: dawn", "mode: off")], []),
    ],
)
def test_what_is_never_reached_is_found(
    edits: list[tuple[str, str]], expected: list[tuple[str, int]]
) -> None:
    assert found_with(*edits) == expected


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        (OTHER, []),
        (OTHER.replace("status is shipped", "status in [packed, shipped]"), ["T508"]),
        (OTHER.replace("    - status is shipped\n", ""), ["T508"]),  # it asks for less
        (OTHER.replace("more than 1 day", "more than 2 days"), []),
    ],
)
def test_a_rule_that_another_always_takes_over_is_found(other: str, expected: list[str]) -> None:
    taking = other.replace("  when:", "  takes_over: [a]\n  when:")
    assert [problem.code for problem in found_in(RULE + taking)] == expected


@pytest.mark.parametrize(
    ("mode", "sentence", "expected"),
    [
        ("shadow", "last_sent.b is more than 1 day ago", ["T509"]),
        ("off", "last_sent.b is more than 1 day ago", ["T509"]),
        ("live", "last_sent.b is more than 1 day ago", []),
        ("shadow", "last_sent.b is missing", []),
    ],
)
def test_a_rule_that_waits_for_what_is_not_sent_is_found(
    mode: str, sentence: str, expected: list[str]
) -> None:
    text = RULE.replace("    - status in [packed, shipped]\n", f"    - {sentence}\n")
    other = OTHER.replace("mode: shadow", f"mode: {mode}")
    assert [problem.code for problem in found_in(text + other)] == expected


def test_a_default_of_the_file_is_pointed_at() -> None:
    text = RULE.replace("rules:", "defaults:\n  send_window: dawn\nrules:")
    (problem,) = found_in(text)
    assert (problem.line, problem.source[problem.column - 1 :]) == (3, "send_window: dawn")
    assert "11:00-18:00" in problem.hint


def test_the_policy_of_the_workspace_counts() -> None:
    assert timedelta(hours=4) == POLICY[0].gap.fixed  # type: ignore[union-attr]
    (problem,) = found_in(RULE.replace("  when:\n", "  expires_after: 3 hours\n  when:\n"))
    assert "4 hours" in problem.message
