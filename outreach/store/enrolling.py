"""Enrolling: one INSERT … SELECT a rule, prepared once; what is enrolled already stays as it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import BigInteger, Connection, Dialect, Select, bindparam, literal
from sqlalchemy.dialects import postgresql, sqlite

from outreach.model import EnrollmentState, Mode, Reason
from outreach.rules.document import Rule, Ruleset
from outreach.store.frames import Thresholds, table_of
from outreach.store.ledger import Enrollment
from outreach.store.matching import COLUMNS, crossing, from_staged, matching, standing, together
from outreach.store.prepared import Prepared, prepare
from outreach.store.staging import staged_table
from outreach.timing.instants import MICROSECOND, to_micros
from outreach.timing.periods import Stretch

#: `standing` looks at every row in range, `changed` at what changed or was crossed since
Question = Literal["standing", "changed"]


@dataclass(frozen=True)
class Window:
    """The time a pass answers for: every instant after `after` up to and including `upto`."""

    after: datetime
    upto: datetime
    stretch: Stretch | None = None

    @classmethod
    def at(cls, instant: datetime, stretch: Stretch | None = None) -> Window:
        """Return the window that holds one instant only."""
        return cls(instant - MICROSECOND, instant, stretch)

    def values(self, thresholds: Thresholds) -> dict[str, Any]:
        """Return all that a statement asks for."""
        moments = {"after": self.after, "from": self.after + MICROSECOND, "upto": self.upto}
        values: dict[str, Any] = {name: to_micros(moment) for name, moment in moments.items()}
        if self.stretch:
            values |= {
                "period": f"|{self.stretch.name}",
                "period_start": to_micros(self.stretch.start),
            }
        return values | thresholds.values(moments)


@dataclass
class Enroller:
    """The statements of one ruleset for one database, each prepared when first needed."""

    ruleset: Ruleset
    dialect: Dialect
    _inserts: dict[tuple[str, Question], Prepared | None] = field(default_factory=dict)
    _finds: dict[str, Prepared | None] = field(default_factory=dict)

    def enrol(self, connection: Connection, rule: Rule, question: Question, window: Window) -> int:
        """Enrol what matches and is not enrolled yet; return how many that were."""
        which = (rule.name, question)
        if which not in self._inserts:
            self._inserts[which] = self._insert(rule, question)
        prepared = self._inserts[which]
        if prepared is None:
            return 0
        cursor = prepared.run(connection, window.values(prepared.thresholds))
        return int(cursor.rowcount)

    def find(self, connection: Connection, rule: Rule, window: Window) -> list[tuple[Any, ...]]:
        """Return what matches at some instant of the window, enrolled or not."""
        if rule.name not in self._finds:
            thresholds = Thresholds()
            selects = standing(matching(rule), thresholds)
            self._finds[rule.name] = (
                prepare(together(selects), self.dialect, thresholds) if selects else None
            )
        prepared = self._finds[rule.name]
        if prepared is None:
            return []
        return list(prepared.run(connection, window.values(prepared.thresholds)).fetchall())

    def _insert(self, rule: Rule, question: Question) -> Prepared | None:
        asked, thresholds = matching(rule), Thresholds()
        if question == "standing":
            selects = standing(asked, thresholds)
        else:
            staged = staged_table(rule.about)
            selects = [
                *from_staged(asked, thresholds, staged),
                *crossing(asked, thresholds, staged),
            ]
        if not selects:
            return None
        found = together(selects)
        return prepare(
            _insert_from(found, self._given(rule, found), self.dialect), self.dialect, thresholds
        )

    def _given(self, rule: Rule, found: Select[Any]) -> Mapping[str, Any]:
        """Return what a new enrollment has besides its match."""
        matched_at = found.selected_columns.matched_at
        return {
            "rule": literal(rule.name),
            "rule_version": literal(self.ruleset.version),
            "kind": literal(rule.about.value),
            "state": literal(EnrollmentState.ACTIVE.value),
            "reason": literal(Reason.MATCHED.value),
            "mode": literal(Mode(rule.mode).value),
            "step": literal(0),
            "repetition": literal(1),
            "base_at": matched_at,
            "plan_at": matched_at,
            "enrolled_at": bindparam("upto", 0, type_=BigInteger),
        }


def _insert_from(found: Select[Any], given: Mapping[str, Any], dialect: Dialect) -> Any:
    table = table_of(Enrollment)
    insert = postgresql.insert if dialect.name == "postgresql" else sqlite.insert
    query = found.add_columns(*(value.label(name) for name, value in given.items()))
    return insert(table).from_select([*COLUMNS, *given], query).on_conflict_do_nothing()
