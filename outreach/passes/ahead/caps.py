"""Daily caps in a look ahead: what channels may still send as time is supposed to pass.

Their rates are left out: a preview asks what goes out today, not in which second.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Self

from sqlalchemy import Connection

from outreach.deciding.circumstances import Judged
from outreach.deciding.throttling import Allowance, Bucket
from outreach.deciding.verdicts import Decision, Verdict
from outreach.model import Channel
from outreach.passes.setup import Setup
from outreach.store import rates
from outreach.timing.periods import Period, stretch_of


@dataclass(frozen=True)
class Caps:
    """The channels' buckets; taking from them is supposed only."""

    setup: Setup
    buckets: dict[Channel, Bucket]

    @classmethod
    def read(cls, connection: Connection, setup: Setup) -> Self:
        return cls(setup, rates.read_buckets(connection))

    def ask(self, judged: Judged, at: datetime) -> Verdict:
        """Return the verdict on a message, which waits if it would go and the cap is reached."""
        channel = judged.channel
        if judged.verdict.decision is not Decision.GO or channel is None:
            return judged.verdict
        allowance = self.setup.allowances.get(channel)
        if allowance is None or allowance.daily_cap is None:
            return judged.verdict
        capped = Allowance(daily_cap=allowance.daily_cap)
        bucket = self.buckets.setdefault(channel, Bucket.full(capped, at))
        tomorrow = stretch_of(at, Period.DAY, self.setup.zone).end
        asked = bucket.take(capped, max(judged.rendered.segments, 1), at, tomorrow)
        return judged.verdict if asked.decision is Decision.GO else asked
