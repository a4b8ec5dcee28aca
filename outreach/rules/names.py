"""What rules can refer to: all that the rest of the workspace declares."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from outreach.model import Channel
from outreach.rules.catalogue import Catalogue
from outreach.rules.offer import Pool
from outreach.timing.calendars import Calendar
from outreach.timing.windows import ANY_TIME, SendWindow


@dataclass(frozen=True)
class Names:
    """The workspace as rules see it.

    `templates` says for each template which channels it is written for; None where templates are
    not checked. `channels` are those that are set up. `zone` is the workspace's. `teams` are those
    that tasks can be given to, each with the calendar of its business hours if it has one.
    `pools` are where coupons come from.
    """

    catalogue: Catalogue
    zone: ZoneInfo
    default_window: SendWindow
    windows: Mapping[str, SendWindow] = field(default_factory=lambda: {ANY_TIME.name: ANY_TIME})
    calendars: Mapping[str, Calendar] = field(default_factory=dict)
    templates: Mapping[str, Collection[Channel]] | None = None
    channels: Collection[Channel] = tuple(Channel)
    teams: Mapping[str, Calendar | None] = field(default_factory=dict)
    #: the surveys that can be asked; None where they are not checked
    surveys: Collection[str] | None = None
    pools: Mapping[str, Pool] = field(default_factory=dict)
    #: whether customers get links to pages of ours
    has_pages: bool = True
    #: whether the shop says where it is
    has_postal_address: bool = True
