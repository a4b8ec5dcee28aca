"""What passes did, as plain counts: for the log, for `status`, and to know which pass is next."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from outreach.deciding.replies.meaning import Meaning
from outreach.model import Reason
from outreach.passes.cancelling import CancelReport
from outreach.passes.enrol import EnrolReport
from outreach.passes.housekeeping import HousekeepingReport
from outreach.passes.inbox import InboxReport
from outreach.passes.intake_report import IntakeReport
from outreach.passes.notifying import NotifyReport
from outreach.passes.plan import PlanReport
from outreach.passes.reconcile import ReconcileReport
from outreach.passes.send import SendReport
from outreach.passes.weekly_report import MailedReport

Counts = dict[str, int]


def intake_counts(reports: Iterable[IntakeReport]) -> Counts:
    """Count rows and what they changed, of all sources together."""
    whole = IntakeReport()
    for report in reports:
        whole.add(report)
    return {
        "rows": whole.rows,
        "new": whole.new,
        "changed": whole.changed,
        "rejected": whole.rejected,
        "failures": len(whole.failures),
    }


def inbox_counts(report: InboxReport) -> Counts:
    """Count mails by what they mean, and messages that a stop has dropped."""
    return {
        "read": report.read,
        "stops": report.meanings[Meaning.STOP],
        "uncertain": report.meanings[Meaning.UNCERTAIN_STOP],
        "ignored": report.ignored,
        "dropped": report.dropped,
    }


def enrol_counts(report: EnrolReport) -> Counts:
    """Count enrollments, in all and by rule."""
    return {"enrolled": report.total, "changes": report.changes}


def plan_counts(report: PlanReport, cancelled: CancelReport) -> Counts:
    """Count messages that were planned, held and cancelled, and enrollments that ended."""
    return {
        "planned": report.planned,
        "held": report.held,
        "ended": sum(report.ended.values()),
        "cancelled": cancelled.messages,
        "handed_off": report.handed_off,
    }


def notify_counts(report: NotifyReport) -> Counts:
    """Count notices to teams by how they fared."""
    return {
        "told": report.told,
        "again": report.again,
        "not_told": report.not_told,
        "given_up": len(report.given_up),
    }


def send_counts(report: SendReport) -> Counts:
    """Count messages by how they fared."""
    return {
        "sent": report.sent,
        "unknown": report.unknown,
        "failed": report.failed,
        "again": report.again,
        "put_off": sum(report.put_off.values()),
    }


def reconcile_counts(report: ReconcileReport) -> Counts:
    """Count messages in doubt by what became of them."""
    return {"found": report.found, "resent": report.resent, "failed": report.failed}


def sweep_counts(report: EnrolReport, missed: EnrolReport) -> Counts:
    """Count enrollments, and how many of them earlier passes should have found."""
    return {"enrolled": report.total + missed.total, "missed": missed.total}


def housekeeping_counts(report: HousekeepingReport) -> Counts:
    """Count what was found lying about."""
    return {"unknown": report.unknown, "expired": report.expired}


def report_counts(report: MailedReport) -> Counts:
    """Count mails by how they fared."""
    return {"sent": report.sent, "failed": report.failed, "unknown": report.unknown}


def something(counts: Mapping[str, int]) -> Counts:
    """Return the counts that are not nothing."""
    return {name: count for name, count in counts.items() if count}


def by_reason(reasons: Mapping[Reason, int]) -> Counts:
    """Return counts by the codes of reasons, the most frequent first."""
    ordered = sorted(reasons.items(), key=lambda item: (-item[1], item[0].value))
    return {reason.value: count for reason, count in ordered}
