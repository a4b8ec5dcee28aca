"""outreach.yaml: what the whole workspace has in common; its defaults make three lines enough."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from outreach.errors import Problem
from outreach.model import Channel
from outreach.rules.fields import CustomField
from outreach.rules.limits import ContactRule
from outreach.rules.offer import Pool
from outreach.rules.survey import Survey
from outreach.rules.yaml_nodes import Mapping as Keys
from outreach.rules.yaml_section import Section
from outreach.rules.yaml_source import read
from outreach.timing.calendars import Calendar
from outreach.timing.windows import SendWindow
from outreach.workspace.block import Block
from outreach.workspace.coupons import read_pools
from outreach.workspace.custom_fields import read_custom_fields
from outreach.workspace.database import DatabaseSetting, read_database
from outreach.workspace.file_format import check_format
from outreach.workspace.files import SETTINGS, check_inside
from outreach.workspace.hours import DEFAULT_WINDOW, read_calendars, read_windows
from outreach.workspace.mailbox import MailboxSettings, read_mailbox
from outreach.workspace.people import Owner, Shop, parse_address, read_owners, read_shop
from outreach.workspace.policy import Safety, read_policy, read_safety
from outreach.workspace.report import ReportSettings, read_report
from outreach.workspace.secrets import passwords_in
from outreach.workspace.surveys import read_surveys
from outreach.workspace.teams import Team, read_teams
from outreach.workspace.web import WebSettings, read_web
from outreach.workspace.zones import parse_locale, parse_zone

KEYS = (
    "format",
    "database",
    "timezone",
    "locale",
    "shop",
    "owners",
    "unsubscribe",
    "rules",
    "templates",
    "jobs",
    "channels",
    "sources",
    "fields",
    "calendars",
    "teams",
    "send_windows",
    "contact_policy",
    "safety",
    "coupons",
    "surveys",
    "web",
    "mailbox",
    "report",
)
UTC = ZoneInfo("UTC")
#: until providers are named, everything goes into a folder
TO_A_FOLDER = tuple((channel.value, {"provider": "outbox"}) for channel in Channel)


@dataclass(frozen=True)
class Settings:
    """All of outreach.yaml. `channels` and `sources` are checked by those who use them.

    `rules`, `templates` and `jobs` say where files lie, below the workspace's folder.
    """

    zone: ZoneInfo
    locale: str
    database: DatabaseSetting
    shop: Shop
    owners: Mapping[str, Owner]
    unsubscribe: str
    rules: tuple[str, ...]
    templates: str
    jobs: tuple[str, ...]
    channels: Block
    sources: Block
    fields: tuple[CustomField, ...]
    calendars: Mapping[str, Calendar]
    teams: Mapping[str, Team]
    send_windows: Mapping[str, SendWindow]
    contact_policy: tuple[ContactRule, ...]
    safety: Safety
    coupons: Mapping[str, Pool]
    surveys: Mapping[str, Survey]
    web: WebSettings | None
    mailbox: MailboxSettings | None
    report: ReportSettings

    @property
    def default_window(self) -> SendWindow:
        """The window of rules that name none: `daytime`, or the first where that is not named."""
        first = next(iter(self.send_windows.values()))
        return self.send_windows.get(DEFAULT_WINDOW.name, first)


def read_settings(text: str, problems: list[Problem]) -> Settings | None:
    """Read outreach.yaml, adding all that is wrong to `problems`; what is wrong counts as not said.

    None only when it is not YAML at all.
    """
    root = read(text, SETTINGS, problems)
    if root is None:
        return None
    problems += passwords_in(root)
    section = Section(root, SETTINGS, KEYS, problems)
    section.need("format", "timezone")
    section.parsed("format", check_format)
    zone = section.parsed("timezone", parse_zone) or UTC
    shop = read_shop(section)
    owners, calendars = read_owners(section), read_calendars(section, zone)
    sources = _sources(section)
    teams = read_teams(section, calendars, owners, sources.names())
    return Settings(
        zone=zone,
        locale=section.parsed("locale", parse_locale) or "en",
        database=read_database(section),
        shop=shop,
        owners=owners,
        unsubscribe=section.parsed("unsubscribe", _parse_mailto) or shop.email,
        rules=_patterns(section, "rules", "rules/*.yaml"),
        templates=section.parsed("templates", check_inside) or "templates",
        jobs=_patterns(section, "jobs", "jobs/*.yaml"),
        channels=_channels(section),
        sources=sources,
        fields=read_custom_fields(section),
        calendars=calendars,
        teams=teams,
        send_windows=read_windows(section),
        contact_policy=read_policy(section),
        safety=read_safety(section, teams),
        coupons=read_pools(section),
        surveys=read_surveys(section),
        web=read_web(section),
        mailbox=read_mailbox(section),
        report=read_report(section, calendars),
    )


def _patterns(section: Section, key: str, default: str) -> tuple[str, ...]:
    found = (section.parsed_scalar(scalar, check_inside) for scalar in section.scalars(key))
    return tuple(filter(None, found)) if key in section else (default,)


def _channels(section: Section) -> Block:
    part = section.section("channels", [channel.value for channel in Channel])
    return Block("channels", part.node) if part else Block("channels", default=TO_A_FOLDER)


def _sources(section: Section) -> Block:
    """Return the sources by the names the operator gave them."""
    named = section.named("sources")
    inside = section.section("sources", [name.text for name, _ in named])
    if inside is None:
        return Block("sources")
    for name, node in named:
        if not isinstance(node, Keys):
            said = f"the source `{name.text}` must have keys of its own"
            section.report("E004", said, node)
    return Block("sources", inside.node)


def _parse_mailto(text: str) -> str:
    return parse_address(text.removeprefix("mailto:"))
