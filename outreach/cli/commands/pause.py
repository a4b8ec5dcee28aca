"""`outreach pause` and `resume`: the kill switch, for everything or for one thing by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from outreach.cli.asking import confirm_number
from outreach.cli.operator import who
from outreach.cli.output import counted
from outreach.cli.session import Session
from outreach.errors import OutreachError, Refused
from outreach.model import Channel, Purpose

if TYPE_CHECKING:
    from outreach.passes.pausing import Scope

Rule = Annotated[str | None, typer.Option("--rule", metavar="NAME", help="This rule only.")]
OnChannel = Annotated[Channel | None, typer.Option("--channel", help="This channel only.")]
ForPurpose = Annotated[Purpose | None, typer.Option("--purpose", help="This purpose only.")]


def pause(
    session: Session,
    *,
    reason: Annotated[
        str, typer.Option("--reason", metavar="TEXT", help="Why; everybody sees it.")
    ],
    until: Annotated[
        str | None, typer.Option("--until", metavar="TIME", help="Ends by itself then.")
    ] = None,
    rule: Rule = None,
    channel: OnChannel = None,
    purpose: ForPurpose = None,
) -> None:
    """Stop sending at once: everything but transactional messages, or one thing by name.

    What is due waits and is asked by every gate again once it is resumed. Nothing is lost but what
    expires meanwhile.
    """
    from outreach.passes.pausing import pause as stop

    scope, name = _scope(rule, channel, purpose)
    _check_rule(session, rule)
    ends = session.moment(until, "--until") if until else None
    held = stop(
        session.store,
        scope,
        name,
        reason=reason,
        who=who(session.env),
        now=session.now,
        until=ends,
    )
    out = session.out
    if out.as_json:
        content = {"scope": scope, "name": name, "until": ends, "reason": reason}
        out.document("pause/1", {**content, "waiting": held.waiting, "expiring": held.expiring})
        return
    end = f" until {session.when(ends)}" if ends else ""
    out.paragraph(f"{out.mark('waiting')} paused {_said(scope, name)}{end}")
    waits = "waits" if held.waiting == 1 else "wait"
    said = f"{counted(held.waiting, 'message')} {waits}; what waits is asked again when resumed"
    if held.expiring:
        said += f", and {held.expiring:,} would be too late by then"
    out.paragraph(f"    {said}")
    out.suggest((_command(scope, name), "send again"))


def resume(
    session: Session,
    named: Annotated[
        str | None, typer.Argument(metavar="RULE", help="This rule only, as with --rule.")
    ] = None,
    *,
    rule: Rule = None,
    channel: OnChannel = None,
    purpose: ForPurpose = None,
    expect: Annotated[
        int | None,
        typer.Option("--expect", metavar="N", min=0, help="How many wait; asks nothing then."),
    ] = None,
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why, for the log.")] = "",
    drop_expired: Annotated[
        bool,
        typer.Option(
            "--drop-expired", help="End what is too late by now at once, before any pass."
        ),
    ] = False,
) -> None:
    """Send again what was paused; the number of messages that wait is said first.

    What is too late by now never goes out: the next send pass ends it, or --drop-expired.
    """
    from outreach.passes.pausing import resume as go_on
    from outreach.store.pausing import count_paused

    if rule and named:
        raise typer.BadParameter("name the rule once")
    scope, name = _scope(rule or named, channel, purpose)
    _check_paused(session, scope, name)
    with session.store.read() as connection:
        held = count_paused(connection, scope.value, name, session.now)
    late = f", {held.expiring:,} of them too late by now" if held.expiring else ""
    waiting = counted(held.waiting, "message")
    if held.expiring and drop_expired:
        late += ", which will be dropped"
    question = f"Resume {_said(scope, name)}? {waiting} may go out at once{late}."
    confirm_number(session, question, number=held.waiting, expect=expect)
    done = go_on(
        session.store,
        scope,
        name,
        who=who(session.env),
        now=session.now,
        note=reason,
        expect=held.waiting,
        dropping=session.setup().ruleset if drop_expired else None,
    )
    out = session.out
    if out.as_json:
        content = {"scope": scope, "name": name}
        dropped = done.expiring if drop_expired else 0
        counts = {"waiting": done.waiting, "expired": done.expiring, "dropped": dropped}
        out.document("resume/1", {**content, **counts})
        return
    going = done.waiting - done.expiring if drop_expired else done.waiting
    go = "goes" if going == 1 else "go"
    end = f", {done.expiring:,} were too late and are dropped" if drop_expired else late
    said = f"{counted(going, 'message')} {go} on with the next send pass{end}"
    out.paragraph(f"{out.mark('ok')} resumed {_said(scope, name)}: {said}")


def _scope(rule: str | None, channel: Channel | None, purpose: Purpose | None) -> tuple[Scope, str]:
    from outreach.passes.pausing import Scope

    given = [
        (scope, str(name))
        for scope, name in (
            (Scope.RULE, rule),
            (Scope.CHANNEL, channel and channel.value),
            (Scope.PURPOSE, purpose and purpose.value),
        )
        if name
    ]
    if len(given) > 1:
        raise typer.BadParameter("name one thing: a rule, a channel or a purpose")
    return given[0] if given else (Scope.ALL, "")


def _said(scope: Scope, name: str) -> str:
    return f"{scope.value} {name}" if name else "everything but transactional messages"


def _command(scope: Scope, name: str) -> str:
    return f"outreach resume --{scope.value} {name}" if name else "outreach resume"


def _check_rule(session: Session, name: str | None) -> None:
    """Refuse a rule that nobody knows; where the applied rules cannot be read, any will do."""
    if name is None:
        return
    from outreach.releases import current_release
    from outreach.rules.catalogue import suggestion

    try:
        release = current_release(session.store, session.folder)
    except OutreachError:
        return
    known = [rule.name for rule in release.ruleset] if release else []
    if name not in known:
        meant = suggestion(name, known)
        hint = f"Did you mean '{meant}'?" if meant else f"There are: {', '.join(known) or 'none'}"
        raise typer.BadParameter(f"no applied rule is called '{name}'. {hint}", param_hint="--rule")


def _check_paused(session: Session, scope: Scope, name: str) -> None:
    from outreach.passes.pausing import Scope as Scopes
    from outreach.store.pausing import running_pauses

    with session.store.read() as connection:
        running = running_pauses(connection, session.now)
    if any((row.scope, row.name) == (scope.value, name) for row in running):
        return
    there = " · ".join(f"{_command(Scopes(row.scope), row.name)}" for row in running)
    hint = f"what is paused: {there}" if there else "nothing is"
    raise Refused(f"{_said(scope, name)} is not paused; {hint}")
