"""Enrolling: one INSERT … SELECT a rule, prepared once; what is enrolled already stays as it is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, Literal, NamedTuple

from sqlalchemy import BigInteger, Column, Connection, Dialect, Select, bindparam, literal
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.visitors import iterate

from outreach.model import EnrollmentState, Kind, Mode, Reason
from outreach.rules.canonical import conditions_digest
from outreach.rules.document import Rule, Ruleset
from outreach.store.frames import Thresholds, table_of
from outreach.store.ledger import Enrollment
from outreach.store.matching import (
    COLUMNS,
    VERSION,
    Matching,
    crossing,
    from_staged,
    matching,
    standing,
    together,
)
from outreach.store.prepared import Prepared, Statements, prepare, without_waiting
from outreach.store.sql_functions import latest
from outreach.store.staging import Columns, every_column, staged_table
from outreach.timing.instants import MICROSECOND, from_micros, to_micros
from outreach.timing.periods import Stretch

#: PostgreSQL's driver tells otherwise nothing of rows that were there already
COUNTED = {"preserve_rowcount": True}
#: `standing` looks at every row in range, `changed` at what changed or was crossed since
Question = Literal["standing", "changed"]


@dataclass(frozen=True)
class Window:
    """The time a pass answers for: every instant after `after` up to and including `upto`.

    `is_first` says that the rule was not asked before: what it finds is known from `upto` on.
    """

    after: datetime
    upto: datetime
    stretch: Stretch | None = None
    is_first: bool = False

    @classmethod
    def at(cls, instant: datetime, stretch: Stretch | None = None) -> Window:
        """Return the window that holds one instant only."""
        return cls(instant - MICROSECOND, instant, stretch)

    @classmethod
    def first(cls, instant: datetime, stretch: Stretch | None = None) -> Window:
        """Return the window of a rule's first pass: one instant only."""
        return cls(instant - MICROSECOND, instant, stretch, is_first=True)

    def known_from(self, matched_at: datetime) -> datetime:
        """Return from when on a match is known."""
        return max(matched_at, self.upto) if self.is_first else matched_at

    def values(self, thresholds: Thresholds) -> dict[str, Any]:
        """Return all that a statement asks for."""
        moments = {"after": self.after, "from": self.after + MICROSECOND, "upto": self.upto}
        values: dict[str, Any] = {name: to_micros(moment) for name, moment in moments.items()}
        values["known_from"] = values["upto"] if self.is_first else 0
        if self.stretch:
            values |= {
                "period": f"|{self.stretch.name}",
                "period_start": to_micros(self.stretch.start),
            }
        return values | thresholds.values(moments)


class Asked(NamedTuple):
    """What a pass asks about a rule."""

    rule: Rule
    question: Question
    window: Window


class Match(NamedTuple):
    """One occurrence that matches; `version` tells versions of a changed row apart."""

    subject_id: str
    customer_id: str | None
    key: str
    matched_at: datetime
    version: int


@dataclass
class Enroller:
    """The statements of one ruleset for one database, each prepared when first needed."""

    ruleset: Ruleset
    dialect: Dialect
    statements: Statements = field(default_factory=Statements)

    @cached_property
    def awake(self) -> tuple[Rule, ...]:
        """The rules that are not off, those first that the database answers alone."""
        rules = (rule for rule in self.ruleset if rule.mode is not Mode.OFF)
        return tuple(sorted(rules, key=lambda rule: not self.is_exact(rule)))

    @cached_property
    def digests(self) -> Mapping[str, str]:
        """What tells whether the conditions of a rule were edited, by its name."""
        return {rule.name: conditions_digest(rule) for rule in self.awake}

    @cached_property
    def staged_columns(self) -> Mapping[Kind, Columns]:
        """What the rules ask of changed subjects; everything where Python must count time."""
        wanted: dict[Kind, Columns] = {}
        for rule in self.awake:
            asked = self._asked_of_staged(rule)
            everything = every_column(rule.about)
            mine = everything & asked if self.is_exact(rule) else everything
            wanted[rule.about] = wanted.get(rule.about, frozenset()) | mine
        return wanted

    def matching(self, rule: Rule) -> Matching:
        """Return a rule's conditions taken apart."""
        return self.statements.of(rule, "matching", lambda: matching(rule))

    def is_exact(self, rule: Rule) -> bool:
        """Whether the database knows since when a rule matches; else Python has to count time."""
        return self.matching(rule).is_exact

    def _asked_of_staged(self, rule: Rule) -> Columns:
        asked = self.matching(rule)
        return self.statements.of(rule, "staged", lambda: frozenset(_asked_of_staged(asked)))

    def enrol(self, connection: Connection, asked: Iterable[Asked]) -> Counter[str]:
        """Enrol what matches and is not enrolled yet; return how many that were by rule."""
        cursors = []
        with without_waiting(connection):
            for rule, question, window in asked:
                if prepared := self._prepared("insert", rule, question):
                    given = window.values(prepared.thresholds)
                    cursors.append((rule.name, prepared.run(connection, given)))
        counts: Counter[str] = Counter()
        for name, cursor in cursors:
            counts[name] += cursor.rowcount
        return counts

    def find(
        self, connection: Connection, rule: Rule, question: Question, window: Window
    ) -> list[Match]:
        """Return what matches at some instant of the window, enrolled or not."""
        prepared = self._prepared("find", rule, question)
        if prepared is None:
            return []
        cursor = prepared.run(connection, window.values(prepared.thresholds))
        return [
            Match(subject, customer, key, from_micros(matched_at), version)
            for subject, customer, key, matched_at, version in cursor.fetchall()
        ]

    def add(
        self, connection: Connection, rule: Rule, matches: Sequence[Match], window: Window
    ) -> int:
        """Enrol matches that were worked out in Python; return how many were new."""
        rows = [
            {
                **dict(zip(COLUMNS, match, strict=False)),
                **_new(rule, self.ruleset.version),
                "base_at": match.matched_at,
                "plan_at": match.matched_at,
                "known_from": window.known_from(match.matched_at),
                "enrolled_at": window.upto,
            }
            for match in matches
        ]
        if not rows:
            return 0
        insert = _insert(self.dialect)(table_of(Enrollment)).on_conflict_do_nothing()
        return connection.execute(insert, rows, execution_options=COUNTED).rowcount

    def _prepared(
        self, what: Literal["insert", "find"], rule: Rule, question: Question
    ) -> Prepared | None:
        which = what, question, self.ruleset.version
        return self.statements.of(rule, which, lambda: self._prepare(what, rule, question))

    def _prepare(
        self, what: Literal["insert", "find"], rule: Rule, question: Question
    ) -> Prepared | None:
        thresholds = Thresholds()
        selects = self._selects(rule, question, thresholds)
        if not selects:
            return None
        statement: Any = together(selects, VERSION)
        if what == "insert":
            found = together(selects)
            statement = _insert_from(found, self._given(rule, found), self.dialect)
        return prepare(statement, self.dialect, thresholds)

    def _selects(self, rule: Rule, question: Question, thresholds: Thresholds) -> list[Select[Any]]:
        asked = self.matching(rule)
        if question == "standing":
            return standing(asked, thresholds)
        staged = staged_table(rule.about)
        return [
            *from_staged(asked, thresholds, staged),
            *crossing(asked, thresholds, staged),
        ]

    def _given(self, rule: Rule, found: Select[Any]) -> Mapping[str, Any]:
        """Return what a new enrollment has besides its match."""
        matched_at = found.selected_columns.matched_at
        fixed = _new(rule, self.ruleset.version)
        # written out: SQLite would fetch a parameter anew for every row
        written = {name: literal(value, literal_execute=True) for name, value in fixed.items()}
        return written | {
            "base_at": matched_at,
            "plan_at": matched_at,
            "known_from": latest(matched_at, bindparam("known_from", 0, type_=BigInteger)),
            "enrolled_at": bindparam("upto", 0, type_=BigInteger),
        }


def _asked_of_staged(asked: Matching) -> Iterator[str]:
    """Yield the columns that the statements of a rule name, so that none can be forgotten."""
    yield "id"
    staged = staged_table(asked.rule.about)
    for query in from_staged(asked, Thresholds(), staged):
        for element in iterate(query):
            if isinstance(element, Column) and element.table is staged:
                yield element.name


def _new(rule: Rule, version: int | None) -> dict[str, Any]:
    return {
        "rule": rule.name,
        "rule_version": version,
        "kind": rule.about.value,
        "state": EnrollmentState.ACTIVE.value,
        "reason": Reason.MATCHED.value,
        "mode": rule.mode.value,
        "step": 0,
        "repetition": 1,
    }


def _insert(dialect: Dialect) -> Any:
    return postgresql.insert if dialect.name == "postgresql" else sqlite.insert


def _insert_from(found: Select[Any], given: Mapping[str, Any], dialect: Dialect) -> Any:
    query = found.add_columns(*(value.label(name) for name, value in given.items()))
    into = _insert(dialect)(table_of(Enrollment))
    return into.from_select([*COLUMNS, *given], query).on_conflict_do_nothing()
