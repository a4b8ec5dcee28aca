"""The storm: workers die at random moments and are started anew, until every message has ended."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from pathlib import Path
from random import Random
from threading import Event
from time import monotonic

from sqlalchemy import func, select, update

from benchmarks.coupons.account import Account, coupons_taken, reckon
from benchmarks.coupons.worker import now_of, work
from benchmarks.coupons.world import Size, fill
from benchmarks.measuring import tell
from outreach.clock import elapsed
from outreach.model import EnrollmentState, MessageState
from outreach.store.database import Store
from outreach.store.frames import table_of
from outreach.store.ledger import Enrollment, Message

OPEN = [MessageState.PLANNED.value, MessageState.SENDING.value]


@dataclass(frozen=True)
class Storm:
    """How many work, how long one lives, and after how many seconds it is given up."""

    processes: int
    threads: int
    lives: float
    patience: float


def rage(store: Store, folder: Path, size: Size, storm: Storm, seed: int) -> tuple[Account, int]:
    """Let workers send everything while they die; return the account and how many died."""
    fill(store, folder, size)
    random, began, deaths, most = Random(seed), elapsed(), 0, 0
    url = store.engine.url.render_as_string(hide_password=False)
    until, rest = monotonic() + storm.patience, Event()
    with _workers(url, folder, storm, began, random) as (running, start):
        while left := _left(store):
            if monotonic() > until:
                raise TimeoutError(f"after {storm.patience:g} s {left} messages have not ended")
            most = max(most, coupons_taken(store))
            tell(f"{left} messages left, {deaths} workers died")
            rest.wait(storm.lives / storm.processes)
            process = random.choice(running)
            if process.pid and process.is_alive():
                process.kill()
            for place, each in enumerate(running):
                each.join(0 if each is not process else 10)
                if each.exitcode is not None:
                    deaths += each.exitcode == -signal.SIGKILL
                    running[place] = start()
            _let_time_pass(store, began)
    return reckon(store, folder, size, most), deaths


@contextmanager
def _workers(
    url: str, folder: Path, storm: Storm, began: float, random: Random
) -> Iterator[tuple[list[BaseProcess], Callable[[], BaseProcess]]]:
    """Run workers, and end all of them."""
    context = get_context("forkserver")
    context.set_forkserver_preload(["benchmarks.coupons.worker"])

    def start() -> BaseProcess:
        words = (url, str(folder), random.randrange(10**9), began, storm.threads)
        process = context.Process(target=work, args=words, daemon=True)
        process.start()
        return process

    running = [start() for _ in range(storm.processes)]
    try:
        yield running, start
    finally:
        for process in running:
            process.kill()
        for process in running:
            process.join()


def _left(store: Store) -> int:
    """Count what is to be planned or sent."""
    message, enrolled = table_of(Message).c, table_of(Enrollment).c
    with store.read() as connection:
        open_ = select(func.count()).where(message.state.in_(OPEN))
        unplanned = select(func.count()).where(
            enrolled.state == EnrollmentState.ACTIVE.value, enrolled.plan_at.is_not(None)
        )
        return sum(connection.execute(query).scalar() or 0 for query in (open_, unplanned))


def _let_time_pass(store: Store, began: float) -> None:
    """Let what waits for its next try be due."""
    table, now = table_of(Message), now_of(began)
    waiting = (table.c.state == MessageState.PLANNED.value, table.c.due_at > now)
    with store.write() as connection:
        connection.execute(update(table).where(*waiting).values(due_at=now - timedelta(seconds=1)))
