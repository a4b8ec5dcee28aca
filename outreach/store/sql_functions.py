"""SQL that the two databases spell differently, and the hints SQLite's planner needs."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Boolean, ColumnElement, Text
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import GenericFunction
from sqlalchemy.sql.visitors import InternalTraversal

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
