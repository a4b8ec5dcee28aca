"""Evidence before sending: seven stories of the starter rules, and how each fails if broken."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from outreach.proving.mutants.changing import mutants_of
from outreach.proving.mutants.playing import hunt, with_mutant, witnesses
from outreach.proving.scenarios.document import Scenario
from outreach.proving.scenarios.gathering import gather
from outreach.proving.scenarios.judging import Failure
from outreach.proving.scenarios.running import Verdict, run_scenario
from outreach.proving.scenarios.stage import Stage
from outreach.releases import Release, read_release
from outreach.workspace import Workspace

ROOT = Path(__file__).resolve().parents[3]
STORIES = ROOT / "tests" / "data" / "evidence" / "stories.test.yaml"


#: rules whose tests are quick; of each the first changes are tried
SAMPLED = ("cancellation-confirmed", "refund-promised")
#: a test that was not run: only those that name a rule are played
UNSEEN = Verdict("", "", 0, 0.0)


class Broken(NamedTuple):
    """A rule with one thing changed, the line that notices it, and parts of what is told."""

    story: str
    rule: str
    change: str
    at: str
    expected: str
    got: str
    because: str


BROKEN = [
    Broken(
        "one apology, one day after the promise",
        "delayed-order-apology",
        "promised_at is more than 1 day ago → … 12 hours ago",
        "+23 hours 59 minutes",
        "nothing",
        "delayed-order-apology · step apology · to ana",
        "delayed-order-apology ({place}) applied",
    ),
    Broken(
        "delivered in time means silence, and says why",
        "delayed-order-apology",
        "status not in [delivered, cancelled, refunded, returned] → left out",
        "+2 days",
        'delayed-order-apology silent about A-2: "status not in" not true',
        "delivered_at is missing",
        "",
    ),
    Broken(
        "three updates, then a person",
        "delayed-order-update",
        "repeat: up to 3 times → 2",
        "+10 days 21 hours",
        "delayed-order-update · step update · to ana",
        "nothing",
        "order A-3 was written about Fri 27 Nov 18:00",
    ),
    Broken(
        "quiet hours hold the message until morning",
        "delayed-order-apology",
        "send_window: 09:00-20:00 → 00:00-24:00",
        "+1 day 11 hours",
        "nothing",
        "at Sat 21 Nov 22:30",
        "delayed-order-apology ({place}) applied",
    ),
    Broken(
        "New York is asleep when Berlin has lunch",
        "delayed-order-apology",
        "send_window: 09:00-20:00 → 10:00-21:00",
        "+1 day 3 hours",
        "delayed-order-apology · to bo",
        "nothing",
        "is planned until Sat 21 Nov 16:00: outside the send window",
    ),
    Broken(
        "a gold customer gets a call, not a robot",
        "vip-delay-to-person",
        "customer.tier in [gold, platinum] → … is platinum",
        "+3 days",
        "nothing",
        "delayed-order-apology · step apology · to kim",
        "applied",
    ),
    Broken(
        "a data fault cannot mail a thousand people",
        "delayed-order-apology",
        "hold_above: 60 per hour → left out",
        "+1 day 2 hours",
        "0 sent",
        "200 sent",
        "200 sent: accepted by the provider",
    ),
]


@pytest.fixture(scope="module")
def starter() -> Release:
    return read_release(Workspace.open(ROOT))


@pytest.fixture(scope="module")
def stage(starter: Release) -> Iterator[Stage]:
    made = Stage(starter)
    yield made
    made.close()


@pytest.fixture(scope="module")
def stories(starter: Release) -> dict[str, Scenario]:
    gathered = gather(starter, {"rules/stories.test.yaml": STORIES.read_text("utf-8")})
    assert not gathered.problems
    return {scenario.name: scenario for scenario in gathered.scenarios}


def test_each_story_is_broken_once(stories: dict[str, Scenario]) -> None:
    assert [broken.story for broken in BROKEN] == list(stories)


@pytest.mark.parametrize("story", [broken.story for broken in BROKEN])
def test_the_story_passes(story: str, stories: dict[str, Scenario], stage: Stage) -> None:
    verdict = run_scenario(stage, stories[story])
    assert verdict.failure is None, verdict.failure


@pytest.mark.parametrize("broken", BROKEN, ids=[broken.story for broken in BROKEN])
def test_a_broken_rule_fails_at_its_line_and_for_its_reason(
    broken: Broken, stories: dict[str, Scenario], starter: Release, stage: Stage
) -> None:
    (mutant,) = (m for m in mutants_of(starter, [broken.rule]) if m.change == broken.change)
    edited = Stage(with_mutant(starter, mutant), store=stage.store)
    failure = run_scenario(edited, stories[broken.story]).failure
    assert failure is not None
    assert (failure.said, _line(failure)) == (broken.at, f"at: {broken.at}")
    told = [(fault.expected, fault.got, " ".join(fault.because)) for fault in failure.faults]
    where = mutant.rule.position
    because = broken.because.format(place=f"{where.file}:{where.line}")
    wanted = (broken.expected, broken.got, because)
    assert any(_is_told(wanted, fault) for fault in told), told


def test_the_starter_tests_notice_a_sample_of_changes(starter: Release) -> None:
    """All of them take minutes: `make mutants`."""
    gathered = gather(starter, Workspace.open(ROOT).test_files())
    named = witnesses((scenario, UNSEEN) for scenario in gathered.scenarios)
    mutants = [m for name in SAMPLED for m in list(mutants_of(starter, [name]))[:2]]
    fates = list(hunt(starter, named, mutants))
    assert [fate for fate in fates if fate.caught_by is None] == []
    assert {fate.rule for fate in fates} == set(SAMPLED)


def _line(failure: Failure) -> str:
    """Return the part of the line a failure points at that says when it is."""
    line = STORIES.read_text("utf-8").splitlines()[failure.position.line - 1]
    return line.strip(" -{").partition(",")[0].partition(" #")[0].strip()


def _is_told(wanted: tuple[str, ...], told: tuple[str, ...]) -> bool:
    return all(part in whole for part, whole in zip(wanted, told, strict=True))
