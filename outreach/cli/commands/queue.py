"""`outreach queue`: messages that wait, were held or are in doubt, and what to do with one."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from outreach.cli.operator import who
from outreach.cli.output_csv import AsCsv, print_csv
from outreach.cli.output_queue import (
    COLUMNS,
    SHORT,
    as_json,
    history_json,
    print_history,
    print_list,
    print_one,
)
from outreach.cli.session import Session
from outreach.errors import Refused
from outreach.model import Channel, MessageState, Purpose

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from outreach.store.queue import QueuedMessage


class Doubt(StrEnum):
    """What a person found out about a message in doubt."""

    SENT = "sent"
    NOT_SENT = "not-sent"


#: how it is told what became of a message in doubt
SETTLED = {
    MessageState.SENT: ("ok", "sent"),
    MessageState.PLANNED: ("planned", "due now"),
    MessageState.FAILED: ("failed", "not sent, and not tried again: its rule has gone on"),
}

app = typer.Typer(add_completion=False, invoke_without_command=True)

#: what is listed if nothing else is asked for: all that has not come to its end
OPEN = (MessageState.PLANNED, MessageState.HELD, MessageState.SENDING, MessageState.UNKNOWN)
Id = Annotated[str, typer.Argument(metavar="ID", help="The message, or how its id begins.")]
Note = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why, for the log.")]


@app.callback()
def queue(
    session: Session,
    *,
    state: Annotated[
        list[MessageState] | None,
        typer.Option("--state", metavar="STATE", help="planned, held, unknown …; repeatable."),
    ] = None,
    held: Annotated[bool, typer.Option("--held", help="Only what waits for approval.")] = False,
    rule: Annotated[str | None, typer.Option("--rule", metavar="NAME")] = None,
    channel: Annotated[Channel | None, typer.Option("--channel")] = None,
    purpose: Annotated[Purpose | None, typer.Option("--purpose")] = None,
    customer: Annotated[str | None, typer.Option("--customer", metavar="ID")] = None,
    batch: Annotated[str | None, typer.Option("--batch", metavar="BATCH")] = None,
    before: Annotated[
        str | None, typer.Option("--before", metavar="TIME", help="Due before then.")
    ] = None,
    limit: Annotated[
        int, typer.Option("--limit", metavar="N", min=1, help="List at most so many.")
    ] = 50,
    as_csv: AsCsv = False,
) -> None:
    """List the messages that wait, those due first coming first; or do something with one.

    Without --state these are the planned, held, sending and unknown ones.
    """
    if session.subcommand is not None:
        return
    from outreach.store.queue import Wanted, count_queued, queued

    wanted = Wanted(
        states=[MessageState.HELD] if held else state or OPEN,
        rule=rule,
        channel=channel.value if channel else None,
        purpose=purpose.value if purpose else None,
        customer=customer,
        batch=batch,
        due_before=session.moment(before, "--before") if before else None,
    )
    with session.store.read() as connection:
        total = count_queued(connection, wanted)
        found = queued(connection, wanted, limit)
    if as_csv:
        print_csv(session.out, COLUMNS, map(as_json, found))
        return
    if session.out.as_json:
        content = {"now": session.now, "total": total, "messages": [as_json(m) for m in found]}
        session.out.document("queue/1", content)
        return
    print_list(session, found, total)


@app.command()
def show(session: Session, message: Id) -> None:
    """Show one message: what it is about, where it stands, and all that happened to it."""
    from outreach.store.history import attempts_of, states_of
    from outreach.store.queue import find_message

    with session.store.read() as connection:
        key = find_message(connection, message)
        found = _message(connection, key)
        states = states_of(connection, [key])[key]
        attempts = attempts_of(connection, key)
    if session.out.as_json:
        content = {**as_json(found), **history_json(states, attempts)}
        session.out.document("queue-show/1", content)
        return
    print_one(session, found)
    print_history(session, states, attempts)


@app.command()
def cancel(session: Session, message: Id, *, reason: Note = "") -> None:
    """Drop one message that waits. The later steps of its rule still come."""
    from outreach.passes.decisions import cancel as drop

    found = _find(session, message)
    session.confirm(f"Drop {_named(session, found)}?")
    drop(session.setup(), found.id, who=who(session.env), now=session.now, note=reason)
    _done(session, "queue-cancel/1", found, "none", "dropped")


@app.command()
def move(
    session: Session,
    message: Id,
    *,
    to: Annotated[str, typer.Option("--to", metavar="TIME", help="friday 09:00, +3 days …")],
) -> None:
    """Let a message that waits go out at another time.

    Its send window and every other gate are asked then; it is too late by as much later.
    """
    from outreach.passes.decisions import move as put

    found = _find(session, message)
    instant = session.moment(to, "--to")
    put(session.store, found.id, instant, who=who(session.env), now=session.now)
    _done(session, "queue-move/1", found, "planned", f"due {session.when(instant)}")


@app.command()
def retry(
    session: Session,
    message: Id,
    *,
    even_if_sent: Annotated[
        bool,
        typer.Option("--even-if-sent", help="Also one that may have arrived: perhaps twice then."),
    ] = False,
    reason: Note = "",
) -> None:
    """Try a message again that failed, was dropped, came too late or is in doubt.

    It is due at once, and every gate is asked. One that may have arrived needs --even-if-sent.
    """
    from outreach.passes.decisions import MAY_HAVE_ARRIVED
    from outreach.passes.decisions import retry as again

    found = _find(session, message)
    if found.state in MAY_HAVE_ARRIVED and not even_if_sent:
        raise Refused(
            f"message {found.id[:SHORT]} may have arrived, and the customer would read it twice:"
            " look with the provider first, then say --even-if-sent"
        )
    session.confirm(f"Send {_named(session, found)} once more?")
    again(session.setup(), found.id, who=who(session.env), now=session.now, note=reason)
    _done(session, "queue-retry/1", found, "planned", "due now")


@app.command()
def settle(
    session: Session,
    message: Id,
    word: Annotated[Doubt, typer.Argument(metavar="sent|not-sent", help="What you found out.")],
    *,
    reason: Note = "",
) -> None:
    """Say whether a message in doubt went out, after a look with the provider.

    One that did not is due at once, and every gate is asked.
    """
    from outreach.passes.decisions import settle as say

    found = _find(session, message)
    was_sent = word is Doubt.SENT
    if not was_sent:
        session.confirm(f"Send {_named(session, found)} once more?")
    state = say(
        session.setup(),
        found.id,
        was_sent=was_sent,
        who=who(session.env),
        now=session.now,
        note=reason,
    )
    mark, said = SETTLED[state]
    _done(session, "queue-settle/1", found, mark, said)


def _message(connection: Connection, key: str) -> QueuedMessage:
    from outreach.store.queue import queued_by_id

    return queued_by_id(connection, key)


def _find(session: Session, text: str) -> QueuedMessage:
    from outreach.store.queue import find_message

    with session.store.read() as connection:
        return _message(connection, find_message(connection, text))


def _named(session: Session, message: QueuedMessage) -> str:
    about = ", ".join(ref.id for ref in message.subjects)
    due = session.when(message.due_at)
    return f"message {message.id[:SHORT]} ({message.rule} about {about}, due {due})"


def _done(session: Session, schema: str, before: QueuedMessage, mark: str, said: str) -> None:
    with session.store.read() as connection:
        after = _message(connection, before.id)
    if session.out.as_json:
        session.out.document(schema, as_json(after))
    else:
        about = ", ".join(ref.id for ref in after.subjects)
        head = f"{session.out.mark(mark)} {after.id[:SHORT]} {after.rule} about {about}"
        session.out.line(f"{head}: {said}")
