"""`outreach status`: is it running, how late is it, what waits, what goes wrong. Quick on purpose.

It loads neither SQLAlchemy nor the rule language, and works while settings are being edited.
"""

from __future__ import annotations

import time
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from outreach.cli.output import counted
from outreach.cli.session import Session

if TYPE_CHECKING:
    from outreach.store.glance import Daemon, Glance, Paused, PoolState, SourceState

#: states in the order of a message's life, each with its mark
STATES = {
    "planned": "planned",
    "held": "waiting",
    "sending": "planned",
    "sent": "ok",
    "delivered": "ok",
    "unknown": "warning",
    "failed": "failed",
    "undelivered": "failed",
    "cancelled": "none",
    "suppressed": "none",
    "expired": "none",
}
#: a message that is this late is more than the rhythm of the passes
LATE = timedelta(minutes=10)
#: rules of one moment that are named
FEW = 5
#: a pass that has been at work for so long is worth a word
LONG = timedelta(minutes=10)


def status(
    session: Session,
    *,
    watch: Annotated[
        bool, typer.Option("--watch", help="Look again every few seconds, until Ctrl-C.")
    ] = False,
) -> int:
    """Say whether the daemon lives, how late it is, what is in the queue and what goes wrong.

    Exit code 1 when something needs a person: no daemon, a pass that fails, messages in doubt.
    """
    from outreach.store.glance import glance
    from outreach.workspace.database import find_database

    url = find_database(session.folder, session.env)
    while True:
        found = glance(url, session.now)
        troubles = _troubles(found) if found else []
        if session.out.as_json:
            session.out.document("status/1", _content(found, troubles))
        elif found is None:
            session.out.line(f"{session.out.mark('none')} nothing has run here yet")
            session.out.suggest(
                ("outreach preview", "what would be sent"), ("outreach run", "start the daemon")
            )
        else:
            _print(session, found)
        if not watch:
            return int(bool(troubles))
        time.sleep(5)
        del session.now  # look at the clock again
        session.out.line()


def _troubles(found: Glance) -> list[str]:
    """Return what a person should look at."""
    troubles = []
    if not found.alive:
        troubles.append("no daemon is running")
    troubles += [f"{each.name} fails" for each in found.passes if each.is_failing]
    troubles += [f"channel {each.name} is stopped" for each in found.pauses if each.probe_at]
    troubles += [f"rule {each.name} paused itself" for each in found.pauses if each.is_harm]
    for source in found.sources:
        if source.is_stale(found.now):
            troubles.append(f"source {source.name} is stale")
        elif source.error:
            troubles.append(f"source {source.name} cannot be read")
    if found.queue.get("unknown"):
        troubles.append(f"{counted(found.queue['unknown'], 'message')} in doubt")
    if found.replies:
        troubles.append(f"{_replies(found.replies)} may be a stop")
    if found.unread:
        troubles.append(f"{_angry(found.unread)} not read")
    troubles += _with_people(found)
    troubles += [said_of_pool(pool) for pool in found.pools]
    if found.alive and found.lag > LATE:
        troubles.append(f"{counted(found.overdue, 'message')} late")
    return troubles


def _with_people(found: Glance) -> list[str]:
    troubles = []
    if found.untold:
        troubles.append(f"{counted(found.untold, 'notice')} about cases not delivered")
    if found.late_handoffs:
        troubles.append(f"{counted(found.late_handoffs, 'case')} overdue")
    return troubles


def _print(session: Session, found: Glance) -> None:
    _print_daemons(session, found)
    _print_first_day(session, found)
    _print_pauses(session, found)
    _print_channels(session, found)
    _print_sources(session, found)
    _print_replies(session, found)
    _print_handoffs(session, found)
    _print_pools(session, found)
    _print_queue(session, found)
    _print_errors(session, found)
    _suggest(session, found)


def _print_daemons(session: Session, found: Glance) -> None:
    out = session.out
    for daemon in found.alive:
        since = session.when(daemon.started_at)
        seen = _ago(session, daemon.beat_at)
        out.line(f"{out.mark('ok')} running   since {since}, heartbeat {seen}{_where(daemon)}")
    if not found.alive:
        last = found.daemons[0] if found.daemons else None
        if last is None:
            said = "no daemon has run yet"
        elif last.stopped_at:
            said = f"stopped {session.when(last.stopped_at)}"
        else:
            said = f"gone without a word, last heard of {session.when(last.beat_at)}{_where(last)}"
        out.line(f"{out.mark('failed')} down      {said}")
    if found.version is None:
        out.line(f"{out.mark('none')} rules     nothing is applied yet")
    else:
        assert found.applied_at is not None
        at = session.when(found.applied_at)
        out.line(f"{out.mark('ok')} rules     version {found.version}, {at} by {found.applied_by}")
    if found.overdue:
        first = _ago(session, found.overdue_since)
        said = f"{counted(found.overdue, 'message')} due, the first {first}"
        out.line(f"{out.mark('warning' if found.lag > LATE else 'planned')} lag       {said}")
    elif found.alive:
        then = f", next {session.when(found.next_due)}" if found.next_due else ""
        out.line(f"{out.mark('ok')} lag       nothing is late{then}")


def _print_first_day(session: Session, found: Glance) -> None:
    """Tell of rules that are new, those of one moment in one line."""
    for until in sorted(set(found.first_day.values())):
        rules = [rule for rule, ends in found.first_day.items() if ends == until]
        more = f" and {len(rules) - FEW:,} more" if len(rules) > FEW else ""
        what = f"{', '.join(rules[:FEW])}{more}"
        said = f"{what}: new, so only recorded until {session.when(until)}"
        session.out.paragraph(f"{session.out.mark('waiting')} shadow    {said}")


def _print_pauses(session: Session, found: Glance) -> None:
    for pause in found.pauses:
        if pause.probe_at:
            _print_stop(session, pause)
            continue
        until = f" until {session.when(pause.until)}" if pause.until else ""
        out = session.out
        since = session.when(pause.since)
        said = f"{_scope(pause)}{until}: {pause.reason}"
        out.line(f"{out.mark('waiting')} paused    {said}")
        out.line(f"            by {pause.who}, {since}")


def _print_stop(session: Session, stop: Paused) -> None:
    out = session.out
    out.paragraph(f"{out.mark('failed')} stopped   {stop.scope} {stop.name}: {stop.reason}")
    again = f"its provider is asked again {session.when(stop.probe_at)}" if stop.probe_at else ""
    out.paragraph(f"            since {session.when(stop.since)}; its messages wait, {again}")


def _print_channels(session: Session, found: Glance) -> None:
    """Tell of channels whose provider asked us to wait, and of what is left of daily caps."""
    out = session.out
    for use in found.channels:
        if use.not_before:
            asked = f"its provider asked us to wait until {session.when(use.not_before)}"
            out.paragraph(f"{out.mark('waiting')} busy      channel {use.channel}: {asked}")
        if use.daily_cap:
            mark = out.mark("waiting" if use.used >= use.daily_cap else "ok")
            said = f"{use.used:,} of {use.daily_cap:,} today"
            out.line(f"{mark} cap       channel {use.channel}: {said}")


def _print_sources(session: Session, found: Glance) -> None:
    """Tell of sources that messages wait for, or that cannot be read."""
    out = session.out
    for source in found.sources:
        if source.is_stale(found.now):
            said = f"{source.name} {_since(session, source)}"
            waits = f"what is due about {_kinds(source)} waits, {counted(found.stale, 'message')}"
            out.paragraph(f"{out.mark('failed')} stale     {said}: {waits}")
        elif source.error:
            out.paragraph(f"{out.mark('failed')} source    {source.name} cannot be read")
        if source.error:
            out.paragraph(f"            {source.error}")


def _print_replies(session: Session, found: Glance) -> None:
    if found.replies:
        said = f"{_replies(found.replies)} may be a stop: what is due to these customers waits"
        session.out.paragraph(f"{session.out.mark('waiting')} replies   {said}")
    if found.unread:
        said = f"{_angry(found.unread)} not read yet"
        session.out.paragraph(f"{session.out.mark('warning')} replies   {said}")


def _print_handoffs(session: Session, found: Glance) -> None:
    if found.handoffs:
        late = f", {found.late_handoffs:,} overdue" if found.late_handoffs else ""
        mark = session.out.mark("warning" if found.late_handoffs else "waiting")
        said = f"{counted(found.handoffs, 'case')} with people{late}"
        session.out.line(f"{mark} handoffs  {said}")
    if found.untold:
        said = f"{counted(found.untold, 'notice')} about cases could not be delivered"
        session.out.paragraph(f"{session.out.mark('failed')} notices   {said}")


def _print_pools(session: Session, found: Glance) -> None:
    """Tell of pools of coupons that run out."""
    for pool in found.pools:
        mark = session.out.mark("warning" if pool.free else "failed")
        why = f"; {pool.error}" if pool.error else ""
        session.out.paragraph(f"{mark} coupons   {said_of_pool(pool)}{why}")


def said_of_pool(pool: PoolState) -> str:
    """Say how few codes a pool has left."""
    left = f"only {counted(pool.free, 'code')}" if pool.free else "no code"
    return f"{pool.pool} has {left} left"


def _replies(count: int) -> str:
    return "1 reply" if count == 1 else f"{count:,} replies"


def _angry(count: int) -> str:
    return f"{count:,} angry or urgent {'reply' if count == 1 else 'replies'}"


def _since(session: Session, source: SourceState) -> str:
    if source.fresh_at is None:
        return "has never been read"
    return f"has brought nothing new since {session.when(source.fresh_at)}"


def _kinds(source: SourceState) -> str:
    return " and ".join(f"{kind}s" for kind in source.kinds.split(","))


def _scope(pause: Paused) -> str:
    return f"{pause.scope} {pause.name}" if pause.name else "everything but transactional"


def _print_queue(session: Session, found: Glance) -> None:
    out = session.out
    out.line()
    if not found.queue:
        out.line("No messages yet")
        return
    shown = [(state, found.queue[state]) for state in STATES if found.queue.get(state)]
    width = max(len(f"{count:,}") for _, count in shown)
    for state, count in shown:
        more = f" in {_batches(found.batches)}" if state == "held" and found.batches else ""
        out.line(f"{out.mark(STATES[state])} {state:<12} {count:>{width},}{more}")


def _batches(count: int) -> str:
    return f"{count} batch{'' if count == 1 else 'es'}"


def _print_errors(session: Session, found: Glance) -> None:
    out = session.out
    lines = []
    for each in found.passes:
        if each.is_failing:
            at = _ago(session, each.failed_at)
            lines.append(f"{out.mark('failed')} {each.name} pass failed {at}: {each.error}")
        elif _is_long(found, each):
            began = _ago(session, each.started_at)
            lines.append(f"{out.mark('warning')} {each.name} pass began {began} and is at work")
    for fault in found.failing:
        what = " ".join(filter(None, [fault.channel, fault.outcome.replace("_", " "), fault.code]))
        at = _ago(session, fault.last_at)
        lines.append(f"{out.mark('failed')} {what}: {fault.count:,}x, last {at}")
        lines.append(f"    {fault.error}")
    if lines:
        out.line()
        out.line(out.style("Errors of the last day", bold=True))
    for line in lines:
        out.paragraph(line)


def _is_long(found: Glance, each: Any) -> bool:
    is_open = each.finished_at is None or each.finished_at < each.started_at
    return bool(found.alive and is_open and found.now - each.started_at > LONG)


def _suggest(session: Session, found: Glance) -> None:
    commands = []
    if found.queue.get("held"):
        commands.append(("outreach approve", "look at what is held"))
    if found.queue.get("unknown"):
        commands.append(("outreach queue --state unknown", "what may have been sent"))
    if found.replies:
        commands.append(("outreach replies", "read what may be a stop"))
    elif found.unread:
        commands.append(("outreach replies", "read what is angry or urgent"))
    if found.pools:
        commands.append(("outreach coupons list", "what is left of the codes"))
    if found.handoffs or found.untold:
        commands.append(("outreach handoffs", "the cases that are with people"))
    for pause in found.pauses:
        option = f" --{pause.scope} {pause.name}" if pause.name else ""
        commands.append((f"outreach resume{option}", "send again"))
    if not found.alive:
        commands.append(("outreach run", "start the daemon"))
    if commands:
        session.out.note()
        session.out.suggest(*commands)


def _ago(session: Session, instant: datetime | None) -> str:
    if instant is None:
        return ""
    from outreach.timing.moments import format_span

    return f"{format_span(session.now - instant)} ago"


def _where(daemon: Daemon) -> str:
    return f" (process {daemon.pid} on {daemon.host})"


def _content(found: Glance | None, troubles: list[str]) -> dict[str, Any]:
    if found is None:
        return {"running": False, "used": False, "troubles": []}
    content = asdict(found)
    for source, state in zip(content["sources"], found.sources, strict=True):
        source["max_age"] = int(state.max_age.total_seconds()) if state.max_age else None
        source["stale"] = state.is_stale(found.now)
    for daemon, each in zip(content["daemons"], found.daemons, strict=True):
        daemon["alive"] = each.is_alive(found.now)
    return {
        "running": bool(found.alive),
        "used": True,
        "troubles": troubles,
        "lag_seconds": int(found.lag.total_seconds()),
        **content,
    }
