"""A rule as the product understands it, after everything in its text has been checked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from decimal import Decimal

from outreach.model import Approval, Channel, Kind, Mode, Position, Purpose
from outreach.rules.canary import Canary
from outreach.rules.conditions import Condition
from outreach.rules.fields import Field
from outreach.rules.handoff import Handoff
from outreach.rules.limits import Limits, Rate
from outreach.rules.offer import Offer
from outreach.timing.calendars import Calendar
from outreach.timing.durations import Duration
from outreach.timing.periods import Period
from outreach.timing.windows import SendWindow

#: how long a new rule is in shadow that does not say its mode
FIRST_DAY = timedelta(hours=24)


@dataclass(frozen=True)
class OncePer:
    """What makes an occurrence: the subject or its customer, values of fields, a period."""

    customer: bool = False
    fields: tuple[Field, ...] = ()
    period: Period | None = None


@dataclass(frozen=True)
class Wait:
    """How long a step waits after the one before it, or after a time field.

    With `until`, it waits for the instant in that field. `at` is a local time of day: the first
    one at or after the end of the wait. A missing field means that the step waits for the data.
    """

    duration: Duration = Duration()
    after: Field | None = None
    until: Field | None = None
    at: time | None = None
    text: str = ""


@dataclass(frozen=True)
class Repeat:
    """Send again `every` so long, `times` in all."""

    every: Duration
    times: int


@dataclass(frozen=True)
class Step:
    """One thing a rule does: wait, then send a message or give a task to people, if it has one."""

    id: str
    position: Position
    template: str | None = None
    survey: str | None = None
    wait: Wait | None = None
    via: tuple[Channel, ...] = (Channel.EMAIL,)
    next_channel_after: Duration | None = None
    repeat: Repeat | None = None
    until: tuple[Condition, ...] = ()
    stop_if: tuple[Condition, ...] = ()
    skip_if: tuple[Condition, ...] = ()
    handoff: Handoff | None = None
    offer: Offer | None = None


@dataclass(frozen=True)
class Age:
    """How old a match may be: `field` must lie less than `length` back.

    `is_default` tells the age nobody wrote; it counts from when the first time sentence came true.
    """

    field: Field
    length: Duration
    is_default: bool = False


@dataclass(frozen=True)
class Rule:
    """Who and why (`when`, `audience`), then what and when (`steps`)."""

    name: str
    about: Kind
    purpose: Purpose
    when: tuple[Condition, ...]
    steps: tuple[Step, ...]
    window: SendWindow
    expires_after: Duration
    position: Position
    once_per: OncePer = OncePer()
    audience: tuple[Condition, ...] = ()
    cancel_if: tuple[Condition, ...] = ()
    age: Age | None = None
    calendar: Calendar | None = None
    mode: Mode = Mode.LIVE
    canary: Canary | None = None
    is_mode_default: bool = False  # nobody wrote it: live after its first day
    shadow_until: datetime | None = None  # it is in its first day now
    holdout: Decimal = Decimal(0)  # percent of customers
    sample: Decimal = Decimal(100)  # percent of matches that are asked
    limits: Limits = Limits()
    takes_over: tuple[str, ...] = ()
    combine_within: Duration | None = None
    description: str = ""
    owner: str = ""
    renamed_from: tuple[str, ...] = ()  # names it had before, the newest first
    approval: Approval = Approval.NEVER
    batch_by: Field | None = None
    window_name: str = ""

    @property
    def mode_words(self) -> str:
        """Its mode as it is written: `canary 10%`."""
        return f"canary {self.canary}" if self.canary else self.mode.value

    @property
    def first_name(self) -> str:
        """The oldest of its names: by that its shares of customers are drawn."""
        return self.renamed_from[-1] if self.renamed_from else self.name

    @property
    def rates(self) -> tuple[Rate, ...]:
        """What its messages of a time are counted for, whoever they went to."""
        canary = self.canary.rate if self.canary else None
        return tuple(rate for rate in (self.limits.total, canary) if rate)

    def step(self, number: int) -> Step | None:
        """Return the step at a place counted from 0, None past the last."""
        return self.steps[number] if number < len(self.steps) else None


@dataclass(frozen=True)
class Ruleset:
    """All rules of one version, in the order of their files; `digest` names their meaning."""

    rules: tuple[Rule, ...]
    digest: str
    version: int | None = None
    _by_name: dict[str, Rule] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_by_name", {rule.name: rule for rule in self.rules})

    def __iter__(self) -> Iterator[Rule]:
        return iter(self.rules)

    def __len__(self) -> int:
        return len(self.rules)

    def get(self, name: str) -> Rule | None:
        """Return the rule of that name, None when there is none."""
        return self._by_name.get(name)

    def over(self, name: str) -> list[Rule]:
        """Return the rules that take over from the named one."""
        return [rule for rule in self.rules if name in rule.takes_over]
