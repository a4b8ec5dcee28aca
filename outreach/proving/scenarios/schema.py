"""JSON Schema of rule tests, made from the catalogue and the workspace's rules.

It is a help for editors and no judge: `outreach test` is.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from outreach.model import SUBJECTS, Channel, Kind, MessageState
from outreach.proving.scenarios.document import DeedKind
from outreach.proving.scenarios.keys import (
    COPIES,
    FILE_KEYS,
    LINE_KEYS,
    SILENCE_KEYS,
    TEST_KEYS,
    WAITS_KEYS,
    WANTED_KEYS,
)
from outreach.proving.scenarios.subjects import fields_of
from outreach.rules.catalogue import Catalogue
from outreach.rules.fields import Field
from outreach.rules.names import Names

Json = dict[str, Any]

NAME = "tests.schema.json"
_DRAFT = "http://json-schema.org/draft-07/schema#"
_VALUE: Json = {"type": ["string", "number", "boolean"]}
_WORDS = {"type": "array", "items": {"type": "string"}}
_MOMENTS = ["start", "+1 day", "+1 day 2 hours", "2026-11-22 09:00"]


#: whom editors put in: a name, and what is mostly said of them
_SKETCHES = {
    Kind.CUSTOMER: ("ana", {"name": "${2:Ana Ruiz}", "email": "${3:ana@example.com}"}),
    Kind.ORDER: (
        "A-1",
        {"customer": "${2:ana}", "status": "${3:shipped}", "promised_at": "${4:now}"},
    ),
    Kind.TICKET: ("T-1", {"customer": "${2:ana}", "status": "${3:open}", "opened_at": "${4:now}"}),
}


def schema_of_tests(names: Names, rules: Iterable[str]) -> Json:
    """Return the schema of test files; `rules` are the names of those there are."""
    known = sorted(rules)
    subjects = _subjects(names.catalogue)
    test = _test(known, subjects, names)
    return {
        "$schema": _DRAFT,
        "title": "Outreach rule tests",
        **_keys(
            FILE_KEYS,
            {
                "format": {"enum": [1], "description": "the form of this file"},
                "rules": _one_or_more({"type": "string"}, "the rule files that are tested"),
                "start": _start(),
                "people": subjects | {"description": "who is there in every test"},
                "tests": {"type": "array", "items": test},
            },
        ),
        "required": ["format", "start", "tests"],
    }


def _test(rules: list[str], subjects: Json, names: Names) -> Json:
    schemas: Json = {
        "name": _text("what it shows"),
        "start": _start(),
        "only": _one_or_more({"enum": rules}, "the rules that play a part; else all"),
        "people": subjects,
        "given": subjects | {"description": "the customers, orders and tickets there are"},
        "timeline": {"type": "array", "items": _line(rules, subjects, names), "minItems": 1},
    }
    return _keys(TEST_KEYS, schemas) | {"required": ["name", "timeline"]}


def _line(rules: list[str], subjects: Json, names: Names) -> Json:
    rule = {"enum": rules, "description": "which rule"}
    wanted = {
        "rule": rule,
        "via": {"enum": [channel.value for channel in Channel]},
        "template": {"enum": sorted(names.templates or ())},
        "says": _one_or_more({"type": "string"}, "what stands in its subject or text"),
        "handoff": {"enum": sorted(names.teams), "description": "a case for this team instead"},
        "title_says": _one_or_more({"type": "string"}, "what stands in the title of a case"),
        "due": _text("by when a case must be done", "2 business hours", "2026-11-23 11:00"),
        "never_says": _one_or_more({"type": "string"}, "what stands in no part of it"),
    }
    schemas: Json = {
        "at": _text("when", *_MOMENTS),
        "change": subjects | {"description": "new values, or somebody new"},
        "expect": {
            "anyOf": [{"const": "nothing"}, _list(_keys(WANTED_KEYS, wanted))],
            "description": "all that left since the last line that said so",
        },
        "expect_counts": _keys(
            [state.value for state in MessageState],
            {state.value: {"type": "integer", "minimum": 0} for state in MessageState},
        ),
        "because": _text("why those of expect_counts are not sent"),
        "waiting": _list(_keys(WAITS_KEYS, {"rule": rule})),
        "why_not": _list(_keys(SILENCE_KEYS, {"rule": rule}) | {"required": ["rule", "about"]}),
        **_deeds(),
    }
    return _keys(LINE_KEYS, schemas) | {"required": ["at"]}


def _deeds() -> Json:
    whom = _one_or_more({"type": "string"}, "a customer, an order or a ticket")
    every = {"const": "all"}
    named = {"type": "object", "additionalProperties": {"type": "string"}}
    return {
        **dict.fromkeys(DeedKind, whom),
        **dict.fromkeys((DeedKind.APPROVE, DeedKind.REJECT, DeedKind.PAUSE), every),
        DeedKind.RESUME: every,
        DeedKind.RESOLVE: every,
        DeedKind.RESTART: {"const": True},
        DeedKind.REPLY: {"anyOf": [*whom["anyOf"], named]},
        DeedKind.ANSWER: {
            "type": "object",
            "additionalProperties": {"type": ["integer", "string"]},
        },
        DeedKind.APPLY: {"anyOf": [{"type": "string"}, named]},
    }


def _subjects(catalogue: Catalogue) -> Json:
    """Return the schema of `customer ana: {…}` and its like."""
    return {
        "type": "object",
        "additionalProperties": False,
        "patternProperties": {
            rf"^\s*{kind}(\s+\S.*)?$": _fields(catalogue, kind) for kind in SUBJECTS
        },
        "defaultSnippets": [
            {"label": f"{kind} …", "body": {f"{kind} ${{1:{name}}}": fields}}
            for kind, (name, fields) in _SKETCHES.items()
        ],
    }


def _fields(catalogue: Catalogue, kind: Kind) -> Json:
    known = fields_of(catalogue, kind)
    schemas: Json = {name: _field(field) for name, field in known.items()}
    schemas[COPIES] = {"type": "integer", "minimum": 1}
    return _keys([*known, COPIES], schemas)


def _field(field: Field) -> Json:
    said = {"description": field.label} if field.label else {}
    if field.choices:
        return {"enum": [*field.choices, "missing"], **said}
    return {"anyOf": [_VALUE, _WORDS], **said}


def _keys(keys: Collection[str], schemas: Json) -> Json:
    """Return the schema of an object with exactly some keys; a key without a schema takes all."""
    anything = {"anyOf": [_VALUE, _WORDS]}
    by_name = {str(key): schema for key, schema in schemas.items()}
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": {key: by_name.get(key, anything) for key in keys},
    }


def _list(item: Json) -> Json:
    return {"type": "array", "items": item}


def _one_or_more(item: Json, said: str) -> Json:
    return {"anyOf": [item, _list(item)], "description": said}


def _start() -> Json:
    return _text("when it begins, and on whose clock", "2026-11-20 12:00 Europe/Berlin")


def _text(said: str, *examples: str) -> Json:
    shown = {"examples": list(examples)} if examples else {}
    return {"anyOf": [_VALUE], "description": said, **shown}
