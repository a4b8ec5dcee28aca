"""Many rows by one statement, straight to the driver: SQLAlchemy's way costs more than the rows."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sqlalchemy import JSON, Connection, Dialect, Insert, Table

_JSON = json.JSONEncoder(ensure_ascii=False).encode


@dataclass(frozen=True, eq=False)
class BulkInsert:
    """An insert of these columns, compiled for one database. Values are what it keeps (raw)."""

    statement: Insert
    table: Table
    columns: Sequence[str]
    dialect: Dialect

    def run(self, connection: Connection, rows: Iterable[Mapping[str, Any]]) -> None:
        """Insert the rows, all of whose columns are given; JSON columns as Python values."""
        found = [self._parameters(row) for row in rows]
        if found:
            connection.exec_driver_sql(self._compiled[0], found)

    def _parameters(self, row: Mapping[str, Any]) -> Any:
        given = {name: row[name] for name in self.columns}
        for name in self._json:
            if given[name] is not None:
                given[name] = _JSON(given[name])
        order = self._compiled[1]
        return given if order is None else tuple([given[name] for name in order])

    @cached_property
    def _json(self) -> tuple[str, ...]:
        return tuple(name for name in self.columns if isinstance(self.table.c[name].type, JSON))

    @cached_property
    def _compiled(self) -> tuple[str, tuple[str, ...] | None]:
        """Return the text, and the order of the columns where the driver knows no names."""
        compiled: Any = self.statement.compile(dialect=self.dialect, column_keys=list(self.columns))
        return compiled.string, tuple(compiled.positiontup) if compiled.positiontup else None
