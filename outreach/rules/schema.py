"""JSON Schema of rule files, made from the catalogue and from what the workspace declares.

It is a help for editors and no judge: `outreach check` is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from outreach.errors import Problem
from outreach.model import SUBJECTS, Approval, Channel, Kind, Mode, Purpose
from outreach.rules.catalogue import REACH, Catalogue
from outreach.rules.fields import Source
from outreach.rules.loading.keys import (
    DEFAULT_KEYS,
    LIMIT_KEYS,
    OFFER_KEYS,
    RULE_KEYS,
    STEP_KEYS,
)
from outreach.rules.names import Names
from outreach.rules.offer import WhenSpent
from outreach.rules.sentence_schema import Json, list_of, of_events, of_field, of_last_sent
from outreach.rules.yaml_nodes import Mapping as Keys
from outreach.rules.yaml_nodes import Scalar, Sequence
from outreach.rules.yaml_source import read

DRAFT = "http://json-schema.org/draft-07/schema#"
#: lists of sentences: before anything was sent, and afterwards, when steps can be asked about
_BEFORE = ("when", "audience")
_AFTER = ("cancel_if",)
_IN_STEPS = ("until", "stop_if", "skip_if")


@dataclass(frozen=True)
class FieldRow:
    """A field as `outreach schema fields` shows it."""

    name: str
    type: str
    label: str
    choices: tuple[str, ...]
    example: str
    has_history: bool
    is_indexed: bool
    is_custom: bool


def fields_table(catalogue: Catalogue, kind: Kind) -> list[FieldRow]:
    """Return every field that rules about a kind can name, but for `last_sent.<rule>`."""
    return [
        FieldRow(
            name=field.path,
            type=field.type.value,
            label=field.label,
            choices=field.choices,
            example=field.example,
            has_history=field.changed_at is not None,
            is_indexed=field.indexed,
            is_custom=field.source is Source.CUSTOM,
        )
        for field in catalogue.fields(kind)
    ]


def rule_names(files: Mapping[str, str]) -> list[str]:
    """Return the names of all rules in the texts of rule files, as far as these can be read."""
    return sorted({name for file, text in files.items() for name in _named(text, file)})


def rules_schema(names: Names, rules: Iterable[str] = ()) -> Json:
    """Return the schema of rule files; `rules` are the names of those there are."""
    known = _Known(names, tuple(rules))
    return {
        "$schema": DRAFT,
        "title": "Outreach rules",
        "type": "object",
        "additionalProperties": False,
        "required": ["format", "rules"],
        "properties": {
            "format": {"enum": [1], "description": "the form of this file"},
            "defaults": _keys(known, DEFAULT_KEYS) | {"description": "for every rule of the file"},
            "rules": {"type": "array", "items": _rule(known)},
        },
        "definitions": dict(_conditions(known)),
    }


@dataclass(frozen=True)
class _Known:
    names: Names
    rules: tuple[str, ...]


def _rule(known: _Known) -> Json:
    schema = _keys(known, RULE_KEYS) | {"required": ["rule", "about", "when", "steps"]}
    # which fields can be named depends on what the rule is about
    schema["allOf"] = [
        {
            "if": {"properties": {"about": {"const": kind.value}}, "required": ["about"]},
            "then": {"properties": _sentences_about(kind)},
        }
        for kind in SUBJECTS
    ]
    return schema


def _sentences_about(kind: Kind) -> Json:
    before, after = _ref(f"{kind.value}-before"), _ref(f"{kind.value}-after")
    steps = {"items": {"properties": dict.fromkeys(_IN_STEPS, after)}}
    return {**dict.fromkeys(_BEFORE, before), **dict.fromkeys(_AFTER, after), "steps": steps}


def _conditions(known: _Known) -> Iterator[tuple[str, Json]]:
    for kind in SUBJECTS:
        sayings = [of_field(field) for field in known.names.catalogue.fields(kind)]
        sayings += [of_last_sent(f"{prefix}last_sent.", known.rules) for prefix in REACH[kind]]
        unknown = f"No such field. `outreach schema fields {kind}` lists those of the {kind}"
        for name, more in ((f"{kind}-before", []), (f"{kind}-after", [of_events()])):
            yield name, list_of(name, [*sayings, *more], unknown)


def _keys(known: _Known, keys: Iterable[str]) -> Json:
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": {key: _KEYS[key](known) for key in keys},
    }


def _step(known: _Known) -> Json:
    return _keys(known, STEP_KEYS)


def _offer(known: _Known) -> Json:
    return _keys(known, OFFER_KEYS) | {"required": ["coupon"]}


def _enum(values: Iterable[str], said: str) -> Json:
    return {"enum": list(values), "description": said}


def _text(said: str) -> Callable[[_Known], Json]:
    return lambda _: {"type": "string", "description": said}


def _phrase(pattern: str, said: str, *examples: str) -> Callable[[_Known], Json]:
    return lambda _: {
        "type": "string",
        "pattern": pattern,
        "patternErrorMessage": f"Try: {examples[0]}",
        "description": said,
        "examples": list(examples),
    }


def _duration(said: str, *examples: str) -> Callable[[_Known], Json]:
    return _phrase(r"^\s*\d.*$", said, *examples)


def _rate(said: str, *examples: str) -> Callable[[_Known], Json]:
    return _phrase(r"^\s*\d+\s+per\s+\S.*$", said, *examples)


def _some_sentences(said: str) -> Callable[[_Known], Json]:
    return lambda _: {"type": "array", "description": said}


def _one_or_more(item: Json, said: str) -> Json:
    return {"anyOf": [item, {"type": "array", "items": item}], "description": said}


def _ref(name: str) -> Json:
    return {"$ref": f"#/definitions/{name}"}


_CANARY: Json = {
    "type": "string",
    "pattern": r"^\s*canary\s+\d+(\.\d+)?\s*(%|per\s+\S.*)\s*$",
    "patternErrorMessage": "Try: canary 10%",
    "examples": ["canary 10%", "canary 20 per hour"],
}
#: every key of the language but those of groups and of the file, with what editors say about it
_KEYS: dict[str, Callable[[_Known], Json]] = {
    "rule": _text("its name; history and limits hang on it"),
    "renamed_from": lambda _: _one_or_more(
        {"type": "string"}, "the names it had before, newest first: their history goes on"
    ),
    "description": _text("what it is for, in a sentence"),
    "owner": _text("who signs and who answers: an address named under `owners:`"),
    "mode": lambda _: {
        "anyOf": [{"enum": list(Mode)}, _CANARY],
        "description": "live sends, a canary to a few, shadow only records, off does nothing",
    },
    "about": lambda _: _enum(SUBJECTS, "what the rule looks at"),
    "purpose": lambda _: _enum(Purpose, "decides consent, quiet hours and caps"),
    "calendar": lambda known: _enum(known.names.calendars, "what business time means"),
    "send_window": lambda known: _enum(known.names.windows, "when a message may go out"),
    "when": _some_sentences("all must be true; asked again just before sending"),
    "audience": _some_sentences("who: all must be true, as in `when`"),
    "ignore_older_than": _duration("counted from the first time in `when`", "14 days"),
    "cancel_if": _some_sentences("any of these ends it, whatever is still planned"),
    "once_per": _phrase(
        r"^\S+(\s+and\s+\S+)*$",
        "what counts as the same occurrence",
        "order and status",
        "ticket and resolved_at",
        "customer",
        "customer and quarter",
    ),
    "takes_over": lambda known: _one_or_more(
        {"type": "string", "examples": list(known.rules)},
        "rules that keep silent where this one applies or has acted",
    ),
    "approval": lambda _: _enum(Approval, "whether a person lets its first messages go"),
    "batch_by": _phrase(
        r"^\S+$", "what those share that are approved together", "status", "customer.country"
    ),
    "holdout": _phrase(r"^\s*\d.*%\s*$", "a steady share that gets nothing", "5%"),
    "sample": _phrase(r"^\s*\d.*%\s*$", "the share of matches that a survey asks", "20%"),
    "via": lambda _: _one_or_more(
        {"enum": list(Channel)}, "the first channel that the customer has and allows"
    ),
    "if_undelivered": _phrase(
        r"^\s*next\s+channel\s+after\s+\d.*$",
        "what to do when the first channel fails",
        "next channel after 30 minutes",
    ),
    "steps": lambda known: {
        "type": "array",
        "minItems": 1,
        "items": _step(known),
        "description": "what it does, one after the other",
    },
    "limits": lambda known: _keys(known, LIMIT_KEYS) | {"description": "how much is too much"},
    "combine_within": _duration("wait so long for more to say in one message", "2 hours"),
    "expires_after": _duration("a message this late is dropped", "2 days"),
    "id": _text("to speak of the step; without it, the template's name"),
    "wait": _phrase(
        r"^\s*(\d|until\s|at\s).*$",
        "after the step before, or after a time of the data",
        "3 days",
        "1 day, at 10:00",
        "3 days after delivered_at, at 10:00",
        "2 business days",
        "until promised_at",
    ),
    "send": lambda known: (
        _text("a folder in templates/")(known)
        if known.names.templates is None
        else _enum(known.names.templates, "a folder in templates/")
    ),
    "survey": lambda known: (
        _text("a survey of outreach.yaml")(known)
        if known.names.surveys is None
        else _enum(known.names.surveys, "the survey of outreach.yaml that the message asks")
    ),
    "repeat": _phrase(
        r"^\s*every\s+\d.*up\s+to\s+\d+\s+times\s*$",
        "again and again, with a maximum",
        "every 3 days, up to 3 times",
    ),
    "until": _some_sentences("any of these ends the repeating"),
    "stop_if": _some_sentences("any of these ends the whole rule for this subject"),
    "skip_if": _some_sentences("any of these leaves this step out"),
    "handoff": lambda known: _enum(known.names.teams, "a team from outreach.yaml gets a task"),
    "title": _text('what the team reads first: "Call {{ customer.name }}"'),
    "due": _duration("by when it should be done", "4 business hours", "1 business day"),
    "note": _text("what else the team should know"),
    "stop_outreach": _duration(
        "all but transactional messages, and those of this rule, wait for so long", "14 days"
    ),
    "offer": lambda known: _offer(known) | {"description": "a coupon for who agreed to marketing"},
    "coupon": lambda known: _enum(known.names.pools, "a pool of `coupons:` in outreach.yaml"),
    "budget": _phrase(
        r"^\s*\d+(\.\d+)?\s+[A-Z]{3}\s+per\s+month\s*$",
        "the most money a calendar month takes from the pool, by all rules",
        "500 EUR per month",
    ),
    "when_spent": lambda _: _enum(WhenSpent, "what becomes of the message when nothing is left"),
    "cooldown": _duration("the least time between two sends to one customer", "14 days"),
    "per_customer": _rate("the most sends to one customer", "3 per 365 days"),
    "total": _rate("the most sends in all; the rest wait", "400 per day"),
    "hold_above": _rate("more than this waits for approval", "60 per hour"),
}


def _named(text: str, file: str) -> Iterator[str]:
    problems: list[Problem] = []
    root = read(text, file, problems)
    rules = root.get("rules") if root else None
    for item in rules.items if isinstance(rules, Sequence) else ():
        name = item.get("rule") if isinstance(item, Keys) else None
        if isinstance(name, Scalar) and not name.is_empty:
            yield name.text
