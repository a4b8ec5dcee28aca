"""Playing a scenario: its clock moves from line to line, and the real passes do what is due."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from outreach.channels.outgoing import Outgoing
from outreach.clock import MovingClock
from outreach.model import CouponState, SubjectRef
from outreach.passes.setup import Setup
from outreach.proving.journal import Entry
from outreach.proving.scenarios.answers import give_answer
from outreach.proving.scenarios.deeds import do
from outreach.proving.scenarios.document import OF_A_TEAM, Deed, DeedKind, Moment, Scenario
from outreach.proving.scenarios.stage import Stage
from outreach.proving.scenarios.stepping_in import step_in
from outreach.proving.simulation import Simulation
from outreach.releases import with_files
from outreach.store.coupons import coupons_with
from outreach.store.handoffs import handoffs_after
from outreach.store.types import Record


@dataclass(frozen=True)
class Came:
    """A message that left the system, with its words."""

    entry: Entry
    letter: Outgoing
    #: the pool of the coupon it brought, empty when it brought none
    offer: str = ""

    @property
    def about(self) -> tuple[str, ...]:
        """The ids of what it is about."""
        return tuple(ref.id for ref in self.entry.subjects)


@dataclass
class Play:
    """A scenario while it is played. `moments` plays it line by line."""

    scenario: Scenario
    stage: Stage
    #: is told of each time at which things may have changed
    watch: Callable[[Setup, datetime], None] | None = None
    simulation: Simulation = field(init=False)
    #: the names of the rules that play a part now
    rules: tuple[str, ...] = ()
    #: what left and nobody has expected yet
    unclaimed: list[Came] = field(default_factory=list)
    #: all that left before, in order
    came: list[Came] = field(default_factory=list)
    #: cases that were given, and those of them that nobody has expected yet
    cases: list[Record] = field(default_factory=list)
    unclaimed_cases: list[Record] = field(default_factory=list)
    #: the latest of each message
    entries: dict[str, Entry] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.stage.clear()
        self.rules = self.scenario.rules
        if any(deed.kind is DeedKind.APPLY for m in self.scenario.timeline for deed in m.deeds):
            self.stage.apply(self.stage.release, now=self.scenario.start)
        setup = self.stage.setup(self.rules)
        self.stage.stock(setup, now=self.scenario.start)
        self.simulation = self._simulate(setup)

    @property
    def setup(self) -> Setup:
        """What the passes run with now."""
        return self.simulation.setup

    @property
    def now(self) -> datetime:
        """The time in the scenario."""
        return self.simulation.clock.now()

    def moments(self) -> Iterator[Moment]:
        """Yield each line of the timeline once all has happened up to it."""
        # a system that was there before: what is given comes as news, not as a first day's stock
        self.simulation.begin()
        self.simulation.add(self.scenario.given)
        self.simulation.run_at(self.scenario.start)
        for moment in self.scenario.timeline:
            is_due = self.simulation.run_up_to(moment.at)
            self._take()
            for deed in moment.deeds:
                if deed.kind is DeedKind.RESTART:
                    self._restart()
                elif deed.kind is DeedKind.APPLY:
                    self._apply(deed)
                elif deed.kind is DeedKind.ANSWER:
                    sent = [came.entry for came in self.came]
                    give_answer(deed, self.setup, sent, now=moment.at)
                elif deed.kind in OF_A_TEAM:
                    step_in(deed, self.setup, self.cases, now=moment.at)
                else:
                    do(deed, self.setup, self._latest(deed.whom), now=moment.at)
            self.simulation.add(moment.changes)
            if is_due or moment.deeds or moment.changes:
                self.simulation.run_at(moment.at)
                self._take()
            elif self.simulation.watch is not None:
                self.simulation.watch(moment.at)
            yield moment

    def _latest(self, whom: SubjectRef | None) -> Entry | None:
        """Return the latest message that left to somebody, or about something."""
        for came in reversed(self.came):
            if whom in came.entry.subjects or (whom and came.entry.customer == whom.id):
                return came.entry
        return None

    def _take(self) -> None:
        with self.setup.store.read() as connection:
            cases = handoffs_after(connection, self.cases[-1].id if self.cases else 0)
        self.cases += cases
        self.unclaimed_cases += cases
        happened = self.simulation.happened()
        given = self._given(happened)
        for entry in happened:
            self.entries[entry.message] = entry
            if entry.left and entry.message in self.stage.post.letters:
                letter = self.stage.post.letters[entry.message]
                came = Came(entry, letter, given.get(entry.message, ""))
                if all(entry.message != one.entry.message for one in self.came):
                    self.came.append(came)
                    self.unclaimed.append(came)

    def _given(self, happened: Sequence[Entry]) -> dict[str, str]:
        """Return the pools of the coupons that messages brought, by message."""
        if not self.setup.pools or not happened:
            return {}
        with self.setup.store.read() as connection:
            found = coupons_with(connection, [entry.message for entry in happened])
        out = CouponState.GIVEN.value
        return {message: row.pool for message, row in found.items() if row.state == out}

    def _apply(self, deed: Deed) -> None:
        """Apply edited rules; those that they bring anew play a part from now on."""
        before = self.stage.edited or self.stage.release
        after = with_files(before, deed.files)
        self.stage.apply(after, now=self.now)
        names = [rule.name for rule in after.ruleset]
        self.rules = tuple(n for n in names if n in self.rules or before.ruleset.get(n) is None)
        self._restart()

    def _restart(self) -> None:
        """Go on with nothing but the database, as a program does that was started anew."""
        before = self.simulation
        self.simulation = self._simulate(self.stage.setup(self.rules, fresh=True))
        self.simulation.clock.move_to(before.clock.now())
        self.simulation.happened()  # what was read before is not news

    def _simulate(self, setup: Setup) -> Simulation:
        simulation = Simulation(setup, MovingClock(self.scenario.start), sweeps=False)
        simulation.alarm = self.stage.alarm(self.rules)
        if self.watch is not None:
            simulation.watch = partial(self.watch, setup)
        return simulation
