"""Floods: more matches at once than a rule, or all rules together, may have without a person."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from outreach.deciding.caps import Burst, bursts
from outreach.model import Mode
from outreach.passes.setup import Setup
from outreach.rules.limits import Rate

#: asked for rules and an instant: since when the matches are known that came after it, before now
Earlier = Callable[[Collection[str], datetime], Sequence[datetime]]


@dataclass(frozen=True)
class Flood:
    """Too much of a rule: how much that is, and when it matched."""

    said: str
    bursts: tuple[Burst, ...]

    def holds(self, known_from: datetime) -> bool:
        """Whether a match that is known since then is a part of it."""
        return _lies_in(self.bursts, known_from)


def floods(
    setup: Setup, new: Mapping[str, Sequence[datetime]], earlier: Earlier
) -> Iterator[tuple[str, Flood]]:
    """Yield the rules of which too much matched at once.

    `new` has for each rule since when those enrollments are known that are planned for the first
    time now.
    """
    rules = {rule.name: rule for rule in setup.ruleset if rule.mode is Mode.LIVE}
    live = {name: times for name, times in new.items() if name in rules}
    together = _bursts(setup.hold_above, live, list(rules), earlier)
    for name, times in live.items():
        own = rules[name].limits.hold_above
        alone = _bursts(own, {name: times}, [name], earlier)
        above = (together, f"all rules together above {setup.hold_above}"), (alone, f"above {own}")
        for found, said in above:
            if count := sum(_lies_in(found, at) for at in times):
                yield name, Flood(f"{count:,} at once, {said}", (*together, *alone))
                break


def _bursts(
    rate: Rate | None,
    new: Mapping[str, Sequence[datetime]],
    rules: Sequence[str],
    earlier: Earlier,
) -> list[Burst]:
    times = [at for known in new.values() for at in known]
    if rate is None or not times:
        return []
    return bursts(rate, [*times, *earlier(rules, min(times) - rate.per.fixed)])


def _lies_in(found: Iterable[Burst], at: datetime) -> bool:
    return any(first <= at <= last for first, last in found)
