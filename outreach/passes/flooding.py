"""Floods: more matches at once than a rule, or all rules together, may have without a person."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import datetime

from outreach.deciding.caps import exceeds
from outreach.model import Mode
from outreach.passes.setup import Setup
from outreach.rules.limits import Rate

#: asked for rules and an instant: since when the matches are known that came after it, before now
Earlier = Callable[[Collection[str], datetime], Sequence[datetime]]


def floods(
    setup: Setup, new: Mapping[str, Sequence[datetime]], earlier: Earlier
) -> Iterator[tuple[str, str]]:
    """Yield the rules of which too much matched at once, and how much that is.

    `new` has for each rule since when those enrollments are known that are planned for the first
    time now.
    """
    rules = {rule.name: rule for rule in setup.ruleset if rule.mode is Mode.LIVE}
    live = {name: times for name, times in new.items() if name in rules}
    everywhere = _exceeds(setup.hold_above, live, list(rules), earlier)
    for name, times in live.items():
        own = rules[name].limits.hold_above
        if everywhere:
            yield name, f"{len(times)} at once, all rules together above {setup.hold_above}"
        elif _exceeds(own, {name: times}, [name], earlier):
            yield name, f"{len(times)} at once, above {own}"


def _exceeds(
    rate: Rate | None,
    new: Mapping[str, Sequence[datetime]],
    rules: Sequence[str],
    earlier: Earlier,
) -> bool:
    times = [at for known in new.values() for at in known]
    if rate is None or not times:
        return False
    return exceeds(rate, earlier(rules, min(times) - rate.per.fixed), times)
