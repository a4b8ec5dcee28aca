"""`outreach replies`: what customers wrote that may be a stop, to be read by a person."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from outreach.cli.operator import who
from outreach.cli.options import ShowPersonal
from outreach.cli.output import counted
from outreach.cli.output_csv import AsCsv, print_csv
from outreach.cli.output_message import NAMES
from outreach.cli.output_tables import Column, cut, table
from outreach.cli.output_values import mask, quoted
from outreach.cli.session import Session
from outreach.model import Channel

if TYPE_CHECKING:
    from outreach.store.types import Record

app = typer.Typer(add_completion=False, invoke_without_command=True)

#: what --json and --csv tell of a reply, besides the address
COLUMNS = ("id", "received_at", "channel", "customer_id", "message_id", "text", "meaning", "state")
#: signs of a reply in the list
SHORT = 200


class Word(StrEnum):
    """What a person made of a reply."""

    STOP = "stop"
    NOT_STOP = "not-stop"


@app.callback()
def replies(
    session: Session,
    *,
    limit: Annotated[
        int, typer.Option("--limit", metavar="N", min=1, help="List at most so many.")
    ] = 50,
    show_personal: ShowPersonal = False,
    as_csv: AsCsv = False,
) -> None:
    """List what may be a stop and waits to be read, the oldest first; or settle one.

    Until then everything but transactional messages to these customers waits.
    """
    if session.subcommand is not None:
        return
    from outreach.store.replies import count_open, open_replies

    with session.store.read() as connection:
        total, found = count_open(connection), open_replies(connection, limit)
    told = [_told(row, personal=show_personal) for row in found]
    out = session.out
    if as_csv:
        print_csv(out, ("address", *COLUMNS), told)
    elif out.as_json:
        out.document("replies/1", {"now": session.now, "total": total, "replies": told})
    elif not found:
        out.line(f"{out.mark('ok')} no reply waits to be read")
    else:
        _print(session, found, total, personal=show_personal)


@app.command()
def settle(
    session: Session,
    reply: Annotated[int, typer.Argument(metavar="ID", help="Its number in the list.")],
    word: Annotated[Word, typer.Argument(metavar="stop|not-stop", help="What they meant.")],
) -> None:
    """Say whether a reply was a stop. One that was ends all that waits for that address."""
    from outreach.passes.hearing import settle as say
    from outreach.releases import current_release

    release = current_release(session.store, session.folder)
    is_stop = word is Word.STOP
    dropped = say(
        session.store,
        reply,
        is_stop=is_stop,
        who=who(session.env),
        now=session.now,
        ruleset=release.ruleset if release else None,
    )
    out = session.out
    if out.as_json:
        out.document("replies-settle/1", {"reply": reply, "word": word, "dropped": dropped})
        return
    said = "what waited for it goes on"
    if is_stop:
        said = f"opted out, {counted(dropped, 'message')} dropped"
    out.line(f"{out.mark('ok')} reply {reply}: {said}")


def _print(session: Session, found: Sequence[Record], total: int, *, personal: bool) -> None:
    out = session.out
    columns = [Column("ID", right=True), *map(Column, ("Since", "From", "Customer"))]
    columns.append(Column("They wrote", wraps=True))
    table(out, columns, [_row(session, row, personal=personal) for row in found])
    if total > len(found):
        out.note(f"\n{total - len(found):,} more: --limit {total}")
    out.note()
    first = found[0].id
    out.suggest(
        (f"outreach replies settle {first} stop", "they want no more: all that waits is dropped"),
        (f"outreach replies settle {first} not-stop", "they do: what waits goes on"),
    )


def _row(session: Session, row: Record, *, personal: bool) -> list[str]:
    channel = NAMES[Channel(row.channel)]
    return [
        str(row.id),
        session.when(row.received_at).partition(" (")[0],
        f"{channel} {row.address if personal else mask(row.address)}",
        row.customer_id or "not known",
        cut(quoted(row.text, personal=personal), SHORT),
    ]


def _told(row: Record, *, personal: bool) -> dict[str, Any]:
    address = row.address if personal else mask(row.address)
    found = {"address": address, **{name: getattr(row, name) for name in COLUMNS}}
    return {**found, "text": quoted(row.text, personal=personal)}
