"""Cases in rule tests: what people are asked to step in for is expected as messages are."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from outreach.proving.scenarios.gathering import gather
from outreach.proving.scenarios.recording import record
from outreach.proving.scenarios.running import Verdict
from outreach.proving.scenarios.stage import Stage
from outreach.releases import Release
from tests.unit.proving.scenarios.conftest import HEAD

Play = Callable[[str], Verdict]
#: on a Friday at noon; the case is given at 13:00
WAITING = """
only: [call]
given:
  ticket T-1: {customer: ana, number: "88", status: waiting_on_us}
timeline:
"""
FIRST = "{handoff: desk, rule: call, step: human, to: ana, about: T-1"


@pytest.mark.parametrize(
    "body",
    [
        f"""
  - {{at: +59 minutes, expect: nothing}}
  - at: +1 hour
    expect: [{FIRST}, at: 2026-11-20 13:00, title_says: [Ana, 88], due: 2 business hours}}]
  - {{at: +2 days, expect: [{{handoff: desk, step: again, rule: call}}]}}
""",
        f"""
  - {{at: +2 days, expect: [{{handoff: desk}}, {FIRST}, due: 2026-11-20 15:00}}]}}
""",
        f"""
  - {{at: +2 hours, take: T-1, expect: [{FIRST}}}]}}
  - {{at: +3 hours, done: ana}}
  - {{at: +9 days, expect: nothing}}
""",
        f"""
  - {{at: +2 hours, restart: true, expect: [{FIRST}}}]}}
  - {{at: +2 hours, done: T-1}}
  - {{at: +9 days, expect: nothing}}
""",
    ],
    ids=["one after the other", "both at once", "taken and done", "after a restart"],
)
def test_what_is_expected_is_given(play: Play, body: str) -> None:
    verdict = play(WAITING + body)
    assert verdict.failure is None, verdict.failure


@pytest.mark.parametrize(
    ("body", "expected", "got", "because"),
    [
        ("{at: +2 hours, expect: nothing}", "nothing", "case for desk · call", "call applied"),
        ("{at: +9 days}", "nothing", "case for desk · call", "call applied"),
        (
            "{at: +2 hours, expect: [{handoff: desk, due: 1 business hour}]}",
            "case for desk · due 1 business hour",
            "due Fri 20 Nov 15:00",
            "it is due Fri 20 Nov 15:00, not Fri 20 Nov 14:00",
        ),
        (
            "{at: +2 hours, expect: [{handoff: desk, title_says: Bo}]}",
            "case for desk",
            '"Call Ana about 88"',
            'its title does not say "Bo"',
        ),
        (
            "{at: +30 minutes, expect: [{handoff: desk, rule: call, about: T-1}]}",
            "case for desk · call · about T-1",
            "nothing",
            "waiting_on_us for more than 1 hour",
        ),
        ("{at: +30 minutes, take: T-1}", "that this can happen", "it cannot", "nobody was asked"),
    ],
)
def test_a_case_that_is_not_as_expected_fails_the_test(
    play: Play, body: str, expected: str, got: str, because: str
) -> None:
    failure = play(f"{WAITING}  - {body}").failure
    assert failure is not None
    fault = failure.faults[0]
    assert fault.expected.startswith(expected)
    assert got in fault.got
    assert because in "\n".join(fault.because)


def test_a_message_is_no_case(play: Play) -> None:
    body = WAITING + "  - {at: +2 hours, expect: [{rule: call}, {handoff: desk}]}"
    failure = play(body).failure
    assert failure is not None
    assert [fault.expected for fault in failure.faults] == ["call"]


def test_cases_are_recorded(release: Release, stage: Stage) -> None:
    lines = "".join(f"    {line}\n" for line in WAITING.strip().splitlines())
    text = f"{HEAD}  - name: it\n{lines}      - {{at: +2 hours}}\n"
    (scenario,) = gather(release, {"rules/shop.test.yaml": text}).scenarios
    said = "\n".join(record(stage, scenario))
    wanted = "{handoff: desk, rule: call, step: human, to: ana, about: T-1, at: 2026-11-20 13:00}"
    assert wanted in said


def test_what_is_said_of_messages_cannot_be_said_of_cases(mistakes: Callable[..., list]) -> None:  # type: ignore[type-arg]
    body = "".join(f"    {line}\n" for line in WAITING.strip().splitlines())
    line = "      - {at: start, expect: [{handoff: desk, via: email}]}\n"
    (problem,) = mistakes(f"{HEAD}  - name: it\n{body}{line}")
    assert (problem.code, "`via` is said of messages" in problem.message) == ("E310", True)
