"""`outreach incident`: something went wrong for many orders; say so, and when it is over."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from outreach.cli.operator import who
from outreach.cli.orders_file import named_orders
from outreach.cli.output import counted
from outreach.cli.output_tables import Column, cut, table
from outreach.cli.session import Session
from outreach.errors import Refused
from outreach.model import IncidentStatus

if TYPE_CHECKING:
    from outreach.store.types import Record

app = typer.Typer(add_completion=False, no_args_is_help=True)

Id = Annotated[str, typer.Argument(metavar="INCIDENT", help="INC-9, or only 9.")]
Orders = Annotated[
    list[str] | None, typer.Argument(metavar="[ORDER]…", help="Orders by their ids or numbers.")
]
File = Annotated[
    Path | None,
    typer.Option("--orders", metavar="FILE", help="One order a line, or CSV; - for stdin."),
]
Where = Annotated[
    list[str] | None,
    typer.Option("--where", metavar="SENTENCE", help="True of the orders; all, if several."),
]
Expect = Annotated[
    int | None,
    typer.Option("--expect", metavar="N", min=0, help="How many orders; asks nothing then."),
]
#: `de: Ein Sturm …`: a message in one language
_IN_LANGUAGE = re.compile(r"(?P<locale>[a-z]{2}(-[A-Z]{2})?):\s+(?P<text>.+)", re.DOTALL)


@app.command("open")
def open_one(
    session: Session,
    title: Annotated[str, typer.Argument(metavar="TITLE", help="What happened, in a few words.")],
    *,
    where: Where = None,
    orders: File = None,
    message: Annotated[
        list[str] | None,
        typer.Option("--message", metavar="TEXT", help="What customers are told; `de: …` by one."),
    ] = None,
    expect: Expect = None,
) -> None:
    """Open an incident about orders; new orders that come to match --where are linked, too.

    Rules about `open_incident` speak to their customers, once somebody has approved it.
    """
    from outreach.passes.incidents import Opened, open_incident

    found = named_orders(session, (), orders, where or ())
    question = f'Open "{title}" for {counted(len(found), "order")}?'
    session.confirm(question, number=len(found), expect=expect)
    told = [_IN_LANGUAGE.fullmatch(text) or text for text in message or ()]
    opened = Opened(
        title,
        "\n".join(text for text in told if isinstance(text, str)),
        {text["locale"]: text["text"] for text in told if not isinstance(text, str)},
        tuple(where or ()),
    )
    incident = open_incident(session.store, opened, found, who=who(session.env), now=session.now)
    _done(session, "incident-open/1", incident, len(found), "is open")
    session.out.suggest(("outreach approve", "let its messages go, once they are planned"))


@app.command()
def link(
    session: Session,
    incident: Id,
    names: Orders = None,
    *,
    where: Where = None,
    orders: File = None,
    expect: Expect = None,
) -> None:
    """Say that an open incident is about more orders."""
    from outreach.passes.incidents import link as add

    found = named_orders(session, names or (), orders, where or ())
    number = _number(incident)
    question = f"Link {counted(len(found), 'order')} to {number}?"
    session.confirm(question, number=len(found), expect=expect)
    new = add(session.store, number, found, who=who(session.env), now=session.now)
    _done(session, "incident-link/1", number, new, "has more")


@app.command()
def unlink(
    session: Session,
    incident: Id,
    names: Orders = None,
    *,
    orders: File = None,
    expect: Expect = None,
) -> None:
    """Say that an open incident is not about some orders after all."""
    from outreach.passes.incidents import unlink as remove

    found = named_orders(session, names or (), orders, ())
    number = _number(incident)
    question = f"Unlink {counted(len(found), 'order')} from {number}?"
    session.confirm(question, number=len(found), expect=expect)
    gone = remove(session.store, number, found, who=who(session.env), now=session.now)
    _done(session, "incident-unlink/1", number, gone, "has fewer")


@app.command()
def resolve(session: Session, incident: Id, *, expect: Expect = None) -> None:
    """Say that an incident is over; who heard of it gets the all-clear."""
    from outreach.passes.incidents import resolve as settle
    from outreach.store.incidents import orders_of

    number = _number(incident)
    with session.store.read() as connection:
        count = len(orders_of(connection, number))
    question = f"Is {number} over, for {counted(count, 'order')}?"
    session.confirm(question, number=count, expect=expect)
    settle(session.store, number, who=who(session.env), now=session.now, expect=count)
    _done(session, "incident-resolve/1", number, count, "is resolved")


@app.command("list")
def list_all(
    session: Session,
    *,
    every: Annotated[bool, typer.Option("--all", help="Resolved ones, too.")] = False,
) -> None:
    """List open incidents, the newest first."""
    from outreach.store.incidents import incidents

    with session.store.read() as connection:
        found = incidents(connection, open_only=not every)
    if session.out.as_json:
        told = [_as_json(each.row, each.orders) for each in found]
        session.out.document("incident-list/1", {"incidents": told})
    elif not found:
        session.out.line(f"{session.out.mark('ok')} no incident is open")
    else:
        columns = (
            *(Column("Incident"), Column("Title", shrinks=True), Column("Orders", right=True)),
            *(Column("Status"), Column("Opened")),
        )
        rows = [
            [
                *(each.row.id, cut(each.row.title, 40), f"{each.orders:,}", each.row.status),
                session.when(each.row.opened_at),
            ]
            for each in found
        ]
        table(session.out, columns, rows)


@app.command()
def show(session: Session, incident: Id) -> None:
    """Show one incident: what it is, what customers are told, and its orders."""
    from outreach.store.incidents import orders_of, read_incident

    number = _number(incident)
    with session.store.read() as connection:
        row, orders = read_incident(connection, number), orders_of(connection, number)
    if row is None:
        raise Refused(f"there is no incident {number}: see `outreach incident list`")
    out = session.out
    if out.as_json:
        out.document("incident-show/1", {**_as_json(row, len(orders)), "linked": orders})
        return
    out.line(out.style(f"{row.id}   {row.title}", bold=True))
    opened = f"{row.status} · opened {session.when(row.opened_at)}"
    over = f" · resolved {session.when(row.resolved_at)}" if row.resolved_at else ""
    out.paragraph(f"    {opened}{over}")
    for sentence in row.sentences or ():
        out.paragraph(f"    orders of which this is true: {sentence}")
    for language, text in {"": row.message, **(row.messages or {})}.items():
        if text:
            out.paragraph(f"    told{' in ' + language if language else ''}: {text}")
    out.paragraph(f"    {counted(len(orders), 'order')}: {', '.join(orders[:20]) or '–'}")
    if row.status == IncidentStatus.CONFIRMED.value:
        out.suggest((f"outreach incident resolve {row.id}", "when it is over"))


def _number(text: str) -> str:
    return f"INC-{text}" if text.isdigit() else text.upper()


def _as_json(row: Record, orders: int) -> dict[str, Any]:
    same = ("id", "title", "status", "opened_at", "resolved_at", "message", "messages")
    return {
        **{name: getattr(row, name) for name in same},
        "where": row.sentences or [],
        "orders": orders,
    }


def _done(session: Session, document: str, incident: str, orders: int, said: str) -> None:
    if session.out.as_json:
        session.out.document(document, {"incident": incident, "orders": orders})
        return
    mark = session.out.mark("ok")
    session.out.line(f"{mark} {incident} {said}: {counted(orders, 'order')}")
