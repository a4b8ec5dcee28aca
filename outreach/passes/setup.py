"""What the passes run with: one ruleset, its templates and the workspace's settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from outreach.channels.notices.notice import Notifier, Way
from outreach.channels.outgoing import Sender
from outreach.deciding.harm import Bearable
from outreach.deciding.places import Move, edited
from outreach.deciding.rendering.links import Links
from outreach.deciding.rendering.templates import Templates
from outreach.deciding.throttling import Allowance
from outreach.model import Channel, Purpose
from outreach.passes.lease import LEASE
from outreach.rules.catalogue import Catalogue
from outreach.rules.document import Ruleset
from outreach.rules.limits import ContactRule, Rate
from outreach.rules.offer import Pool
from outreach.rules.survey import Survey
from outreach.store.cancelling import Canceller
from outreach.store.database import Store
from outreach.store.enrolling import Enroller
from outreach.store.prepared import Statements
from outreach.store.recipients import RecipientReader
from outreach.workspace.teams import Team


@dataclass(frozen=True)
class Setup:
    """Built once at a door and handed down; everything a pass needs but the time."""

    store: Store
    ruleset: Ruleset
    templates: Templates
    catalogue: Catalogue
    zone: ZoneInfo
    policy: tuple[ContactRule, ...] = ()
    hold_above: Rate | None = None
    send_only_to: tuple[str, ...] = ()
    #: the channels the workspace has, whether their senders are open or not
    channels: frozenset[Channel] = frozenset(Channel)
    senders: Mapping[Channel, Sender] = field(default_factory=dict)
    #: how many messages a channel may hand to its provider at a time
    concurrency: Mapping[Channel, int] = field(default_factory=dict)
    #: how fast a channel may send, and how much a day; one that is not named here has no bound
    allowances: Mapping[Channel, Allowance] = field(default_factory=dict)
    #: what one message may cost; a channel that is not named here has no bound
    max_segments: Mapping[Channel, int] = field(default_factory=dict)
    #: how long a claim is good for
    lease: timedelta = LEASE
    #: after how long a message in doubt is sent again; a purpose not named here waits for a person
    resend_after: Mapping[Purpose, timedelta] = field(default_factory=dict)
    #: how much harm a rule may do before it pauses itself
    bearable: Bearable = Bearable()
    #: where coupons come from, by name
    pools: Mapping[str, Pool] = field(default_factory=dict)
    shop: Mapping[str, Any] = field(default_factory=dict)
    owners: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    #: whom rules give tasks to, by name
    teams: Mapping[str, Team] = field(default_factory=dict)
    #: the questions that steps can ask, by name
    surveys: Mapping[str, Survey] = field(default_factory=dict)
    #: what tells a team of its cases, by its name and the way
    notifiers: Mapping[tuple[str, Way], Notifier] = field(default_factory=dict)
    unsubscribe: str = ""
    #: the pages where readers say what they want; None when nothing serves them
    links: Links | None = None
    #: when sources are asked how old their data is, where the time is only a pretended one
    sources_at: datetime | None = None
    #: what is applied, when the rules are others: enrollments stand at its steps
    applied: Ruleset | None = None
    #: by rule the steps that read otherwise than applied: what was approved of them is asked again
    reworded: Mapping[str, frozenset[str]] = field(default_factory=dict)
    #: what is asked of the database about its rules
    statements: Statements = field(default_factory=Statements, repr=False)

    @cached_property
    def moves(self) -> Mapping[str, tuple[Move, ...]]:
        """By rule how enrollments will move among its steps once the rules are applied."""
        return edited(self.applied, self.ruleset)

    @cached_property
    def enroller(self) -> Enroller:
        return Enroller(self.ruleset, self.store.engine.dialect, self.statements)

    @cached_property
    def canceller(self) -> Canceller:
        return Canceller(self.store.engine.dialect, self.statements)

    @cached_property
    def recipients(self) -> RecipientReader:
        return RecipientReader(self.zone, self.send_only_to)
