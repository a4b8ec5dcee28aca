"""Running a pass: with the rules that are applied now, its outcome kept, and no error let out."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from time import monotonic

import structlog

from outreach.channels.addresses import redact
from outreach.clock import Clock, elapsed
from outreach.daemon.outcomes import (
    Counts,
    enrol_counts,
    housekeeping_counts,
    inbox_counts,
    intake_counts,
    notify_counts,
    plan_counts,
    reconcile_counts,
    report_counts,
    send_counts,
    something,
    sweep_counts,
)
from outreach.daemon.workbench import Workbench
from outreach.deciding.replies.meaning import Meaning
from outreach.errors import OutreachError
from outreach.passes.cancelling import cancel_matching
from outreach.passes.catching_up import catch_up
from outreach.passes.enrol import enrol
from outreach.passes.housekeeping import expire_held, keep_house, settle_lapsed
from outreach.passes.inbox import read_inbox
from outreach.passes.intake import run_source
from outreach.passes.notifying import notify_teams
from outreach.passes.plan import plan_due
from outreach.passes.reconcile import reconcile
from outreach.passes.refreshing import expect_sources
from outreach.passes.restocking import restock
from outreach.passes.send import send_due
from outreach.passes.sweeping import sweep
from outreach.passes.weekly_report import mail_report
from outreach.releases import house_of, mailbox_of, weekly
from outreach.store import pulse
from outreach.timing.instants import MICROSECOND
from outreach.workspace.jobs import Pass

log = structlog.get_logger(__name__)

#: what a pass did, as it stands in the log
SAID = {
    Pass.INTAKE: "Took in data",
    Pass.INBOX: "Read the mailbox",
    Pass.ENROL: "Enrolled",
    Pass.PLAN: "Planned messages",
    Pass.HANDOFFS: "Told teams of cases",
    Pass.SEND: "Sent messages",
    Pass.RECONCILE: "Settled messages in doubt",
    Pass.SWEEP: "Swept",
    Pass.HOUSEKEEPING: "Kept house",
    Pass.REPORT: "Mailed the report",
}


@dataclass(frozen=True)
class Ran:
    """How a pass went: what it did, and whether it has more to do at once."""

    counts: Counts
    more: bool = False


class Runner:
    """Runs passes on one thread's workbench. `is_stopping` ends a send pass between two claims."""

    def __init__(
        self,
        bench: Workbench,
        clock: Clock,
        env: Mapping[str, str],
        is_stopping: Callable[[], bool],
    ) -> None:
        self._bench = bench
        self._clock = clock
        self._env = env
        self._is_stopping = is_stopping
        self._passes: dict[Pass, Callable[[datetime], Ran]] = {
            Pass.INTAKE: self._intake,
            Pass.INBOX: self._inbox,
            Pass.ENROL: self._enrol,
            Pass.PLAN: self._plan,
            Pass.HANDOFFS: self._handoffs,
            Pass.SEND: self._send,
            Pass.RECONCILE: self._reconcile,
            Pass.SWEEP: self._sweep,
            Pass.HOUSEKEEPING: self._housekeeping,
            Pass.REPORT: self._report,
        }

    def run(self, which: Pass) -> Ran | None:
        """Run a pass once; None when it failed, which is kept and logged and ends there."""
        began = monotonic()
        try:
            with self._bench.store.write() as connection:
                pulse.pass_began(connection, which.value, self._clock.now())
            ran = self._passes[which](self._clock.now())
            with self._bench.store.write() as connection:
                pulse.pass_ended(connection, which.value, ran.counts, self._clock.now())
        except Exception as error:  # noqa: BLE001 - one run of one pass; the next is due soon
            self._failed(which, error)
            return None
        done = something(ran.counts)
        say = log.info if done else log.debug
        say(SAID[which], action=which.value, **done, seconds=round(monotonic() - began, 2))
        return ran

    def close(self) -> None:
        """Let go of what the passes ran with."""
        self._bench.close()

    def _failed(self, which: Pass, error: Exception) -> None:
        said = describe(error)
        log.error("The pass failed", action=which.value, error=said)
        # frames only: messages of drivers quote rows
        frames = "".join(traceback.format_tb(error.__traceback__))
        log.debug("The pass failed here", action=which.value, frames=frames)
        try:
            with self._bench.store.write() as connection:
                pulse.pass_failed(connection, which.value, said, self._clock.now())
        except Exception as second:  # noqa: BLE001 - most likely the database is away: it was said
            log.debug("The failure could not be kept", error=describe(second))

    def _intake(self, now: datetime) -> Ran:
        folder = self._bench.workspace.folder
        reports = []
        sources = self._bench.sources()
        expect_sources(self._bench.store, sources, now=now)
        for source in sources:
            report = run_source(self._bench.store, source, now=now, folder=folder, env=self._env)
            for failure in report.failures:
                log.error("The source cannot be read", source=source.name, error=redact(failure))
            if report.rejected:
                log.warning("Rejected rows", source=source.name, rows=report.rejected)
            reports.append(report)
        pools, ruleset = self._bench.workspace.settings.coupons, self._bench.setup(now).ruleset
        taken = restock(self._bench.store, pools, ruleset, folder, now=now)
        for each in taken.stocked:
            lines = len(each.faults)
            log.info("Took codes of coupons in", pool=each.pool, new=each.new, left_out=lines)
        return Ran({**intake_counts(reports), "codes": taken.new})

    def _inbox(self, now: datetime) -> Ran:
        setup, workspace = self._bench.setup(now), self._bench.workspace
        place = mailbox_of(workspace, self._env)
        if place is None:
            return Ran({})
        house = house_of(workspace)
        report = read_inbox(setup.store, place, house, now=now, ruleset=setup.ruleset)
        if uncertain := report.meanings[Meaning.UNCERTAIN_STOP]:
            log.warning("Replies wait to be read: outreach replies", replies=uncertain)
        return Ran(inbox_counts(report))

    def _enrol(self, now: datetime) -> Ran:
        setup = self._bench.setup(now)
        caught_up = catch_up(setup, now=now)
        if caught_up.broken:
            log.info("Promises were broken", promises=caught_up.broken)
        if caught_up.linked.orders:
            log.info("Linked orders to open incidents", orders=caught_up.linked.orders)
        for incident, why in caught_up.linked.unread.items():
            log.error("An incident links no more orders", incident=incident, error=why)
        report = enrol(setup.store, setup.enroller, setup.catalogue, zone=setup.zone, now=now)
        for rule, count in report.enrolled.items():
            log.debug("Enrolled by rule", rule=rule, enrolled=count)
        return Ran(enrol_counts(report))

    def _plan(self, now: datetime) -> Ran:
        setup = self._bench.setup(now)
        expired = expire_held(setup, now=now)
        report = plan_due(setup, now=now)
        cancelled = cancel_matching(setup, now=now)
        if report.held:
            log.warning("Held messages for approval", held=report.held)
        for rule, cases in report.untold.items():
            log.warning("A flood of cases: teams are not told one by one", rule=rule, cases=cases)
        return Ran({**plan_counts(report, cancelled), "expired": expired})

    def _handoffs(self, now: datetime) -> Ran:
        report = notify_teams(self._bench.setup(now), now=now)
        for team, why in report.given_up.items():
            log.error("Gave up telling a team of a case", team=team, error=redact(why))
        return Ran(notify_counts(report), more=report.more)

    def _send(self, now: datetime) -> Ran:
        setup = self._bench.setup(now)
        lapsed = settle_lapsed(setup, now=now)
        if lapsed:
            log.error("Gave up messages that nobody finished sending", messages=lapsed)
        # what was read before may be old by now: others' claims were given up, rules taken up
        read_at, now = elapsed(), self._clock.now()
        report = send_due(setup, now=now, is_over=self._is_stopping, read_at=read_at)
        for rule, why in report.held_back.items():
            log.error("A rule paused itself", rule=rule, reason=why)
        for channel, why in report.down.items():
            log.error("The channel is down", channel=channel.value, error=redact(why))
        for channel, until in report.busy.items():
            asked = f"{until:%H:%M:%S} UTC"
            log.warning(
                "The provider is busy; its channel waits", channel=channel.value, until=asked
            )
        for reason, count in report.put_off.items():
            log.debug("Put off messages", reason=reason.value, messages=count)
        return Ran(send_counts(report), more=report.more)

    def _reconcile(self, now: datetime) -> Ran:
        return Ran(reconcile_counts(reconcile(self._bench.setup(now), now=now)))

    def _sweep(self, now: datetime) -> Ran:
        setup = self._bench.setup(now)
        report = enrol(setup.store, setup.enroller, setup.catalogue, zone=setup.zone, now=now)
        # a moment later, or it would take its question for answered
        missed = sweep(setup, now=now + MICROSECOND)
        if missed.total:
            log.warning("The sweep found what passes had missed", enrolled=missed.total)
        return Ran(sweep_counts(report, missed))

    def _housekeeping(self, now: datetime) -> Ran:
        return Ran(housekeeping_counts(keep_house(self._bench.setup(now), now=now)))

    def _report(self, now: datetime) -> Ran:
        settings = self._bench.workspace.settings
        to, asked = settings.report.to, weekly(settings, now)
        return Ran(report_counts(mail_report(self._bench.setup(now), to, asked, now=now)))


def describe(error: Exception) -> str:
    """Return what went wrong in one line that names no address and quotes no row."""
    if isinstance(error, OutreachError):
        return redact(str(error).partition("\n")[0])
    cause = getattr(error, "orig", None) or error
    return f"{type(cause).__name__}: {redact(str(cause).strip().partition(chr(10))[0])}"
