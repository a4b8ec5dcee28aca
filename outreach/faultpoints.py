"""Fault points: named instants at which a process can be made to die, to prove what survives it.

For tests. Nothing dies unless `arm` was called, as `outreach run` does when `OUTREACH_KILL_AT` is
set: with `claim_committed:2` the process kills itself the second time it comes there.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Mapping
from enum import StrEnum

VARIABLE = "OUTREACH_KILL_AT"


class FaultPoint(StrEnum):
    """The instants between which a message changes hands: `written` is before the commit."""

    # sending
    CLAIM_WRITTEN = "claim_written"
    CLAIM_COMMITTED = "claim_committed"
    CALL_BEGUN = "call_begun"
    REQUEST_WRITTEN = "request_written"
    ANSWER_READ = "answer_read"
    RESULTS_WRITTEN = "results_written"
    RESULTS_COMMITTED = "results_committed"
    # giving up what somebody else was sending
    LAPSE_WRITTEN = "lapse_written"
    LAPSE_COMMITTED = "lapse_committed"
    # asking what became of a message in doubt
    DOUBT_ASKED = "doubt_asked"
    DOUBT_WRITTEN = "doubt_written"
    DOUBT_COMMITTED = "doubt_committed"
    # taking in what a provider tells
    RECEIPTS_WRITTEN = "receipts_written"
    RECEIPTS_COMMITTED = "receipts_committed"
    # asking people to step in, and telling them
    HANDOFFS_WRITTEN = "handoffs_written"
    NOTICE_CLAIMED = "notice_claimed"
    NOTICE_TOLD = "notice_told"


class _Trap:
    """Kills the process when it is sprung for the last of so many times."""

    def __init__(self, times: int) -> None:
        self._lock = threading.Lock()
        self._left = times

    def spring(self) -> None:
        with self._lock:
            self._left -= 1
            if self._left == 0:
                # like `kill -9`: nothing is tidied up, and no other thread goes on
                os.kill(os.getpid(), signal.SIGKILL)


_traps: dict[FaultPoint, _Trap] = {}


def arm(env: Mapping[str, str]) -> FaultPoint | None:
    """Set the trap that the environment names, if it names one; return where.

    Raises ValueError when it names it wrongly: a test must not pass because nothing happened.
    """
    said = env.get(VARIABLE)
    if not said:
        return None
    name, _, times = said.partition(":")
    if name not in list(FaultPoint):
        raise ValueError(
            f"{VARIABLE}: `{name}` is no fault point; there are {', '.join(FaultPoint)}"
        )
    if not times.isascii() or not times.isdecimal() or int(times) < 1:
        raise ValueError(f"{VARIABLE}: say at which time, such as {name}:1")
    point = FaultPoint(name)
    _traps[point] = _Trap(int(times))
    return point


def reach(point: FaultPoint) -> None:
    """Say that the process has come here; it ends here if that was asked for."""
    if _traps and point in _traps:
        _traps[point].spring()
