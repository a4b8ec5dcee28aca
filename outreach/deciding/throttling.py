"""Throttling: what a channel may send now, by its rate, its cap and its provider."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from outreach.deciding.verdicts import GO, Verdict, wait
from outreach.model import Reason

#: a bucket holds what may go out between two send passes
BURST = timedelta(minutes=1)
#: segments of the longest text that channels may allow
LONGEST_TEXT = 10
#: who waits in line is asked again at least so often: those before may not go out after all
LONGEST_LINE = timedelta(minutes=10)


@dataclass(frozen=True)
class Allowance:
    """How much a channel may send, in SMS segments or mails; None is no bound.

    `rate` is a second's, `daily_cap` a day's.
    """

    rate: float | None = None
    daily_cap: int | None = None

    @property
    def is_bounded(self) -> bool:
        return self.rate is not None or self.daily_cap is not None


@dataclass
class Bucket:
    """What is left of a channel's allowance.

    It fills at the channel's rate. `line_until` is when the last of those that wait in line has
    its turn, `not_before` until when the provider asked us to wait. `used` counts until `day_ends`,
    and `taken` what was added to it since it was read.
    """

    tokens: float
    refilled_at: datetime
    line_until: datetime | None = None
    not_before: datetime | None = None
    used: int = 0
    day_ends: datetime | None = None
    taken: int = field(default=0, compare=False)

    @classmethod
    def full(cls, allowance: Allowance, now: datetime) -> Bucket:
        """Return a bucket from which nothing was taken yet: there is enough for any message."""
        return cls((allowance.rate or 0.0) * BURST.total_seconds() + LONGEST_TEXT, now)

    def take(self, allowance: Allowance, wanted: int, now: datetime, tomorrow: datetime) -> Verdict:
        """Take what one message needs, or say until when it waits."""
        if self.not_before is not None and self.not_before > now:
            return wait(Reason.RATE_LIMITED, self.not_before, "its provider asked us to wait")
        if self.day_ends is None or now >= self.day_ends:
            self.used, self.taken, self.day_ends = 0, 0, tomorrow
        cap = allowance.daily_cap
        # what is longer than a whole day's cap goes out alone
        if cap is not None and self.used and self.used + wanted > cap:
            return wait(Reason.DAILY_CAP, self.day_ends, f"{cap:,} a day")
        if allowance.rate is not None:
            turn = self._take_tokens(allowance.rate, wanted, now)
            if turn > now:
                return wait(Reason.RATE_LIMITED, turn, f"{allowance.rate:g} a second")
        self.used += wanted
        self.taken += wanted
        return GO

    def _take_tokens(self, rate: float, wanted: int, now: datetime) -> datetime:
        """Take tokens; return `now`, or when it is a message's turn that finds too few."""
        passed = max(now - self.refilled_at, timedelta()).total_seconds()
        most = max(rate * BURST.total_seconds(), float(wanted))
        left = min(most, self.tokens + passed * rate)
        if left >= wanted:
            self.tokens, self.refilled_at = left - wanted, max(now, self.refilled_at)
            return now
        ready = now + timedelta(seconds=(wanted - left) / rate)
        turn = max(ready, self.line_until or ready)
        last = now + LONGEST_LINE
        self.line_until = min(turn + timedelta(seconds=wanted / rate), last)
        return max(min(turn, last), ready)
