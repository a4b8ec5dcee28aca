"""`outreach run`: the daemon, or with --once every pass a single time."""

from __future__ import annotations

import logging
import signal
import sys
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from outreach.cli.output import Output, counted
from outreach.cli.output_coupons import print_codes
from outreach.cli.session import Session
from outreach.clock import MovingClock, SystemClock
from outreach.errors import Refused
from outreach.faultpoints import arm
from outreach.model import REASON_TEXT

if TYPE_CHECKING:
    from outreach.daemon import RoundReport
    from outreach.passes.inbox import InboxReport


class LogForm(StrEnum):
    """How log lines look: for people, or for programs."""

    TEXT = "text"
    JSON = "json"


def run(
    session: Session,
    *,
    once: Annotated[
        bool, typer.Option("--once", help="Run every pass once, say what was done, and end.")
    ] = False,
    no_send: Annotated[
        bool, typer.Option("--no-send", help="Take in, find and plan, but send nothing.")
    ] = False,
    log_format: Annotated[
        LogForm, typer.Option("--log-format", metavar="FORM", help="text (key=value) or json.")
    ] = LogForm.TEXT,
) -> int:
    """Run the daemon: it takes data in, finds who is concerned, plans, and sends when it is time.

    It runs the applied rules; the first start applies what it finds. SIGTERM and Ctrl-C end it
    when what is being sent is done; SIGHUP runs every pass at once.
    """
    from outreach.daemon.logs import LogFormat, set_up_logs

    out = session.out
    _arm(session)
    level = logging.DEBUG if out.verbose else logging.WARNING if out.quiet or once else logging.INFO
    set_up_logs(LogFormat(log_format.value), level=level, color=out.has_color(sys.stderr))
    if once:
        return _once(session, sends=not no_send)
    if session.manners.at is not None:
        raise Refused("the daemon goes by the real time: look ahead with `outreach preview --at`")
    return _serve(session, sends=not no_send)


def _arm(session: Session) -> None:
    """Set the trap that a test has asked for, loudly."""
    try:
        point = arm(session.env)
    except ValueError as error:
        raise Refused(str(error)) from None
    if point is not None:
        session.out.note(f"For a test, this process kills itself at {point}.")


def _serve(session: Session, *, sends: bool) -> int:
    from outreach.daemon import Daemon

    daemon = Daemon(session.workspace, session.store, env=session.env, sends=sends)
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, daemon.stop)
    if hasattr(signal, "SIGHUP"):
        signal.signal(signal.SIGHUP, daemon.hurry)
    daemon.run()
    return 0


def _once(session: Session, *, sends: bool) -> int:
    from outreach.daemon import only_one, run_once
    from outreach.releases import apply, first_release, sources_of
    from outreach.releases.applying import DAEMON

    if sends:
        _guard_time(session)
    now, store, out = session.now, session.store, session.out
    with only_one(store, now):
        sources = sources_of(session.workspace)
        done = first_release(store, session.workspace, now=now)
        if done:
            rules = counted(len(done.changes.added), "rule")
            out.note(f"Applied version {done.version}, as nothing was applied yet: {rules}")
        elif not session.workspace.settings.safety.needs_apply:
            apply(store, session.workspace, who=DAEMON, now=now, note="the files changed")
        setup = session.setup(with_senders=sends)
        clock = SystemClock() if session.manners.at is None else MovingClock(now)
        report = run_once(
            setup, session.workspace, sources, env=session.env, clock=clock, sends=sends
        )
    if out.as_json:
        out.document("run/1", {"now": now, **report.as_dict()})
    else:
        _print(out, report)
    return int(_is_troubled(report))


def _guard_time(session: Session) -> None:
    """Refuse to send at a pretended time, unless nothing leaves the machine."""
    if session.manners.at is None:
        return
    from outreach.releases import read_channels

    channels = read_channels(session.workspace)
    providers = [each.provider for each in (channels.email, channels.sms) if each]
    real: list[str] = [name for name in providers if name != "outbox"] + _ways_to_teams(session)
    if session.workspace.settings.mailbox:
        raise Refused(
            "--at only pretends a time, and the mailbox would really be read: add --no-send"
        )
    if real:
        raise Refused(
            f"--at only pretends a time, and {' and '.join(real)} would really send:"
            " add --no-send, or look ahead with `outreach preview --at`"
        )


def _ways_to_teams(session: Session) -> list[str]:
    """Return how teams would hear of cases but by mail, which goes the way of the messages."""
    from outreach.passes.notifying import ways_of

    teams = session.workspace.settings.teams.values()
    return sorted(
        {f"a team's {way}" for team in teams for way in ways_of(team)} - {"a team's email"}
    )


def _is_troubled(report: RoundReport) -> bool:
    failed = any(each.failures or each.rejected for each in report.intake)
    failed = failed or bool(report.inbox.failure or report.caught_up.linked.unread)
    unsent = report.sent is not None and (report.sent.down or report.sent.unknown)
    return bool(failed or unsent or report.kept.unknown)


def _print(out: Output, report: RoundReport) -> None:
    for source in report.intake:
        mark = "failed" if source.failures else "warning" if source.rejected else "ok"
        said = f"{counted(source.rows, 'row')}, {source.new:,} new, {source.changed:,} changed"
        rejected = f", {source.rejected:,} rejected" if source.rejected else ""
        out.line(f"{out.mark(mark)} took in    {source.source}: {said}{rejected}")
        for failure in source.failures:
            out.line(f"             {failure}")
    print_codes(out, report.codes)
    _print_inbox(out, report.inbox)
    for incident, why in report.caught_up.linked.unread.items():
        out.line(f"{out.mark('failed')} {incident} links no more orders: {why}")
    by_rule = " · ".join(f"{rule} {count:,}" for rule, count in report.enrolled.enrolled.items())
    _line(out, "enrolled", report.enrolled.total, by_rule)
    _line(out, "planned", report.planned.planned, "", "planned")
    if report.planned.held:
        _line(out, "held", report.planned.held, "needs approval", "waiting")
    if report.cancelled.messages:
        _line(out, "cancelled", report.cancelled.messages, "settled meanwhile", "none")
    _print_sent(out, report)
    if report.kept.expired:
        _line(out, "expired", report.kept.expired, "held for too long", "none")
    if report.kept.unknown:
        said = "were being sent when their process ended"
        _line(out, "in doubt", report.kept.unknown, said, "warning")
    out.note()
    if report.planned.held:
        out.suggest(("outreach approve", "look at what is held"))
    out.suggest(("outreach queue", "what waits for its time"))


def _print_inbox(out: Output, inbox: InboxReport) -> None:
    if inbox.failure:
        out.line(f"{out.mark('failed')} heard      {inbox.failure}")
    elif inbox.read:
        from outreach.daemon.outcomes import inbox_counts

        counts = inbox_counts(inbox)
        said = f"{counted(counts['stops'], 'stop')}, {counts['uncertain']:,} to be read by a person"
        _line(out, "heard", inbox.read, said)


def _print_sent(out: Output, report: RoundReport) -> None:
    sent = report.sent
    if sent is None:
        out.line(f"{out.mark('none')} sent       nothing: --no-send")
        return
    _line(out, "sent", sent.sent, "")
    put_off = sorted(sent.put_off.items(), key=lambda item: -item[1])
    reasons = " · ".join(f"{REASON_TEXT[reason]} {count:,}" for reason, count in put_off)
    if put_off:
        _line(out, "not now", sum(sent.put_off.values()), reasons, "waiting")
    for what, count, mark in (
        ("in doubt", sent.unknown, "warning"),
        ("failed", sent.failed, "failed"),
        ("again", sent.again, "waiting"),
    ):
        if count:
            _line(out, what, count, "tried again later" if what == "again" else "", mark)
    if report.told.told:
        _line(out, "told", report.told.told, "teams of their cases")
    if report.told.again or report.told.given_up:
        untold = report.told.again + len(report.told.given_up)
        _line(out, "not told", untold, "teams of their cases: outreach handoffs show", "warning")
    for channel, why in sent.down.items():
        out.line(f"{out.mark('failed')} {channel.value} is down: {why}")


def _line(out: Output, what: str, count: int, more: str, mark: str = "ok") -> None:
    shown = mark if count else "none"
    out.paragraph(f"{out.mark(shown)} {what:<10} {count:,}{'   ' + more if more else ''}")
