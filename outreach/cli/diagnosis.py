"""The questions of `doctor`: each answers in a sentence, and says what to do when it is ill."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from outreach.cli.output import counted
from outreach.cli.session import Session
from outreach.errors import Level, OutreachError, SendError
from outreach.model import SUBJECTS, Mode

if TYPE_CHECKING:
    from outreach.releases import Release
    from outreach.store.database import Store
    from outreach.workspace import Workspace

#: a database's clock further off than this makes waits and windows wrong
CLOCK_OFF = timedelta(seconds=2)
#: a table of time zones older than this lacks somebody's new rules
OLD_ZONES = timedelta(days=2 * 365)
#: a daemon beats more often than this
ALIVE = timedelta(minutes=5)


class Health(StrEnum):
    """How well something is; the values are the marks it is shown with."""

    WELL = "ok"
    NOTE = "warning"
    ILL = "failed"
    NONE = "none"


@dataclass(frozen=True)
class Finding:
    """What one question found."""

    about: str
    health: Health
    said: str
    hint: str = ""


def examine_all(session: Session, *, fix: bool) -> Iterator[Finding]:
    """Yield what all questions find; those that need what is broken are left out."""
    yield from _examine_files(session)
    yield from _examine_clock(session)
    workspace = _opened(session)
    if workspace is None:
        return
    yield from _examine_database(session, fix=fix)
    yield from _examine_channels(session, workspace)
    yield from _examine_web(session, workspace)
    yield from _examine_mailbox(session, workspace)
    yield from _examine_sources(session, workspace)


def _opened(session: Session) -> Workspace | None:
    try:
        return session.workspace
    except OutreachError:
        return None


def _examine_files(session: Session) -> Iterator[Finding]:
    from outreach.cli.commands.check import check_workspace

    try:
        checked = check_workspace(session, [])
    except OutreachError as error:
        yield Finding("config", Health.ILL, str(error))
        return
    errors, warnings = checked.count(Level.ERROR), checked.count(Level.WARNING)
    parts = (
        (checked.rules, "rule"),
        (checked.templates, "template"),
        (errors, "error"),
        (warnings, "warning"),
    )
    said = ", ".join(counted(*part) for part in parts if part[0])
    health = Health.ILL if errors else Health.NOTE if warnings else Health.WELL
    hint = "outreach check" if errors or warnings else ""
    yield Finding("config", health, f"outreach.yaml, {said}" if said else "outreach.yaml", hint)


def _examine_clock(session: Session) -> Iterator[Finding]:
    import tzdata  # type: ignore[import-untyped]  # ships no types

    from outreach.clock import SystemClock

    now = SystemClock().now()
    try:
        shown = session.clock(now)
    except OutreachError:
        shown = f"{now:%Y-%m-%d %H:%M} UTC"
    yield Finding("clock", Health.WELL, f"it is {shown}")
    version = str(tzdata.IANA_VERSION)
    if now.year - int(version[:4]) > OLD_ZONES.days // 365:
        hint = "upgrade the package tzdata"
        yield Finding("zones", Health.NOTE, f"the time zones are those of {version}", hint)
    else:
        yield Finding("zones", Health.WELL, f"time zones of {version}")


def _examine_database(session: Session, *, fix: bool) -> Iterator[Finding]:
    from sqlalchemy.exc import SQLAlchemyError

    try:
        store = session.open_store(upgrade=True) if fix else session.store
    except OutreachError as error:
        yield Finding("database", Health.ILL, str(error))
        return
    try:
        yield _describe_database(session, store)
        yield from _examine_rules(session, store)
        yield from _examine_daemon(session, store)
        yield from _examine_stops(session, store)
        yield from _examine_reads(session, store)
        yield from _examine_coupons(session)
    except SQLAlchemyError as error:
        yield Finding("database", Health.ILL, str(error).splitlines()[0])


def _describe_database(session: Session, store: Store) -> Finding:
    from sqlalchemy import text

    from outreach.store.database import SCHEMA_VERSION

    with store.write() as connection:  # that it can be written is part of the answer
        if store.is_sqlite:
            version = connection.execute(text("SELECT sqlite_version()")).scalar()
            path = store.engine.url.database or ""
            size = Path(path).stat().st_size / 1_000_000
            shown = f"{os.path.relpath(path)}, {size:,.1f} MB"
            said = f"SQLite {version}, {shown}, schema {SCHEMA_VERSION}"
            return Finding("database", Health.WELL, said)
        version = connection.execute(text("SHOW server_version")).scalar()
        theirs = connection.execute(text("SELECT clock_timestamp()")).scalar_one()
    from outreach.clock import SystemClock

    off = abs(SystemClock().now() - theirs)
    said = (
        f"PostgreSQL {version}, schema {SCHEMA_VERSION}, its clock {off.total_seconds():.1f} s off"
    )
    if off > CLOCK_OFF:
        return Finding("database", Health.NOTE, said, "set the clocks of both machines by NTP")
    return Finding("database", Health.WELL, said)


def _examine_rules(session: Session, store: Store) -> Iterator[Finding]:
    from outreach.releases import current_release, read_release

    try:
        live = current_release(store, session.folder)
    except OutreachError as error:
        yield Finding("rules", Health.ILL, f"the applied rules cannot be read: {error}")
        return
    if live is None:
        hint = "outreach apply"
        yield Finding("rules", Health.NOTE, "no rules are applied yet, so nothing is sent", hint)
        return
    modes = [rule.mode for rule in live.ruleset]
    counts = ", ".join(f"{modes.count(mode)} {mode}" for mode in Mode if mode in modes)
    said = f"version {live.version} is applied: {counts or 'no rules'}"
    if _differs(live, session, read_release):
        said = f"{said}; the files on disk say something else"
        yield Finding("rules", Health.NOTE, said, "outreach apply, which shows the difference")
    else:
        yield Finding("rules", Health.WELL, said)


def _differs(live: Release, session: Session, read_release: Callable[[Workspace], Release]) -> bool:
    try:
        return read_release(session.workspace).digest != live.digest
    except OutreachError:
        return False  # said already: they have mistakes


def _examine_daemon(session: Session, store: Store) -> Iterator[Finding]:
    from outreach.store.pulse import beating

    with store.read() as connection:
        alive = beating(connection, session.now - ALIVE)
    if not alive:
        hint = "outreach run"
        yield Finding("daemon", Health.NONE, "not running: nothing is taken in or sent", hint)
    for row in alive:
        said = f"runs on {row.host} since {session.when(row.started_at)}, version {row.version}"
        yield Finding("daemon", Health.WELL, said)


def _examine_stops(session: Session, store: Store) -> Iterator[Finding]:
    from outreach.store.pausing import running_pauses

    with store.read() as connection:
        stops = [row for row in running_pauses(connection, session.now) if row.probe_at]
    for row in stops:
        hint = f"mend it, then outreach resume --channel {row.name}"
        yield Finding("stopped", Health.ILL, f"{row.name} sends nothing: {row.reason}", hint)


def _examine_reads(session: Session, store: Store) -> Iterator[Finding]:
    from outreach.store.source_reads import read_stale

    with store.read() as connection:
        stale = read_stale(connection, session.now)
    for source in stale:
        kinds = " and ".join(f"{kind.value}s" for kind in SUBJECTS if kind in source.kinds)
        since = f"since {session.when(source.fresh_at)}" if source.fresh_at else "yet"
        said = f"{source.name} has brought nothing new {since}, so messages about {kinds} wait"
        hint = "outreach status says whether it can be read; source_max_age says how old it may be"
        yield Finding("stale", Health.ILL, said, hint)


def _examine_channels(session: Session, workspace: Workspace) -> Iterator[Finding]:
    from outreach.channels.opening import open_sender
    from outreach.model import Channel
    from outreach.releases import read_channels

    try:
        channels = read_channels(workspace)
    except OutreachError:
        return  # said already, line by line
    for channel in Channel:
        settings = channels.of(channel)
        if settings is None:
            yield Finding(channel.value, Health.NONE, "not set up")
            continue
        try:
            sender = open_sender(settings, env=session.env, base_folder=workspace.folder)
            try:
                yield Finding(channel.value, Health.WELL, sender.check())
            finally:
                sender.close()
        except SendError as error:
            yield Finding(channel.value, Health.ILL, f"{settings.provider}: {error}")
    allowed = workspace.settings.safety.send_only_to
    if allowed:
        said = f"only {', '.join(allowed)} is written to; all other messages are held"
        yield Finding("safety", Health.NOTE, said)


def _examine_coupons(session: Session) -> Iterator[Finding]:
    from outreach.cli.commands.status import said_of_pool
    from outreach.store.glance import glance
    from outreach.workspace.database import find_database

    found = glance(find_database(session.folder, session.env), session.now)
    for pool in found.pools if found else ():
        health = Health.NOTE if pool.free else Health.ILL
        why = f"; {pool.error}" if pool.error else ""
        hint = f"put new codes into the file of {pool.pool}, or outreach coupons import"
        yield Finding("coupons", health, said_of_pool(pool) + why, hint)


def _examine_web(session: Session, workspace: Workspace) -> Iterator[Finding]:
    from outreach.web.receivers import open_receivers

    web = workspace.settings.web
    if web is None:
        said = "not set up: what becomes of messages at the providers is not known"
        yield Finding("web", Health.NONE, said, "web: in outreach.yaml")
        return
    try:
        receivers = open_receivers(workspace, session.env)
    except OutreachError as error:
        yield Finding("web", Health.ILL, str(error))
        return
    hears = {"SendGrid": receivers.sendgrid, "Twilio": receivers.twilio}
    names = " and ".join(name for name, found in hears.items() if found) or "no provider"
    said = f"{web.host}, port {web.port}, hears {names}"
    if not web.public_url:
        hint = "web: public_url, how providers reach it"
        yield Finding("web", Health.NOTE, said, hint)
    elif receivers.sendgrid:
        yield Finding("web", Health.WELL, f"{said}; SendGrid posts to {web.sendgrid_url}")
    else:
        yield Finding("web", Health.WELL, f"{said}, from outside {web.public_url}")
    yield _examine_pages(session, workspace)


def _examine_pages(session: Session, workspace: Workspace) -> Finding:
    from outreach.web.opening import open_pages

    try:
        pages = open_pages(workspace, session.env)
    except OutreachError as error:
        return Finding("pages", Health.ILL, str(error))
    if pages is None:
        said = "not set up: who wants no more mails has to write one"
        return Finding("pages", Health.NONE, said, "web: public_url and secret in outreach.yaml")
    where = pages.links.public_url
    if not where.startswith("https:"):
        said = f"at {where}, and mail programs unsubscribe by one click over https only"
        return Finding("pages", Health.NOTE, said)
    return Finding("pages", Health.WELL, f"customers unsubscribe and choose at {where}")


def _examine_mailbox(session: Session, workspace: Workspace) -> Iterator[Finding]:
    from outreach.channels.mailbox import Mailbox
    from outreach.releases import mailbox_of

    try:
        place = mailbox_of(workspace, session.env)
        if place is None:
            return
        Mailbox(place).close()
    except OutreachError as error:
        yield Finding("mailbox", Health.ILL, str(error))
    else:
        yield Finding("mailbox", Health.WELL, f"{place.folder} on {place.host} can be read")


def _examine_sources(session: Session, workspace: Workspace) -> Iterator[Finding]:
    from outreach.releases import sources_of
    from outreach.sources.settings import FolderSettings

    try:
        sources = sources_of(workspace)
    except OutreachError:
        return  # said already, line by line
    for source in sources:
        about = f"source {source.name}"
        if isinstance(source.place, FolderSettings):
            folder = source.place.folder
            there = folder.is_dir()
            said = f"the folder {folder}" if there else f"there is no folder {folder}"
            yield Finding(about, Health.WELL if there else Health.ILL, said)
            continue
        try:
            source.place.url(session.env)
        except OutreachError as error:
            yield Finding(about, Health.ILL, str(error))
        else:
            yield Finding(about, Health.WELL, "a database; it is read when the daemon runs")
