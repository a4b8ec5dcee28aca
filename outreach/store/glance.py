"""A glance at the database for `status`, in plain SQL: SQLAlchemy would cost more than the answer.

Nothing is written, and nothing waits for a daemon at work. Instants are microseconds in UTC.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from outreach.errors import StoreError
from outreach.timing.instants import from_micros, to_micros

SQLITE = "sqlite:///"
#: who paused what, where it was no person
OUTREACH = "outreach"
#: a daemon that has not been heard of for so long is not running
SILENT = timedelta(minutes=1)
Rows = Callable[..., list[tuple[Any, ...]]]


@dataclass(frozen=True)
class Daemon:
    """A daemon as its heartbeat tells."""

    host: str
    pid: int
    version: str
    started_at: datetime
    beat_at: datetime
    stopped_at: datetime | None

    def is_alive(self, now: datetime) -> bool:
        return self.stopped_at is None and now - self.beat_at < SILENT


@dataclass(frozen=True)
class PassState:
    """How the last run of a pass went; `finished_at` is that of the last one that succeeded."""

    name: str
    started_at: datetime
    finished_at: datetime | None
    failed_at: datetime | None
    error: str

    @property
    def is_failing(self) -> bool:
        return bool(self.error)


@dataclass(frozen=True)
class Failing:
    """Attempts that went wrong lately, of one channel and code."""

    channel: str
    outcome: str
    code: str
    error: str
    count: int
    last_at: datetime


@dataclass(frozen=True)
class Paused:
    """Something that does not send for now."""

    scope: str
    name: str
    reason: str
    who: str
    since: datetime
    until: datetime | None
    #: when Outreach asks again by itself, having stopped a channel that failed
    probe_at: datetime | None = None

    @property
    def is_harm(self) -> bool:
        """Whether it is a rule that paused itself."""
        return self.scope == "rule" and self.who == OUTREACH


@dataclass(frozen=True)
class ChannelUse:
    """What a channel has sent of its daily cap, and until when its provider wants no more."""

    channel: str
    used: int
    daily_cap: int | None
    not_before: datetime | None


@dataclass(frozen=True)
class SourceState:
    """A source: how old its data is, how old it may get, and why it cannot be read."""

    name: str
    kinds: str
    max_age: timedelta | None
    fresh_at: datetime | None
    error: str

    def is_stale(self, now: datetime) -> bool:
        """Whether messages wait for it."""
        if self.max_age is None:
            return False
        return self.fresh_at is None or now - self.fresh_at > self.max_age


@dataclass(frozen=True)
class PoolState:
    """A pool of coupons that runs low; `error` says why its file brought no new ones."""

    pool: str
    free: int
    warn_below: int
    error: str


@dataclass(frozen=True)
class Glance:
    """What is to be said about a database at `now`."""

    now: datetime
    version: int | None
    applied_at: datetime | None
    applied_by: str
    daemons: tuple[Daemon, ...]
    passes: tuple[PassState, ...]
    pauses: tuple[Paused, ...]
    sources: tuple[SourceState, ...]
    #: channels that have a daily cap, or whose provider asked to wait
    channels: tuple[ChannelUse, ...]
    #: messages that wait until a source brings something new
    stale: int
    queue: Mapping[str, int]
    overdue: int
    overdue_since: datetime | None
    next_due: datetime | None
    batches: int
    #: what customers wrote that may be a stop, and that nobody has read
    replies: int
    #: what they wrote that is angry or urgent, and that nobody has read
    unread: int
    failing: tuple[Failing, ...]
    #: cases that are with people, and those of them that should have been done
    handoffs: int = 0
    late_handoffs: int = 0
    #: rules that are in shadow because they are new, and until when
    first_day: Mapping[str, datetime] = field(default_factory=dict)
    #: notices that their teams never got
    untold: int = 0
    #: pools of coupons that live rules give from, with too few codes left
    pools: tuple[PoolState, ...] = ()

    @property
    def alive(self) -> tuple[Daemon, ...]:
        return tuple(daemon for daemon in self.daemons if daemon.is_alive(self.now))

    @property
    def lag(self) -> timedelta:
        """How late the longest waiting message is, of those that nothing keeps back."""
        return self.now - self.overdue_since if self.overdue_since else timedelta()


def glance(url: str, now: datetime) -> Glance | None:
    """Look at a database by its URL; None when it has never been used.

    Raises StoreError when it cannot be reached.
    """
    with _open(url) as rows:
        return _look(rows, now) if rows else None


def versions(url: str) -> tuple[str | None, int | None]:
    """Return the versions of the schema and of the applied rules; None where there is none yet."""
    with _open(url) as rows:
        if rows is None:
            return None, None
        [(schema,)] = rows("SELECT version_num FROM alembic_version")
        [(ruleset,)] = rows("SELECT max(version) FROM rulesets")
        return schema, ruleset


@contextmanager
def _open(url: str) -> Iterator[Rows | None]:
    opened = _sqlite(url) if url.startswith("sqlite:") else _postgres(url)
    with opened as rows:
        yield rows


@contextmanager
def _sqlite(url: str) -> Iterator[Rows | None]:
    import sqlite3

    path = Path(url.removeprefix(SQLITE).partition("?")[0])
    if not path.is_file():
        yield None
        return
    connection = sqlite3.connect(path, timeout=5)
    try:
        connection.execute("PRAGMA query_only = ON")
        known = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'messages'").fetchone()
        yield (lambda sql, *given: connection.execute(sql, given).fetchall()) if known else None
    except sqlite3.Error as error:
        raise StoreError(f"the database cannot be read: {error}") from error
    finally:
        connection.close()


@contextmanager
def _postgres(url: str) -> Iterator[Rows | None]:
    import psycopg

    scheme, _, rest = url.partition("://")
    plain = f"{scheme.partition('+')[0]}://{rest}"
    try:
        with psycopg.connect(plain, connect_timeout=5) as connection:
            connection.read_only = True
            found = connection.execute("SELECT to_regclass('messages')").fetchone()

            def rows(sql: str, *given: Any) -> list[tuple[Any, ...]]:
                return connection.execute(sql.replace("?", "%s").encode(), given).fetchall()

            yield rows if found and found[0] else None
    except psycopg.Error as error:
        said = str(error).strip().partition("\n")[0]
        raise StoreError(f"the database cannot be read: {said}") from error


def _look(rows: Rows, now: datetime) -> Glance:
    at = to_micros(now)
    applied = rows(
        "SELECT version, applied_at, applied_by FROM rulesets ORDER BY version DESC LIMIT 1"
    )
    version, applied_at, applied_by = applied[0] if applied else (None, None, "")
    # what is due and not kept back: a message that waits for its window is due at its opening
    [(overdue, since)] = rows(
        "SELECT count(*), min(due_at) FROM messages WHERE state = 'planned' AND due_at <= ?", at
    )
    [(next_due,)] = rows(
        "SELECT min(due_at) FROM messages WHERE state = 'planned' AND due_at > ?", at
    )
    [(batches,)] = rows("SELECT count(DISTINCT batch) FROM messages WHERE state = 'held'")
    [(replies,)] = rows("SELECT count(*) FROM replies WHERE state = 'open'")
    [(unread,)] = rows("SELECT count(*) FROM replies WHERE state = 'unread'")
    [(handoffs, late)] = rows(
        "SELECT count(*), count(CASE WHEN due_at < ? THEN 1 END) FROM handoffs"
        " WHERE state IN ('open', 'taken')",
        at,
    )
    [(untold,)] = rows("SELECT count(*) FROM handoff_notices WHERE state = 'given_up'")
    [(stale,)] = rows(
        "SELECT count(*) FROM messages WHERE state = 'planned' AND reason = 'source_stale'"
    )
    return Glance(
        now=now,
        version=version,
        applied_at=_instant(applied_at),
        applied_by=applied_by,
        daemons=tuple(_daemons(rows)),
        passes=tuple(_passes(rows)),
        pauses=tuple(_pauses(rows, at)),
        sources=tuple(_sources(rows)),
        channels=tuple(_channels(rows, at)),
        stale=stale,
        queue=dict(rows("SELECT state, count(*) FROM messages GROUP BY state")),
        overdue=overdue,
        overdue_since=_instant(since),
        next_due=_instant(next_due),
        batches=batches,
        replies=replies,
        unread=unread,
        failing=tuple(_failing(rows, to_micros(now - timedelta(days=1)))),
        first_day=dict(_first_day(rows, at)),
        handoffs=handoffs,
        late_handoffs=late,
        untold=untold,
        pools=tuple(_pools(rows)),
    )


def _daemons(rows: Rows) -> Iterator[Daemon]:
    found = rows(
        "SELECT host, pid, version, started_at, beat_at, stopped_at FROM heartbeats"
        " ORDER BY beat_at DESC LIMIT 20"
    )
    for host, pid, version, *times in found:
        started, beat, stopped = times
        yield Daemon(host, pid, version, from_micros(started), from_micros(beat), _instant(stopped))


def _passes(rows: Rows) -> Iterator[PassState]:
    found = rows("SELECT name, started_at, finished_at, failed_at, error FROM pass_runs")
    for name, started, finished, failed, error in found:
        yield PassState(name, from_micros(started), _instant(finished), _instant(failed), error)


def _pauses(rows: Rows, at: int) -> Iterator[Paused]:
    found = rows(
        "SELECT scope, name, reason, who, since, until, probe_at FROM pauses"
        " WHERE ended_at IS NULL AND (until IS NULL OR until > ?) ORDER BY since",
        at,
    )
    for scope, name, reason, who, since, *ends in found:
        until, probe_at = map(_instant, ends)
        yield Paused(scope, name, reason, who, from_micros(since), until, probe_at)


def _first_day(rows: Rows, at: int) -> Iterator[tuple[str, datetime]]:
    found = rows(
        "SELECT rule, shadow_until FROM rule_starts WHERE shadow_until > ? ORDER BY rule", at
    )
    for rule, until in found:
        yield rule, from_micros(until)


def _channels(rows: Rows, at: int) -> Iterator[ChannelUse]:
    found = rows(
        "SELECT channel, used, daily_cap, day_ends, not_before FROM rate_buckets"
        " WHERE daily_cap IS NOT NULL OR not_before > ? ORDER BY channel",
        at,
    )
    for channel, used, cap, day_ends, not_before in found:
        today = used if day_ends is not None and at < day_ends else 0
        is_busy = not_before is not None and at < not_before
        yield ChannelUse(channel, today, cap, from_micros(not_before) if is_busy else None)


def _pools(rows: Rows) -> Iterator[PoolState]:
    """Yield the pools of coupons that have fewer codes than they should."""
    found = rows(
        "SELECT pool, free, warn_below, error FROM (SELECT pool, warn_below, error,"
        " (SELECT count(*) FROM coupons WHERE state = 'free' AND coupons.pool = s.pool) AS free"
        " FROM coupon_shelves AS s) AS shelves WHERE free < warn_below ORDER BY pool"
    )
    for pool in found:
        yield PoolState(*pool)


def _sources(rows: Rows) -> Iterator[SourceState]:
    found = rows("SELECT name, kinds, max_age, fresh_at, error FROM source_reads ORDER BY name")
    for name, kinds, max_age, fresh_at, error in found:
        longest = None if max_age is None else timedelta(seconds=max_age)
        yield SourceState(name, kinds, longest, _instant(fresh_at), error)


def _failing(rows: Rows, since: int) -> Sequence[Failing]:
    """Return what went wrong with the latest attempts, the most frequent first."""
    found = rows(
        "SELECT channel, outcome, code, max(error), count(*), max(started_at) FROM"
        " (SELECT * FROM attempts ORDER BY id DESC LIMIT 1000) AS latest"
        " WHERE outcome IS NOT NULL AND outcome <> 'accepted' AND started_at > ?"
        " GROUP BY channel, outcome, code ORDER BY count(*) DESC, channel, code LIMIT 5",
        since,
    )
    return [
        Failing(channel, outcome, code, error, count, from_micros(last))
        for channel, outcome, code, error, count, last in found
    ]


def _instant(micros: int | None) -> datetime | None:
    return None if micros is None else from_micros(micros)
