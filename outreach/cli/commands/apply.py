"""`outreach apply`: what differs from the applied rules, a question, and the next version."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from outreach.cli.operator import who
from outreach.cli.output import counted
from outreach.cli.output_changes import effect_json, print_changes
from outreach.cli.output_coupons import print_codes
from outreach.cli.releases import effect_of, wanted_release
from outreach.cli.session import Session

if TYPE_CHECKING:
    from outreach.passes.restocking import RestockReport
    from outreach.releases import Release

#: new rules that are named
FEW = 5


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
    include_shadow_backlog: Annotated[
        bool,
        typer.Option(
            "--include-shadow-backlog",
            help="Rules that go live also write to whom they recorded in shadow.",
        ),
    ] = False,
) -> None:
    """Make the rules and templates on disk the ones that the daemon runs.

    Says what differs and what becomes of planned messages, and asks. A running daemon takes the
    new version up within a minute; what is sent is still asked by every gate.
    """
    from outreach.releases import Fate, check_renames, compare, current_release, put_live

    store = session.store
    before = current_release(store, session.workspace.folder)
    release = wanted_release(session, version)
    if version is not None:
        note = note or f"version {version} again"
    backlog = include_shadow_backlog
    if before is not None and before.digest == release.digest:
        put_live(store, release, who=who(session.env), now=session.now, with_backlog=backlog)
        taken = _take_codes(session, release)
        _say_unchanged(session, before.version, taken)
        return
    if not as_new:
        check_renames(before, release)
    changes, effect = compare(before, release), effect_of(session, release, with_backlog=backlog)
    what = "Rules on disk" if version is None else f"Version {version}"
    if not session.out.as_json:
        print_changes(session, before, changes, effect, what)
    new = _new_rules(session, before, release)
    number = (before.version or 0) + 1 if before else 1
    session.confirm(_question(number, effect.count(Fate.CANCELLED)))
    done = put_live(
        store,
        release,
        who=who(session.env),
        now=session.now,
        note=note,
        as_new=as_new,
        with_backlog=backlog,
    )
    taken = _take_codes(session, release)
    if session.out.as_json:
        content = {
            "codes": taken.new,
            "is_new": True,
            "cancels": effect.by_rule(Fate.CANCELLED),
            "effect": effect_json(effect),
            "changes": changes,
            "shadow_until": new,
        }
        session.out.document("apply/1", {"version": done.version, **content})
        return
    session.out.line(f"{session.out.mark('ok')} version {done.version} is applied")
    print_codes(session.out, taken)
    session.out.suggest(("outreach preview --applied", "what it would send now"))


def _new_rules(session: Session, before: Release | None, release: Release) -> dict[str, datetime]:
    """Tell which rules only record for now because they are new; return until when each does."""
    from outreach.releases import in_force, read_starts, renames

    starts, made = read_starts(session.store), renames(before, release)
    starts = {made.get(name, name): since for name, since in starts.items()}
    at = in_force(release.ruleset, starts, session.now)
    new = {rule.name: rule.shadow_until for rule in at if rule.shadow_until}
    for until in sorted(set(new.values())):
        names = [name for name, ends in new.items() if ends == until]
        more = f" and {len(names) - FEW:,} more" if len(names) > FEW else ""
        session.out.paragraph(
            f"New, so in shadow until {session.when(until)}: {', '.join(names[:FEW])}{more}."
            " They send nothing until then; with `mode: live` a rule sends at once."
        )
    return new


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
        f"Apply this as version {number}? {counted(cancels, 'planned message')} will not be sent."
    )
