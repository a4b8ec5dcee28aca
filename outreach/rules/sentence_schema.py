"""Sentences for editors: what can be said about each field, to complete and to check while typing.

The patterns are looser than the grammar on purpose: an editor must never mark a right sentence as
wrong, and `outreach check` finds the rest.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

from outreach.rules.conditions.events import EVENTS
from outreach.rules.fields import Field, FieldType
from outreach.rules.loading.keys import GROUP_KEYS
from outreach.rules.sentences.said import KIND_OF

Json = dict[str, Any]

# in these a blank stands for one or more, `~` for as many as there are, none included
_EQUAL = "( is| is not|~==?|~!=)~"
_AMONG = r"( in| not in| is in| is not in| is one of| is none of)~\[.*\]"
_KEPT = r"( for more than \d.*)?"
_COMPARED = r"( is| is not| is at least| is at most| is more than| is less than|~[=<>!]=?)~-?\d.*"
_BETWEEN = r" is between -?\d.* and -?\d.*"

#: what can follow a field of a type
_PATTERNS: dict[FieldType, tuple[str, ...]] = {
    FieldType.CHOICE: (_EQUAL + r"[\"']?(CHOICES)[\"']?" + _KEPT, _AMONG + _KEPT),
    FieldType.TEXT: (_EQUAL + r"\S.*", _AMONG, r" (contains|does not contain|starts with)~\S.*"),
    FieldType.YES_NO: (_EQUAL + r"[\"']?(true|false|yes|no)[\"']?",),
    FieldType.NUMBER: (_COMPARED, _BETWEEN),
    FieldType.MONEY: (_COMPARED, _BETWEEN),
    FieldType.LIST: (r" (includes?|does not include)( any of)?~\S.*",),
    FieldType.TIME: (
        r" is more than \d.* (ago|away|(after|before) \S+)",
        r" is between \d.* and \d.* ago",
        r" is within the (last|next) \d.*",
        r" is in the (past|future)",
        r" is (before|after) \S.*",
    ),
}
#: what can follow any field
_ALWAYS = " is (missing|present)"

#: what to offer for a field of a type; what is in braces is to be filled in
_FORMS: dict[FieldType, tuple[str, ...]] = {
    FieldType.CHOICE: ("is {X}", "is not {X}", "in [{X}, {Y}]", "not in [{X}, {Y}]"),
    FieldType.TEXT: ("is {x}", "contains {x}", "starts with {x}", "is missing"),
    FieldType.YES_NO: ("is true", "is false"),
    FieldType.NUMBER: ("is {1}", "is at least {1}", "is at most {1}", "is between {1} and {5}"),
    FieldType.MONEY: ("is at least {100} EUR", "is less than {100} EUR"),
    FieldType.LIST: ("include {x}", "include any of [{x}, {y}]", "does not include {x}"),
    FieldType.TIME: (
        "is more than {1 day} ago",
        "is within the last {3 days}",
        "is within the next {2 days}",
        "is more than {2 days} away",
        "is between {2 days} and {5 days} ago",
        "is in the past",
        "is in the future",
        "is missing",
        "is present",
    ),
}
#: a place in a form, with what can stand there
_PLACE = re.compile(r"\{(.*?)\}")
#: what follows the beginning of a sentence
_END = r"([\s=<>!].*)?"
_KEPT_FORM = "is {X} for more than {2 days}"


@dataclass(frozen=True)
class Sayings:
    """What can be said about one field: how it begins, what is right, and what to offer."""

    begins: str
    right: Json
    forms: tuple[str, ...]

    def offers(self) -> list[Json]:
        """Return what an editor puts in, with places to go to and what can stand there."""
        said = {k: v for k, v in self.right.items() if k == "description"}
        return [{"label": _open(form), "body": _snippet(form), **said} for form in self.forms]

    def judging(self) -> Json:
        """Return the schema that is asked of sentences that begin so, and of no others."""
        return {"if": {"pattern": _spaced(f"{self.begins}{_END}")}, "then": self.right}


def of_field(field: Field) -> Sayings:
    """Return what can be said about one field."""
    choices = "|".join(map(_escaped, field.choices)) or r"\S+"
    patterns = [p.replace("CHOICES", choices) for p in _PATTERNS[field.type]]
    forms = [f"{field.path} {form}" for form in _forms(field)]
    subject = _escaped(field.path)
    right = _right(subject, patterns, field.path, field.type, forms)
    if field.choices:
        right["patternErrorMessage"] += f". It can be {', '.join(field.choices)}"
    if field.label:
        right["description"] = field.label
    return Sayings(subject, right, tuple(forms))


def of_last_sent(start: str, rules: Iterable[str]) -> Sayings:
    """Return what can be said about what rules have sent; `start` is what leads there.

    That is `last_sent.` for the subject and `customer.last_sent.` for the person.
    """
    names = list(rules) or ["my-rule"]
    said = [f"{start}{name} {form}" for name in names for form in _FORMS[FieldType.TIME][:2]]
    subject = _escaped(start) + r"\S+"
    right = _right(subject, _PATTERNS[FieldType.TIME], f"{start}{names[0]}", FieldType.TIME, said)
    return Sayings(subject, right | {"description": "when that rule last wrote"}, tuple(said))


def of_events() -> Sayings:
    """Return what can be said about what became of a step of the same rule."""
    phrases = "|".join(EVENTS)
    right = {
        "pattern": _spaced(rf"\S+ was (not )?({phrases})"),
        "patternErrorMessage": f"A step was {', '.join(EVENTS)}. Try: first was replied to",
        "description": "what became of a step of this rule, by its id",
    }
    forms = tuple(f"{{first}} was {phrase}" for phrase in EVENTS)
    return Sayings(r"\S+ was", right, forms)


def list_of(name: str, sayings: Sequence[Sayings], unknown: str) -> Json:
    """Return the schema of a list of sentences and groups; `name` is what groups call it by.

    Each sentence is judged by what it begins with, so that an editor complains about the field that
    was meant, and explains that one; `unknown` is what it says about a beginning that there is none
    of. What it offers stands outside: inside, editors would take that of the best match only.
    """
    known = "|".join(one.begins for one in sayings)
    there_is = {"pattern": _spaced(f"({known}){_END}"), "patternErrorMessage": unknown}
    groups = {key: {"$ref": f"#/definitions/{name}"} for key in GROUP_KEYS}
    item: Json = {
        "type": ["string", "object"],
        "properties": groups,
        "additionalProperties": False,
        "minProperties": 1,
        "maxProperties": 1,
        "if": {"type": "string"},
        "then": {"allOf": [there_is, *(one.judging() for one in sayings)]},
        "defaultSnippets": [offer for one in sayings for offer in one.offers()],
    }
    return {"type": "array", "minItems": 1, "items": item}


def _right(
    subject: str, patterns: Iterable[str], path: str, kind: FieldType, forms: Sequence[str]
) -> Json:
    return {
        "pattern": _spaced(f"{subject}({'|'.join([*patterns, _ALWAYS])})"),
        "patternErrorMessage": f"{path} is {KIND_OF[kind]}. Try: {_filled(forms[0])}",
        "examples": [_filled(form) for form in forms],
    }


def _forms(field: Field) -> list[str]:
    """Return what to offer for a field, with values it can have."""
    forms = [*_FORMS[field.type], *([_KEPT_FORM] if field.changed_at else [])]
    if not field.choices:
        return forms
    first, last = "|".join(field.choices), "|".join([field.choices[-1], *field.choices[:-1]])
    return [form.replace("X", first).replace("Y", last) for form in forms]


def _filled(form: str) -> str:
    return _PLACE.sub(lambda place: place[1].partition("|")[0], form)


def _open(form: str) -> str:
    return _PLACE.sub("…", form)


def _snippet(form: str) -> str:
    """Return a form as editors take it: `{1 day}` is the place `${1:1 day}`, `{a|b}` a choice."""
    numbers = count(1)

    def place(found: re.Match[str]) -> str:
        inside = f"|{found[1].replace('|', ',')}|" if "|" in found[1] else f":{found[1]}"
        return f"${{{next(numbers)}{inside}}}"

    return _PLACE.sub(place, form)


def _spaced(pattern: str) -> str:
    return f"^{pattern}$".replace(" ", r"\s+").replace("~", r"\s*")


def _escaped(word: str) -> str:
    """Return a word as a pattern; as Python escapes it, editors would not take it."""
    return re.sub(r"[.*+?^${}()|\[\]\\/]", r"\\\g<0>", word)
