"""The releases that `diff` and `apply` are about: the files on disk, or an old version again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from outreach.cli.output import Output
from outreach.cli.output_problems import lines_of
from outreach.cli.session import Session
from outreach.errors import Problem, Problems

if TYPE_CHECKING:
    from outreach.passes.setup import Setup
    from outreach.releases import Effect, Release
    from outreach.store.database import Store


def wanted_release(session: Session, version: int | None) -> Release:
    """Return an old version, or the files on disk; raises Problems with all that is wrong."""
    from outreach.releases import check_channels, check_sources, examine, old_release

    if version is not None:
        return old_release(session.store, session.workspace.folder, version)
    release, problems = examine(session.workspace)
    _, wrong_channels = check_channels(session.workspace)
    _, wrong_sources = check_sources(session.workspace)
    wrong = [*wrong_channels, *wrong_sources]
    if release is None or wrong:
        raise Problems([*problems, *wrong])
    _warn(session.out, problems)
    return release


def effect_of(session: Session, release: Release, *, with_backlog: bool = False) -> Effect:
    """Return what applying a release now would do."""
    from outreach.releases import foresee

    opens, now = partial(_open, session), session.now
    return foresee(session.store, release, opens, now=now, with_backlog=with_backlog)


@contextmanager
def looking(session: Session, *, applied: bool) -> Iterator[Setup]:
    """Yield what a look ahead runs with; where files rename rules, as if they were applied."""
    from outreach.releases import current_release, once_renamed, read_release, renames

    setup = session.setup(applied=applied)
    if setup.applied is not None:
        release = read_release(session.workspace)
        if renames(current_release(session.store, session.workspace.folder), release):
            opens = partial(_open, session)
            with once_renamed(session.store, release, opens, now=session.now) as renamed:
                yield replace(renamed, sources_at=setup.sources_at)
            return
    yield setup


def _open(session: Session, store: Store) -> Setup:
    from outreach.releases import open_setup

    return open_setup(
        session.workspace, store, env=session.env, with_senders=False, now=session.now
    )


def _warn(out: Output, warnings: list[Problem]) -> None:
    for problem in warnings:
        for line in lines_of(problem, out, err=True):
            out.note(line)
