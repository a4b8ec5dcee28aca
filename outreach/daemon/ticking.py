"""Ticking: APScheduler as a clock, and a watchdog for the day somebody sets the clock.

It never runs a pass itself and keeps nothing: a tick only says that it is time.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from datetime import datetime
from time import monotonic
from zoneinfo import ZoneInfo

import structlog
from apscheduler.executors.pool import ThreadPoolExecutor  # type: ignore[import-untyped]
from apscheduler.schedulers.background import BackgroundScheduler  # type: ignore[import-untyped]

from outreach.daemon.triggers import trigger_of
from outreach.workspace.jobs import Job, Pass

log = structlog.get_logger(__name__)

#: periods without a tick after which the clock is taken to have been set back
PATIENCE = 3
#: a short period has longer to be late
LEAST_PATIENCE = 15.0
#: how far apart the wall's clock and the monotonic one may drift between two looks
DRIFT = 30.0


class Ticker:
    """Calls `wake` with a job's pass whenever its time has come."""

    def __init__(self, jobs: Sequence[Job], zone: ZoneInfo, wake: Callable[[Pass], None]) -> None:
        self._jobs = {job.name: job for job in jobs}
        self._zone = zone
        self._wake = wake
        self._lock = threading.Lock()
        self._ticked: dict[str, float] = {}
        self._seen: tuple[datetime, float] | None = None
        self._scheduler = BackgroundScheduler(
            timezone="UTC",
            executors={"default": ThreadPoolExecutor(1)},
            job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1},
        )

    def start(self) -> None:
        """Begin to tick; what runs every so often ticks at once."""
        for job in self._jobs.values():
            self._ticked[job.name] = monotonic()
            self._scheduler.add_job(
                self._tick, trigger_of(job, self._zone), args=[job.name], id=job.name
            )
        self._scheduler.start()

    def stop(self) -> None:
        """Tick no more."""
        self._scheduler.shutdown(wait=False)

    def watch(self, now: datetime, elapsed: float) -> list[str]:
        """Set right what a change of the clock upset, and return the jobs it upset.

        `now` is what the wall's clock says, `elapsed` what the monotonic one does, in seconds.
        """
        with self._lock:
            ticked = dict(self._ticked)
        late = [name for name, at in ticked.items() if self._is_late(name, elapsed - at)]
        if self._has_jumped(now, elapsed):
            late += [name for name, job in self._jobs.items() if not job.every]
        for name in late:
            log.warning("Set the job right after a change of the clock", job=name)
            self._scheduler.reschedule_job(name, trigger=trigger_of(self._jobs[name], self._zone))
        return late

    def _tick(self, name: str) -> None:
        with self._lock:
            self._ticked[name] = monotonic()
        self._wake(self._jobs[name].does)

    def _is_late(self, name: str, silent: float) -> bool:
        every = self._jobs[name].every
        if every is None:
            return False
        return silent > max(PATIENCE * every.fixed.total_seconds(), LEAST_PATIENCE)

    def _has_jumped(self, now: datetime, elapsed: float) -> bool:
        seen, self._seen = self._seen, (now, elapsed)
        if seen is None:
            return False
        return abs((now - seen[0]).total_seconds() - (elapsed - seen[1])) > DRIFT
