"""The throttle of one claim: what each channel may still send, and what came of its bucket."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from sqlalchemy import Connection

from outreach.deciding.throttling import Allowance, Bucket
from outreach.deciding.verdicts import GO, Verdict
from outreach.model import Channel
from outreach.passes.setup import Setup
from outreach.store import rates
from outreach.timing.periods import Period, stretch_of

_UNBOUNDED = Allowance()


@dataclass
class Throttle:
    """Asked for each message that may go out; `write` is called once, at the end of the claim."""

    connection: Connection
    setup: Setup
    now: datetime
    _taken: dict[Channel, Bucket] = field(default_factory=dict)

    def ask(self, channel: Channel, wanted: int) -> Verdict:
        """Take what a message of so many segments needs, or say until when it waits."""
        allowance = self.setup.allowances.get(channel, _UNBOUNDED)
        if not allowance.is_bounded and channel not in self._known:
            return GO
        if channel not in self._taken:
            self._taken[channel] = self._open(channel, allowance)
        return self._taken[channel].take(allowance, max(wanted, 1), self.now, self._tomorrow)

    def write(self) -> None:
        """Write down what was taken."""
        for channel, bucket in self._taken.items():
            allowance = self.setup.allowances.get(channel, _UNBOUNDED)
            if allowance.is_bounded:
                rates.write_bucket(self.connection, channel, bucket, allowance)

    def _open(self, channel: Channel, allowance: Allowance) -> Bucket:
        if not allowance.is_bounded:
            return self._known[channel]
        return rates.lock_bucket(self.connection, channel, allowance, self.now)

    @cached_property
    def _known(self) -> dict[Channel, Bucket]:
        return rates.read_buckets(self.connection)

    @cached_property
    def _tomorrow(self) -> datetime:
        return stretch_of(self.now, Period.DAY, self.setup.zone).end
