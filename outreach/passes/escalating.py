"""Escalating: a reply that is angry or urgent becomes a case for a team, once.

Nothing is said to the customer: what to answer is for people.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from outreach.deciding.feelings.reading import Feeling
from outreach.model import HandoffState, Kind, Mode, Reason, SubjectRef
from outreach.store.claiming import subjects_of
from outreach.store.handoffs import write_handoff
from outreach.store.notices import write_notices

#: what stands in place of a rule and its step
REPLIES, STEP = "replies", "reply"


@dataclass(frozen=True)
class Escalation:
    """The team that is asked, and the ways in which it hears of its cases."""

    team: str
    ways: tuple[str, ...] = ()


def escalate(
    connection: Connection,
    reply: int,
    row: Mapping[str, Any],
    feeling: Feeling,
    to: Escalation,
    now: datetime,
) -> int | None:
    """Ask a team to look at a reply; return the case, None for a writer whom nobody knows."""
    if row["customer_id"] is None:
        return None
    about = _about(connection, row)
    how = "urgent" if feeling.is_urgent else feeling.sentiment.value
    case = {
        "key": f"reply-{reply}",
        "rule": REPLIES,
        "enrollment_id": 0,
        "step": STEP,
        "kind": about.kind.value,
        "subject_id": about.id,
        "customer_id": row["customer_id"],
        "team": to.team,
        # their words stay here: a chat is no place for them
        "title": f"Reply {reply} from {row['customer_id']} is {how}",
        "note": f"It is about {feeling.topic.value}: `outreach replies` shows what they wrote",
        "case_url": "",
        "mode": Mode.LIVE.value,
        "state": HandoffState.OPEN.value,
        "reason": Reason.MATCHED.value,
        "said": "",
        "opened_at": now,
        "who": "",
        "outcome": "",
    }
    number = write_handoff(connection, case)
    if number is not None:
        write_notices(connection, number, str(case["key"]), to.ways, now)
    return number


def _about(connection: Connection, row: Mapping[str, Any]) -> SubjectRef:
    """Return what the answered message was about, else the customer."""
    message = row["message_id"]
    parts = subjects_of(connection, [message])[message] if message else []
    if parts:
        return SubjectRef(Kind(parts[0].kind), parts[0].subject_id)
    return SubjectRef(Kind.CUSTOMER, row["customer_id"])
