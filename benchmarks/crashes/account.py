"""The account: what the provider took beside what the ledger says, message by message."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import select

from outreach.passes.housekeeping import NO_WORD
from outreach.store.database import Store
from outreach.store.frames import table_of
from outreach.store.ledger import Attempt, Message, MessageState

#: states that say that a provider has the message
OUT = ("sent", "delivered")
KILLED, LATE = "killed", "late"
#: what the ledger says of a call that the provider may never have seen
_NO_ANSWER = "no answer within"
#: what the provider did to a request, when that alone leaves a message in doubt for good
_NOT_TAKEN = ("503", "reset-before")


@dataclass
class Seen:
    """What the provider saw of one message: what its requests met, and how often it was taken."""

    met: list[str] = field(default_factory=list)
    taken: int = 0


@dataclass
class Account:
    """Everything counted; what is in a list is wrong."""

    messages: int = 0
    requests: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    once: int = 0
    failed: Counter[str] = field(default_factory=Counter)
    #: how it ended for messages that were in doubt at some time
    doubts: Counter[str] = field(default_factory=Counter)
    #: by message why it is in doubt at the end, empty when nothing explains it
    unknown: dict[str, str] = field(default_factory=dict)
    twice: list[str] = field(default_factory=list)
    #: lost, or not as the ledger says
    wrong: list[str] = field(default_factory=list)

    @property
    def causes(self) -> Counter[str]:
        return Counter(self.unknown.values())

    @property
    def unexplained(self) -> list[str]:
        return [message for message, why in self.unknown.items() if not why]

    @property
    def is_right(self) -> bool:
        return not (self.twice or self.wrong or self.unexplained)

    def judge(
        self, message: str, state: str, reason: str, seen: Seen, last: Mapping[str, str]
    ) -> None:
        """Count one message; `last` are the errors of the last calls."""
        if seen.taken > 1:
            self.twice.append(message)
        elif state in OUT and seen.taken:
            self.once += 1
        elif state == "failed" and not seen.taken:
            self.failed[reason] += 1
        elif state == "unknown":
            self.unknown[message] = "" if seen.taken else _why(seen, last.get(message, ""))
        else:
            self.wrong.append(message)


def read_journal(path: Path) -> dict[str, Seen]:
    """Return what the provider saw, by message."""
    found: dict[str, Seen] = {}
    for line in path.read_text("utf-8").splitlines() if path.exists() else ():
        try:
            said = json.loads(line)
        except ValueError:
            continue  # it is being written
        seen = found.setdefault(said["message"], Seen())
        seen.met.append(said["met"])
        seen.taken += said["taken"]
    return found


def reckon(store: Store, journal: Path) -> Account:
    """Hold the ledger against what the provider took."""
    account, provider = Account(), read_journal(journal)
    account.requests = sum(len(seen.met) for seen in provider.values())
    account.faults.update(met for seen in provider.values() for met in seen.met if met)
    last = _last_errors(store)
    with store.read() as connection:
        rows = connection.execute(select(table_of(Message))).all()
    for row in rows:
        account.judge(row.id, row.state, row.reason, provider.get(row.id, Seen()), last)
    account.messages = len(rows)
    account.wrong += sorted(provider.keys() - {row.id for row in rows})
    account.doubts = _settled(store)
    return account


def _why(seen: Seen, error: str) -> str:
    """Return what left a message in doubt, empty when nothing explains it."""
    if error == NO_WORD:
        return KILLED
    if _NO_ANSWER in error:
        return LATE
    met = seen.met[-1] if seen.met else ""
    return met if met in _NOT_TAKEN else ""


def _last_errors(store: Store) -> dict[str, str]:
    table = table_of(Attempt)
    with store.read() as connection:
        rows = connection.execute(select(table.c.message_id, table.c.error).order_by(table.c.id))
        return {row.message_id: row.error for row in rows}


def _settled(store: Store) -> Counter[str]:
    """Count messages that were in doubt by how that ended."""
    table = table_of(MessageState)
    ended: dict[str, str] = {}
    with store.read() as connection:
        for row in connection.execute(select(table).order_by(table.c.id)):
            if row.state == "unknown":
                ended[row.message_id] = "still in doubt"
            elif ended.get(row.message_id) == "still in doubt":
                asked = row.note.startswith("found at")
                ended[row.message_id] = "the provider was asked" if asked else "a receipt came"
    return Counter(ended.values())
