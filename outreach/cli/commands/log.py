"""`outreach log`: who applied, approved, paused, cancelled or suppressed what."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from outreach.cli.output_csv import AsCsv, print_csv
from outreach.cli.output_tables import Column, cut, table
from outreach.cli.session import Session

if TYPE_CHECKING:
    from outreach.store.types import Record

#: what is told of a deed
KEYS = ("at", "who", "action", "detail")
#: parts of a deed that are told before the others, in this order and without their names
FIRST = ("batch", "message", "version", "scope", "name")
#: letters of a message's id that a person has to read
SHORT = 8
WIDEST = 60


def log(
    session: Session,
    *,
    since: Annotated[
        str | None, typer.Option("--since", metavar="TIME", help="From then on: monday, -3 days.")
    ] = None,
    by: Annotated[str, typer.Option("--who", metavar="NAME", help="Only this person's.")] = "",
    limit: Annotated[
        int, typer.Option("--limit", metavar="N", min=1, help="List at most so many.")
    ] = 50,
    as_csv: AsCsv = False,
) -> None:
    """List what people decided, the newest first."""
    from outreach.store.auditing import deeds

    start = session.moment(since, "--since") if since else None
    with session.store.read() as connection:
        found = deeds(connection, since=start, who=by, limit=limit)
    out = session.out
    entries = [{key: getattr(row, key) for key in KEYS} for row in found]
    if as_csv:
        print_csv(out, KEYS, entries)
        return
    if out.as_json:
        out.document("log/1", {"entries": entries})
        return
    if not found:
        out.line(f"{out.mark('none')} nobody has decided anything yet")
        return
    columns = [Column(title) for title in ("When", "Who", "Did")]
    table(out, [*columns, Column("What", shrinks=True)], [_row(session, row) for row in found])


def _row(session: Session, row: Record) -> list[str]:
    at = session.when(row.at).partition(" (")[0]
    return [at, cut(row.who, 14), row.action, cut(_told(session, row.detail or {}), WIDEST)]


def _told(session: Session, detail: dict[str, Any]) -> str:
    given = {key: _plain(session, value) for key, value in detail.items() if value}
    if "message" in given:
        given["message"] = given["message"][:SHORT]
    if "version" in given:
        given["version"] = f"version {given['version']}"
    head = [given.pop(key) for key in FIRST if key in given]
    note = given.pop("note", given.pop("reason", ""))
    rest = [f"{key} {value}" for key, value in given.items()]
    return " · ".join([*filter(None, [" ".join(head)]), *rest, *filter(None, [note])])


def _plain(session: Session, value: Any) -> str:
    """Return a value in words; times are kept as ISO texts."""
    try:
        return session.when(datetime.fromisoformat(value)).partition(" (")[0]
    except (TypeError, ValueError):
        return str(value)
