"""A worker: a process with threads that all plan and send, until it is told to end or dies."""

from __future__ import annotations

import os
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from threading import Event, Thread

from sqlalchemy.exc import OperationalError

from benchmarks.coupons.world import NOON, open_world
from outreach.clock import elapsed
from outreach.faultpoints import VARIABLE, FaultPoint, arm
from outreach.passes import send
from outreach.passes.housekeeping import settle_lapsed
from outreach.passes.plan import plan_due
from outreach.passes.setup import Setup
from outreach.store.database import open_store

#: messages in one claim: so few that claims meet all the time
BATCH = 8
#: where a worker may die of itself
POINTS = (
    *(FaultPoint.CLAIM_WRITTEN, FaultPoint.CLAIM_COMMITTED, FaultPoint.CALL_BEGUN),
    *(FaultPoint.ANSWER_READ, FaultPoint.RESULTS_WRITTEN, FaultPoint.RESULTS_COMMITTED),
)


def work(url: str, folder: str, seed: int, began: float, threads: int) -> None:
    """Plan and send in so many threads, for ever: only a signal ends it."""
    # what dies says nothing, and what waits for a lock too long tries again
    random = Random(seed)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    if random.random() < 0.5:
        arm({VARIABLE: f"{random.choice(POINTS)}:{random.randint(1, 6)}"})
    send.BATCH = BATCH
    store = open_store(url)
    setup = open_world(store, Path(folder), seed)
    hands = [Thread(target=_toil, args=(setup, began), daemon=True) for _ in range(threads)]
    for hand in hands:
        hand.start()
    for hand in hands:
        hand.join()


def now_of(began: float) -> datetime:
    """Return the time of the world: noon when it began, on the same clock in every process."""
    return NOON + timedelta(seconds=elapsed() - began)


def _toil(setup: Setup, began: float) -> None:
    rest = Event()
    while True:
        try:
            for step in (_plan, _send, _tidy):
                step(setup, now_of(began))
        except OperationalError:
            pass  # SQLite has one writer, and fifty want to be it
        rest.wait(0.02)


def _plan(setup: Setup, now: datetime) -> None:
    plan_due(setup, now=now)


def _send(setup: Setup, now: datetime) -> None:
    send.send_due(setup, now=now, limit=BATCH)


def _tidy(setup: Setup, now: datetime) -> None:
    settle_lapsed(setup, now=now)
