"""Every pass once, in the order a message takes its way: for cron jobs, first tries and tests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from outreach.clock import Clock, elapsed
from outreach.daemon.outcomes import (
    Counts,
    by_reason,
    inbox_counts,
    intake_counts,
    notify_counts,
    reconcile_counts,
    report_counts,
)
from outreach.errors import OutreachError
from outreach.passes.cancelling import CancelReport, cancel_matching
from outreach.passes.catching_up import CaughtUp, catch_up
from outreach.passes.enrol import EnrolReport, enrol
from outreach.passes.housekeeping import HousekeepingReport, expire_held, keep_house
from outreach.passes.inbox import InboxReport, read_inbox
from outreach.passes.intake import run_source
from outreach.passes.intake_report import IntakeReport
from outreach.passes.notifying import NotifyReport, notify_teams
from outreach.passes.plan import PlanReport, plan_due
from outreach.passes.reconcile import ReconcileReport, reconcile
from outreach.passes.refreshing import expect_sources
from outreach.passes.restocking import RestockReport, restock
from outreach.passes.send import SendReport, send_due
from outreach.passes.setup import Setup
from outreach.passes.sweeping import sweep
from outreach.passes.weekly_report import MailedReport, mail_report
from outreach.releases import house_of, mailbox_of, weekly
from outreach.sources.settings import SourceSettings
from outreach.timing.instants import MICROSECOND
from outreach.workspace.opening import Workspace


@dataclass
class RoundReport:
    """What one round of all passes did."""

    version: int | None
    intake: list[IntakeReport] = field(default_factory=list)
    inbox: InboxReport = field(default_factory=InboxReport)
    caught_up: CaughtUp = CaughtUp()
    enrolled: EnrolReport = field(default_factory=EnrolReport)
    planned: PlanReport = field(default_factory=PlanReport)
    cancelled: CancelReport = field(default_factory=CancelReport)
    reconciled: ReconcileReport = field(default_factory=ReconcileReport)
    told: NotifyReport = field(default_factory=NotifyReport)
    codes: RestockReport = field(default_factory=RestockReport)
    sent: SendReport | None = None
    swept: EnrolReport = field(default_factory=EnrolReport)
    kept: HousekeepingReport = field(default_factory=HousekeepingReport)
    mailed: MailedReport = field(default_factory=MailedReport)

    def as_dict(self) -> dict[str, object]:
        """Return everything as plain data, for `--json`."""
        sent: Counts | None = None
        if self.sent is not None:
            sent = {n: getattr(self.sent, n) for n in ("sent", "unknown", "failed", "again")}
        return {
            "version": self.version,
            "intake": intake_counts(self.intake),
            "inbox": inbox_counts(self.inbox),
            "inbox_failure": self.inbox.failure,
            "linked": self.caught_up.linked.orders,
            "incident_failures": dict(self.caught_up.linked.unread),
            "enrolled": self.enrolled.enrolled,
            "planned": self.planned.planned,
            "held": self.planned.held,
            "cancelled": self.cancelled.messages,
            "handed_off": self.planned.handed_off,
            "teams": notify_counts(self.told),
            "codes": self.codes.new,
            "reconciled": reconcile_counts(self.reconciled),
            "sent": sent,
            "put_off": by_reason(self.sent.put_off) if self.sent else {},
            "down": {c.value: why for c, why in self.sent.down.items()} if self.sent else {},
            "held_back": self.sent.held_back if self.sent else {},
            "given_up": self.kept.unknown,
            "expired": self.kept.expired,
            "reports": report_counts(self.mailed),
        }


def run_once(
    setup: Setup,
    workspace: Workspace,
    sources: tuple[SourceSettings, ...],
    *,
    env: Mapping[str, str],
    clock: Clock,
    sends: bool = True,
) -> RoundReport:
    """Run every pass once, in the order a message takes its way; all that is due is sent.

    Each pass asks the clock anew: taking data in may last for an hour.
    """
    report = RoundReport(setup.ruleset.version)
    store, folder = setup.store, workspace.folder
    began = clock.now()
    expect_sources(store, sources, now=began)
    report.codes = restock(store, workspace.settings.coupons, setup.ruleset, folder, now=began)
    for source in sources:
        report.intake.append(run_source(store, source, now=clock.now(), folder=folder, env=env))
    if sends:
        report.inbox = _inbox(setup, workspace, env, clock)
    zone, asked_at = setup.zone, clock.now()
    report.caught_up = catch_up(setup, now=asked_at)
    report.enrolled = enrol(store, setup.enroller, setup.catalogue, zone=zone, now=asked_at)
    late = expire_held(setup, now=clock.now())
    report.planned = plan_due(setup, now=clock.now())
    report.cancelled = cancel_matching(setup, now=clock.now())
    if sends:
        report.reconciled = reconcile(setup, now=clock.now())
        report.sent = _send_all(setup, clock)
        report.told = _tell_all(setup, clock)
    # later than the enrol pass, or it would take its question for answered
    report.swept = sweep(setup, now=max(clock.now(), asked_at + MICROSECOND))
    report.kept = keep_house(setup, now=clock.now())
    report.kept.expired += late
    if sends and (to := workspace.settings.report.to):
        now = clock.now()
        report.mailed = mail_report(setup, to, weekly(workspace.settings, now), now=now)
    return report


def _inbox(setup: Setup, workspace: Workspace, env: Mapping[str, str], clock: Clock) -> InboxReport:
    """Read the mailbox; one that cannot be read keeps nothing else from its turn."""
    house = house_of(workspace)
    try:
        place = mailbox_of(workspace, env)
        if place is None:
            return InboxReport()
        return read_inbox(setup.store, place, house, now=clock.now(), ruleset=setup.ruleset)
    except OutreachError as error:
        return InboxReport(failure=str(error))


def _tell_all(setup: Setup, clock: Clock) -> NotifyReport:
    whole = part = notify_teams(setup, now=clock.now())
    while part.more:
        part = notify_teams(setup, now=clock.now())
        whole.told += part.told
        whole.again += part.again
        whole.not_told += part.not_told
        whole.given_up |= part.given_up
    return whole


def _send_all(setup: Setup, clock: Clock) -> SendReport:
    whole = send_due(setup, read_at=elapsed(), now=clock.now())
    part = whole
    while part.more:
        part = send_due(setup, read_at=elapsed(), now=clock.now())
        for name in ("sent", "unknown", "failed", "again"):
            setattr(whole, name, getattr(whole, name) + getattr(part, name))
        for reason, count in part.put_off.items():
            whole.put_off[reason] = whole.put_off.get(reason, 0) + count
        whole.down |= part.down
        whole.held_back |= part.held_back
        whole.busy |= part.busy
    whole.more = False
    return whole
