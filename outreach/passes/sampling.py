"""Sampling: messages of a batch as they would read and fare now, before somebody approves them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from outreach.deciding.circumstances import Judged
from outreach.deciding.gates import judge
from outreach.deciding.rendering.templates import Rendered
from outreach.deciding.verdicts import Verdict
from outreach.model import Channel, MessageState
from outreach.passes.judging import circumstances, read_seen
from outreach.passes.setup import Setup
from outreach.store import claiming
from outreach.store.queue import QueuedMessage, Wanted, queued, read_messages

#: a sample is drawn from so many messages, evenly
DRAWN_FROM = 2000


@dataclass(frozen=True)
class Sample:
    """One message: what the gates say of it now, and its words if it got that far."""

    message: QueuedMessage
    verdict: Verdict
    channel: Channel | None
    rendered: Rendered | None


def sample_batch(setup: Setup, batch: str, count: int, *, now: datetime) -> list[Sample]:
    """Return some messages of a batch, from its first to its last, as they would go out now."""
    with setup.store.read() as connection:
        wanted = Wanted(states=[MessageState.HELD], batch=batch)
        messages = _spread(queued(connection, wanted, DRAWN_FROM), count)
        rows = read_messages(connection, [message.id for message in messages])
        parts = claiming.subjects_of(connection, list(rows))
        seen = read_seen(connection, setup, list(rows.values()), parts, now)
        return [
            _sample(message, judge(circumstances(setup, rows[message.id], seen), now))
            for message in messages
        ]


def _sample(message: QueuedMessage, judged: Judged) -> Sample:
    return Sample(message, judged.verdict, judged.channel, judged.rendered)


def _spread(messages: Sequence[QueuedMessage], count: int) -> list[QueuedMessage]:
    """Return about so many of them, evenly from the first to the last."""
    if count >= len(messages):
        return list(messages)
    step = (len(messages) - 1) / max(count - 1, 1)
    return [messages[round(place * step)] for place in range(count)]
