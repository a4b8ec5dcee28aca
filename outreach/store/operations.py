"""Tables of the machinery: applied rulesets, cursors, reads and passes, rates, the audit log."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlmodel import Field, SQLModel

from outreach.store.types import Instant, json_type


class AppliedRuleset(SQLModel, table=True):
    """One applied version: the files as they were, and the digest of what they mean.

    `renamed` are the new names of rules that it renamed, by the old ones.
    """

    __tablename__ = "rulesets"

    version: int = Field(primary_key=True)
    digest: str
    files: dict[str, str] = Field(sa_type=json_type())
    applied_at: datetime = Field(sa_type=Instant)
    applied_by: str
    note: str = ""
    renamed: dict[str, str] | None = Field(default=None, sa_type=json_type(), nullable=True)


class RuleStart(SQLModel, table=True):
    """Since when an applied rule has been there, and until when it is in shadow for being new."""

    __tablename__ = "rule_starts"

    rule: str = Field(primary_key=True)
    since: datetime = Field(sa_type=Instant)
    shadow_until: datetime | None = Field(default=None, sa_type=Instant)


class SuspendedRule(SQLModel, table=True):
    """A rule that was live, until an edit made it a shadow or put it off."""

    __tablename__ = "suspended_rules"

    rule: str = Field(primary_key=True)
    since: datetime = Field(sa_type=Instant)


class RuleMark(SQLModel, table=True):
    """A rule that has had its first pass, and the digest of the conditions it had then."""

    __tablename__ = "rule_marks"

    rule: str = Field(primary_key=True)
    digest: str
    since: datetime = Field(sa_type=Instant)


class Cursor(SQLModel, table=True):
    """How far something has read: a source, or a pass."""

    __tablename__ = "cursors"

    name: str = Field(primary_key=True)
    value: str
    at: datetime = Field(sa_type=Instant)


class SourceRead(SQLModel, table=True):
    """How old what a source brought is, and how old it may get before messages wait for it.

    `kinds` are what its rows hold, with commas between them; `max_age` is in seconds.
    """

    __tablename__ = "source_reads"

    name: str = Field(primary_key=True)
    kinds: str
    max_age: int | None = None
    fresh_at: datetime | None = Field(default=None, sa_type=Instant)
    error: str = ""


class PassRun(SQLModel, table=True):
    """The latest run of a pass, for `status` and the watchdog."""

    __tablename__ = "pass_runs"

    name: str = Field(primary_key=True)
    started_at: datetime = Field(sa_type=Instant)
    finished_at: datetime | None = Field(default=None, sa_type=Instant)
    failed_at: datetime | None = Field(default=None, sa_type=Instant)
    error: str = ""
    counts: dict[str, Any] | None = Field(default=None, sa_type=json_type(), nullable=True)


class Heartbeat(SQLModel, table=True):
    """A daemon that is alive, or was."""

    __tablename__ = "heartbeats"

    process: str = Field(primary_key=True)
    host: str
    pid: int
    version: str
    started_at: datetime = Field(sa_type=Instant)
    beat_at: datetime = Field(sa_type=Instant)
    stopped_at: datetime | None = Field(default=None, sa_type=Instant)


class RateBucket(SQLModel, table=True):
    """What a channel may still send at this moment; shared by all processes of one database.

    `used` counts until `day_ends`, of `daily_cap` if there is one. Nothing is sent before
    `not_before`: its provider asked for that. See `deciding.throttling.Bucket`.
    """

    __tablename__ = "rate_buckets"

    channel: str = Field(primary_key=True)
    tokens: float
    refilled_at: datetime = Field(sa_type=Instant)
    line_until: datetime | None = Field(default=None, sa_type=Instant)
    not_before: datetime | None = Field(default=None, sa_type=Instant)
    used: int = 0
    day_ends: datetime | None = Field(default=None, sa_type=Instant)
    daily_cap: int | None = None


class AuditEntry(SQLModel, table=True):
    """Who did what by hand."""

    __tablename__ = "audit"

    id: int | None = Field(default=None, primary_key=True)
    at: datetime = Field(sa_type=Instant, index=True)
    who: str
    action: str
    detail: dict[str, Any] | None = Field(default=None, sa_type=json_type(), nullable=True)
