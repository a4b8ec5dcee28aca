"""Playing the tape: the real passes on a scratch database, nothing sent and nothing kept."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from outreach.channels.outgoing import Outgoing, Receipted
from outreach.clock import MovingClock
from outreach.deciding.throttling import Allowance
from outreach.model import Mode
from outreach.passes.intake import import_rows
from outreach.passes.setup import Setup
from outreach.proving.backtest.figures import Figures, read_figures
from outreach.proving.backtest.permissions import Word, say
from outreach.proving.backtest.tape import Tape
from outreach.proving.scratch import make_hasty
from outreach.proving.simulation import SOURCE, Simulation
from outreach.releases import Release, setup_of
from outreach.rules.document import Ruleset
from outreach.store.database import Store, open_store
from outreach.timing.instants import MICROSECOND
from outreach.timing.waits import next_clock
from outreach.workspace import Workspace

#: how often the passes run at most; a daemon's run every minute and plan the same
EVERY = timedelta(minutes=15)
#: and where a time is longer than this, which would take hours otherwise
LONG, EVERY_OF_LONG = timedelta(days=92), timedelta(hours=1)
MIDNIGHT = time(0)
#: is told the share that is played
Told = Callable[[float], None]


@dataclass(frozen=True)
class Span:
    """The time that is played: `begin` included, `end` not."""

    begin: datetime
    end: datetime

    def days(self, zone: ZoneInfo) -> Iterator[datetime]:
        """Yield the ends of its days on a clock, and its own end."""
        day = next_clock(self.begin + MICROSECOND, MIDNIGHT, zone)
        while day < self.end:
            yield day
            day = next_clock(day + MICROSECOND, MIDNIGHT, zone)
        yield self.end


def usual_rhythm(span: Span) -> timedelta:
    """Return how often the passes run when nobody says it."""
    return EVERY if span.end - span.begin <= LONG else EVERY_OF_LONG


class Nowhere:
    """A way out that takes every message and sends none."""

    name = "nowhere"

    def send(self, outgoing: Outgoing, *, now: datetime) -> Receipted:
        return Receipted(f"nowhere-{outgoing.message_id}")

    def check(self) -> str:
        return "takes every message and sends none"

    def close(self) -> None:
        pass


def backtest(
    release: Release,
    workspace: Workspace,
    tape: Tape,
    words: Sequence[Word],
    span: Span,
    *,
    every: timedelta = EVERY,
    told: Told = lambda _share: None,
) -> Figures:
    """Return what a release would have done in a time, each rule as if it were live.

    Held messages are approved by nobody.
    """
    with _scratch() as store:
        setup = setup_for(release, workspace, store)
        passes = play(setup, tape, words, span, every=every, told=told)
        return read_figures(setup, span.begin, span.end, passes)


def play(
    setup: Setup,
    tape: Tape,
    words: Sequence[Word],
    span: Span,
    *,
    every: timedelta = EVERY,
    told: Told = lambda _share: None,
) -> int:
    """Play a time into the empty store of a setup; return how often the passes ran.

    What happened before is taken in first, as on the day on which somebody starts.
    """
    import_rows(setup.store, tape.between(None, span.begin), now=span.begin, source=SOURCE)
    waiting = list(words)
    say(setup.store, waiting, span.begin)
    simulation = Simulation(setup, MovingClock(span.begin), sweeps=False)
    since, length = span.begin, span.end - span.begin
    for day in span.days(setup.zone):
        simulation.add(tape.between(since, day))
        if since == span.begin:
            simulation.run_at(since)  # what matches by then is known from then on
        while waiting and waiting[0].at < day:
            simulation.run_up_to(max(waiting[0].at, since), every=every, leap=True)
            say(setup.store, waiting, simulation.clock.now())
        simulation.run_up_to(day, every=every, leap=True)
        since = day
        told((day - span.begin) / length)
    simulation.run_at(span.end)
    return simulation.runs


@contextmanager
def _scratch() -> Iterator[Store]:
    with tempfile.TemporaryDirectory(prefix="outreach-backtest-") as folder:
        store = open_store(f"sqlite:///{Path(folder) / 'scratch.db'}")
        make_hasty(store)
        try:
            yield store
        finally:
            store.close()


def setup_for(release: Release, workspace: Workspace, store: Store) -> Setup:
    """Return the setup with every rule live, and no way out of the machine."""
    setup = setup_of(release, workspace, store, env={}, with_senders=False)
    rules = tuple(
        replace(rule, mode=Mode.LIVE if rule.mode is Mode.SHADOW else rule.mode, canary=None)
        for rule in setup.ruleset
    )
    return replace(
        setup,
        ruleset=Ruleset(rules, setup.ruleset.digest),
        senders={channel: Nowhere() for channel in setup.channels},
        # a second's rate means nothing where passes are minutes apart
        allowances={c: Allowance(None, a.daily_cap) for c, a in setup.allowances.items()},
        # that is for machines that could reach real people
        send_only_to=(),
    )
