"""The daemon's life: it starts what runs the passes, tells that it lives, stops in good order."""

from __future__ import annotations

import os
import platform
import threading
from collections.abc import Mapping
from time import monotonic
from types import FrameType
from uuid import uuid4

import structlog

from outreach import __version__
from outreach.clock import Clock, SystemClock
from outreach.daemon.lanes import Lane
from outreach.daemon.lock import only_one
from outreach.daemon.running import Runner, describe
from outreach.daemon.ticking import Ticker
from outreach.daemon.workbench import Workbench
from outreach.errors import StoreError
from outreach.passes.housekeeping import settle_lapsed
from outreach.passes.refreshing import expect_sources
from outreach.releases import first_release, open_setup, sources_of
from outreach.store import pulse
from outreach.store.database import Store
from outreach.web import WebServer, open_web
from outreach.workspace.jobs import Pass
from outreach.workspace.opening import Workspace

log = structlog.get_logger(__name__)

#: seconds between two heartbeats, and between two looks of the watchdog
BEAT = 10.0
#: a pass and the one that goes on with what it made
NEXT = {
    Pass.INTAKE: (Pass.ENROL, ("new", "changed")),
    Pass.ENROL: (Pass.PLAN, ("enrolled",)),
    Pass.PLAN: (Pass.SEND, ("planned",)),
    Pass.SWEEP: (Pass.PLAN, ("enrolled",)),
    Pass.HOUSEKEEPING: (Pass.PLAN, ("expired",)),
}


class Daemon:
    """Runs passes until `stop`. What is claimed by then is sent, and nothing else is begun."""

    def __init__(
        self,
        workspace: Workspace,
        store: Store,
        *,
        env: Mapping[str, str],
        sends: bool = True,
        clock: Clock | None = None,
    ) -> None:
        self._workspace = workspace
        self._store = store
        self._env = env
        self._sends = sends
        self._clock = clock or SystemClock()
        self._stopping = threading.Event()
        self._lanes: dict[Pass, Lane] = {}
        self._runners: dict[Pass, Runner] = {}
        self._web: WebServer | None = None

    def stop(self, signal: int = 0, frame: FrameType | None = None) -> None:
        """Come to an end soon; may be called from a signal handler or another thread."""
        self._stopping.set()

    def hurry(self, signal: int = 0, frame: FrameType | None = None) -> None:
        """Run every pass now rather than when its time comes; for signal handlers, too."""
        for which in self._lanes:
            self._wake(which)

    def run(self) -> None:
        """Run until stopped. Raises OutreachError when it cannot start, or when a thread dies."""
        started = self._clock.now()
        name = uuid4().hex
        host, pid = platform.node(), os.getpid()
        process = pulse.Process(name, host, pid, __version__, started)
        jobs = self._workspace.jobs()
        with only_one(self._store, started):
            self._prepare()
            self._web = open_web(self._workspace, self._store, env=self._env, clock=self._clock)
            self._build_lanes()
            ticker = Ticker(jobs, self._workspace.settings.zone, self._wake)
            self._beat(process)
            for lane in {*self._lanes.values()}:
                lane.start()
            ticker.start()
            if self._web is not None:
                self._web.start()
                log.info("Listening", url=self._web.url)
            log.info("Started", version=__version__, pid=pid, jobs=len(jobs), sends=self._sends)
            try:
                self._live(process, ticker)
            finally:
                self._end(process, ticker)

    def _prepare(self) -> None:
        now = self._clock.now()
        # mistakes are told now, not by the first pass; and no message goes out unguarded
        expect_sources(self._store, sources_of(self._workspace), now=now)
        if done := first_release(self._store, self._workspace, now=now):
            log.info("Applied the files, as nothing was applied yet", version=done.version)
        if self._store.is_sqlite:
            # the lock says that whoever was sending is gone
            setup = open_setup(self._workspace, self._store, env=self._env, with_senders=False)
            if lost := settle_lapsed(setup, now=now, orphaned=True):
                log.error("Gave up messages that were being sent when it ended", messages=lost)

    def _build_lanes(self) -> None:
        data = [Pass.INTAKE, Pass.ENROL, Pass.PLAN, Pass.SWEEP, Pass.HOUSEKEEPING]
        safety = self._workspace.settings.safety
        self._add_lane("data", data, sends=False, follows_files=not safety.needs_apply)
        if self._sends:
            self._add_lane("inbox", [Pass.INBOX], sends=False)
            self._add_lane("send", [Pass.SEND], sends=True)
            self._add_lane("handoffs", [Pass.HANDOFFS], sends=True)
            self._add_lane("reconcile", [Pass.RECONCILE], sends=True)
            self._add_lane("report", [Pass.REPORT], sends=True)

    def _add_lane(
        self, name: str, passes: list[Pass], *, sends: bool, follows_files: bool = False
    ) -> None:
        bench = Workbench(
            self._workspace, self._store, self._env, sends=sends, follows_files=follows_files
        )
        runner = Runner(bench, self._clock, self._env, self._stopping.is_set)
        lane = Lane(name, passes, self._run_pass)
        for each in passes:
            self._lanes[each], self._runners[each] = lane, runner

    def _wake(self, which: Pass) -> None:
        if which in self._lanes and not self._stopping.is_set():
            self._lanes[which].wake(which)

    def _run_pass(self, which: Pass) -> None:
        ran = self._runners[which].run(which)
        if ran is None:
            return
        if ran.more:
            self._wake(which)
        following, when = NEXT.get(which, (which, ()))
        if any(ran.counts[name] for name in when):
            self._wake(following)
        if which is Pass.PLAN and ran.counts["handed_off"]:
            self._wake(Pass.HANDOFFS)

    def _live(self, process: pulse.Process, ticker: Ticker) -> None:
        while not self._stopping.wait(BEAT):
            self._beat(process)
            ticker.watch(self._clock.now(), monotonic())
            for lane in {*self._lanes.values()}:
                if not lane.is_alive():
                    raise StoreError(f"the thread {lane.name} ended: start the daemon again")
            if self._web is not None and not self._web.is_alive():
                raise StoreError("the thread that listens ended: start the daemon again")

    def _beat(self, process: pulse.Process) -> None:
        try:
            with self._store.write() as connection:
                pulse.beat(connection, process, self._clock.now())
        except Exception as error:  # noqa: BLE001 - the database is away; the next beat may find it
            log.error("The heartbeat cannot be written", error=describe(error))

    def _end(self, process: pulse.Process, ticker: Ticker) -> None:
        self._stopping.set()
        log.info("Stopping: what is being sent is finished first")
        ticker.stop()
        if self._web is not None:
            self._web.stop()
        lanes, runners = {*self._lanes.values()}, {*self._runners.values()}
        for lane in lanes:
            lane.end()
        for lane in lanes:
            lane.join()
        for runner in runners:
            runner.close()
        try:
            with self._store.write() as connection:
                pulse.stop_beating(connection, process, self._clock.now())
        except Exception as error:  # noqa: BLE001 - it ends all the same
            log.error("The end cannot be written down", error=describe(error))
        log.info("Stopped")
