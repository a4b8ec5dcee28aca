"""Since when rules have been there, and until when those that are new are in shadow."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select

from outreach.store.frames import table_of
from outreach.store.operations import RuleStart


def read_starts(connection: Connection) -> dict[str, datetime]:
    """Return since when each applied rule that is not off has been there."""
    row = table_of(RuleStart).c
    found = connection.execute(select(row.rule, row.since)).all()
    return {each.rule: each.since for each in found}


def write_starts(
    connection: Connection,
    starts: Mapping[str, datetime],
    shadow_until: Mapping[str, datetime | None],
) -> None:
    """Replace all that is known by what is so from now on."""
    table = table_of(RuleStart)
    connection.execute(delete(table))
    rows = [
        {"rule": name, "since": since, "shadow_until": shadow_until[name]}
        for name, since in starts.items()
    ]
    if rows:
        connection.execute(insert(table), rows)
