"""Messages of a report: how many were sent, and what was told of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import Connection

from outreach.channels.receipts import Event
from outreach.deciding.reporting.figures import Line, Outcomes
from outreach.model import Channel, MessageState
from outreach.passes.hearing import REPLIED
from outreach.store.figures.sent import sent_messages, told_of_messages
from outreach.store.types import Record
from outreach.timing.weeks import Weeks

OPTED_OUT, ANSWERED = "opted_out", "answered"
#: what is told of a message, and under which figure it counts
EVENTS: dict[str, str] = {
    REPLIED: "replied",
    Event.CLICKED: "clicked",
    Event.BOUNCED: "bounced",
    Event.COMPLAINED: "complained",
    Event.OPTED_OUT: OPTED_OUT,
    Event.DECLINED: OPTED_OUT,
    Event.UNSUBSCRIBED: OPTED_OUT,
    Event.UNSUBSCRIBED_HERE: OPTED_OUT,
}
STATES = {
    MessageState.DELIVERED: "delivered",
    MessageState.UNDELIVERED: "undelivered",
    MessageState.UNKNOWN: "in_doubt",
}
Key = tuple[str, int, str]


def sendings(connection: Connection, weeks: Weeks, rules: Sequence[str]) -> tuple[Line, ...]:
    """Return what rules sent in a time, by rule, week and locale, in this order."""
    found: dict[Key, Outcomes] = defaultdict(Outcomes)
    for row in sent_messages(connection, weeks, rules):
        found[_key(row)] += _counted(row)
    for row in told_of_messages(connection, weeks, rules, EVENTS, OPTED_OUT, ANSWERED):
        found[_key(row)] += Outcomes(**{row.told: row.messages})
    return tuple(Line(*key, found[key]) for key in sorted(found))


def _key(row: Record) -> Key:
    return row.rule, row.week, row.locale


def _counted(row: Record) -> Outcomes:
    count = row.messages
    figures = {"sent": count, "segments": int(row.segments)}
    figures["emails" if row.channel == Channel.EMAIL else "texts"] = count
    if name := STATES.get(MessageState(row.state)):
        figures[name] = count
    return Outcomes(**figures)
