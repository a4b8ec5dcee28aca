"""What gates are told about a message, and what they make of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from outreach.deciding.asking import Standing
from outreach.deciding.caps import Contact
from outreach.deciding.freshness import StaleSource
from outreach.deciding.offering import Coupon, Offered
from outreach.deciding.recipients import Recipient
from outreach.deciding.verdicts import Verdict
from outreach.model import Channel, Mode, Purpose, SubjectRef
from outreach.rules.document import Rule, Step
from outreach.rules.facts import Facts
from outreach.rules.limits import ContactRule
from outreach.rules.offer import Pool


@dataclass(frozen=True)
class Subject:
    """One subject of a message with the enrollment it comes from."""

    ref: SubjectRef
    enrollment_id: int
    matched_at: datetime
    base_at: datetime
    facts: Facts | None
    #: rules with an enrollment about the same subject that was not called off
    enrolled_in: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Paused:
    """Something that must not send until it is resumed, or `until`; see the table `pauses`."""

    scope: str
    name: str
    reason: str
    until: datetime | None

    def runs(self, now: datetime) -> bool:
        """Whether it has not ended by itself: a look ahead comes past its end."""
        return self.until is None or now < self.until


@dataclass(frozen=True)
class Circumstances:
    """All that is known about a message when it is judged."""

    rule: Rule | None
    step: Step | None
    repetition: int
    purpose: Purpose
    expires_at: datetime
    subjects: tuple[Subject, ...]
    recipient: Recipient | None
    mode: Mode = Mode.LIVE
    via: tuple[Channel, ...] = ()
    contacts: Sequence[Contact] = ()
    sent_by_rule: Sequence[datetime] = ()
    policy: Sequence[ContactRule] = ()
    pauses: Sequence[Paused] = ()
    stale: Sequence[StaleSource] = ()
    takers: Sequence[Rule] = ()
    standing: Standing | None = None  # of whom a survey is sent to
    is_approved: bool = False  # a person said that it goes out, or when
    reached_before: bool = False  # what the step's channel before sent arrived after all
    max_segments: Mapping[Channel, int] = field(default_factory=dict)
    render: Callable[[Channel, tuple[Subject, ...], datetime, Coupon | None], Any] | None = None
    #: which coupon its offer has for it, or why none
    look: Callable[[Channel, datetime], Offered] | None = None
    pool: Pool | None = None

    @property
    def own(self) -> frozenset[int]:
        """The enrollments the message comes from."""
        return frozenset(s.enrollment_id for s in self.subjects)


@dataclass
class Judged:
    """How a message fared: the verdict, what is left of its subjects, its channel and words.

    A text that has not left its provider's queue at `leaves_by` must not leave any more.
    """

    verdict: Verdict
    subjects: tuple[Subject, ...]
    dropped: tuple[tuple[Subject, Verdict], ...] = ()
    channel: Channel | None = None
    rendered: Any = None
    leaves_by: datetime | None = None
    offered: Offered | None = None


Gate = Callable[[Circumstances, Judged, datetime], Verdict]
