"""JSON Schemas that a workspace's editor completes from: of rules, of outreach.yaml, of jobs."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from outreach.model import SUBJECTS, Purpose, StopScope
from outreach.rules.fields import FieldType
from outreach.rules.names import Names
from outreach.rules.survey import Scale
from outreach.workspace.coupons import COUPON_KEYS
from outreach.workspace.custom_fields import KEYS as FIELD_KEYS
from outreach.workspace.hours import CALENDAR_KEYS, WINDOW_KEYS
from outreach.workspace.jobs import KEYS as JOB_KEYS
from outreach.workspace.jobs import Pass
from outreach.workspace.mailbox import MAILBOX_KEYS, Security
from outreach.workspace.opening import Workspace
from outreach.workspace.people import OWNER_KEYS, SHOP_KEYS
from outreach.workspace.policy import HARM_KEYS, POLICY_KEYS, SAFETY_KEYS
from outreach.workspace.report import REPORT_KEYS
from outreach.workspace.settings import KEYS
from outreach.workspace.surveys import SURVEY_KEYS
from outreach.workspace.teams import TEAM_KEYS
from outreach.workspace.web import WEB_KEYS

Json = dict[str, Any]
#: makes a schema from what rules can refer to, and from the names of the rules
Maker = Callable[[Names, Sequence[str]], Json]

#: where the first line of each file says its schema is
FOLDER = ".outreach"
_DRAFT = "http://json-schema.org/draft-07/schema#"


def write_schemas(
    workspace: Workspace,
    folder: Path | None = None,
    *,
    more: Mapping[str, Maker] | None = None,
    blocks: Mapping[str, Json] | None = None,
) -> list[Path]:
    """Write all schemas of a workspace, below it unless told where; return the files.

    `more` are schemas that others know how to make, by the names of their files, and `blocks` those
    of keys of outreach.yaml that others read. Raises Problems for rules or templates that are not
    UTF-8.
    """
    # the language, which is slow to load
    from outreach.rules.schema import rule_names, rules_schema

    names, rules = workspace.names(), rule_names(workspace.rule_files())
    schemas = {
        "rules.schema.json": rules_schema(names, rules),
        "project.schema.json": project_schema(blocks),
        "job.schema.json": job_schema(),
        **{name: make(names, rules) for name, make in (more or {}).items()},
    }
    inside = folder or workspace.folder / FOLDER
    inside.mkdir(parents=True, exist_ok=True)
    for name, schema in schemas.items():
        text = json.dumps(schema, indent=1, ensure_ascii=False) + "\n"
        (inside / name).write_text(text, "utf-8")
    return [inside / name for name in schemas]


def project_schema(blocks: Mapping[str, Json] | None = None) -> Json:
    """Return the schema of outreach.yaml; `blocks` are of keys that others read."""
    schema = _keys(KEYS, {**_PROJECT, **(blocks or {})}) | {"required": ["format", "timezone"]}
    return {"$schema": _DRAFT, "title": "Outreach workspace", **schema}


def job_schema() -> Json:
    """Return the schema of a file in jobs/."""
    schema = _keys(JOB_KEYS, _JOB) | {"required": ["format", "job", "pass"]}
    schema["oneOf"] = [{"required": ["every"]}, {"required": ["at"]}]
    return {"$schema": _DRAFT, "title": "Outreach job", **schema}


def _keys(keys: tuple[str, ...], schemas: Json) -> Json:
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": {key: schemas[key] for key in keys},
    }


def _text(said: str, *examples: str) -> Json:
    return {"type": "string", "description": said, **({"examples": examples} if examples else {})}


def _pattern(pattern: str, said: str, *examples: str) -> Json:
    tried = {"pattern": pattern, "patternErrorMessage": f"Try: {examples[0]}"}
    return {**_text(said, *examples), **tried}


def _named(schema: Json, said: str) -> Json:
    """Return the schema of keys that the operator chose, each with the same keys below."""
    return {"type": "object", "additionalProperties": schema, "description": said}


def _one_or_more(item: Json, said: str) -> Json:
    return {"anyOf": [item, {"type": "array", "items": item}], "description": said}


#: what only the environment says
_ENV = r"^\s*env:\S+\s*$"
_FORMAT: Json = {"enum": [1], "description": "the form of this file"}
_DAYS = _text("days of the week", "mon-fri", "mon-sun", "mon,wed,sat")
_HOURS = _pattern(
    r"^\s*\d{1,2}:\d\d\s*[-–]\s*\d{1,2}:\d\d\s*$", "within one day", "09:00-17:00", "00:00-24:00"
)
_RATE = _pattern(r"^\s*\d+\s+per\s+\S.*$", "so many in such a time", "300 per hour", "2 per day")
_ZONE = _text("an IANA time zone", "Europe/Berlin", "America/New_York")
_PURPOSES = {"enum": list(Purpose)}
_TYPES = {"enum": list(FieldType)}

_FIELD: Json = {
    "anyOf": [
        _TYPES,
        _keys(
            FIELD_KEYS,
            {
                "type": _TYPES,
                "choices": {"type": "array", "items": {"type": "string"}},
                "label": _text("what it is, in a few words"),
            },
        ),
    ]
}
_CALENDAR = _keys(
    CALENDAR_KEYS,
    {
        "country": _text("whose public holidays count", "DE", "DE-BY"),
        "days": _DAYS,
        "hours": _HOURS,
        "closed": _one_or_more(_text("a day", "2026-12-24"), "days off besides"),
        "timezone": _ZONE,
    },
)
_TEAM = _keys(
    TEAM_KEYS,
    {
        "on_call": _text("who signs until somebody takes the case", "mara@shop.example"),
        "calendar": _text("what business hours and days mean for its tasks"),
        "email": _text("where a mail about each new case goes", "desk@shop.example"),
        "slack": _pattern(_ENV, "an incoming webhook of a chat", "env:DESK_SLACK_URL"),
        "webhook": _pattern(_ENV, "an address that takes JSON", "env:DESK_URL"),
        "secret": _pattern(_ENV, "what the webhook is signed with", "env:DESK_SECRET"),
        "note": _one_or_more(
            _text("a source with `note:`", "desk"), "cases are noted on its tickets"
        ),
        "case_url": _text("where the case is", "https://desk.example/tickets/{ticket.id}"),
    },
)
_WINDOW = _keys(
    WINDOW_KEYS,
    {
        "days": _DAYS,
        "hours": _HOURS,
        "not_on_holidays_of": _text("closed on the public holidays of", "DE", "DE-BY"),
    },
)
_POLICY = _keys(
    POLICY_KEYS,
    {
        "purpose": _one_or_more(_PURPOSES, "which messages are counted together"),
        "at_most": _RATE,
        "gap": _text("the least time between two of them", "4 hours"),
    },
)
_DOUBT = _pattern(
    r"^(hold|resend_after \d.*)$", "wait for a person, or try again", "hold", "resend_after 2 hours"
)
_SAFETY = _keys(
    SAFETY_KEYS,
    {
        "hold_above": _RATE,
        "needs_apply": {"type": "boolean", "description": "the daemon runs applied rules only"},
        "send_only_to": _one_or_more(
            _text("an address or a pattern", "*@shop.example", "+49155*"), "and to nobody else"
        ),
        "when_unknown": _keys(
            tuple(purpose.value for purpose in Purpose),
            {purpose.value: _DOUBT for purpose in Purpose},
        )
        | {"description": "what happens to a message that may have gone out"},
        "source_max_age": _text("older data lets the messages of its rules wait", "30 minutes"),
        "sms_stop_scope": {
            "enum": list(StopScope),
            "description": "a stop by text ends all texts, or those of the purpose it answers",
        },
        "pause_rule_above": _keys(
            (*HARM_KEYS, "at_least"),
            {
                **dict.fromkeys(HARM_KEYS, _text("a share of its messages of a week", "1%")),
                "at_least": _text("fewer messages say nothing", "100 messages"),
            },
        )
        | {"description": "a rule that does more harm pauses itself"},
        "angry_replies": _text("the team that is asked to look at angry and urgent replies"),
    },
)
_MONEY = _pattern(r"^\s*\d+(\.\d+)?\s+[A-Z]{3}\s*$", "an amount", "5 EUR", "7.50 EUR")
_POOL = _keys(
    COUPON_KEYS,
    {
        "codes": _text("a file with one code a line", "coupons/goodwill-5eur.csv"),
        "value": _MONEY | {"description": "what each code is worth"},
        "expires": _text("how long a code can be used after it was sent", "60 days"),
        "approval_above": _MONEY | {"description": "a person is asked about what is worth more"},
        "warn_below": {"type": "integer", "minimum": 0, "description": "fewer codes are too few"},
    },
) | {"required": ["codes", "value"]}
_SAID: Json = {"anyOf": [{"type": "string"}, _named({"type": "string"}, "by locale: en, de-AT")]}
_SURVEY = _keys(
    SURVEY_KEYS,
    {
        "question": _SAID | {"description": "what is asked, or what by locale"},
        "scale": {"enum": list(Scale), "description": "what can be answered"},
        "low": {"type": "integer", "description": "the best score that is a bad one"},
        "low_end": _SAID | {"description": "what the worst score means"},
        "high_end": _SAID | {"description": "what the best score means"},
        "comment": _SAID | {"description": "asks for words beside the score; none without it"},
        "thanks": _SAID | {"description": "what happens next, told to who has answered"},
        "link_expires": _text("how long an answer counts; 14 days if you do not say", "14 days"),
    },
) | {"required": ["question", "scale"]}
_WEB = _keys(
    WEB_KEYS,
    {
        "host": _text("the address it listens on; 127.0.0.1 if you do not say", "0.0.0.0"),  # noqa: S104
        "port": {"type": "integer", "minimum": 1, "maximum": 65535},
        "public_url": _text("how the world reaches it", "https://hooks.shop.example"),
        "secret": _one_or_more(
            _pattern(r"^\s*env:\S+\s*$", "a long random text", "env:OUTREACH_SECRET"),
            "signs the links to the customers' pages; the first signs, older ones still read",
        ),
        "sendgrid_public_key": _pattern(
            r"^\s*env:\S+\s*$", "what SendGrid's event webhook signs with", "env:SENDGRID_KEY"
        ),
        "inbound_secret": _pattern(
            r"^\s*env:\S+\s*$", "how the address for mail to us ends", "env:INBOUND_SECRET"
        ),
    },
)
_MAILBOX = _keys(
    MAILBOX_KEYS,
    {
        "host": _text("the mail server", "imap.shop.example"),
        "port": {"type": "integer", "minimum": 1, "maximum": 65535},
        "security": {"enum": list(Security), "description": "tls if you do not say"},
        "user": _text("who logs in", "replies@shop.example", "env:MAILBOX_USER"),
        "password": _pattern(r"^\s*env:\S+\s*$", "its password", "env:MAILBOX_PASSWORD"),
        "folder": _text("where replies are; INBOX if you do not say", "INBOX", "Replies"),
    },
)
_REPORT = _keys(
    REPORT_KEYS,
    {
        "calendar": _text("in whose hours waits are counted; any clock if you do not say"),
        "to": _one_or_more({"type": "string"}, "who gets it by mail every week"),
        "within": _text("how long after a rule applied what people do counts", "14 days"),
    },
)
_SHOP = {key: {"type": "string"} for key in SHOP_KEYS}
_OWNER = {key: {"type": "string"} for key in OWNER_KEYS}
_FILES = {"type": "string"}

_PROJECT: Json = {
    "format": _FORMAT,
    "database": _text("a file, an address or env:NAME", "outreach.db", "env:OUTREACH_DATABASE_URL"),
    "timezone": _ZONE | {"description": "the team's clock, and that of customers we know none of"},
    "locale": _text("the last resort for words", "en", "de", "de-AT"),
    "shop": _keys(SHOP_KEYS, _SHOP) | {"description": "what templates know as `shop`"},
    "owners": _named(_keys(OWNER_KEYS, _OWNER), "who signs, by the address that rules name"),
    "unsubscribe": _text("where people write to say no; else shop.email", "stop@shop.example"),
    "rules": _one_or_more(_FILES, "where the rules are; rules/*.yaml if you do not say"),
    "templates": _text("the folder of the templates", "templates"),
    "jobs": _one_or_more(_FILES, "what the daemon does when; jobs/*.yaml if you do not say"),
    "channels": {"type": "object"},  # those who read them know more
    "sources": {"type": "object"},
    "fields": {
        "type": "object",
        "additionalProperties": False,
        "properties": {kind.value: _named(_FIELD, f"of each {kind}") for kind in SUBJECTS},
        "description": "what your shop knows besides the built-in fields",
    },
    "calendars": _named(_CALENDAR, "what business hours and days mean"),
    "teams": _named(_TEAM, "the people whom rules give tasks to"),
    "send_windows": _named(_WINDOW, "when we may write, on the recipient's clock"),
    "contact_policy": {
        "type": "array",
        "items": _POLICY,
        "description": "how often one customer hears from us, across all rules",
    },
    "safety": _SAFETY | {"description": "what stands between a mistake and many customers"},
    "coupons": _named(_POOL, "the pools that offers take their codes from, by a name of yours"),
    "surveys": _named(_SURVEY, "the questions that steps can ask, by a name of yours"),
    "web": _WEB
    | {"description": "the HTTP side: what providers tell us later, and the customers' pages"},
    "report": _REPORT | {"description": "what reports go by"},
    "mailbox": _MAILBOX | {"description": "where customers' replies arrive, read by IMAP"},
}
_JOB: Json = {
    "format": _FORMAT,
    "job": _text("its name"),
    "description": _text("what it is for"),
    "pass": {"enum": list(Pass), "description": "what it does"},
    "every": _text("how often", "1 minute", "15 minutes", "1 hour"),
    "at": _pattern(r"^\s*\d{1,2}:\d\d\s*$", "a time on the workspace's clock", "03:30"),
    "days": _DAYS,
}
