"""Every pass once, in the order a message takes its way: for cron jobs, first tries and tests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from outreach.daemon.outcomes import Counts, by_reason, intake_counts
from outreach.passes.cancelling import CancelReport, cancel_matching
from outreach.passes.enrol import EnrolReport, enrol
from outreach.passes.housekeeping import HousekeepingReport, expire_held, keep_house
from outreach.passes.intake import run_source
from outreach.passes.intake_report import IntakeReport
from outreach.passes.plan import PlanReport, plan_due
from outreach.passes.send import SendReport, send_due
from outreach.passes.setup import Setup
from outreach.passes.sweeping import sweep
from outreach.sources.settings import SourceSettings
from outreach.timing.instants import MICROSECOND
from outreach.workspace.opening import Workspace


@dataclass
class RoundReport:
    """What one round of all passes did."""

    version: int | None
    intake: list[IntakeReport] = field(default_factory=list)
    enrolled: EnrolReport = field(default_factory=EnrolReport)
    planned: PlanReport = field(default_factory=PlanReport)
    cancelled: CancelReport = field(default_factory=CancelReport)
    sent: SendReport | None = None
    swept: EnrolReport = field(default_factory=EnrolReport)
    kept: HousekeepingReport = field(default_factory=HousekeepingReport)

    def as_dict(self) -> dict[str, object]:
        """Return everything as plain data, for `--json`."""
        sent: Counts | None = None
        if self.sent is not None:
            sent = {n: getattr(self.sent, n) for n in ("sent", "unknown", "failed", "again")}
        return {
            "version": self.version,
            "intake": intake_counts(self.intake),
            "enrolled": self.enrolled.enrolled,
            "planned": self.planned.planned,
            "held": self.planned.held,
            "cancelled": self.cancelled.messages,
            "sent": sent,
            "put_off": by_reason(self.sent.put_off) if self.sent else {},
            "down": {c.value: why for c, why in self.sent.down.items()} if self.sent else {},
            "given_up": self.kept.unknown,
            "expired": self.kept.expired,
        }


def run_once(
    setup: Setup,
    workspace: Workspace,
    sources: tuple[SourceSettings, ...],
    *,
    env: Mapping[str, str],
    now: datetime,
    sends: bool = True,
) -> RoundReport:
    """Run every pass once, in the order a message takes its way; all that is due is sent."""
    report = RoundReport(setup.ruleset.version)
    for source in sources:
        report.intake.append(
            run_source(setup.store, source, now=now, folder=workspace.folder, env=env)
        )
    zone = setup.zone
    report.enrolled = enrol(setup.store, setup.enroller, setup.catalogue, zone=zone, now=now)
    late = expire_held(setup, now=now)
    report.planned = plan_due(setup, now=now)
    report.cancelled = cancel_matching(setup, now=now)
    if sends:
        report.sent = _send_all(setup, now)
    # a moment later, or it would take its question for answered
    report.swept = sweep(setup, now=now + MICROSECOND)
    report.kept = keep_house(setup, now=now)
    report.kept.expired += late
    return report


def _send_all(setup: Setup, now: datetime) -> SendReport:
    whole = send_due(setup, now=now)
    part = whole
    while part.more:
        part = send_due(setup, now=now)
        for name in ("sent", "unknown", "failed", "again"):
            setattr(whole, name, getattr(whole, name) + getattr(part, name))
        for reason, count in part.put_off.items():
            whole.put_off[reason] = whole.put_off.get(reason, 0) + count
        whole.down |= part.down
    whole.more = False
    return whole
