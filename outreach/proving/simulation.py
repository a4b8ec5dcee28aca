"""A simulation: a moving clock, a stream of records, and the real passes on a scratch database.

The demo, rule tests, backtests and story tests are uses of it; there is no second engine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from functools import cached_property
from heapq import heappop, heappush
from itertools import count
from typing import Any

from outreach.clock import MovingClock
from outreach.model import Kind
from outreach.passes.cancelling import cancel_matching
from outreach.passes.catching_up import catch_up
from outreach.passes.enrol import enrol
from outreach.passes.housekeeping import expire_held, keep_house
from outreach.passes.intake import import_rows
from outreach.passes.open_cases import count_cases
from outreach.passes.plan import plan_due
from outreach.passes.reconcile import next_look, reconcile
from outreach.passes.send import send_due
from outreach.passes.setup import Setup
from outreach.passes.sweeping import sweep
from outreach.proving.journal import Entry, Journal
from outreach.proving.waking import SOON, Alarm
from outreach.sources.records import Record
from outreach.store.arrivals import Arrival
from outreach.store.doubts import doubts
from outreach.store.pending import ANYTHING, read_pending
from outreach.timing.instants import MICROSECOND
from outreach.timing.waits import next_clock

#: what the change log names as the source of a simulation's records
SOURCE = "simulation"
#: when the starter's job for housekeeping runs; here also the sweep, which must find nothing
NIGHT = time(3, 30)


@dataclass
class Simulation:
    """Plays records into a scratch database and runs the passes on them, at the clock's pace."""

    setup: Setup
    clock: MovingClock
    #: whether every night what the passes missed is swept up; it must be nothing
    sweeps: bool = True
    #: tells when passes have something to do; it takes a while to make, and serves many
    alarm: Alarm | None = None
    #: is told of every time at which the passes have run
    watch: Callable[[datetime], None] | None = None
    #: how often the passes have run
    runs: int = 0
    #: how often housekeeping has
    nights: int = 0
    #: what nightly sweeps found that the passes before had missed: it must stay 0
    missed: int = 0
    _coming: list[tuple[datetime, int, Arrival]] = field(default_factory=list)
    _order: Any = field(default_factory=count)
    _journal: Journal = field(default_factory=Journal)
    _tidied: datetime | None = None

    def change(self, at: datetime, kind: Kind, subject_id: str, **values: Any) -> None:
        """Let a customer, an order or a ticket come into being or change at an instant."""
        self.add([Record(kind, subject_id, values, updated_at=at, at=at)])

    def add(self, records: Iterable[Arrival]) -> None:
        """Let records arrive when they were updated; those of one instant in this order."""
        for record in records:
            if record.updated_at is None:
                raise ValueError(f"{record.kind} {record.id}: a simulation needs updated_at")
            heappush(self._coming, (record.updated_at, next(self._order), record))

    def run_until(
        self, instant: datetime, *, every: timedelta | None = None, leap: bool = False
    ) -> Sequence[Entry]:
        """Move the clock to an instant, running the passes on the way and at its end.

        They run `every` so often, or else exactly when there is something to do; with `leap` they
        keep that rhythm and leave out the times at which there is nothing to do. Returns what
        happened since this was last asked.
        """
        self.run_up_to(instant, every=every, leap=leap)
        self.run_at(instant)
        return self.happened()

    def run_up_to(
        self, instant: datetime, *, every: timedelta | None = None, leap: bool = False
    ) -> bool:
        """Move the clock to an instant as `run_until` does, and leave out the passes at its end.

        Return whether there is something for them to do.
        """
        while True:
            now = self.clock.now()
            wake = now + every if every and not leap else self.next_due()
            if wake is not None and every and leap:
                wake = now + max(-(-(wake - now) // every), 1) * every
            if wake is None or wake >= instant:
                break
            self.run_at(wake)
        self.clock.move_to(instant)
        return wake is not None and wake <= instant

    def begin(self) -> None:
        """Take what is there for known: before anybody came, there is nothing to plan or send."""
        now, setup = self.clock.now(), self.setup
        catch_up(setup, now=now)
        enrol(setup.store, setup.enroller, setup.catalogue, zone=setup.zone, now=now)
        cancel_matching(setup, now=now)

    def run_at(self, instant: datetime) -> None:
        """Move the clock to an instant and run every pass there once, in the daemon's order."""
        now = self.clock.move_to(instant)
        self.runs += 1
        setup = self.setup
        if records := self._arrived(now):
            import_rows(setup.store, records, now=now, source=SOURCE)
        with setup.store.read() as connection:
            pending = read_pending(connection, now)
        catch_up(setup, now=now, pending=pending)
        enrol(setup.store, setup.enroller, setup.catalogue, zone=setup.zone, now=now)
        if pending.held:
            expire_held(setup, now=now)
        planned = plan_due(setup, now=now, pending=pending)
        if pending.cases or planned.handed_off:
            count_cases(setup.store, now=now)  # what is new wakes the next run
        cancel_matching(setup, now=now)
        if pending.doubts:
            reconcile(setup, now=now)
        while send_due(setup, now=now, pending=pending).more:
            pending = ANYTHING
        if self.sweeps:
            self._tidied = self._tidied or now
            if now >= self._next_night():
                self._tidy()
        if self.watch is not None:
            self.watch(now)

    def _tidy(self) -> None:
        # a moment later: the sweep then has nothing of its own to find
        self._tidied = self.clock.advance(MICROSECOND)
        self.nights += 1
        self.missed += sweep(self.setup, now=self._tidied).total
        keep_house(self.setup, now=self._tidied)

    def _next_night(self) -> datetime:
        assert self._tidied is not None
        return next_clock(self._tidied, NIGHT, self.setup.zone)

    def happened(self) -> Sequence[Entry]:
        """Return what came into a new state since this was last asked, in order."""
        return self._journal.read(self.setup.store)

    def _arrived(self, now: datetime) -> list[Arrival]:
        arrived = []
        while self._coming and self._coming[0][0] <= now:
            arrived.append(heappop(self._coming)[2])
        return arrived

    def next_due(self) -> datetime | None:
        """Return when the passes next may have something to do, no earlier than now."""
        now = self.clock.now()
        with self.setup.store.read() as connection:
            due = self._alarm.next(connection, now)
            doubtful = [next_look(self.setup, row) for row in doubts(connection)]
        doubtful = [at and max(at, now + SOON) for at in doubtful]
        coming = [at for at, _, _ in self._coming[:1]]
        night = [self._next_night()] if self._tidied else []
        wake = min([*coming, *night, *filter(None, [due, *doubtful])], default=None)
        return wake and max(wake, now)  # the clock may have been moved without us: an outage

    @cached_property
    def _alarm(self) -> Alarm:
        return self.alarm or alarm_of(self.setup)


def alarm_of(setup: Setup) -> Alarm:
    """Return what tells when the passes of a setup have something to do."""
    return Alarm(setup.ruleset, setup.zone, setup.store.engine.dialect)
