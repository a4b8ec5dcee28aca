"""`teams:`: the people who step in where a rule asks for them, and how they hear of it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from outreach.rules.yaml_nodes import Scalar
from outreach.rules.yaml_section import Section, did_you_mean
from outreach.timing.calendars import Calendar
from outreach.workspace.people import Owner, parse_address
from outreach.workspace.secrets import variable_of

#: how a team hears of its cases; what these name is a secret, but for the mail address
WAYS = ("email", "slack", "webhook")
TEAM_KEYS = ("on_call", "calendar", *WAYS, "secret", "note", "case_url")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
_CASE_URL = re.compile(r"https?://\S+")


@dataclass(frozen=True)
class Team:
    """A team; `on_call` is whose name stands under what we write until somebody takes the case.

    Business time of its tasks is counted in its `calendar`, or in the rule's. `case_url` leads to
    the case, with `{ticket.id}` and the like for the parts that differ. Without `ways` it finds its
    cases by `outreach handoffs`. What it gets by webhook is signed with `secret`. A case
    is noted on its ticket where one of the sources `notes` brought it.
    """

    name: str
    on_call: str = ""
    calendar: Calendar | None = None
    case_url: str = ""
    ways: Mapping[str, Scalar] = field(default_factory=dict)
    secret: Scalar | None = None
    notes: tuple[Scalar, ...] = ()


def read_teams(
    section: Section,
    calendars: Mapping[str, Calendar],
    owners: Mapping[str, Owner],
    sources: Collection[str] = (),
) -> dict[str, Team]:
    """Read `teams:`, by the names that rules give tasks to."""
    found = {}
    for name, part in _entries(section):
        calendar = part.scalar("calendar")
        if calendar and calendar.text not in calendars:
            said = f"there is no calendar '{calendar.text}'."
            part.report("E204", said + did_you_mean(calendar.text, calendars), calendar)
        on_call = part.scalar("on_call")
        if on_call and part.parsed_scalar(on_call, parse_address) and on_call.text not in owners:
            said = f"nobody under `owners:` has the address {on_call.text}."
            part.report("E204", said + did_you_mean(on_call.text, owners), on_call)
        found[name] = Team(
            name=name,
            on_call=on_call.text if on_call else "",
            calendar=calendars.get(calendar.text) if calendar else None,
            case_url=part.parsed("case_url", _parse_case_url) or "",
            ways=_ways(part),
            secret=_secret(part),
            notes=_notes(part, sources),
        )
    return found


def _ways(part: Section) -> dict[str, Scalar]:
    found = {way: scalar for way in WAYS if (scalar := part.scalar(way))}
    for way, scalar in found.items():
        if way == "email":
            part.parsed_scalar(scalar, parse_address)
        else:
            part.parsed_scalar(scalar, _check_reference, code="E401")
    return found


def _secret(part: Section) -> Scalar | None:
    secret = part.scalar("secret")
    if secret:
        part.parsed_scalar(secret, _check_reference, code="E401")
    if "webhook" in part and "secret" not in part:
        said = "what goes to a webhook is signed: it needs a `secret`"
        part.report("E005", said, "webhook", hint="secret: env:TEAM_WEBHOOK_SECRET")
    if "secret" in part and "webhook" not in part:
        part.report("E310", "`secret` means nothing without `webhook`", "secret")
    return secret


def _notes(part: Section, sources: Collection[str]) -> tuple[Scalar, ...]:
    found = part.scalars("note")
    for scalar in found:
        if scalar.text not in sources:
            said = f"there is no source '{scalar.text}'.{did_you_mean(scalar.text, sources)}"
            part.report("E204", said, scalar, hint="a note goes on a ticket of a source: name it")
    return tuple(scalar for scalar in found if scalar.text in sources)


def _check_reference(text: str) -> None:
    if variable_of(text) is None:
        raise ValueError("it comes from outside: write env:TEAM_WEBHOOK_URL, and set that")


def _entries(section: Section) -> Iterator[tuple[str, Section]]:
    named = section.named("teams")
    inside = section.section("teams", [name.text for name, _ in named])
    for name, _ in named:
        _check_name(section, name)
        part = inside.section(name.text, TEAM_KEYS) if inside else None
        if part:
            yield name.text, part


def _check_name(section: Section, name: Scalar) -> None:
    if not _NAME.fullmatch(name.text):
        said = f"`{name.text}` cannot be a name: letters, digits, `-` and `_`, a letter first"
        section.report("E402", said, name)


def _parse_case_url(text: str) -> str:
    if not _CASE_URL.fullmatch(text):
        raise ValueError(f"`{text}` is no address: write like https://desk.example/{{ticket.id}}")
    return text
