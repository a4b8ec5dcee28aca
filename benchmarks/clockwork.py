"""A shop, its rules, and passes that follow one another at equal distances."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete, func, select

from benchmarks.by_hand import ByHand
from benchmarks.news import News
from benchmarks.rules import UTC, rules
from benchmarks.shop import NOW
from outreach.passes.enrol import enrol
from outreach.rules.catalogue import Catalogue
from outreach.store.database import Store
from outreach.store.enrolling import Enroller
from outreach.store.frames import table_of
from outreach.store.ledger import Enrollment
from outreach.store.operations import Cursor, RuleMark
from outreach.store.subjects import Change
from outreach.timing.instants import MICROSECOND


class Clockwork:
    """Passes with so many rules, so far apart that about `due` rows come due in each.

    It begins where the last one of the same shop came to, with its own first pass done.
    """

    def __init__(self, store: Store, orders: int, count: int, due: int) -> None:
        self.store = store
        self._news = News(orders)
        ruleset, by_hand = rules(count)
        self._enroller = Enroller(ruleset, store.engine.dialect)
        self.by_hand = ByHand(by_hand, sqlite=store.is_sqlite)
        with store.write() as connection:
            last = connection.execute(select(func.max(table_of(Change).c.recorded_at))).scalar()
            for model in (Enrollment, Change, Cursor, RuleMark):
                connection.execute(delete(table_of(model)))
        self.now = self.before = (last or NOW) + MICROSECOND
        self.enrol()
        self._due = due
        self._step = self._distance()

    def enrol(self, *, sweep: bool = False) -> int:
        """Run a pass; return how many it enrolled."""
        report = enrol(self.store, self._enroller, Catalogue(), zone=UTC, now=self.now, sweep=sweep)
        return report.total

    def tick(self, *, news: bool = True) -> None:
        """Let time pass, and rows change."""
        self.before, self.now = self.now, self.now + self._step
        if news:
            self._news.happen(self.store, self.before, self.now)

    def find_due(self) -> int:
        """Select by hand what came due since the pass before."""
        with self.store.read() as connection:
            return self.by_hand.find_due(connection, self.before, self.now)

    def count_new(self) -> int:
        """Count by hand what a pass has to enrol."""
        with self.store.read() as connection:
            return self.by_hand.count_new(connection, self.before + MICROSECOND, self.now)

    def adjust(self, due: int) -> None:
        """Come nearer to as many due as wanted: in a small shop the news itself makes more due."""
        self._step *= (self._due / max(1, due)) ** 0.5

    def _distance(self) -> timedelta:
        trial = timedelta(days=3)
        with self.store.read() as connection:
            found = self.by_hand.find_due(connection, self.now, self.now + trial)
        return trial * (self._due / max(1, found))
