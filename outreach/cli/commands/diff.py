"""`outreach diff`: what differs from the applied rules, and what applying would do; no writing."""

from __future__ import annotations

from typing import Annotated

import typer

from outreach.cli.output_changes import effect_json, print_changes, print_touched
from outreach.cli.releases import effect_of, wanted_release
from outreach.cli.session import Session


def diff(
    session: Session,
    *,
    version: Annotated[
        int | None,
        typer.Option("--version", metavar="N", min=1, help="Of that old version, not the files."),
    ] = None,
    against: Annotated[
        int | None,
        typer.Option(
            "--against", metavar="N", min=1, help="Compare with that version, not the applied one."
        ),
    ] = None,
    messages: Annotated[
        bool, typer.Option("--messages", help="List the messages one by one.")
    ] = False,
    include_shadow_backlog: Annotated[
        bool,
        typer.Option(
            "--include-shadow-backlog",
            help="Rules that go live also write to whom they recorded in shadow.",
        ),
    ] = False,
    exit_code: Annotated[
        bool, typer.Option("--exit-code", help="End with 1 when something differs.")
    ] = False,
) -> None:
    """Say what `apply` would change: in rules and words, and in numbers of messages.

    Nothing is written. The numbers come from applying it and undoing that, so they are those of
    `apply` and of the passes after it.
    """
    from outreach.releases import Effect, check_renames, compare, current_release, old_release

    out, folder = session.out, session.workspace.folder
    current = current_release(session.store, folder)
    release = wanted_release(session, version)
    base = current if against is None else old_release(session.store, folder, against)
    check_renames(current, release)
    changes = compare(base, release)
    is_same = current is not None and current.digest == release.digest
    backlog = include_shadow_backlog
    effect = Effect() if is_same else effect_of(session, release, with_backlog=backlog)
    if out.as_json:
        content = {"changes": changes, "effect": effect_json(effect)}
        listed = {"messages": list(effect.touched)} if messages else {}
        compared = against or (current.version if current else None)
        out.document("diff/1", {"against": compared, "differs": bool(changes), **content, **listed})
    elif not changes:
        out.line(f"{out.mark('ok')} nothing differs")
    else:
        what = "Rules on disk" if version is None else f"Version {version}"
        print_changes(session, base, changes, effect, what)
        if messages:
            print_touched(session, effect)
        again = f" --version {version}" if version else ""
        again += " --include-shadow-backlog" if backlog else ""
        out.suggest((f"outreach apply{again}", "make it what runs"))
    if exit_code and changes:
        raise typer.Exit(1)
