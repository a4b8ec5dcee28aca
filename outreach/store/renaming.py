"""Renaming: all that is kept of a rule goes on under another name, in one transaction."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection, Table, delete, func, select, update

from outreach.store.frames import table_of
from outreach.store.goodwill import Coupon
from outreach.store.ledger import Batch, Enrollment, Handoff, LastSent, Message
from outreach.store.operations import RuleMark, RuleStart, SuspendedRule
from outreach.store.permissions import Pause
from outreach.store.types import Record

#: what has its rule as a part of its key: what a name was used for before makes room
_KEYED = (RuleStart, RuleMark, SuspendedRule, LastSent)
_NAMED = (Message, Batch, Handoff, Coupon)


def rename_rule(connection: Connection, old: str, new: str) -> None:
    """Let everything of a rule be that of another name, which nobody was met under.

    Enrollments remember what they began as: what was said to them keeps its id by that.
    """
    row = table_of(Enrollment)
    began = func.coalesce(row.c.known_as, row.c.rule)
    connection.execute(
        update(row).where(row.c.rule == old).values(rule=new, known_as=began),
    )
    for table in map(table_of, _KEYED):
        connection.execute(delete(table).where(table.c.rule == new))
        _rename(connection, table, old, new)
    for table in map(table_of, _NAMED):
        _rename(connection, table, old, new)
    pause = table_of(Pause)
    mine = update(pause).where(pause.c.scope == "rule", pause.c.name == old)
    connection.execute(mine.values(name=new))


def began_as(connection: Connection, rules: Collection[str]) -> Record | None:
    """Return an enrollment that began as one of these rules and has another one now, if any."""
    row = table_of(Enrollment).c
    query = select(row.known_as, row.rule)
    return connection.execute(
        query.where(row.known_as.in_(list(rules)), row.known_as != row.rule).limit(1)
    ).first()


def _rename(connection: Connection, table: Table, old: str, new: str) -> None:
    connection.execute(update(table).where(table.c.rule == old).values(rule=new))
