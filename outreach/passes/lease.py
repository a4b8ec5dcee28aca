"""The lease of a claim: before every call it is asked whether a message is still ours to send.

A process that was stopped, or a machine that slept, wakes up with messages in hand that others may
have given up meanwhile. The clock tells that time has passed; where a clock cannot know it, as in a
virtual machine that was halted, the database still knows whose the messages are.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

from outreach.clock import elapsed
from outreach.store.claiming import in_hand
from outreach.store.database import Store

#: how long a claim is good for; longer than any provider call may take
LEASE = timedelta(minutes=5)
#: the code of calls that ended, or were never made, for a reason of ours and not the provider's
OURS = "lease"
#: the part of a lease at its end in which no call is begun any more
MARGIN = 0.1
#: the part after which a pass claims no more: it judges and leases by a `now` that grows old
FRESH = 0.2
#: seconds after which the database is asked once more: a claim that is fresh is ours
SURE_FOR = 1.0


class Lease:
    """What one send pass holds. `since` is what the clock said before the pass's `now` was read."""

    def __init__(
        self,
        store: Store,
        length: timedelta,
        *,
        since: float,
        clock: Callable[[], float] = elapsed,
    ) -> None:
        self.owner = uuid4().hex
        self._store = store
        self._clock = clock
        self._stale_at = since + length.total_seconds() * FRESH
        self._ends = since + length.total_seconds() * (1 - MARGIN)
        self._lock = threading.Lock()
        self._ours: frozenset[str] = frozenset()
        self._sure_until = since

    def is_fresh(self) -> bool:
        """Whether more may be claimed."""
        return self._clock() < self._stale_at

    def claimed(self, messages: frozenset[str]) -> None:
        """Take note of what was claimed this moment."""
        with self._lock:
            self._ours = messages
            self._sure_until = self._clock() + SURE_FOR

    def holds(self, message: str) -> bool:
        """Whether a message may be handed to its provider now. Safe to ask from any thread."""
        with self._lock:
            if self._clock() > self._sure_until:
                with self._store.read() as connection:
                    self._ours = in_hand(connection, self.owner)
                self._sure_until = self._clock() + SURE_FOR
            # last of all: asking takes its time, too
            return message in self._ours and self._clock() <= self._ends
