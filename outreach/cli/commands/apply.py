"""`outreach apply`: what differs from the applied rules, a question, and the next version."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from outreach.cli.operator import who
from outreach.cli.output import Output, counted
from outreach.cli.output_coupons import print_codes
from outreach.cli.output_problems import lines_of
from outreach.cli.session import Session
from outreach.errors import Problem, Problems

if TYPE_CHECKING:
    from outreach.passes.restocking import RestockReport
    from outreach.releases import Changes, Release, RuleChange

#: the parts of a change in the order they are told: key, sign, colour, what it is
PARTS = (
    ("added", "+", "green", "new rule"),
    ("removed", "-", "red", "rule removed"),
    ("templates_added", "+", "green", "new template"),
    ("templates_removed", "-", "red", "template removed"),
    ("templates_changed", "~", "yellow", "words changed"),
    ("settings", "~", "yellow", "setting changed"),
)
#: new rules that are named
FEW = 5
#: keys of a rule that are told line by line
LISTS = ("when", "audience", "cancel_if", "steps")


def apply(
    session: Session,
    *,
    version: Annotated[
        int | None,
        typer.Option("--version", metavar="N", min=1, help="Apply that old version again."),
    ] = None,
    note: Annotated[str, typer.Option("--note", metavar="TEXT", help="Why, for the log.")] = "",
    as_new: Annotated[
        bool,
        typer.Option("--as-new", help="A renamed rule is a new one: contact everybody anew."),
    ] = False,
) -> None:
    """Make the rules and templates on disk the ones that the daemon runs.

    Says what differs and what becomes of planned messages, and asks. A running daemon takes the
    new version up within a minute; what is sent is still asked by every gate.
    """
    from outreach.releases import (
        compare,
        count_dropped,
        count_reopened,
        current_release,
        old_release,
        put_live,
    )
    from outreach.store.queue import waiting_by_rule

    store = session.store
    before = current_release(store, session.workspace.folder)
    if version is None:
        release = _on_disk(session)
    else:
        release = old_release(store, session.workspace.folder, version)
        note = note or f"version {version} again"
    changes = compare(before, release)
    with store.read() as connection:
        waiting = waiting_by_rule(connection, changes.removed)
        if before is not None:
            waiting |= count_dropped(connection, before.ruleset, release.ruleset)
        reopened = count_reopened(connection, before, release) if before else 0
    if before is not None and before.digest == release.digest:
        put_live(store, release, who=who(session.env), now=session.now)
        taken = _take_codes(session, release)
        _say_unchanged(session, before.version, taken)
        return
    _print(session, before, changes, waiting)
    if reopened:
        messages = counted(reopened, "approved message")
        session.out.line(f"{messages} read otherwise now and must be approved again")
    new = _new_rules(session, release)
    number = (before.version or 0) + 1 if before else 1
    session.confirm(_question(number, sum(waiting.values())))
    done = put_live(store, release, who=who(session.env), now=session.now, note=note, as_new=as_new)
    taken = _take_codes(session, release)
    if session.out.as_json:
        content = {
            "codes": taken.new,
            "is_new": True,
            "cancels": waiting,
            "reopens": reopened,
            "changes": changes,
            "shadow_until": new,
        }
        session.out.document("apply/1", {"version": done.version, **content})
        return
    session.out.line(f"{session.out.mark('ok')} version {done.version} is applied")
    print_codes(session.out, taken)
    session.out.suggest(("outreach preview --applied", "what it would send now"))


def _new_rules(session: Session, release: Release) -> dict[str, datetime]:
    """Tell which rules only record for now because they are new; return until when each does."""
    from outreach.releases import in_force, read_starts

    at = in_force(release.ruleset, read_starts(session.store), session.now)
    new = {rule.name: rule.shadow_until for rule in at if rule.shadow_until}
    for until in sorted(set(new.values())):
        names = [name for name, ends in new.items() if ends == until]
        more = f" and {len(names) - FEW:,} more" if len(names) > FEW else ""
        session.out.paragraph(
            f"New, so in shadow until {session.when(until)}: {', '.join(names[:FEW])}{more}."
            " They send nothing until then; with `mode: live` a rule sends at once."
        )
    return new


def _on_disk(session: Session) -> Release:
    from outreach.releases import check_channels, check_sources, examine

    release, problems = examine(session.workspace)
    _, wrong_channels = check_channels(session.workspace)
    _, wrong_sources = check_sources(session.workspace)
    wrong = [*wrong_channels, *wrong_sources]
    if release is None or wrong:
        raise Problems([*problems, *wrong])
    _warn(session.out, problems)
    return release


def _warn(out: Output, warnings: list[Problem]) -> None:
    for problem in warnings:
        for line in lines_of(problem, out, err=True):
            out.note(line)


def _say_unchanged(session: Session, version: int | None, taken: RestockReport) -> None:
    if session.out.as_json:
        content = {"codes": taken.new, "is_new": False}
        session.out.document("apply/1", {"version": version, **content})
        return
    session.out.line(f"{session.out.mark('ok')} version {version} says the same: nothing to do")
    print_codes(session.out, taken)


def _take_codes(session: Session, release: Release) -> RestockReport:
    """Take in the codes of the coupons that the applied rules give."""
    from outreach.passes.restocking import restock

    pools = session.workspace.settings.coupons
    folder = session.folder
    return restock(session.store, pools, release.ruleset, folder, now=session.now)


def _question(number: int, cancels: int) -> str:
    if not cancels:
        return f"Apply this as version {number}?"
    return (
        f"Apply this as version {number}? {counted(cancels, 'planned message')}"
        f" of removed rules and steps will not be sent."
    )


def _print(
    session: Session, before: Release | None, changes: Changes, waiting: dict[str, int]
) -> None:
    out = session.out
    version = f"version {before.version}" if before else "nothing, as this is the first time"
    out.line(out.style(f"Compared with {version}", dim=True))
    out.line()
    for line in _lines(out, changes, waiting):
        out.line(line)
    out.line()
    out.line(_sum(changes, waiting))


def _lines(out: Output, changes: Changes, waiting: dict[str, int]) -> Iterator[str]:
    for change in changes.changed:
        yield from _rule_lines(out, change)
        if count := waiting.get(change.rule):
            messages = counted(count, "planned message")
            yield out.style(f"    {messages} of steps that are gone will not be sent", "yellow")
    for old, new in changes.renamed:
        yield f"{out.style('!', 'yellow')} {old} is now called {new}: to us, another rule"
    for rule in changes.rekeyed:
        yield f"{out.style('!', 'yellow')} {rule}: once_per is another, so all are contacted anew"
    width = max((len(n) for key, *_ in PARTS for n in getattr(changes, key)), default=0)
    for key, sign, color, what in PARTS:
        for name in getattr(changes, key):
            more = f" ({waiting[name]:,} planned)" if key == "removed" and name in waiting else ""
            yield f"{out.style(sign, color)} {name:<{width}}   {what}{more}"


def _rule_lines(out: Output, change: RuleChange) -> Iterator[str]:
    yield f"{out.style('~', 'yellow')} {out.style(change.rule, bold=True)}"
    for key in change.keys:
        if not key.before and not key.after:
            yield f"    {key.key}   another order"
        elif key.key in LISTS:
            yield f"    {key.key}"
            yield from (out.style(f"      - {line}", "red") for line in key.before)
            yield from (out.style(f"      + {line}", "green") for line in key.after)
        else:
            before, after = (", ".join(lines) or "nothing" for lines in (key.before, key.after))
            yield f"    {key.key}   {before} → {after}"


def _sum(changes: Changes, waiting: dict[str, int]) -> str:
    counts: list[tuple[int, Any]] = [
        (len(changes.added), "new"),
        (len(changes.changed), "changed"),
        (len(changes.removed), "removed"),
    ]
    rules = ", ".join(f"{count:,} {what}" for count, what in counts if count) or "no change"
    words = sum(len(getattr(changes, key)) for key, *_ in PARTS if key.startswith("templates"))
    parts = [f"Rules: {rules}", f"templates: {words:,} of them differ" if words else ""]
    if waiting:
        parts.append(f"{counted(sum(waiting.values()), 'planned message')} cancelled")
    return " · ".join(filter(None, parts))
