"""Taking in a batch: its subjects are read in one go, folded in memory, and written in one go."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, Dialect, Select, select
from sqlalchemy.dialects import postgresql, sqlite

from outreach.model import SUBJECTS, Kind
from outreach.rules.catalogue import DERIVED
from outreach.store.arrivals import Arrival, Outcome
from outreach.store.bulk import BulkInsert
from outreach.store.change_log import append_changes, last_changes, lock_change_log, raw_table
from outreach.store.customer_totals import work_out_customers
from outreach.store.frames import table_of
from outreach.store.pieces import chunks
from outreach.store.sql_functions import among
from outreach.store.versions import Fold, Tally, fields_with_history
from outreach.timing.instants import to_micros

Outcomes = Counter[tuple[Kind, Outcome]]


def take_rows(
    connection: Connection, arrivals: Iterable[Arrival], *, now: datetime, source: str
) -> Outcomes:
    """Take versions of subjects in, in their order, and log what they change.

    Doing it again changes nothing; a version older than the stored one never overwrites it.
    """
    lock_change_log(connection)
    at = to_micros(now)
    by_kind: dict[Kind, list[Arrival]] = defaultdict(list)
    for arrival in arrivals:
        by_kind[arrival.kind].append(arrival)
    outcomes: Outcomes = Counter()
    tallies: list[Tally] = []
    new: dict[str, int] = {}
    for kind in SUBJECTS:
        if not by_kind[kind]:
            continue
        fold = _fold(connection, kind, by_kind[kind], at)
        for arrival in by_kind[kind]:
            outcomes[kind, fold.take(arrival)] += 1
        _write(connection, fold)
        append_changes(connection, fold.changes, now=at, source=source)
        tallies += fold.tallies
        if kind is Kind.CUSTOMER:
            new = fold.new
    work_out_customers(connection, tallies, new=new, now=at, source=source)
    return outcomes


def _fold(connection: Connection, kind: Kind, arrivals: Sequence[Arrival], now: int) -> Fold:
    rows: dict[str, dict[str, Any]] = {}
    for ids in chunks(list(dict.fromkeys(arrival.id for arrival in arrivals))):
        found = connection.execute(_there(kind), {"ids": ids}).mappings()
        rows |= {row["id"]: dict(row) for row in found}
    return Fold(kind, now, rows, dict(last_changes(connection, kind, list(rows))))


@cache
def _there(kind: Kind) -> Select[Any]:
    table = raw_table(table_of(kind))
    return select(table).where(among(table.c.id, "ids"))


def _write(connection: Connection, fold: Fold) -> None:
    if not fold.written:
        return
    # in one order everywhere, so that two writers never wait for each other
    rows = (fold.rows[subject] for subject in sorted(fold.written))
    _upsert(fold.kind, connection.dialect).run(connection, rows)


@cache
def _written_columns(kind: Kind) -> tuple[str, ...]:
    """Return the columns that intake owns; the others belong to other passes."""
    since = {f"{name}_changed_at" for name in fields_with_history(kind)}
    # what we write ourselves about an answer goes in the same way as answers of a source
    worked_out = frozenset[str]() if kind is Kind.RESPONSE else DERIVED[kind] - since
    others = worked_out | {"erased_at"}
    names = tuple(c.name for c in table_of(kind).columns if c.name not in others)
    return (*names, "open_tickets") if kind is Kind.CUSTOMER else names


@cache
def _upsert(kind: Kind, dialect: Dialect) -> BulkInsert:
    table = raw_table(table_of(kind))
    insert = postgresql.insert if dialect.name == "postgresql" else sqlite.insert
    statement: Any = insert(table)
    columns = _written_columns(kind)
    owned = [name for name in columns if name not in ("id", "open_tickets")]
    statement = statement.on_conflict_do_update(
        index_elements=[table.c.id],
        set_={name: statement.excluded[name] for name in owned},
        # a person may be erased while their row is on its way
        where=table.c.erased_at.is_(None) if kind is Kind.CUSTOMER else None,
    )
    return BulkInsert(statement, table, columns, dialect)
