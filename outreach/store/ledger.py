"""Tables of what we do: enrollments, messages with their state history, attempts, receipts."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from outreach.store.types import Instant, json_type


class Enrollment(SQLModel, table=True):
    """One rule × one subject × one occurrence; `key` is unique within the rule.

    `step` and `repetition` say what comes next, the steps counted as in `rule_version`. `base_at`
    is what its wait counts from, and `plan_at` when planning should look again: empty while a
    message of it is on its way. Nothing is due before `known_from`: a rule's first pass finds what
    has matched for days, and a message about it is not late for that. Its messages are known
    by `known_as` where that is not the name of its rule: it began under another one.
    """

    __tablename__ = "enrollments"
    __table_args__ = (
        UniqueConstraint("rule", "key"),
        Index("ix_enrollments_plan", "state", "plan_at"),
        Index("ix_enrollments_subject", "kind", "subject_id"),
        Index("ix_enrollments_known", "rule", "known_from"),
        Index(
            "ix_enrollments_active",
            "rule",
            sqlite_where=text("state = 'active'"),
            postgresql_where=text("state = 'active'"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    rule: str
    key: str
    rule_version: int | None = None
    kind: str
    subject_id: str
    customer_id: str | None = Field(default=None, index=True)
    matched_at: datetime = Field(sa_type=Instant)
    known_from: datetime = Field(sa_type=Instant)
    state: str
    reason: str
    mode: str
    step: int = 0
    repetition: int = 1
    base_at: datetime = Field(sa_type=Instant)
    plan_at: datetime | None = Field(default=None, sa_type=Instant)
    enrolled_at: datetime = Field(sa_type=Instant)
    ended_at: datetime | None = Field(default=None, sa_type=Instant)
    known_as: str | None = None


class Message(SQLModel, table=True):
    """One planned send on one channel.

    `planned_for` is when it is meant to go out, by its rule and the limits; the next step counts
    from there. `due_at` is when it is looked at next: later, while a window is closed or a
    provider is down. `undelivered_at` is when its provider told us that it did not arrive, until
    planning has looked for its step's next channel.
    """

    __tablename__ = "messages"
    __table_args__ = (
        Index("ix_messages_due", "state", "due_at"),
        Index("ix_messages_customer", "customer_id", "sent_at"),
        Index("ix_messages_rule", "rule", "sent_at"),
        Index(
            "ix_messages_survey",
            "survey",
            "planned_for",
            sqlite_where=text("survey IS NOT NULL"),
            postgresql_where=text("survey IS NOT NULL"),
        ),
        Index(
            "ix_messages_provider",
            "provider_id",
            sqlite_where=text("provider_id IS NOT NULL"),
            postgresql_where=text("provider_id IS NOT NULL"),
        ),
        Index(
            "ix_messages_undelivered",
            "undelivered_at",
            sqlite_where=text("undelivered_at IS NOT NULL"),
            postgresql_where=text("undelivered_at IS NOT NULL"),
        ),
        Index(
            "ix_messages_held",
            "state",
            "expires_at",
            sqlite_where=text("state = 'held'"),
            postgresql_where=text("state = 'held'"),
        ),
        # one customer, one worker at a time: the database itself refuses a second send
        Index(
            "ux_messages_sending",
            "customer_id",
            unique=True,
            sqlite_where=text("state = 'sending'"),
            postgresql_where=text("state = 'sending'"),
        ),
    )

    id: str = Field(primary_key=True)
    rule: str
    rule_version: int | None = None
    step: str
    repetition: int = 1
    customer_id: str
    channel: str
    channel_number: int = 0  # from which of the step's channels on it may choose
    purpose: str
    template: str
    survey: str | None = None  # what it asks
    locale: str = ""
    mode: str
    state: str
    reason: str
    matched_at: datetime = Field(sa_type=Instant)
    planned_for: datetime = Field(sa_type=Instant)
    due_at: datetime = Field(sa_type=Instant)
    expires_at: datetime = Field(sa_type=Instant)
    planned_at: datetime = Field(sa_type=Instant)
    batch: str | None = Field(default=None, index=True)
    approved: bool = False  # a person said that it goes out, or when
    tries: int = 0
    segments: int = 0
    lease_owner: str | None = None
    lease_until: datetime | None = Field(default=None, sa_type=Instant)
    provider: str | None = None
    provider_id: str | None = None
    sent_at: datetime | None = Field(default=None, sa_type=Instant)
    undelivered_at: datetime | None = Field(default=None, sa_type=Instant)


class MessageSubject(SQLModel, table=True):
    """One of the subjects a message is about; a message has one or more."""

    __tablename__ = "message_subjects"
    __table_args__ = (Index("ix_message_subjects_subject", "kind", "subject_id"),)

    message_id: str = Field(primary_key=True)
    position: int = Field(primary_key=True)
    enrollment_id: int = Field(index=True)
    kind: str
    subject_id: str


class MessageState(SQLModel, table=True):
    """A message came into a state, when, why, and by whom if it was a person."""

    __tablename__ = "message_states"

    id: int | None = Field(default=None, primary_key=True)
    message_id: str = Field(index=True)
    at: datetime = Field(sa_type=Instant)
    state: str
    reason: str
    note: str = ""
    who: str = ""


class Attempt(SQLModel, table=True):
    """One call to a provider: written before it, completed after it.

    An attempt without an outcome whose message is no longer leased is in doubt. `checked_at` is
    when the provider was last asked about one that is, `fingerprint` names the words it sent.
    """

    __tablename__ = "attempts"

    id: int | None = Field(default=None, primary_key=True)
    message_id: str = Field(index=True)
    number: int
    channel: str
    provider: str
    address: str
    fingerprint: str
    started_at: datetime = Field(sa_type=Instant)
    finished_at: datetime | None = Field(default=None, sa_type=Instant)
    checked_at: datetime | None = Field(default=None, sa_type=Instant)
    outcome: str | None = None
    provider_id: str | None = None
    code: str = ""
    error: str = ""


class Receipt(SQLModel, table=True):
    """What a provider or a customer told us later about a message.

    `received_at` is when a provider told us; it is empty for what happened here.
    """

    __tablename__ = "receipts"
    __table_args__ = (UniqueConstraint("provider", "provider_event_id"),)

    id: int | None = Field(default=None, primary_key=True)
    message_id: str = Field(index=True)
    event: str
    at: datetime = Field(sa_type=Instant)
    provider: str
    provider_event_id: str
    received_at: datetime | None = Field(default=None, sa_type=Instant)
    detail: Any = Field(default=None, sa_type=json_type(), nullable=True)


class Reply(SQLModel, table=True):
    """What somebody wrote to us: once, whoever tells it again.

    `customer_id` is whose address it came from, `message_id` what it answers; both may be empty.
    `confirmed` says that we answered it; `sentiment`, `urgent` and `topic` are what its words show.
    """

    __tablename__ = "replies"
    __table_args__ = (
        UniqueConstraint("provider", "provider_id"),
        Index(
            "ix_replies_open",
            "customer_id",
            sqlite_where=text("state = 'open'"),
            postgresql_where=text("state = 'open'"),
        ),
        Index(
            "ix_replies_unread",
            "id",
            sqlite_where=text("state = 'unread'"),
            postgresql_where=text("state = 'unread'"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    channel: str
    provider: str
    provider_id: str
    address: str
    written_to: str
    text: str
    meaning: str
    sentiment: str = "neutral"
    urgent: bool = False
    topic: str = "none"
    state: str
    customer_id: str | None = None
    message_id: str | None = None
    received_at: datetime = Field(sa_type=Instant)
    confirmed: bool = False
    settled_at: datetime | None = Field(default=None, sa_type=Instant)
    who: str = ""


class Handoff(SQLModel, table=True):
    """A task for a team of people; `key` names its occurrence, step and repetition, so it is one.

    Until `stop_until` its customer hears from no other rule but what is transactional. People
    know it as H- and its number.
    """

    __tablename__ = "handoffs"
    __table_args__ = (
        UniqueConstraint("key"),
        Index("ix_handoffs_state", "state", "due_at"),
        Index(
            "ix_handoffs_stopping",
            "customer_id",
            "stop_until",
            sqlite_where=text("stop_until IS NOT NULL"),
            postgresql_where=text("stop_until IS NOT NULL"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    key: str
    rule: str
    enrollment_id: int = Field(index=True)
    step: str
    kind: str
    subject_id: str
    customer_id: str | None = Field(default=None, index=True)
    team: str
    title: str
    note: str = ""
    case_url: str = ""
    mode: str
    state: str
    reason: str
    said: str = ""  # what exactly its reason met
    due_at: datetime | None = Field(default=None, sa_type=Instant)
    stop_until: datetime | None = Field(default=None, sa_type=Instant)
    opened_at: datetime = Field(sa_type=Instant)
    taken_at: datetime | None = Field(default=None, sa_type=Instant)
    done_at: datetime | None = Field(default=None, sa_type=Instant)
    who: str = ""
    outcome: str = ""  # what the person who took it noted


class HandoffNotice(SQLModel, table=True):
    """What a team is told of a case in one way: at least once, always under the same id.

    `due_at` is when it is tried next; while somebody tells it, when their claim runs out.
    """

    __tablename__ = "handoff_notices"
    __table_args__ = (Index("ix_handoff_notices_due", "state", "due_at"),)

    id: str = Field(primary_key=True)
    handoff_id: int = Field(index=True)
    way: str
    state: str
    tries: int = 0
    due_at: datetime = Field(sa_type=Instant)
    target: str | None = None  # the ticket that a note goes on
    told_at: datetime | None = Field(default=None, sa_type=Instant)
    error: str = ""


class LastSent(SQLModel, table=True):
    """When a rule last wrote about a subject or to a customer: the field `last_sent.<rule>`."""

    __tablename__ = "last_sent"
    __table_args__ = (Index("ix_last_sent_at", "rule", "kind", "sent_at"),)

    # in this order the key also finds all that was sent about a subject
    kind: str = Field(primary_key=True)
    subject_id: str = Field(primary_key=True)
    rule: str = Field(primary_key=True)
    sent_at: datetime = Field(sa_type=Instant)


class Batch(SQLModel, table=True):
    """Messages held together for one decision by a person."""

    __tablename__ = "batches"

    id: str = Field(primary_key=True)
    rule: str
    reason: str
    said: str = ""
    created_at: datetime = Field(sa_type=Instant)
    decided_at: datetime | None = Field(default=None, sa_type=Instant)
    decision: str | None = None
    who: str = ""
    note: str = ""
