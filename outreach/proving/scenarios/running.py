"""Running scenarios: each is played and judged until its first line that is not as expected."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from time import perf_counter

from outreach.errors import OutreachError
from outreach.proving.scenarios.coverage import Seen, Watcher
from outreach.proving.scenarios.document import Scenario
from outreach.proving.scenarios.judging import Failure, broken, judge
from outreach.proving.scenarios.playing import Play
from outreach.proving.scenarios.stage import Stage
from outreach.releases import Release

#: so many scenarios are worth a process of their own
WORTH_A_PROCESS = 12


@dataclass(frozen=True)
class Verdict:
    """What came of one scenario, and how long it took; it passed if it has no `failure`."""

    file: str
    name: str
    line: int
    seconds: float
    failure: Failure | None = None
    seen: Seen = Seen()

    @property
    def passed(self) -> bool:
        """Whether everything was as expected."""
        return self.failure is None


def run_all(
    release: Release, scenarios: Sequence[Scenario], *, processes: int = 1, watching: bool = False
) -> Iterator[Verdict]:
    """Play scenarios of one workspace; yield what came of each, in their order.

    `watching` keeps what each has shown of its rules. Whoever stops asking stops the rest.
    """
    processes = min(processes, len(scenarios) // WORTH_A_PROCESS)
    # elsewhere a new process reads the whole program and workspace anew, which takes longer
    if processes < 2 or sys.platform != "linux":
        stage = Stage(release)
        try:
            yield from (run_scenario(stage, each, watching=watching) for each in scenarios)
        finally:
            stage.close()
        return
    pool = ProcessPoolExecutor(
        processes, get_context("fork"), initializer=_open_stage, initargs=(release,)
    )
    try:
        coming: list[Future[Verdict]] = [
            pool.submit(_run_on_stage, each, watching) for each in scenarios
        ]
        yield from (verdict.result() for verdict in coming)
    finally:
        pool.shutdown(cancel_futures=True)


def run_scenario(stage: Stage, scenario: Scenario, *, watching: bool = False) -> Verdict:
    """Play a scenario from its start, and judge every line of it."""
    began = perf_counter()
    watcher = Watcher() if watching else None
    failure = _failure(Play(scenario, stage, watcher.look if watcher else None))
    place = scenario.position
    return Verdict(
        file=place.file,
        name=scenario.name,
        line=place.line,
        seconds=perf_counter() - began,
        failure=failure,
        seen=watcher.seen() if watcher else Seen(),
    )


def _failure(play: Play) -> Failure | None:
    timeline = play.scenario.timeline
    played = play.moments()
    for moment in timeline:
        try:
            next(played)
            failure = judge(play, moment, is_last=moment is timeline[-1])
        except OutreachError as error:
            failure = broken(play.scenario, moment, str(error))
        if failure:
            return failure
    return None


#: the stage of a process of `run_all`
_STAGES: list[Stage] = []


def _open_stage(release: Release) -> None:
    _STAGES.append(Stage(release))


def _run_on_stage(scenario: Scenario, watching: bool) -> Verdict:
    return run_scenario(_STAGES[0], scenario, watching=watching)
