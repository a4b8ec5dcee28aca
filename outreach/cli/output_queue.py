"""Messages of the queue as a table, one with its history, and as --json promises them."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from outreach.cli.output import MARKS, is_terminal
from outreach.cli.output_tables import Cell, Column, cut, table
from outreach.cli.session import Session
from outreach.errors import Outcome
from outreach.model import REASON_TEXT, MessageState, Reason

if TYPE_CHECKING:
    from outreach.store.queue import QueuedMessage
    from outreach.store.types import Record

MARK = {
    MessageState.PLANNED: "planned",
    MessageState.HELD: "waiting",
    MessageState.SENDING: "planned",
    MessageState.SENT: "ok",
    MessageState.DELIVERED: "ok",
    MessageState.UNKNOWN: "warning",
    MessageState.FAILED: "failed",
    MessageState.UNDELIVERED: "failed",
}
#: what --json tells of a state and of a call to a provider; the address is nobody's business
HISTORY = ("at", "state", "reason", "note", "who")
TRIES = (
    *("number", "channel", "provider", "started_at", "finished_at"),
    *("outcome", "provider_id", "code", "error", "checked_at"),
)
#: the columns of --csv
COLUMNS = (
    *("id", "rule", "step", "subjects", "customer", "channel", "purpose", "template", "locale"),
    *("due_at", "state", "reason", "note", "mode", "planned_for", "expires_at", "sent_at"),
    *("batch", "attempts"),
)
#: letters of an id that a person has to read or write
SHORT = 8
#: how wide a table may be where nobody's screen says it
WIDTH = 100


def as_json(message: QueuedMessage) -> dict[str, Any]:
    """Return a message with the keys that --json promises."""
    return {
        "id": message.id,
        "rule": message.rule,
        "step": message.step,
        "subjects": [{"kind": ref.kind, "id": ref.id} for ref in message.subjects],
        "customer": message.customer,
        "channel": message.channel,
        "purpose": message.purpose,
        "template": message.template,
        "locale": message.locale or None,
        "due_at": message.due_at,
        "state": message.state,
        "reason": message.reason,
        "note": message.note,
        "mode": message.mode,
        "planned_for": message.planned_for,
        "expires_at": message.expires_at,
        "sent_at": message.sent_at,
        "batch": message.batch,
        "attempts": message.attempts,
    }


def history_json(states: Sequence[Record], attempts: Sequence[Record]) -> dict[str, Any]:
    """Return what happened to a message with the keys that --json promises."""
    return {
        "history": [{key: getattr(row, key) for key in HISTORY} for row in states],
        "tries": [{key: getattr(row, key) for key in TRIES} for row in attempts],
    }


def print_list(session: Session, found: list[QueuedMessage], total: int) -> None:
    """Print messages as a table, of `total` there are."""
    out = session.out
    if not found:
        out.line(f"{out.mark('none')} no such messages")
        return
    titles = ("Id", "Due", "Rule", "About", "By", "State")
    rows = [_row(session, message) for message in found]
    widths = [max(len(row[place].text) for row in rows) for place in range(len(titles) - 1)]
    limit = out.width if is_terminal(sys.stdout) else WIDTH
    room = max(limit - sum(widths) - 2 * len(widths), 12)
    for row in rows:
        row[-1] = Cell(cut(row[-1].text, room), row[-1].color)
    table(out, [Column(title) for title in titles], rows)
    if total > len(found):
        out.note(f"\n{total - len(found):,} more: --limit {total}, or narrow it down")
    _suggest(session, found)


def _row(session: Session, message: QueuedMessage) -> list[Cell]:
    about = ", ".join(ref.id for ref in message.subjects[:1])
    more = len(message.subjects) - 1
    return [
        Cell(message.id[:SHORT], dim=True),
        Cell(session.when(message.due_at).partition(" (")[0]),
        Cell(cut(message.rule, 24)),
        Cell(cut(about, 14) + (f" +{more}" if more > 0 else "")),
        Cell(message.channel),
        Cell(_stands(message), MARKS[MARK.get(message.state, "none")][1]),
    ]


def _stands(message: QueuedMessage) -> str:
    """Return where a message stands, with why if that says more."""
    symbol = MARKS[MARK.get(message.state, "none")][0]
    shadow = " (shadow)" if message.mode == "shadow" else ""
    state = f"{message.state.value}{shadow}"
    why = REASON_TEXT[Reason(message.reason)].removesuffix(": waits for approval")
    if message.reason in (Reason.MATCHED, Reason.SENT):
        return f"{symbol} {state}"
    if why.startswith(message.state.value):
        return f"{symbol} {why}"
    return f"{symbol} {state}: {why}"


def _suggest(session: Session, found: list[QueuedMessage]) -> None:
    states = Counter(message.state for message in found)
    commands = []
    if states[MessageState.HELD]:
        commands.append(("outreach approve", "release or drop what is held"))
    if states[MessageState.UNKNOWN]:
        commands.append(("outreach queue settle ID sent", "or not-sent, once you have looked"))
    commands.append((f"outreach queue show {found[0].id[:SHORT]}", "all about one message"))
    session.out.note()
    session.out.suggest(*commands)


def print_one(session: Session, message: QueuedMessage) -> None:
    """Print what one message is about and where it stands."""
    out = session.out
    about = ", ".join(map(str, message.subjects))
    out.line(out.style(f"{message.id}   {message.rule} · {message.step}", bold=True))
    lines = [
        ("about", f"{about} of customer {message.customer}"),
        ("by", f"{message.channel} · {message.purpose} · {message.template} {message.locale}"),
        ("state", f"{_stands(message)}{' (' + message.note + ')' if message.note else ''}"),
        ("due", session.when(message.due_at)),
        ("too late", session.when(message.expires_at)),
        ("batch", message.batch or ""),
    ]
    for name, value in lines:
        if value:
            out.paragraph(f"  {out.style(f'{name:<9}', dim=True)} {value.strip()}")


def print_history(session: Session, states: Sequence[Record], attempts: Sequence[Record]) -> None:
    """Print what happened to a message, and the calls to providers."""
    out = session.out
    out.line()
    for row in states:
        symbol = out.mark(MARK.get(MessageState(row.state), "none"))
        why = REASON_TEXT[Reason(row.reason)]
        note = f" ({row.note})" if row.note else ""
        by = f", by {row.who}" if row.who else ""
        at = session.when(row.at).partition(" (")[0]
        out.paragraph(f"{at:<17} {symbol} {row.state:<11} {why}{note}{by}")
    for row in attempts:
        at = session.when(row.started_at).partition(" (")[0]
        came = (row.outcome or "no answer yet").replace("_", " ")
        more = " ".join(filter(None, [row.provider_id and f"id {row.provider_id}", row.code]))
        said = f"{row.provider} by {row.channel}: {came} {more}".strip()
        out.paragraph(f"{at:<17} attempt {row.number}   {said}")
        if row.error:
            out.paragraph(f"{'':<17} {row.error}")
        if row.checked_at and row.outcome == Outcome.IN_DOUBT.value:
            asked = session.when(row.checked_at)
            out.paragraph(f"{'':<17} {row.provider} knew nothing of it on {asked}")
