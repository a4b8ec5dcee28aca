"""Recording: what a scenario comes to, written as the `expect` of its lines, for review."""

from __future__ import annotations

from collections.abc import Iterator

from outreach.proving.scenarios.cases import recorded_case
from outreach.proving.scenarios.document import Moment, Scenario
from outreach.proving.scenarios.playing import Came, Play
from outreach.proving.scenarios.stage import Stage


def record(stage: Stage, scenario: Scenario) -> Iterator[str]:
    """Yield a timeline in the language of tests: what left by each line, whatever it expected.

    Raises Refused when something on a line cannot happen.
    """
    play = Play(scenario, stage)
    yield f"  - name: {scenario.name}"
    yield "    timeline:"
    for moment in play.moments():
        yield from _line(play, moment)
        play.unclaimed.clear()
        play.unclaimed_cases.clear()


def _line(play: Play, moment: Moment) -> Iterator[str]:
    came = play.unclaimed
    if not came and not play.unclaimed_cases:
        yield f"      - {{at: {moment.said}, expect: nothing}}"
        return
    yield f"      - at: {moment.said}"
    yield "        expect:"
    for one in came:
        yield f"          - {{{_wanted(play, one)}}}"
    for row in play.unclaimed_cases:
        yield f"          - {{{recorded_case(row, play.scenario.zone)}}}"


def _wanted(play: Play, came: Came) -> str:
    entry = came.entry
    local = entry.at.astimezone(play.scenario.zone)
    about = came.about[0] if len(came.about) == 1 else f"[{', '.join(came.about)}]"
    said = {
        "rule": entry.rule,
        "step": entry.step,
        "to": entry.customer,
        "via": entry.channel.value,
        "locale": entry.locale,
        **({"offer": came.offer} if came.offer else {}),
        "about": about,
        "at": f"{local:%Y-%m-%d %H:%M}" + (f":{local:%S}" if local.second else ""),
    }
    return ", ".join(f"{key}: {value}" for key, value in said.items())
