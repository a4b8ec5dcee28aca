"""`outreach replies`: what customers wrote that a person must read: perhaps a stop, or angry."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
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
from outreach.model import Channel, ReplyState, Sentiment, Topic

if TYPE_CHECKING:
    from outreach.store.types import Record

app = typer.Typer(add_completion=False, invoke_without_command=True)

#: what --json and --csv tell of a reply, besides the address
COLUMNS = (
    *("id", "received_at", "channel", "customer_id", "message_id", "text", "meaning", "state"),
    *("sentiment", "urgent", "topic"),
)
#: signs of a reply in the list
SHORT = 200


class Word(StrEnum):
    """What a person made of a reply."""

    STOP = "stop"
    NOT_STOP = "not-stop"
    READ = "read"


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
    """List what waits to be read, urgent and angry ones first; or settle one.

    While one may be a stop, everything but transactional messages to that customer waits.
    """
    if session.subcommand is not None:
        return
    from outreach.store.replies import count_to_read, replies_to_read

    with session.store.read() as connection:
        total, found = count_to_read(connection), replies_to_read(connection, limit)
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
    word: Annotated[Word, typer.Argument(metavar="stop|not-stop|read", help="What they meant.")],
) -> None:
    """Say whether a reply was a stop, or that you have read it.

    One that was a stop ends all that waits for that address.
    """
    from outreach.passes.hearing import settle as say
    from outreach.passes.reading_replies import mark_read
    from outreach.releases import current_release

    if word is Word.READ:
        mark_read(session.store, reply, who=who(session.env), now=session.now)
        _settled(session, reply, word, 0, "read")
        return
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
    said = "what waited for it goes on"
    if is_stop:
        said = f"opted out, {counted(dropped, 'message')} dropped"
    _settled(session, reply, word, dropped, said)


def _settled(session: Session, reply: int, word: Word, dropped: int, said: str) -> None:
    out = session.out
    if out.as_json:
        out.document("replies-settle/1", {"reply": reply, "word": word, "dropped": dropped})
    else:
        out.line(f"{out.mark('ok')} reply {reply}: {said}")


def _print(session: Session, found: Sequence[Record], total: int, *, personal: bool) -> None:
    out = session.out
    columns = [Column("ID", right=True), *map(Column, ("Since", "From", "Customer"))]
    columns += [Column("Why", wraps=True), Column("They wrote", wraps=True)]
    table(out, columns, [_row(session, row, personal=personal) for row in found])
    if total > len(found):
        out.note(f"\n{total - len(found):,} more: --limit {total}")
    out.note()
    out.suggest(*_suggestions(found))


def _suggestions(found: Sequence[Record]) -> Iterator[tuple[str, str]]:
    by_state = {row.state: row.id for row in reversed(found)}
    if (first := by_state.get(ReplyState.OPEN)) is not None:
        want_no_more = "they want no more: all that waits is dropped"
        yield f"outreach replies settle {first} stop", want_no_more
        yield f"outreach replies settle {first} not-stop", "they do: what waits goes on"
    if (first := by_state.get(ReplyState.UNREAD)) is not None:
        yield f"outreach replies settle {first} read", "somebody takes care of it"


def _row(session: Session, row: Record, *, personal: bool) -> list[str]:
    channel = NAMES[Channel(row.channel)]
    return [
        str(row.id),
        session.when(row.received_at).partition(" (")[0],
        f"{channel} {row.address if personal else mask(row.address)}",
        row.customer_id or "not known",
        ", ".join(_why(row)),
        cut(quoted(row.text, personal=personal), SHORT),
    ]


def _why(row: Record) -> Iterator[str]:
    """Yield why somebody should read a reply, and what it is about."""
    if row.urgent:
        yield "urgent"
    if row.sentiment == Sentiment.ANGRY:
        yield "angry"
    if row.state == ReplyState.OPEN:
        yield "a stop?"
    if row.topic not in (Topic.OTHER, Topic.NONE):
        yield row.topic.replace("_", " ")


def _told(row: Record, *, personal: bool) -> dict[str, Any]:
    address = row.address if personal else mask(row.address)
    found = {"address": address, **{name: getattr(row, name) for name in COLUMNS}}
    return {**found, "text": quoted(row.text, personal=personal)}
