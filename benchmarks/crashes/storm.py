"""The storm: daemons die at random moments, sometimes freeze, until everything is settled."""

from __future__ import annotations

import signal
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from time import monotonic

from sqlalchemy import func, select

from benchmarks.crashes.account import Seen, read_journal
from benchmarks.crashes.world import LEASE, World
from benchmarks.measuring import tell
from outreach.model import MessageState
from outreach.store.frames import table_of
from outreach.store.ledger import Message

#: seconds between two times that every pass is run
HURRY = 1.5
#: what is waited for once nothing is left to send for the first time
WAIT = timedelta(minutes=20)
OVER = ("planned", "sending")


@dataclass(frozen=True)
class Storm:
    """How bad it is: seconds between two deaths, of which one in so many is only a freeze."""

    between: tuple[float, float]
    freeze_every: int
    #: seconds after which it is given up
    patience: float


@dataclass
class Weather:
    """What happened. `ends` are those of daemons that were not killed."""

    kills: int = 0
    freezes: int = 0
    seconds: float = 0.0
    ends: list[int] = field(default_factory=list)


class Fleet:
    """Daemons of some workspaces, started again whenever one has died."""

    def __init__(self, world: World, names: Sequence[str], storm: Storm, random: Random) -> None:
        self.weather = Weather()
        self._world, self._storm, self._random = world, storm, random
        self._daemons = {name: world.start_daemon(name) for name in names}
        #: the one that stands still, empty when none does
        self.frozen = ""
        self._thaws_at = 0.0
        self._next_death = monotonic() + random.uniform(*storm.between)
        self._found: Counter[str] = Counter()

    def live(self) -> None:
        """Let happen what is due: a death, an awakening, a new start."""
        now = monotonic()
        if self.frozen and now > self._thaws_at:
            self._daemons[self.frozen].send(signal.SIGCONT)
            self.frozen = ""
        if now > self._next_death:
            self._strike(now)
            self._next_death = now + self._random.uniform(*self._storm.between)
        for name, daemon in self._daemons.items():
            if (status := daemon.wait(0.05)) is not None:
                if status != -signal.SIGKILL:
                    self.weather.ends.append(status)
                self._daemons[name] = self._world.start_daemon(name)

    def hurry(self) -> None:
        """Let every pass run now, rather than in a minute."""
        for name, daemon in self._daemons.items():
            if name != self.frozen:
                daemon.send(signal.SIGHUP)

    def end(self) -> None:
        """Let all finish what they have in hand."""
        for daemon in self._daemons.values():
            daemon.send(signal.SIGCONT)
            daemon.send(signal.SIGTERM)
        for daemon in self._daemons.values():
            self.weather.ends.append(daemon.wait(30) or 0)

    def _strike(self, now: float) -> None:
        name, found = self._random.choice(list(self._daemons)), states(self._world)
        # on a busy machine it may not have come to anything yet, and never would
        if name == self.frozen or found == self._found:
            return
        self._found = found
        deaths = self.weather.kills + self.weather.freezes + 1
        if not self.frozen and deaths % self._storm.freeze_every == 0:
            self._daemons[name].send(signal.SIGSTOP)
            self.frozen, self._thaws_at = name, now + LEASE + 1
            self.weather.freezes += 1
        else:
            self._daemons[name].send(signal.SIGKILL)
            self.weather.kills += 1


def rage(world: World, storm: Storm, names: Sequence[str], random: Random) -> Weather:
    """Run daemons of these workspaces, and kill them, until all that can be known is known.

    Raises TimeoutError when that takes too long.
    """
    began = next_hurry = monotonic()
    fleet = Fleet(world, names, storm, random)
    while not _is_calm(world):
        if monotonic() > began + storm.patience:
            raise TimeoutError(f"after {storm.patience:g} s there is {dict(states(world))}")
        fleet.live()
        if monotonic() > next_hurry:
            if not fleet.frozen:  # it may hold a lock, and only we wake it
                world.probe()
                if not states(world, new=True)["planned"]:
                    world.let_time_pass(WAIT)
            fleet.hurry()
            next_hurry = monotonic() + HURRY
            tell(f"the storm: {dict(states(world))}")
    fleet.end()
    fleet.weather.seconds = monotonic() - began
    return fleet.weather


def states(world: World, *, new: bool = False) -> Counter[str]:
    """Count messages by state; with `new` those only that were never tried."""
    table = table_of(Message)
    query = select(table.c.state, func.count()).group_by(table.c.state)
    if new:
        query = query.where(table.c.tries == 0)
    with world.store.read() as connection:
        rows = connection.execute(query).all()
    return Counter({row[0]: row[1] for row in rows})


def _is_calm(world: World) -> bool:
    """Whether nothing is under way, and in doubt is only what no provider has taken."""
    found = states(world)
    if any(found[state] for state in OVER):
        return False
    table = table_of(Message)
    query = select(table.c.id).where(table.c.state == MessageState.UNKNOWN.value)
    with world.store.read() as connection:
        doubts = connection.execute(query).scalars().all()
    journal = read_journal(world.journal)
    return not any(journal.get(message, Seen()).taken for message in doubts)
