"""Applied rulesets, version by version."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, Select, func, insert, select, update

from outreach.store.frames import table_of
from outreach.store.marks import one_at_a_time
from outreach.store.operations import AppliedRuleset
from outreach.store.types import Record


def newest_version(connection: Connection) -> int | None:
    """Return the number of the version that is applied, None before the first."""
    return connection.execute(_newest_version()).scalar()


@cache
def _newest_version() -> Select[Any]:
    return select(func.max(table_of(AppliedRuleset).c.version))


def read_version(connection: Connection, version: int) -> Record | None:
    """Return one applied version with its files."""
    table = table_of(AppliedRuleset)
    return connection.execute(select(table).where(table.c.version == version)).first()


def newest(connection: Connection) -> Record | None:
    """Return the version that is applied, None before the first. Nothing changes it meanwhile."""
    one_at_a_time(connection, "rulesets")
    version = newest_version(connection)
    return None if version is None else read_version(connection, version)


def write_version(
    connection: Connection,
    *,
    digest: str,
    files: Mapping[str, str],
    who: str,
    note: str,
    now: datetime,
    renamed: Mapping[str, str] | None = None,
) -> int:
    """Write the next version and return its number."""
    version = (newest_version(connection) or 0) + 1
    connection.execute(
        insert(table_of(AppliedRuleset)).values(
            version=version,
            digest=digest,
            files=dict(files),
            applied_at=now,
            applied_by=who,
            note=note,
            renamed=dict(renamed) if renamed else None,
        )
    )
    return version


def refresh_files(connection: Connection, version: int, files: Mapping[str, str]) -> None:
    """Keep newer texts of a version that mean the same: comments and places moved."""
    table = table_of(AppliedRuleset)
    connection.execute(update(table).where(table.c.version == version).values(files=dict(files)))


def renamed_since(connection: Connection, version: int) -> list[Mapping[str, str]]:
    """Return what versions after one renamed, the newest first."""
    row = table_of(AppliedRuleset).c
    query = select(row.renamed).where(row.version > version).order_by(row.version.desc())
    return [renamed for renamed in connection.execute(query).scalars() if renamed]


def is_renamed_since(connection: Connection, version: int | None) -> bool:
    """Whether rules are called otherwise than in a version: it cannot know what is of which."""
    return version is not None and bool(renamed_since(connection, version))


def versions(connection: Connection, limit: int) -> Sequence[Record]:
    """Return what was applied when and by whom, the newest first."""
    row = table_of(AppliedRuleset).c
    return connection.execute(
        select(row.version, row.applied_at, row.applied_by, row.note)
        .order_by(row.version.desc())
        .limit(limit)
    ).all()
