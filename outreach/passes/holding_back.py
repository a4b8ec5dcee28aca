"""Holding back: a rule that does too much harm pauses itself, says why, and waits for a person.

It is looked at when a bounce, a complaint or an opt-out has become known. Once it is resumed only
the messages sent since then count.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection

from outreach.channels.receipts import Event
from outreach.deciding.harm import WINDOW, Harm, too_much
from outreach.model import Mode
from outreach.passes.pausing import Scope
from outreach.passes.setup import Setup
from outreach.store import harm
from outreach.store.auditing import note_deed
from outreach.store.cursors import HARM, read_cursors, write_cursor
from outreach.store.marks import one_at_a_time
from outreach.store.pausing import begin_pause, running_pauses
from outreach.store.stops import OUTREACH

KINDS: Mapping[str, tuple[str, ...]] = {
    "complaints": (Event.COMPLAINED,),
    "bounces": (Event.BOUNCED,),
    "opt_outs": (
        *(Event.OPTED_OUT, Event.DECLINED),
        *(Event.UNSUBSCRIBED, Event.UNSUBSCRIBED_HERE),
    ),
}
EVENTS = [event for events in KINDS.values() for event in events]


def hold_back(setup: Setup, *, now: datetime) -> dict[str, str]:
    """Pause the rules that do too much harm; return why, for each that is paused now."""
    with setup.store.read() as connection:
        if _read_mark(connection) == harm.newest_mark(connection):
            return {}
    with setup.store.write() as connection:
        one_at_a_time(connection, "harm")
        after, upto = _read_mark(connection), harm.newest_mark(connection)
        suspects = harm.harmful_rules(connection, after, EVENTS)
        found = {
            rule: why for rule in sorted(suspects) if (why := _why(connection, setup, rule, now))
        }
        for rule, why in found.items():
            begin_pause(connection, Scope.RULE, rule, reason=why, who=OUTREACH, until=None, now=now)
            detail = {"scope": Scope.RULE.value, "name": rule, "reason": why}
            note_deed(connection, OUTREACH, "pause", detail, now)
        write_cursor(connection, HARM, f"{upto.receipt} {upto.consent}", now=now)
    return found


def _why(connection: Connection, setup: Setup, name: str, now: datetime) -> str:
    """Say why a rule must not go on, empty when it may, or is paused already."""
    rule = setup.ruleset.get(name)
    paused = {row.name for row in running_pauses(connection, now) if row.scope == Scope.RULE}
    if rule is None or rule.mode is not Mode.LIVE or name in paused:
        return ""
    since = max(now - WINDOW, harm.last_resumed(connection, name) or now - WINDOW)
    counts = harm.count_harm(connection, name, since, KINDS)
    return too_much(Harm(**counts), setup.bearable)


def _read_mark(connection: Connection) -> harm.Mark:
    said = read_cursors(connection, HARM).get("", "0 0")
    receipt, consent = said.split()
    return harm.Mark(int(receipt), int(consent))
