"""Sentences for editors: what can be said about each field, to complete and to check while typing.

The patterns are looser than the grammar on purpose: an editor must never mark a right sentence as
wrong, and `outreach check` finds the rest.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from outreach.rules.conditions.events import EVENTS
from outreach.rules.fields import Field, FieldType
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
    FieldType.TEXT: ("is {x}", 'contains "{x}"', 'starts with "{x}"', "is missing"),
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
_KEPT_FORM = "is {X} for more than {2 days}"


def field_schema(field: Field) -> Json:
    """Return the schema of the sentences about one field."""
    choices = "|".join(map(re.escape, field.choices)) or r"\S+"
    patterns = [p.replace("CHOICES", choices) for p in _PATTERNS[field.type]]
    return _schema(re.escape(field.path), patterns, field.path, field.type, _forms(field)) | {
        "description": field.label
    }


def last_sent_schema(start: str, rules: Iterable[str]) -> Json:
    """Return the schema of the sentences about what rules have sent; `start` is what leads there.

    That is `last_sent.` for the subject and `customer.last_sent.` for the person.
    """
    names = list(rules) or ["my-rule"]
    forms = [f"{name} {form}" for name in names for form in _FORMS[FieldType.TIME][:2]]
    subject = re.escape(start) + r"\S+"
    schema = _schema(subject, _PATTERNS[FieldType.TIME], start, FieldType.TIME, [])
    return schema | _offers(forms, start)


def event_schema() -> Json:
    """Return the schema of the sentences about what became of a step of the same rule."""
    phrases = "|".join(EVENTS)
    forms = [f"{{first}} was {phrase}" for phrase in EVENTS]
    return {
        "type": "string",
        "pattern": _spaced(rf"\S+ was (not )?({phrases})"),
        "patternErrorMessage": "Try: first was replied to",
        "description": "what became of a step of this rule, by its id",
        **_offers(forms, ""),
    }


def _schema(
    subject: str, patterns: Iterable[str], path: str, kind: FieldType, forms: list[str]
) -> Json:
    said = _forms_to_try(forms, path, kind)
    return {
        "type": "string",
        "pattern": _spaced(f"{subject}({'|'.join([*patterns, _ALWAYS])})"),
        "patternErrorMessage": f"{path} is {KIND_OF[kind]}. Try: {said}",
        **_offers(forms, f"{path} "),
    }


def _forms_to_try(forms: list[str], path: str, kind: FieldType) -> str:
    return f"{path} {_filled(forms[0])}" if forms else f"{path}my-rule {_filled(_FORMS[kind][0])}"


def _forms(field: Field) -> list[str]:
    """Return what to offer for a field, with values it can have."""
    forms = [*_FORMS[field.type], *([_KEPT_FORM] if field.changed_at else [])]
    if not field.choices:
        return forms
    first, second = field.choices[0], field.choices[-1]
    return [form.replace("X", first).replace("Y", second) for form in forms]


def _offers(forms: Iterable[str], start: str) -> Json:
    said = [start + form for form in forms]
    return {
        "examples": [_filled(text) for text in said],
        "defaultSnippets": [{"label": _open(text), "body": _snippet(text)} for text in said],
    }


def _filled(form: str) -> str:
    return form.replace("{", "").replace("}", "")


def _open(form: str) -> str:
    return re.sub(r"\{.*?\}", "…", form)


def _snippet(form: str) -> str:
    """Return a form as editors take it: `{1 day}` becomes the place `${1:1 day}`."""
    pieces = re.split(r"\{(.*?)\}", form)
    places = (f"${{{n}:{piece}}}" for n, piece in enumerate(pieces[1::2], start=1))
    return "".join(word + next(places, "") for word in pieces[::2])


def _spaced(pattern: str) -> str:
    return f"^{pattern}$".replace(" ", r"\s+").replace("~", r"\s*")
