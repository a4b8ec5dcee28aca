"""The yardsticks: statements somebody would write by hand, run on the driver itself."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from benchmarks.rules import HandWritten
from outreach.timing.instants import to_micros

#: of an enrollment; what is not named here may be empty
COLUMNS = (
    "rule, key, kind, subject_id, customer_id, matched_at, state, reason, mode, step, repetition, "
    "base_at, plan_at, known_from, enrolled_at"
)


class ByHand:
    """The rules as raw SQL with all the hints there are, one statement each."""

    def __init__(self, rules: Sequence[HandWritten], *, sqlite: bool) -> None:
        self.rules = rules
        low, high, now = (":low", ":high", ":now") if sqlite else ("%(low)s", "%(high)s", "%(now)s")
        self._selects, self._counts, self._inserts = [], [], []
        for rule in rules:
            anchor, name, about = f"s.{rule.anchor}", rule.name, rule.about
            match = f"{anchor} + {rule.since}"
            where = (
                f"FROM {rule.source} WHERE {anchor} > {low} AND {anchor} <= {high} AND {rule.where}"
            ).format(p="+" if sqlite else "")
            self._selects.append(f"SELECT s.id, s.customer_id, {match} {where}")
            self._counts.append(
                f"SELECT count(*) {where} AND NOT EXISTS (SELECT 1 FROM enrollments e "
                f"WHERE e.rule = '{name}' AND e.key = '{about}:' || s.id)"
            )
            self._inserts.append(
                f"INSERT INTO enrollments ({COLUMNS}) SELECT '{name}', '{about}:' || s.id, "
                f"'{about}', s.id, s.customer_id, {match}, 'active', 'matched', 'live', 0, 1, "
                f"{match}, {match}, {match}, {now} {where} ON CONFLICT DO NOTHING"
            )

    def find_due(self, connection: Connection, after: datetime, upto: datetime) -> int:
        """Select what comes due in (after, upto], rule by rule; return how many rows."""
        cursor = driver(connection).cursor()
        found = 0
        for rule, statement in zip(self.rules, self._selects, strict=True):
            low, high = rule.due(after, upto)
            cursor.execute(statement, {"low": low, "high": high})
            found += len(cursor.fetchall())
        return found

    def count_new(self, connection: Connection, start: datetime, upto: datetime) -> int:
        """Count what matches at some instant of [start, upto] and is not enrolled yet."""
        cursor = driver(connection).cursor()
        found = 0
        for rule, statement in zip(self.rules, self._counts, strict=True):
            low, high = rule.standing(start, upto)
            cursor.execute(statement, {"low": low, "high": high})
            found += cursor.fetchone()[0]
        return found

    def enrol_standing(self, connection: Connection, start: datetime, upto: datetime) -> int:
        """Enrol what matches at some instant of [start, upto], rule by rule; return how many."""
        cursor = driver(connection).cursor()
        now = to_micros(upto)
        added = 0
        for rule, statement in zip(self.rules, self._inserts, strict=True):
            low, high = rule.standing(start, upto)
            cursor.execute(statement, {"low": low, "high": high, "now": now})
            added += cursor.rowcount
        return added


def driver(connection: Connection) -> Any:
    """Return the driver's own connection: nothing of ours, nothing of SQLAlchemy's between."""
    return connection.connection.driver_connection
