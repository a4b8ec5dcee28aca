"""A rule test as it is understood: who there is, what happens when, and what is expected of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from outreach.model import Channel, MessageState, Position, SubjectRef
from outreach.sources.records import Record
from outreach.timing.durations import Duration


class DeedKind(StrEnum):
    """What happens besides changes in the data, by the key that says it."""

    APPROVE = "approve"
    REJECT = "reject"
    PAUSE = "pause"
    RESUME = "resume"
    UNSUBSCRIBE = "unsubscribe"
    AGREE = "agree"
    REPLY = "reply"
    ANSWER = "answer"
    BOUNCE = "bounce"
    COMPLAINT = "complaint"
    DELIVERY = "delivery"
    CLICK = "click"
    TAKE = "take"
    DONE = "done"
    INCIDENT = "incident"
    RESOLVE = "resolve"
    RESTART = "restart"
    APPLY = "apply"


#: deeds of a team: about the latest case of a customer, or about an order or a ticket
OF_A_TEAM = frozenset({DeedKind.TAKE, DeedKind.DONE})
#: deeds that are about a message: the latest one to a customer, or about an order or a ticket
ABOUT_A_MESSAGE = frozenset(
    {
        DeedKind.REPLY,
        DeedKind.ANSWER,
        DeedKind.BOUNCE,
        DeedKind.COMPLAINT,
        DeedKind.DELIVERY,
        DeedKind.CLICK,
    }
)


@dataclass(frozen=True)
class Deed:
    """Something that a person or a provider does, `whom` it is about where it is somebody.

    `words` are those of a reply, or of an answer to the `survey` of that name; `files` are the
    rules that are applied, by the path they stand for.
    """

    kind: DeedKind
    position: Position
    whom: SubjectRef | None = None
    words: str = ""
    survey: str = ""
    files: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Wanted:
    """A message that must leave; what is empty or None may be anything.

    `offer` is the pool of its coupon, or `none`.
    """

    position: Position
    rule: str = ""
    step: str = ""
    to: str = ""
    via: Channel | None = None
    template: str = ""
    locale: str = ""
    offer: str = ""
    about: tuple[str, ...] = ()
    at: datetime | None = None
    says: tuple[str, ...] = ()
    never_says: tuple[str, ...] = ()


@dataclass(frozen=True)
class WantedCase:
    """A case that a team must be asked to step in for; what is empty or None may be anything.

    It is due at an instant, or so long after it was given.
    """

    position: Position
    team: str
    rule: str = ""
    step: str = ""
    to: str = ""
    about: str = ""
    at: datetime | None = None
    title_says: tuple[str, ...] = ()
    due: Duration | None = None
    due_at: datetime | None = None


@dataclass(frozen=True)
class Waits:
    """A message that must be waiting, `until` an instant and `because` of something."""

    position: Position
    rule: str = ""
    to: str = ""
    about: str = ""
    until: datetime | None = None
    because: str = ""


@dataclass(frozen=True)
class Silence:
    """Why a rule must have kept silent about something: a sentence that `failed`, or a reason."""

    position: Position
    rule: str
    about: SubjectRef
    failed: str = ""
    because: str = ""


@dataclass(frozen=True)
class Moment:
    """One line of a timeline: what happens at an instant, and what must be so after it.

    `expect` is None where nothing is said: what left then waits for the next line that says it,
    and so do the cases that were given.
    """

    position: Position
    at: datetime
    said: str
    changes: tuple[Record, ...] = ()
    deeds: tuple[Deed, ...] = ()
    expect: tuple[Wanted, ...] | None = None
    cases: tuple[WantedCase, ...] = ()
    counts: Mapping[MessageState, int] | None = None
    because: str = ""
    waiting: tuple[Waits, ...] = ()
    why_not: tuple[Silence, ...] = ()


@dataclass(frozen=True)
class Scenario:
    """One rule test. `rules` are the names of those that play a part."""

    name: str
    position: Position
    start: datetime
    zone: ZoneInfo
    rules: tuple[str, ...]
    given: tuple[Record, ...]
    timeline: tuple[Moment, ...]
