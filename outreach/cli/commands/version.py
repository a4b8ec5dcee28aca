"""`outreach version`: of the program, of the database's schema, and of the applied rules."""

from __future__ import annotations

import platform

from outreach import __version__
from outreach.cli.session import Session
from outreach.errors import OutreachError


def version(session: Session) -> None:
    """Show the versions of the program, the database's schema and the applied rules.

    Works anywhere; in a workspace it also looks into the database.
    """
    schema, rules, database = _of_the_database(session)
    if session.out.as_json:
        session.out.document(
            "version/1",
            {
                "outreach": __version__,
                "python": platform.python_version(),
                "database": database,
                "schema_version": schema,
                "ruleset_version": rules,
            },
        )
        return
    session.out.line(f"outreach  {__version__} on Python {platform.python_version()}")
    if database:
        session.out.line(f"database  {database}, schema {schema or 'none yet'}")
        session.out.line(f"rules     {f'version {rules}' if rules else 'nothing is applied yet'}")


def _of_the_database(session: Session) -> tuple[str | None, int | None, str | None]:
    from outreach.store.glance import versions
    from outreach.workspace.database import find_database

    try:
        url = find_database(session.folder, session.env)
        schema, rules = versions(url)
    except OutreachError as error:
        session.out.detail(str(error))
        return None, None, None
    return schema, rules, "SQLite" if url.startswith("sqlite:") else "PostgreSQL"
