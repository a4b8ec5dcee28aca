"""Pausing: the kill switch, for everything but transactional messages, or for one thing by name."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from outreach.errors import Refused
from outreach.store import pausing
from outreach.store.auditing import note_deed
from outreach.store.database import Store
from outreach.store.pausing import Held


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
) -> Held:
    """End a pause; what waited is looked at by the next send pass, and asked by every gate.

    `expect` is how many messages the person believes to go on: another number is Refused.
    """
    with store.write() as connection:
        held = pausing.count_paused(connection, scope.value, name, now)
        if expect is not None and expect != held.waiting:
            raise Refused(
                f"expected {expect:,} messages, and now {held.waiting:,} wait: nothing was changed"
            )
        if not pausing.end_pauses(connection, scope.value, name, now):
            what = f"{scope.value} {name}".strip() if scope is not Scope.ALL else "the whole system"
            raise Refused(f"{what} is not paused")
        pausing.wake_paused(connection, now)
        detail = {"scope": scope.value, "name": name, "messages": held.waiting, "note": note}
        note_deed(connection, who, "resume", detail, now)
    return held
