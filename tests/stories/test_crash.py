"""A crash: a process killed in the middle of sending leaves a doubt, and no second letter."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from outreach.channels.sandbox import Sandbox
from outreach.channels.sandbox.faults import slow
from outreach.clock import MovingClock
from outreach.model import MessageState, Reason
from outreach.store.database import Store
from tests.stories.conftest import SECRETS, START, Story

ROOT = Path(__file__).resolve().parents[2]
LATE = """
- rule: late
  about: order
  when:
    - promised_at is in the past
  steps:
    - send: note
    - send: second
      wait: 1 day
"""
#: what the killed process runs: the real passes, at the instant it is told
WORKER = """
import os, sys
from datetime import datetime
from pathlib import Path
from outreach.clock import MovingClock
from outreach.proving.simulation import Simulation
from outreach.releases import open_setup
from outreach.store.database import open_store
from outreach.workspace import Workspace

url, folder, instant = sys.argv[1:]
setup = open_setup(Workspace.open(Path(folder)), open_store(url), env=os.environ, applied=False)
now = datetime.fromisoformat(instant)
Simulation(setup, MovingClock(now)).run_at(now)
"""


@pytest.fixture
def arrived() -> threading.Semaphore:
    return threading.Semaphore(0)


@pytest.fixture
def story(store: Store, tmp_path: Path, arrived: threading.Semaphore) -> Iterator[Story]:
    """A story whose sandbox tells when a message has arrived."""
    clock = MovingClock(START)
    with Sandbox(clock=clock, on_message=lambda _: arrived.release()) as sandbox:
        begun = Story(store, sandbox, tmp_path / "workspace")
        yield begun
        begun.close()


@contextmanager
def worker(story: Story, moment: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run the passes at a moment in a process of their own."""
    url = story.store.engine.url.render_as_string(hide_password=False)
    now = story.clock.move_to(story.time(moment))
    process = subprocess.Popen(
        [sys.executable, "-c", WORKER, url, str(story.folder), now.isoformat()],
        env={**os.environ, **SECRETS, "PYTHONPATH": str(ROOT)},
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def test_killed_while_the_provider_answers_is_unknown_and_not_sent_twice(
    story: Story, arrived: threading.Semaphore
) -> None:
    story.rules(LATE).customer("ana").order("A-1", "ana", promised_at="today 13:00")
    story.until("12:59").expect_nothing()
    story.sandbox.script(slow(60))
    with worker(story, "13:00") as process:
        assert arrived.acquire(timeout=60), "the message never reached the provider"
        assert process.poll() is None
        process.kill()  # SIGKILL: nothing is tidied up
    assert story.everything_that_came() == ["ana"]
    story.advance("1 hour").expect_nothing()
    story.until("tomorrow 04:00").expect_nothing()
    story.expect_state("A-1", MessageState.UNKNOWN, Reason.IN_DOUBT)
    story.until("13:00").expect("ana", "second")  # it counts as sent, so the rule goes on


def test_killed_with_several_in_hand_leaves_none_of_them_to_be_sent_twice(
    story: Story, arrived: threading.Semaphore
) -> None:
    story.rules(LATE.replace("    - send: second\n      wait: 1 day\n", ""))
    people = [f"c{number}" for number in range(5)]
    for number, name in enumerate(people):
        story.customer(name).order(f"A-{number}", name, promised_at="today 13:00")
    story.until("12:59").expect_nothing()
    story.sandbox.script(slow(60), times=5)
    with worker(story, "13:00") as process:
        for _ in people:
            assert arrived.acquire(timeout=60), "not all messages reached the provider"
        process.kill()
    assert sorted(story.everything_that_came()) == people
    story.until("tomorrow 20:00").expect_nothing()
    for number in range(5):
        story.expect_state(f"A-{number}", MessageState.UNKNOWN, Reason.IN_DOUBT)
