"""`outreach customer`: what we know of one customer, what we told them, and what comes next."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from outreach.cli.options import ShowPersonal
from outreach.cli.output import MARKS, counted
from outreach.cli.output_message import NAMES
from outreach.cli.output_tables import Cell, Column, cut, table
from outreach.cli.output_values import mask, quoted
from outreach.cli.session import Session
from outreach.errors import DataError
from outreach.model import (
    IS_WAITING,
    REASON_TEXT,
    Channel,
    HandoffState,
    Kind,
    Purpose,
    Reason,
    SubjectRef,
)

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from outreach.deciding.recipients import Recipient
    from outreach.store.timeline import Moment, Timeline, Told
    from outreach.store.types import Record

app = typer.Typer(add_completion=False)
#: what --json tells of a customer, and of a message
PERSON = (
    *(
        "id",
        "name",
        "first_name",
        "locale",
        "country",
        "tier",
        "tags",
        "open_tickets",
        "open_handoffs",
    ),
    *("created_at", "first_order_at", "last_order_at", "last_contact_at", "erased_at"),
)
MESSAGE = (
    *("id", "rule", "step", "channel", "purpose", "template", "locale", "mode"),
    *("state", "reason", "note", "due_at", "sent_at", "attempts"),
)
#: signs of a reply
LONGEST = 120
#: moments told, unless --limit says otherwise
FEW = 40


@dataclass(frozen=True)
class Entry:
    """One line of the timeline; `facts` are what --json tells of it."""

    at: datetime
    mark: str
    what: str
    said: str
    facts: dict[str, Any] = field(default_factory=dict)


@app.callback()
def customer(session: Session) -> None:
    """What we know and said to one customer."""


@app.command()
def show(
    session: Session,
    who: Annotated[
        str, typer.Argument(metavar="WHO", help="The customer's id, e-mail address or number.")
    ],
    *,
    limit: Annotated[
        int, typer.Option("--limit", metavar="N", min=1, help="Tell at most so many moments.")
    ] = FEW,
    personal: ShowPersonal = False,
) -> None:
    """One timeline: orders, tickets, messages and what they allowed, the newest first.

    What is planned stands before it. Addresses are masked unless --show-personal.
    """
    from outreach.store.recipients import RecipientReader
    from outreach.store.timeline import read_timeline

    settings = session.workspace.settings
    reader = RecipientReader(settings.zone, settings.safety.send_only_to)
    with session.store.read() as connection:
        found = _find(connection, who)
        timeline = read_timeline(connection, found)
        recipient = reader.read(connection, {found}, session.now)[found]
    entries = sorted(_entries(timeline, personal=personal), key=lambda e: e.at, reverse=True)
    planned = sorted(_planned(timeline), key=lambda entry: entry.at)
    if session.out.as_json:
        content = _content(session, timeline, recipient, personal=personal)
        content["planned"] = [_entry_json(entry) for entry in planned]
        content["timeline"] = [_entry_json(entry) for entry in entries[:limit]]
        session.out.document("customer/1", {**content, "more": max(0, len(entries) - limit)})
        return
    _print_heading(session, timeline, recipient, personal=personal)
    if planned:
        _print_entries(session, "Planned", planned)
    _print_entries(session, "Timeline", entries[:limit])
    if len(entries) > limit:
        more = f"… and {len(entries) - limit:,} more: --limit {len(entries)} shows all"
        session.out.note(more)
    _suggest(session, timeline, shown=personal)


def _find(connection: Connection, who: str) -> str:
    """Return a customer's id; raises DataError for nobody, and for more than one."""
    from outreach.cli.references import find
    from outreach.store.references import find_subjects

    name = who.strip().removeprefix("customer:")
    # addresses are kept with their domain in small letters, numbers without spaces
    local, at, domain = name.partition("@")
    for text in dict.fromkeys((name, local + at + domain.lower(), name.replace(" ", ""))):
        if find_subjects(connection, text, Kind.CUSTOMER):
            found = find(connection, f"customer:{text}")
            assert isinstance(found, SubjectRef)
            return found.id
    raise DataError(_unknown(connection, name))


def _unknown(connection: Connection, who: str) -> str:
    """Say that there is no such customer; whose it is, if it is an order or a ticket."""
    from sqlalchemy import select

    from outreach.store.frames import table_of
    from outreach.store.references import find_subjects

    for kind in (Kind.ORDER, Kind.TICKET):
        for ref in find_subjects(connection, who, kind):
            row = table_of(kind).c
            owner = connection.execute(select(row.customer_id).where(row.id == ref.id)).scalar()
            of = f"of customer {owner}: `outreach customer show {owner}`" if owner else "of nobody"
            return f"'{who}' is no customer, but an {kind} {of}".replace("an ticket", "a ticket")
    return f"there is no customer '{who}': say an id, an e-mail address, or a number like +49155…"


def _entries(timeline: Timeline, *, personal: bool) -> Iterator[Entry]:
    for moment in timeline.moments:
        yield _moment(moment)
    for told in timeline.messages:
        if told.message.state not in IS_WAITING:
            yield _message(told, told.at)
    for row in timeline.consents:
        yield _consent(row, personal=personal)
    for row in timeline.replies:
        yield _reply(row, personal=personal)
    for row in timeline.handoffs:
        yield from _handoff(row)
    for row in timeline.suppressions:
        yield from _suppression(row, personal=personal)
    if timeline.customer["created_at"]:
        yield Entry(timeline.customer["created_at"], "none", "customer", "created")
    if timeline.customer["erased_at"]:
        yield Entry(timeline.customer["erased_at"], "none", "customer", "erased")


def _planned(timeline: Timeline) -> Iterator[Entry]:
    for told in timeline.messages:
        if told.message.state in IS_WAITING:
            yield _message(told, told.message.due_at)
    for row in timeline.walking:
        about = SubjectRef(Kind(row.kind), row.subject_id)
        facts = {"rule": row.rule, "subjects": [about._asdict()], "matched_at": row.matched_at}
        said = f"{row.rule}, next step · about {about}"
        yield Entry(row.plan_at, "planned", "rule", said, facts)


def _moment(moment: Moment) -> Entry:
    number = "" if moment.number == moment.subject.id else f" ({moment.number})"
    facts = {"id": moment.subject.id, "number": moment.number, "words": moment.words}
    said = ", ".join(word.replace("_", " ") for word in moment.words)
    return Entry(moment.at, "none", f"{moment.subject}{number}", said, facts)


def _message(told: Told, at: datetime) -> Entry:
    from outreach.cli.output_fates import STATE_MARKS

    message = told.message
    why = REASON_TEXT[Reason(message.reason)]
    about = ", ".join(map(str, message.subjects))
    parts = [
        f"{message.rule}, {message.step}",
        NAMES[Channel(message.channel)],
        f"about {about}",
        f"{message.state}: {why}{f' ({message.note})' if message.note else ''}",
        message.id[:8],
    ]
    facts = {name: getattr(message, name) for name in MESSAGE}
    facts["reason_text"] = why
    facts["subjects"] = [ref._asdict() for ref in message.subjects]
    facts["states"] = [
        {name: getattr(row, name) for name in ("at", "state", "reason", "note", "who")}
        for row in told.states
    ]
    return Entry(at, STATE_MARKS[message.state], "message", " · ".join(parts), facts)


def _consent(row: Record, *, personal: bool) -> Entry:
    named = ("purpose", "channel", "granted", "source", "text", "message_id")
    facts = {name: getattr(row, name) for name in named}
    facts["text"] = words = quoted(row.text, personal=personal)
    where = f" by {NAMES[Channel(row.channel)]}" if row.channel else ""
    said = f"{'agreed to' if row.granted else 'said no to'} {row.purpose}{where} · {row.source}"
    if words:
        said += f" · “{cut(words, LONGEST)}”"
    return Entry(row.at, "ok" if row.granted else "failed", "consent", said, facts)


def _reply(row: Record, *, personal: bool) -> Entry:
    named = ("id", "channel", "text", "meaning", "state", "message_id")
    facts = {name: getattr(row, name) for name in named}
    facts["text"] = words = quoted(row.text, personal=personal)
    meant = row.meaning if row.state == "done" else f"{row.meaning}, {row.state}"
    said = f"{NAMES[Channel(row.channel)]} · “{cut(words, LONGEST)}” · {meant.replace('_', ' ')}"
    return Entry(
        row.received_at, "waiting" if row.state == "open" else "none", "reply", said, facts
    )


def _handoff(row: Record) -> Iterator[Entry]:
    """Yield what became of a case: it was given, taken and done, or not given at all."""
    from outreach.cli.output_handoffs import STATE_MARKS

    case, state = f"H-{row.id}", HandoffState(row.state)
    about = SubjectRef(Kind(row.kind), row.subject_id)
    facts = {"id": case, "state": state, "team": row.team, "title": row.title, "rule": row.rule}
    facts |= {"who": row.who, "due_at": row.due_at, "subjects": [about._asdict()]}
    said = f"{case} · {row.rule}, {row.step} · about {about} · {row.team}: {row.title}"
    if state is HandoffState.CANCELLED:
        said += f" · not given: {REASON_TEXT[Reason(row.reason)]}"
    yield Entry(row.opened_at, STATE_MARKS[state], "handoff", said, facts)
    for at, word in ((row.taken_at, "taken"), (row.done_at, "done")):
        if at is not None:
            yield Entry(at, "ok", "handoff", f"{case} · {word} by {row.who}", facts)


def _suppression(row: Record, *, personal: bool) -> Iterator[Entry]:
    # a whole domain names nobody
    address = row.address if personal or row.address.startswith("@") else mask(row.address)
    facts = {name: getattr(row, name) for name in ("channel", "purpose", "reason", "source")}
    facts |= {"address": address, "until": row.until, "lifted_at": row.lifted_at}
    said = f"no {row.purpose} message goes" if row.purpose else "nothing goes"
    why = f"{said} to {address} · {row.reason} · {row.source}"
    yield Entry(row.since, "failed", "suppressed", why, facts)
    if row.lifted_at:
        yield Entry(row.lifted_at, "ok", "lifted", f"{address} may be written to again", facts)


def _print_heading(
    session: Session, timeline: Timeline, recipient: Recipient, *, personal: bool
) -> None:
    from outreach.cli.output_explanation import Teller

    row, out = timeline.customer, session.out
    last = row["last_contact_at"]
    parts = [f"Customer {row['id']}", row["name"] or row["first_name"], row["tier"]]
    parts.append(f"now {session.clock(session.now)}")
    out.line(" · ".join(filter(None, parts)))
    subjects = {moment.subject for moment in timeline.moments}
    kinds = [ref.kind for ref in subjects]
    told = [
        counted(kinds.count(Kind.ORDER), "order"),
        f"{counted(kinds.count(Kind.TICKET), 'ticket')}, {row['open_tickets']:,} open",
        f"reads {row['locale']}" if row["locale"] else "",
        f"last written to {session.when(last)}" if last else "",
    ]
    out.line(" · ".join(filter(None, told)))
    Teller(session, personal=personal).reach(recipient)


def _print_entries(session: Session, title: str, entries: list[Entry]) -> None:
    out = session.out
    out.line()
    if not entries:
        out.line(f"{title}   nothing yet")
        return
    columns = (Column(title), Column(""), Column("", shrinks=True), Column("", wraps=True))
    rows = [_row(session, entry) for entry in entries]
    table(out, columns, rows)


def _row(session: Session, entry: Entry) -> tuple[Cell | str, ...]:
    symbol, color = MARKS[entry.mark]
    return session.when(entry.at), Cell(symbol, color), entry.what, entry.said


def _suggest(session: Session, timeline: Timeline, *, shown: bool) -> None:
    session.out.note()
    hints = [(f"outreach explain customer:{timeline.customer['id']}", "which rules are about them")]
    if timeline.messages:
        last = max(timeline.messages, key=lambda told: told.at).message.id[:8]
        hints.append((f"outreach explain {last}", "how a message came to its state"))
    if not shown:
        again = f"outreach customer show {timeline.customer['id']} --show-personal"
        hints.append((again, "addresses in full"))
    session.out.suggest(*hints)


def _content(
    session: Session, timeline: Timeline, recipient: Recipient, *, personal: bool
) -> dict[str, Any]:
    row = timeline.customer
    channels = {}
    for channel in Channel:
        address = recipient.address(channel)
        verdicts = {p: recipient.allows(channel, p, session.now) for p in Purpose}
        channels[channel.value] = {
            "address": address if personal or not address else mask(address),
            "purposes": {
                p: {"allowed": v.decision == "go", "reason": v.reason} for p, v in verdicts.items()
            },
        }
    return {
        "now": session.now,
        "customer": {name: row[name] for name in PERSON},
        "zones": [zone.key for zone in recipient.zones.zones],
        "zones_from": recipient.zones.source,
        "channels": channels,
    }


def _entry_json(entry: Entry) -> dict[str, Any]:
    kind = entry.what.partition(" ")[0]
    return {"at": entry.at, "kind": kind, "said": entry.said, **entry.facts}
