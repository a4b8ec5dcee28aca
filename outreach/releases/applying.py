"""Applying: what the files say becomes what the daemon runs, under the next version number."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection

from outreach.errors import Problems, Refused
from outreach.releases.backlog import NOTHING_RECORDED
from outreach.releases.carrying_on import carry_on
from outreach.releases.changes import Changes, compare
from outreach.releases.first_day import note_starts
from outreach.releases.release import Release, read_release, stored_release
from outreach.releases.renaming import check_names, check_renames, names_then, renames
from outreach.store import rulesets
from outreach.store.auditing import note_deed
from outreach.store.database import Store
from outreach.store.queue import has_enrollments
from outreach.workspace.opening import Workspace

#: who applied, when it was the daemon that found nothing applied yet
DAEMON = "outreach"


@dataclass(frozen=True)
class Applied:
    """The version that runs from now on, what it changed, and whether it is a new one."""

    version: int
    changes: Changes
    is_new: bool = True


def applied(store: Store) -> int | None:
    """Return the version that is applied, None before the first."""
    with store.read() as connection:
        return rulesets.newest_version(connection)


def apply(
    store: Store,
    workspace: Workspace,
    *,
    who: str,
    now: datetime,
    note: str = "",
    as_new: bool = False,
    with_backlog: bool = False,
) -> Applied:
    """Make the files on disk what is applied; raises Problems when they are not in order.

    Nothing becomes a new version that means the same. A rule that says what it was called before
    goes on under its new name. What would tell customers the same thing twice, any other new name
    or another `once_per`, is Refused unless `as_new` says that it is meant.
    Whom a rule that goes live has only recorded it leaves alone, unless `with_backlog` says so.
    """
    release = read_release(workspace)
    said = {"who": who, "note": note}
    return put_live(store, release, **said, now=now, as_new=as_new, with_backlog=with_backlog)


def reapply(
    store: Store,
    folder: Path,
    version: int,
    *,
    who: str,
    now: datetime,
    note: str = "",
    as_new: bool = False,
) -> Applied:
    """Apply an old version again, as the next one; raises Refused when there is no such version."""
    old = old_release(store, folder, version)
    return put_live(
        store, old, who=who, now=now, note=note or f"version {version} again", as_new=as_new
    )


def first_release(store: Store, workspace: Workspace, *, now: datetime) -> Applied | None:
    """Apply the files on disk if nothing ever was; return None when something is applied."""
    if applied(store) is not None:
        return None
    return apply(store, workspace, who=DAEMON, now=now, note="the first start")


def old_release(store: Store, folder: Path, version: int) -> Release:
    """Return a version that was applied once; raises Refused when there is none of that number."""
    with store.read() as connection:
        row = rulesets.read_version(connection, version)
        newest = rulesets.newest_version(connection)
        then = names_then(rulesets.renamed_since(connection, version))
    if row is None:
        there = f"versions go from 1 to {newest}" if newest else "nothing was ever applied"
        raise Refused(f"there is no version {version}: {there}")
    release = stored_release(folder, row)
    ruleset = replace(release.ruleset, version=None)
    return replace(release, ruleset=ruleset, names_then=then)


def current_release(store: Store, folder: Path) -> Release | None:
    """Return what is applied, None before the first time."""
    with store.read() as connection:
        version = rulesets.newest_version(connection)
        row = None if version is None else rulesets.read_version(connection, version)
    return None if row is None else stored_release(folder, row)


def release_before(store: Store, release: Release) -> Release | None:
    """Return what is applied if it means something else, None when it does not or cannot be read.

    An applied version that this program cannot read keeps nobody from looking at new files.
    """
    with store.read() as connection:
        version = rulesets.newest_version(connection)
        row = None if version is None else rulesets.read_version(connection, version)
    if row is None or row.digest == release.digest:
        return None
    try:
        return stored_release(release.workspace.folder, row)
    except Problems:
        return None


def put_live(
    store: Store,
    release: Release,
    *,
    who: str,
    now: datetime,
    note: str = "",
    as_new: bool = False,
    with_backlog: bool = False,
) -> Applied:
    """Write a release as the version that runs; see `apply`."""
    with store.write() as connection:
        row = rulesets.newest(connection)
        before = stored_release(release.workspace.folder, row) if row else None
        if not as_new:
            check_renames(before, release)
        changes = compare(before, release)
        is_same = row is not None and row.digest == release.digest
        if with_backlog and (is_same or before is None):
            raise Refused(NOTHING_RECORDED)
        if row is not None and is_same:
            rulesets.refresh_files(connection, row.version, release.texts)
            return Applied(row.version, changes, is_new=False)
        if not as_new and (why := contacts_again(connection, changes)):
            raise Refused(
                f"{'; '.join(why)}: customers who have heard from it would be written to again."
                f" {changes.way_out}, or say --as-new if that is meant"
            )
        made = renames(before, release)
        if before is not None:
            check_names(connection, before, release, made)
        version = rulesets.write_version(
            connection,
            digest=release.digest,
            files=release.texts,
            who=who,
            note=note,
            now=now,
            renamed=made,
        )
        if before is not None:
            live = replace(release, ruleset=replace(release.ruleset, version=version))
            carry_on(connection, store, before, live, now, renamed=made, with_backlog=with_backlog)
        note_starts(connection, release.ruleset, now)
        note_deed(connection, who, "apply", {"version": version, "note": note}, now)
    return Applied(version, changes)


def contacts_again(connection: Connection, changes: Changes) -> tuple[str, ...]:
    """Say which changes would contact people anew; a rule nobody matched yet cannot."""
    return replace(
        changes,
        renamed=tuple(pair for pair in changes.renamed if has_enrollments(connection, pair[0])),
        rekeyed=tuple(rule for rule in changes.rekeyed if has_enrollments(connection, rule)),
    ).contacts_again
