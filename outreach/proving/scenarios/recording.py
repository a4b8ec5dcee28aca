"""Recording: what a scenario comes to, written as the `expect` of its lines, for review."""

from __future__ import annotations

from collections.abc import Iterator

from outreach.proving.scenarios.cases import recorded_case
from outreach.proving.scenarios.document import Moment, Scenario
from outreach.proving.scenarios.playing import Came, Play
from outreach.proving.scenarios.silence import due_rows
from outreach.proving.scenarios.stage import Stage
from outreach.proving.scenarios.told import written_time


def record(stage: Stage, scenario: Scenario) -> Iterator[str]:
    """Yield a timeline in the language of tests: what left by each line, whatever it expected.

    Raises Refused when something on a line cannot happen.
    """
    play = Play(scenario, stage)
    yield f"  - name: {scenario.name}"
    yield "    timeline:"
    for moment in play.moments():
        yield from _line(play, moment)


def what_left(play: Play) -> list[str]:
    """Return what left since this was last asked, each as an entry of `expect`."""
    zone = play.scenario.zone
    left = [_wanted(play, came) for came in play.unclaimed]
    left += [recorded_case(row, zone) for row in play.unclaimed_cases]
    play.unclaimed.clear()
    play.unclaimed_cases.clear()
    return [f"{{{said}}}" for said in left]


def what_waits(play: Play) -> list[str]:
    """Return the messages that wait, each as an entry of `waiting`."""
    rows = due_rows(play)
    waiting = [one for one in play.entries.values() if one.message in rows]
    return [
        f"{{rule: {one.rule}, to: {one.customer}, about: {one.subjects[0].id}}}" for one in waiting
    ]


def _line(play: Play, moment: Moment) -> Iterator[str]:
    left = what_left(play)
    if not left:
        yield f"      - {{at: {moment.said}, expect: nothing}}"
        return
    yield f"      - at: {moment.said}"
    yield "        expect:"
    for said in left:
        yield f"          - {said}"


def _wanted(play: Play, came: Came) -> str:
    entry = came.entry
    about = came.about[0] if len(came.about) == 1 else f"[{', '.join(came.about)}]"
    said = {
        "rule": entry.rule,
        "step": entry.step,
        "to": entry.customer,
        "via": entry.channel.value,
        "locale": entry.locale,
        **({"offer": came.offer} if came.offer else {}),
        "about": about,
        "at": written_time(entry.at, play.scenario.zone),
    }
    return ", ".join(f"{key}: {value}" for key, value in said.items())
