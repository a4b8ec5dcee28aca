"""Rule tests are played as the daemon would run, and fail for the right reason."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from outreach.proving.scenarios import running
from outreach.proving.scenarios.gathering import gather
from outreach.proving.scenarios.judging import Failure
from outreach.proving.scenarios.running import Verdict, run_all
from outreach.releases import Release
from tests.unit.proving.scenarios.conftest import HEAD

NEW_LINE = "\n"
Play = Callable[[str], Verdict]

LATE = """
only: [late]
given:
  order A-1: {customer: ana, status: shipped, promised_at: 2026-11-20 12:00}
timeline:
"""
TWO = """
only: [late]
given:
  order A-1: {customer: ana, status: shipped, promised_at: 2026-11-20 12:00}
  order A-2: {customer: bo, status: shipped, promised_at: 2026-11-20 15:00}
timeline:
"""
CROWD = """
only: [late]
given:
  customer: {copies: 5}
  order: {copies: 5, status: shipped, promised_at: 2026-11-20 12:00}
timeline:
"""


def failure(verdict: Verdict) -> Failure:
    assert verdict.failure is not None
    return verdict.failure


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(
            LATE
            + """
  - {at: start, expect: nothing}
  - {at: +23 hours 59 minutes, expect: nothing}
  - at: +1 day
    expect:
      - {rule: late, step: sorry, to: ana, via: email, template: sorry, locale: de, about: A-1,
         at: 2026-11-21 12:00, says: [A-1, Es tut uns leid], never_says: [Ana]}
  - {at: +9 days, expect: nothing}
""",
            id="once, a day after the promise, in their language",
        ),
        pytest.param(
            LATE
            + """
  - at: +20 hours
    change: {order A-1: {status: delivered, delivered_at: now}}
  - at: +3 days
    expect: nothing
    why_not: [{rule: late, about: A-1, failed: status not in}]
""",
            id="delivered in time",
        ),
        pytest.param(
            TWO + "  - {at: +3 days, expect: [{rule: late, to: bo}, {rule: late, to: ana}]}",
            id="whatever left since, in any order",
        ),
        pytest.param(
            LATE
            + """
  - at: +12 hours
    change: {order A-1: {promised_at: 2026-11-20 22:00}}
  - at: 2026-11-21 23:00
    expect: nothing
    waiting: [{rule: late, about: A-1, until: 2026-11-22 09:00, because: outside send window}]
  - {at: +1 day 21 hours, expect: [{rule: late, to: ana}]}
""",
            id="quiet hours",
        ),
        pytest.param(
            LATE
            + """
  - {at: +23 hours, change: {ticket T-1: {customer: ana, status: open}}}
  - {at: +2 days, expect: nothing}
""",
            id="a new subject in the middle",
        ),
        pytest.param(
            """
given:
  customer kim: {name: Kim Vo, email: kim@example.com, tier: gold}
  order A-5: {customer: kim, status: shipped, promised_at: 2026-11-20 12:00}
timeline:
  - at: +1 day
    expect: [{rule: vip, to: kim}]
    why_not: [{rule: late, about: A-5, because: taken over by vip}]
""",
            id="one rule speaks instead of another",
        ),
        pytest.param(
            CROWD
            + """
  - at: +1 day
    expect_counts: {sent: 0, held: 5}
    because: hold_above 3 per hour
  - {at: +1 day 1 hour, approve: all, expect_counts: {sent: 5, held: 0}}
""",
            id="a flood is held until somebody approves",
        ),
        pytest.param(
            CROWD + "  - at: +1 day\n  - {at: +1 day 1 hour, reject: all, expect: nothing}",
            id="a flood is dropped",
        ),
        pytest.param(
            LATE
            + """
  - {at: +1 hour, unsubscribe: ana}
  - at: +2 days
    expect: nothing
    why_not: [{rule: late, about: A-1, because: suppressed}]
""",
            id="who unsubscribes hears nothing more",
        ),
        pytest.param(
            """
given:
  order A-1: {customer: bo, status: shipped, promised_at: 2026-11-19 12:00}
timeline:
  - {at: +6 hours, expect: [{rule: late, to: bo}]}
  - {at: +6 hours, reply: {bo: Please stop writing to me}}
  - at: +9 days
    expect: nothing
    why_not: [{rule: still-late, about: A-1, because: suppressed}]
""",
            id="a stop in a reply counts at once",
        ),
        pytest.param(
            """
given:
  order A-1: {customer: bo, status: shipped, promised_at: 2026-11-19 12:00}
timeline:
  - {at: +6 hours, expect: [{rule: late, to: bo}]}
  - {at: +6 hours, reply: A-1}
  - {at: +4 days, expect: [{rule: still-late}]}
  - {at: +4 days, reply: A-1}
  - {at: +9 days, expect: nothing}    # the rule ends when somebody replies to the update
""",
            id="a reply is no stop",
        ),
        pytest.param(
            """
given:
  order A-1: {customer: bo, status: shipped, promised_at: 2026-11-19 12:00}
timeline:
  - {at: +1 day, expect: [{rule: late, to: bo}]}
  - {at: +1 day, bounce: A-1, expect: nothing}
  - {at: +9 days, expect: nothing}
""",
            id="a bounce ends it",
        ),
        pytest.param(
            LATE
            + """
  - {at: +23 hours, pause: all}
  - {at: +25 hours, expect: nothing}
  - {at: +26 hours, restart: true, resume: all, expect: [{rule: late, to: ana}]}
  - {at: +27 hours, restart: true}
  - {at: +3 days, expect: nothing}
""",
            id="what was stopped goes on, also after a restart, and once",
        ),
        pytest.param(
            LATE
            + """
  - {at: +23 hours, apply: {shop.yaml: ../edits/patient.yaml}}
  - {at: +47 hours, expect: nothing}
  - {at: +2 days, expect: [{rule: late, to: ana, at: 2026-11-22 12:00}]}
""",
            id="an edited rule counts from when it is applied",
        ),
        pytest.param(
            LATE + "  - {at: +1 day, expect: [{rule: late, to: ana, at: 2026-11-21 12:00}]}",
            id="and only in the test that applied it",
        ),
    ],
)
def test_it_passes(body: str, play: Play) -> None:
    verdict = play(body)
    assert verdict.passed, verdict.failure


@pytest.mark.parametrize(
    ("body", "line", "expected", "got", "because"),
    [
        (
            LATE + "  - {at: +23 hours, expect: [{rule: late, to: ana}]}",
            "+23 hours",
            "late · to ana",
            "nothing",
            '"promised_at is more than 1 day ago" (rules/shop.yaml:7), from Sat 21 Nov 12:00',
        ),
        (
            LATE + "  - {at: +1 day, expect: nothing}",
            "+1 day",
            "nothing",
            "late · step sorry · to ana · via email · locale de · about A-1 · at Sat 21 Nov 12:00",
            "late (rules/shop.yaml:4) applied",
        ),
        # what no line has expected fails the test in the end
        (LATE + "  - at: +2 days", "+2 days", "nothing", "late · step sorry", "applied"),
        (
            LATE + "  - {at: +1 day, expect: [{rule: late, to: ana, locale: en}]}",
            "+1 day",
            "late · to ana · locale en",
            "late · step sorry",
            "locale is de, not en",
        ),
        (
            LATE + "  - {at: +1 day, expect: [{rule: late, says: [Sorry]}]}",
            "+1 day",
            "late",
            "late · step sorry",
            'it does not say "Sorry"',
        ),
        (
            LATE + "  - {at: +1 day, expect: [{rule: late, never_says: [A-1]}]}",
            "+1 day",
            "late",
            "late · step sorry",
            'it says "A-1"',
        ),
        (
            CROWD + "  - {at: +1 day, expect_counts: {sent: 5}}",
            "+1 day",
            "5 sent",
            "0 sent",
            "5 held: more than hold_above",
        ),
        (
            CROWD + "  - {at: +1 day, expect_counts: {held: 5}, because: paused}",
            "+1 day",
            "because paused",
            "more than hold_above",
            "",
        ),
        (
            LATE + "  - {at: +1 hour, waiting: [{rule: late, to: ana}]}",
            "+1 hour",
            "late waiting · to ana",
            "nothing that waits",
            "promised_at is more than 1 day ago",
        ),
        (
            LATE + "  - {at: +1 hour, why_not: [{rule: late, about: A-1, failed: status}]}",
            "+1 hour",
            'late silent about A-1: "status" not true',
            'A-1: not so: "promised_at is more than 1 day ago"',
            "",
        ),
        (
            LATE + "  - {at: +1 hour, bounce: ana}",
            "+1 hour",
            "that this can happen",
            "it cannot",
            "no message has left",
        ),
        (
            LATE
            + "  - {at: +2 days, expect: [{rule: late}]}\n"
            + "  - {at: +2 days, apply: {shop.yaml: ../edits/renamed.yaml}}",
            "+2 days",
            "that this can happen",
            "it cannot",
            "'late' is now called 'tardy'",
        ),
    ],
)
def test_it_fails_for_the_right_reason(
    body: str, line: str, expected: str, got: str, because: str, play: Play
) -> None:
    failed = failure(play(body))
    assert failed.said == line
    fault = failed.faults[0]
    assert fault.expected.startswith(expected)
    assert fault.got.startswith(got)
    assert because in "\n".join(fault.because)


def test_a_failure_shows_what_had_left_before(play: Play) -> None:
    said = """
  - {at: +1 day, expect: [{rule: late}]}
  - {at: +2 days, expect: [{rule: late}]}
"""
    failed = failure(play(LATE + said))
    assert [came.split(" · ")[0] for came in failed.before] == ["late"]
    assert "A-1 was written about" in "\n".join(failed.faults[0].because).replace("order ", "")


def test_repeats_are_told_apart_by_when_they_come(play: Play) -> None:
    body = """
given:
  order A-3: {customer: bo, status: packed, promised_at: 2026-11-19 17:00}
timeline:
  - {at: +1 day, expect: [{rule: late, to: bo, at: 2026-11-20 17:00}]}
  - {at: +4 days, expect: [{rule: still-late, step: update, at: 2026-11-23 17:00}]}
  - {at: +7 days, expect: [{rule: still-late, step: update, at: 2026-11-25 17:00}]}
  - {at: +30 days, expect: nothing}
"""
    verdict = play(body)
    assert verdict.passed, verdict.failure


def test_scenarios_in_other_processes_come_to_the_same(
    release: Release, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "WORTH_A_PROCESS", 1)
    ends = ("  - {at: +1 day, expect: [{rule: late}]}", "  - {at: +1 day}") * 2
    tests = [f"name: test {number}\n{LATE.strip()}\n{end}" for number, end in enumerate(ends)]
    text = HEAD + "".join(f"  - {test.replace(NEW_LINE, NEW_LINE + '    ')}\n" for test in tests)
    scenarios = gather(release, {"rules/shop.test.yaml": text}).scenarios
    alone = [verdict.failure for verdict in run_all(release, scenarios)]
    shared = [verdict.failure for verdict in run_all(release, scenarios, processes=2)]
    assert shared == alone
    assert [each is None for each in alone] == [True, False] * 2
