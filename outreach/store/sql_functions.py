"""SQL that the two databases spell differently, and the hints SQLite's planner needs."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import BigInteger, Boolean, ColumnElement, Dialect, Text, bindparam, literal_column
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import GenericFunction
from sqlalchemy.sql.visitors import InternalTraversal
from sqlalchemy.types import UserDefinedType

from outreach.rules.folding import LOWER, UPPER


class Hinted(ColumnElement[Any]):
    """A column with a hint for SQLite's planner; to PostgreSQL, which needs none, the column."""

    inherit_cache = True
    # what makes a statement with it cacheable, in the form SQLAlchemy declares it
    _traverse_internals = [  # noqa: RUF012
        ("column", InternalTraversal.dp_clauseelement),
        ("type", InternalTraversal.dp_type),
    ]

    def __init__(self, column: ColumnElement[Any]) -> None:
        self.column = column
        self.type = column.type


@compiles(Hinted)
def _plain(element: Hinted, compiler: SQLCompiler, **options: Any) -> str:
    return str(compiler.process(element.column, **options))


class Barred(Hinted):
    """A column that must not choose the index.

    SQLite takes `delivered_at IS NULL` for an equality and prefers its index to the narrow range
    of the time that matters; a unary plus bars it.
    """

    inherit_cache = True


@compiles(Barred, "sqlite")
def _barred(element: Barred, compiler: SQLCompiler, **options: Any) -> str:
    return f"+{compiler.process(element.column, **options)}"


class LookedUp(Hinted):
    """A column of an outer-joined table that is only looked up, row by row.

    Where a condition needs it to be there, SQLite makes an inner join of it and may begin with
    all rows of that table instead; a function that does nothing keeps the join as it is.
    """

    inherit_cache = True


@compiles(LookedUp, "sqlite")
def _likely(element: LookedUp, compiler: SQLCompiler, **options: Any) -> str:
    return f"likely({compiler.process(element.column, **options)})"


class position_in(GenericFunction[int]):  # noqa: N801 - a function's name in SQL
    """Where the first text stands in the second, counted from 1; 0 when it does not."""

    type = BigInteger()
    inherit_cache = True


@compiles(position_in)
def _strpos(element: position_in, compiler: SQLCompiler, **options: Any) -> str:
    words, column = (compiler.process(part, **options) for part in element.clauses)
    return f"strpos({column}, {words})"


@compiles(position_in, "sqlite")
def _instr(element: position_in, compiler: SQLCompiler, **options: Any) -> str:
    words, column = (compiler.process(part, **options) for part in element.clauses)
    return f"instr({column}, {words})"


class fold_case(GenericFunction[str]):  # noqa: N801 - a function's name in SQL
    """A text in lower case, by the table of `outreach.rules.folding`."""

    type = Text()
    inherit_cache = True


@compiles(fold_case, "postgresql")
def _translate(element: fold_case, compiler: SQLCompiler, **options: Any) -> str:
    (column,) = (compiler.process(part, **options) for part in element.clauses)
    return f"translate({column}, '{UPPER}', '{LOWER}')"


class latest(GenericFunction[int]):  # noqa: N801 - a function's name in SQL
    """The latest of several instants, none of them missing."""

    type = BigInteger()
    inherit_cache = True


@compiles(latest)
def _greatest(element: latest, compiler: SQLCompiler, **options: Any) -> str:
    parts = [compiler.process(part, **options) for part in element.clauses]
    return parts[0] if len(parts) == 1 else f"greatest({', '.join(parts)})"


@compiles(latest, "sqlite")
def _max(element: latest, compiler: SQLCompiler, **options: Any) -> str:
    parts = [compiler.process(part, **options) for part in element.clauses]
    return parts[0] if len(parts) == 1 else f"max({', '.join(parts)})"


class earliest(GenericFunction[int]):  # noqa: N801 - a function's name in SQL
    """The earlier of two instants, none of them missing."""

    type = BigInteger()
    inherit_cache = True


@compiles(earliest)
def _least(element: earliest, compiler: SQLCompiler, **options: Any) -> str:
    return f"least({', '.join(compiler.process(part, **options) for part in element.clauses)})"


@compiles(earliest, "sqlite")
def _min(element: earliest, compiler: SQLCompiler, **options: Any) -> str:
    return f"min({', '.join(compiler.process(part, **options) for part in element.clauses)})"


def written(value: str) -> ColumnElement[str]:
    """Return a text as it is written into the statement: a parameter fits no partial index."""
    quoted = value.replace("'", "''")
    return literal_column(f"'{quoted}'", Text())


class Many(UserDefinedType[Sequence[Any]]):
    """Texts or numbers that are given as one parameter."""

    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Callable[[Any], str] | None:
        """SQLite gets them as JSON, PostgreSQL's driver makes an array of a list."""
        return json.dumps if dialect.name == "sqlite" else None


def among(column: ColumnElement[Any], name: str) -> ColumnElement[bool]:
    """Ask whether a column is one of many values, of which any number is given at each run.

    The text of the statement stays the same, which an IN list of theirs would change. To SQLite
    any other equality looks better than this: bar a state that many rows are in.
    """
    return _among(column, bindparam(name, type_=Many()))


class _among(GenericFunction[bool]):  # noqa: N801 - a function's name in SQL
    type = Boolean()
    inherit_cache = True

    def self_group(self, against: Any = None) -> Any:
        """Return it as it is: SQLite would be asked whether it equals 1, and use no index."""
        return self


@compiles(_among)
def _any(element: _among, compiler: SQLCompiler, **options: Any) -> str:
    column, given = (compiler.process(part, **options) for part in element.clauses)
    return f"{column} = ANY({given})"


@compiles(_among, "sqlite")
def _in_json(element: _among, compiler: SQLCompiler, **options: Any) -> str:
    column, given = (compiler.process(part, **options) for part in element.clauses)
    return f"{column} IN (SELECT value FROM json_each({given}))"  # noqa: S608 - placeholders only


class list_includes(GenericFunction[bool]):  # noqa: N801 - a function's name in SQL
    """Whether a JSON list includes one of the texts that follow it."""

    type = Boolean()
    inherit_cache = True


@compiles(list_includes, "sqlite")
def _json_each(element: list_includes, compiler: SQLCompiler, **options: Any) -> str:
    column, *values = (compiler.process(part, **options) for part in element.clauses)
    listed = f"SELECT 1 FROM json_each({column}) WHERE value IN ({', '.join(values)})"  # noqa: S608 - placeholders only
    return f"EXISTS ({listed})"


@compiles(list_includes, "postgresql")
def _jsonb_exists(element: list_includes, compiler: SQLCompiler, **options: Any) -> str:
    column, *values = (compiler.process(part, **options) for part in element.clauses)
    return f"jsonb_exists_any({column}, ARRAY[{', '.join(values)}]::text[])"
