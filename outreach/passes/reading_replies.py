"""Reading: a person has read an angry or urgent reply, and takes care of it."""

from __future__ import annotations

from datetime import datetime

from outreach.errors import Refused
from outreach.model import ReplyState
from outreach.store import replies
from outreach.store.auditing import note_deed
from outreach.store.database import Store


def mark_read(store: Store, reply: int, *, who: str, now: datetime) -> None:
    """Note that somebody has read a reply; what may be a stop needs more than that."""
    with store.write() as connection:
        row = replies.read_reply(connection, reply)
        if row is None:
            raise Refused(f"there is no reply {reply}: see `outreach replies`")
        if row.state == ReplyState.OPEN:
            raise Refused(f"reply {reply} may be a stop: say `stop` or `not-stop`")
        if not replies.settle_reply(connection, reply, ReplyState.READ, who=who, now=now):
            raise Refused(f"reply {reply} waits for nobody: it is {row.state.replace('_', ' ')}")
        note_deed(connection, who, "settle reply", {"reply": reply, "was": "read"}, now)
