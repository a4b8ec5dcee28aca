"""outreach.yaml: three lines are enough, nothing unknown passes, all mistakes come at once."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from outreach.errors import Problem
from outreach.model import Kind, Purpose, StopScope
from outreach.rules.fields import CustomField, FieldType
from outreach.rules.limits import ContactRule, Rate
from outreach.timing.durations import Duration
from outreach.timing.windows import ANY_TIME, SendWindow
from outreach.workspace.people import Owner, Shop
from outreach.workspace.policy import DEFAULT_POLICY, Safety
from outreach.workspace.settings import Settings, read_settings

SHORT = "format: 1\ntimezone: Europe/Berlin\nshop: {name: Nordlicht}\n"
DAY = Duration(days=1)


def taken(text: str) -> Settings:
    problems: list[Problem] = []
    settings = read_settings(SHORT.replace("shop: {name: Nordlicht}\n", text), problems)
    assert problems == []
    assert settings is not None
    return settings


def said(text: str) -> list[Problem]:
    """Return the problems with keys that stand from line 3 on."""
    problems: list[Problem] = []
    read_settings(SHORT.replace("shop: {name: Nordlicht}\n", text), problems)
    return sorted(problems)


def test_three_lines_are_a_workspace() -> None:
    settings = taken("shop: {name: Nordlicht}\n")
    assert settings.zone == ZoneInfo("Europe/Berlin")
    assert settings.locale == "en"
    assert settings.shop == Shop(name="Nordlicht")
    assert (settings.rules, settings.templates) == (("rules/*.yaml",), "templates")
    assert settings.jobs == ("jobs/*.yaml",)
    assert settings.channels.plain() == {
        "email": {"provider": "outbox"},
        "sms": {"provider": "outbox"},
    }
    assert set(settings.send_windows) == {"daytime", "any time"}
    assert settings.contact_policy == DEFAULT_POLICY
    assert settings.safety == Safety(Rate(300, Duration(minutes=60)), needs_apply=True)


@pytest.mark.parametrize(
    ("text", "place", "code", "part"),
    [
        ("timezon: x", (3, 1), "E003", "Did you mean `timezone`?"),
        ("teams: {desk: {calendar: de}}", (3, 26), "E204", "there is no calendar 'de'"),
        ("teams: {desk: {on_call: a@b.example}}", (3, 25), "E204", "nobody under `owners:`"),
        ("teams: {desk: {case_url: desk}}", (3, 26), "E010", "is no address"),
        ("teams: {1st: {}}", (3, 9), "E402", "cannot be a name"),
        ("locale: german", (3, 9), "E010", "there is no language `german`"),
        ("locale: xx-YY", (3, 9), "E010", "write it like en, de or de-AT"),
        ("rules: [/etc/*.yaml]", (3, 9), "E010", "must lie in the workspace"),
        ("rules: ../x/*.yaml", (3, 8), "E010", "must lie in the workspace"),
        ("rules: 'rules/**.yaml'", (3, 8), "E010", "`**` stands for folders"),
        ("templates: ../elsewhere", (3, 12), "E010", "must lie in the workspace"),
        ("channels: {emial: {}}", (3, 12), "E003", "Did you mean `email`?"),
        ("sources: {shop: x}", (3, 17), "E004", "must have keys of its own"),
        ("unsubscribe: nobody", (3, 14), "E010", "is not an e-mail address"),
        ("shop: {name: |\n  two\n  lines\n  }", (3, 14), "E001", "cannot start with `|`"),
        ("shop:\n  name: |\n    two\n    lines", (4, 9), "E010", "must be one line"),
        ("shop: {nmae: x}", (3, 8), "E003", "Did you mean `name`?"),
        ("shop: {url: nordlicht.example}", (3, 13), "E010", "write it like https://shop.example"),
        ("owners: {mara: {name: Mara}}", (3, 10), "E010", "is not an e-mail address"),
        ("owners: {a@b.example: {first_name: A}}", (3, 23), "E005", "needs the key `name`"),
        ("database: shop", (3, 11), "E010", "write a file such as outreach.db"),
        ("database: mysql://host/x", (3, 11), "E010", "cannot use a mysql database"),
        ("database: sqlite://", (3, 11), "E010", "must be a file"),
        ("database: 'env:MY DB'", (3, 11), "E010", "names no environment variable"),
        # a secret is found wherever it stands, and only the secret is underlined
        ("database: postgresql://me:geheim@host/x", (3, 27), "E401", "a password stands in"),
        ("sources: {shop: {url: 'postgresql://a:b@c/d'}}", (3, 39), "E401", "a password"),
        ("calendars: {de: {days: mon-fri}}", (3, 17), "E005", "needs the key `hours`"),
        ("calendars: {de: {days: x, hours: 09:00-17:00}}", (3, 24), "E010", "no day 'x'"),
        (
            "calendars: {de: {country: XX, days: mon, hours: 09:00-17:00}}",
            (3, 27),
            "E010",
            "no public holidays are known for country 'XX'",
        ),
        (
            "calendars: {de: {closed: [24.12.], days: mon, hours: 09:00-17:00}}",
            (3, 27),
            "E010",
            "write it like 2026-12-24",
        ),
        ("calendars: {my desk: {days: mon, hours: 09:00-17:00}}", (3, 13), "E402", "a name"),
        ("send_windows: {any time: {hours: 09:00-17:00}}", (3, 16), "E402", "always there"),
        ("send_windows: {day: {hours: 20:00-09:00}}", (3, 29), "E010", "runs past midnight"),
        ("fields: {order: {status: text}}", (3, 18), "E402", "already has `status`"),
        ("fields: {ticket: {order: text}}", (3, 19), "E402", "already has `order`"),
        ("fields: {order: {Gift: text}}", (3, 18), "E402", "small letters"),
        ("fields: {order: {gift: bool}}", (3, 24), "E010", "there is no type `bool`"),
        ("fields: {order: {size: choice}}", (3, 24), "E005", "say which choices there are"),
        ("fields: {order: {size: {type: choice}}}", (3, 24), "E005", "needs the key `choices`"),
        ("fields: {order: {n: {type: number, choices: [1]}}}", (3, 36), "E010", "only `type: cho"),
        ("fields: {order: {n: {type: choice, choices: [a b]}}}", (3, 46), "E010", "one word"),
        ("fields: {orders: {n: text}}", (3, 10), "E003", "Did you mean `order`?"),
        ("contact_policy: [{at_most: 1 per day}]", (3, 18), "E005", "needs the key `purpose`"),
        ("contact_policy: [{purpose: service}]", (3, 18), "E005", "say how often"),
        ("contact_policy: [{purpose: survy, gap: 1 day}]", (3, 28), "E010", "`survey`"),
        (
            "contact_policy: [{purpose: survey, gap: 1 business day}]",
            (3, 41),
            "E203",
            "only plain hours",
        ),
        ("safety: {hold_above: 9 per business day}", (3, 28), "E102", 'unexpected "business"'),
        ("safety: {needs_apply: yes}", (3, 23), "E010", "write `true` or `false`"),
        ("safety: {send_only_to: [nordlicht]}", (3, 25), "E010", "fits no address"),
        ("safety: {angry_replies: desk}", (3, 25), "E204", "there is no team 'desk'"),
        ("safety: {pause_rule_above: {bounces: 5}}", (3, 39), "E102", "the phrase stops too early"),
        ("safety: {pause_rule_above: {at_least: few}}", (3, 39), "E010", "no number of messages"),
        ("safety: {sms_stop_scope: some}", (3, 26), "E010", "`some` is not known here"),
        ("safety: {when_unknown: hold}", (3, 24), "E004", "`when_unknown` must be"),
        ("safety: {when_unknown: {servce: hold}}", (3, 25), "E003", "Did you mean `service`?"),
        ("safety: {when_unknown: {service: later}}", (3, 34), "E010", "or `resend_after 2 hours`"),
        ("safety: {when_unknown: {service: resend_after soon}}", (3, 34), "E010", "soon"),
        (
            "safety: {when_unknown: {service: resend_after 2 business hours}}",
            (3, 34),
            "E010",
            "business time is not counted",
        ),
    ],
)
def test_a_mistake_is_said_where_it_is(
    text: str, place: tuple[int, int], code: str, part: str
) -> None:
    (problem,) = said(text)
    assert (problem.line, problem.column, problem.code) == (*place, code)
    assert part in problem.message


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("locale: de", ["needs the key `format`", "needs the key `timezone`"]),
        ("format: 2\ntimezone: UTC", ["this version reads `format: 1`"]),
        ("format: 1\ntimezone: Berlin", ["did you mean Europe/Berlin?"]),
        ("format: 1\ntimezone: Europe/Berlinn", ["did you mean Europe/Berlin?"]),
        ("format: 1\ntimezone: xyz", ["write it like Europe/Berlin"]),
        ("format: 1\ntimezone: Europe", ["there is no time zone `Europe`"]),  # a folder of them
        ("format: 1\ntimezone: ../UTC", ["there is no time zone"]),
        # all of them in one pass
        ("x: 1\ntimezone: y\nsafety: 3", ["format", "no key `x`", "no time zone", "`safety`"]),
    ],
)
def test_format_and_timezone_must_be_there(text: str, parts: list[str]) -> None:
    problems: list[Problem] = []
    read_settings(text, problems)
    messages = sorted(problem.message for problem in problems)
    assert len(messages) == len(parts)
    for part in parts:
        assert any(part in message for message in messages), messages


def test_calendars_are_on_the_workspace_clock_unless_they_say_otherwise() -> None:
    settings = taken(
        "calendars:\n"
        "  care: {country: de-BY, days: mon-fri, hours: 09:00-17:00, closed: [2026-12-24]}\n"
        "  desk: {days: mon-sat, hours: 08:00-20:00, timezone: Europe/London}\n"
    )
    care, desk = settings.calendars["care"], settings.calendars["desk"]
    assert (care.zone.key, care.country, care.subdivision) == ("Europe/Berlin", "DE", "BY")
    assert care.closed == {date(2026, 12, 24)}
    assert (desk.zone.key, desk.country) == ("Europe/London", None)


def test_naming_windows_leaves_only_those_and_any_time() -> None:
    settings = taken("send_windows:\n  early: {hours: 07:00-09:00, not_on_holidays_of: DE-BY}\n")
    assert set(settings.send_windows) == {"early", "any time"}
    early = settings.send_windows["early"]
    assert isinstance(early, SendWindow)
    assert (len(early.days), early.holidays_of) == (7, "DE-BY")
    assert settings.send_windows["any time"] is ANY_TIME


def test_the_contact_policy_replaces_the_one_that_counts_by_default() -> None:
    settings = taken(
        "contact_policy:\n"
        "  - {purpose: [service, survey], at_most: 1 per week}\n"
        "  - {purpose: marketing, gap: 2 days}\n"
    )
    assert settings.contact_policy == (
        ContactRule(frozenset({Purpose.SERVICE, Purpose.SURVEY}), Rate(1, Duration(days=7))),
        ContactRule(frozenset({Purpose.MARKETING}), gap=Duration(days=2)),
    )


def test_an_empty_contact_policy_limits_nothing() -> None:
    assert taken("contact_policy: []").contact_policy == ()


def test_safety_keeps_its_defaults_for_what_is_not_said() -> None:
    settings = taken("safety: {send_only_to: ['*@nordlicht.example', '+49155*']}")
    assert settings.safety == Safety(send_only_to=("*@nordlicht.example", "+49155*"))
    assert not taken("safety: {needs_apply: false}").safety.needs_apply


def test_what_is_in_doubt_waits_for_a_person_unless_its_purpose_says_otherwise() -> None:
    text = "safety: {when_unknown: {service: hold, transactional: resend_after 90 minutes}}"
    assert taken(text).safety.resend_after == {Purpose.TRANSACTIONAL: timedelta(minutes=90)}
    assert taken("").safety.resend_after == {}


def test_a_stop_by_text_reaches_as_far_as_it_says() -> None:
    assert taken("").safety.sms_stop_scope is StopScope.ALL
    assert taken("safety: {sms_stop_scope: class}").safety.sms_stop_scope is StopScope.CLASS


def test_custom_fields_are_named_by_type_or_described() -> None:
    settings = taken(
        "fields:\n"
        "  order:\n"
        "    gift_wrap: yes/no\n"
        "    size: {type: choice, choices: [small, large], label: how big it is}\n"
        "  customer: {points: number}\n"
    )
    assert set(settings.fields) == {
        CustomField(Kind.ORDER, "gift_wrap", FieldType.YES_NO),
        CustomField(Kind.ORDER, "size", FieldType.CHOICE, ("small", "large"), "how big it is"),
        CustomField(Kind.CUSTOMER, "points", FieldType.NUMBER),
    }


def test_owners_are_found_by_the_address_that_rules_name() -> None:
    settings = taken("owners:\n  care@n.example: {name: Mara Lind, first_name: Mara}\n")
    assert settings.owners == {"care@n.example": Owner("care@n.example", "Mara Lind", "Mara")}


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("unsubscribe: stop@n.example", "stop@n.example"),
        ("unsubscribe: mailto:stop@n.example", "stop@n.example"),
        ("shop: {email: care@n.example}", "care@n.example"),  # who reads it anyway
        ("locale: de", ""),
    ],
)
def test_saying_no_has_an_address(text: str, address: str) -> None:
    assert taken(text).unsubscribe == address


def test_channels_and_sources_come_as_written_with_their_places() -> None:
    settings = taken(
        "channels:\n"
        '  sms: {provider: twilio, from: "+4915550100", max_segments: 2}\n'
        "sources:\n"
        "  shop: {folder: in, kinds: [order, ticket]}\n"
    )
    assert settings.channels.plain() == {
        "sms": {"provider": "twilio", "from": "+4915550100", "max_segments": "2"}
    }
    assert settings.sources.plain() == {"shop": {"folder": "in", "kinds": ["order", "ticket"]}}
    problem = settings.sources.problem(["shop", "kinds", 1], "E010", "no such kind")
    assert (problem.file, problem.line, problem.column) == ("outreach.yaml", 6, 37)
    missing = settings.channels.problem(["sms", "account_sid"], "E005", "missing")
    assert (missing.line, missing.column) == (4, 8)  # what it is missing in
    unknown = settings.channels.problem(["sms", "from"], "E003", "x", at_key=True)
    assert (unknown.line, unknown.column) == (4, 27)


def test_how_much_harm_a_rule_may_do() -> None:
    assert taken("").safety.pause_rule_above == {}
    said = "safety: {pause_rule_above: {complaints: 0.1%, at_least: 500 messages}}"
    assert taken(said).safety.pause_rule_above == {"complaints": Decimal("0.1"), "at_least": 500}
