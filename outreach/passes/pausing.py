"""Pausing: the kill switch, for everything but transactional messages, or for one thing by name."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection

from outreach.errors import Refused
from outreach.model import MessageState, Reason
from outreach.passes.progress import go_on
from outreach.rules.document import Ruleset
from outreach.store import claiming, pausing
from outreach.store.auditing import note_deed
from outreach.store.database import Store
from outreach.store.pausing import Held
from outreach.store.queue import lock_customers
from outreach.store.states import StateChange, change_states
from outreach.store.waking import wake


class Scope(StrEnum):
    """What a pause is about; `all` spares transactional messages."""

    ALL = "all"
    RULE = "rule"
    CHANNEL = "channel"
    PURPOSE = "purpose"


def pause(
    store: Store,
    scope: Scope,
    name: str,
    *,
    reason: str,
    who: str,
    now: datetime,
    until: datetime | None = None,
) -> Held:
    """Let nothing of the scope go out until it is resumed, or `until`; say what waits for that."""
    if until is not None and until <= now:
        raise Refused("that time has passed: a pause ends later than now")
    with store.write() as connection:
        pausing.begin_pause(
            connection, scope.value, name, reason=reason, who=who, until=until, now=now
        )
        detail = {"scope": scope.value, "name": name, "reason": reason}
        if until is not None:
            detail["until"] = until.isoformat()
        note_deed(connection, who, "pause", detail, now)
        return pausing.held_by_pause(connection, scope.value, name, until)


def resume(
    store: Store,
    scope: Scope,
    name: str,
    *,
    who: str,
    now: datetime,
    note: str = "",
    expect: int | None = None,
    dropping: Ruleset | None = None,
) -> Held:
    """End a pause; what waited is looked at by the next send pass, and asked by every gate.

    `expect` is how many messages the person believes to go on: another number is Refused. What
    expired meanwhile ends with the next send pass too; with the rules to go on by, `dropping`, now.
    """
    with store.write() as connection:
        held = pausing.count_paused(connection, scope.value, name, now)
        if expect is not None and expect != held.waiting:
            raise Refused(
                f"expected {expect:,} messages, and now {held.waiting:,} wait: nothing was changed"
            )
        if dropping is not None:  # customers first and the pause after them, as a claim does
            _drop_expired(connection, dropping, scope, name, who, now)
        if not pausing.end_pauses(connection, scope.value, name, now):
            what = f"{scope.value} {name}".strip() if scope is not Scope.ALL else "the whole system"
            raise Refused(f"{what} is not paused")
        wake(connection, Reason.PAUSED, now)
        detail = {"scope": scope.value, "name": name, "messages": held.waiting, "note": note}
        if dropping is not None:
            detail["dropped"] = held.expiring
        note_deed(connection, who, "resume", detail, now)
    return held


def _drop_expired(
    connection: Connection, ruleset: Ruleset, scope: Scope, name: str, who: str, now: datetime
) -> None:
    """Let go of what came too late; the later steps of its rules go on."""
    found = pausing.too_late(connection, scope.value, name, now)
    lock_customers(connection, {row.customer_id for row in found})
    rows = pausing.too_late(connection, scope.value, name, now)
    parts = claiming.subjects_of(connection, [row.id for row in rows])
    expired = (StateChange(r.id, MessageState.EXPIRED, Reason.EXPIRED, who=who) for r in rows)
    change_states(connection, expired, now)
    for row in rows:
        rule = ruleset.get(row.rule)
        go_on(connection, rule, row, parts[row.id], Reason.EXPIRED, now=now)
