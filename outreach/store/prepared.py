"""Prepared statements: compiled once, run on the driver itself with new thresholds every pass.

A pass runs a statement or two for each rule; SQLAlchemy's way to the driver would cost more
than the database does.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

from sqlalchemy import (
    ClauseElement,
    Connection,
    Dialect,
)

from outreach.rules.document import Rule
from outreach.store.frames import Thresholds

T = TypeVar("T")


@dataclass(frozen=True)
class Prepared:
    """A statement's text, its fixed values, and the thresholds it asks for."""

    text: str
    fixed: Mapping[str, Any]
    order: tuple[str, ...] | None  # names by place, for drivers that know no names
    thresholds: Thresholds

    def run(self, connection: Connection, values: Mapping[str, Any]) -> Any:
        """Run it and return the driver's cursor; `values` hold the thresholds and moments."""
        given = {**self.fixed, **values}
        cursor = connection.connection.cursor()
        if self.order is None:
            cursor.execute(self.text, given)
        else:
            cursor.execute(self.text, [given[name] for name in self.order])
        return cursor


def prepare(statement: ClauseElement, dialect: Dialect, thresholds: Thresholds) -> Prepared:
    """Compile a statement for a database."""
    compiled: Any = statement.compile(dialect=dialect, compile_kwargs={"render_postcompile": True})
    fixed = dict(compiled.params)
    for name, parameter in compiled.binds.items():
        processor = parameter.type.dialect_impl(dialect).bind_processor(dialect)
        if processor is not None and name in fixed:
            fixed[name] = processor(fixed[name])
    order = tuple(compiled.positiontup) if compiled.positiontup else None
    return Prepared(compiled.string, fixed, order, thresholds)


@dataclass
class Statements:
    """What was made for rules of one database, each when first needed, for as long as this is kept.

    Rules are told apart as objects: one that was edited is another.
    """

    _made: dict[tuple[int, Hashable], tuple[Rule, Any]] = field(default_factory=dict)

    def of(self, rule: Rule, which: Hashable, make: Callable[[], T]) -> T:
        """Return what a rule needs, of those that it needs which one it is, made if need be."""
        key = id(rule), which
        if key not in self._made:
            self._made[key] = rule, make()  # a rule that is kept keeps its number
        found: T = self._made[key][1]
        return found


@contextmanager
def without_waiting(connection: Connection) -> Iterator[None]:
    """Let PostgreSQL work on a statement while the next is made; what came of them is known after.

    SQLite, which works in our own process, takes them one by one.
    """
    if connection.dialect.name == "postgresql":
        driver: Any = connection.connection.driver_connection
        with driver.pipeline():
            yield
    else:
        yield


def listed(texts: Sequence[str], dialect: Dialect) -> Any:
    """Return texts as the one parameter of `among`."""
    return list(texts) if dialect.name == "postgresql" else json.dumps(texts)
