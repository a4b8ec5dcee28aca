"""The gauge of a look ahead: whether what is planned at an instant would be held as a flood."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection

from outreach.passes.ahead.foreseen import Walking
from outreach.passes.ahead.supposed import Supposed
from outreach.passes.drafting import is_opening
from outreach.passes.flooding import Flood, floods
from outreach.passes.setup import Setup
from outreach.store import planning


@dataclass
class Gauge:
    """Counts what matched before with what is supposed to have matched since."""

    connection: Connection
    setup: Setup
    supposed: Supposed
    until: datetime
    #: by rule and enrollment since when those are known that were planned in the look ahead
    _planned: dict[str, dict[int, datetime]] = field(default_factory=lambda: defaultdict(dict))

    def floods(self, rows: Iterable[Walking]) -> dict[str, Flood]:
        """Return the rules of which too much is planned for the first time now."""
        new: dict[str, dict[int, datetime]] = defaultdict(dict)
        for row in rows:
            rule = self.setup.ruleset.get(row.rule)
            if rule and is_opening(rule, self.supposed.seen.known.walker(row)):
                new[row.rule][row.id] = row.known_from
                self._planned[row.rule].pop(row.id, None)  # it was looked at before
        if not new:
            return {}
        times = {name: list(known.values()) for name, known in new.items()}
        found = dict(floods(self.setup, times, self._earlier))
        for name, known in new.items():
            self._planned[name] |= known
        return found

    def _earlier(self, rules: Collection[str], since: datetime) -> list[datetime]:
        before = planning.earlier_matches(self.connection, rules, since, self.until)
        lately = (at for name in rules for at in self._planned[name].values())
        return [*before, *(at for at in lately if at > since)]
