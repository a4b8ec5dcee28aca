"""JSON Schema of `sources:` for editors: where rows are read, and what their columns mean."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from outreach.model import SUBJECTS
from outreach.rules.catalogue import Catalogue
from outreach.rules.fields import Field
from outreach.sources.column_map import settable_fields
from outreach.sources.field_reading import KEYS as COLUMN_KEYS
from outreach.sources.map_reading import JOIN_KEYS, KIND_KEYS, KINDS
from outreach.sources.map_reading import KEYS as MAP_KEYS
from outreach.sources.notes import LIKE, METHODS, NOTE_KEYS
from outreach.sources.settings import KEYS

Json = dict[str, Any]
_LENGTH = r"^\s*\d.*$"


def sources_schema(catalogue: Catalogue) -> Json:
    """Return the schema of the block; `catalogue` knows the fields that columns become."""
    source = _keys(
        KEYS,
        {
            "folder": _text("a folder of files, each taken once", "inbox/orders"),
            "files": _some("which files; otherwise all of CSV and JSON", "*.csv"),
            "database": _text("a database, which is only ever read", "env:SHOP_DATABASE_URL"),
            "table": _text("a table or view", "shop.orders"),
            "query": _text("or what is asked", "SELECT * FROM orders"),
            "overlap": _length("how far before the last row to begin again", "10 minutes"),
            "map": {"anyOf": [{"type": "string"}, map_schema(catalogue)]}
            | {"description": "what the columns mean: a file, or the mapping itself"},
            "kind": {"enum": list(KINDS), "description": "instead, if columns are called as ours"},
            "source_max_age": _length("older data lets messages wait", "30 minutes"),
            "note": _note() | {"description": "how cases are noted on its tickets"},
        },
    )
    said = "where orders and tickets come from, by a name of yours"
    return {"type": "object", "additionalProperties": source, "description": said}


def map_schema(catalogue: Catalogue) -> Json:
    """Return the schema of a mapping, in a file of its own or inside a source."""
    join = _keys(JOIN_KEYS, {"file": _text("another file"), "on": _text("the column of both")})
    return _keys(
        MAP_KEYS,
        {
            "zone": _text("the clock of times without one", "Europe/Berlin"),
            "times": _some("how times are written", "%d/%m/%Y %H:%M"),
            "missing": _some("what stands where nothing is known", "?"),
            "encoding": _text("of the file; UTF-8 if you do not say", "latin-1"),
            "phone_region": _text("of numbers without a country code", "DE"),
            "ignore": _some("columns that mean nothing to us"),
            "skip": {"type": "object", "description": "rows that are left out, by their values"},
            "join": {"anyOf": [join, {"type": "array", "items": join}]},
            **{kind.value: _kind(settable_fields(catalogue, kind)) for kind in SUBJECTS},
        },
    )


def _kind(fields: Mapping[str, Field]) -> Json:
    more = _keys(COLUMN_KEYS, {key: {} for key in COLUMN_KEYS})
    columns = {
        name: {"anyOf": [{"type": "string"}, more], "description": field.label}
        for name, field in fields.items()
    }
    began: Json = {"type": "object", "description": "when each status began"}
    blank: Json = {"type": "object", "description": "times that a log knows too early"}
    return _keys(
        KIND_KEYS, {"fields": _keys(columns, columns), "history": began, "blank_until": blank}
    )


def _note() -> Json:
    return _keys(
        NOTE_KEYS,
        {
            "like": {"enum": list(LIKE), "description": "a help desk whose way is known"},
            "url": _text("where the help desk is", "https://shop.zendesk.com"),
            "login": _text("env:NAME of a user and password", "env:ZENDESK_LOGIN"),
            "headers": {"type": "object", "description": "more to say; secrets as env:NAME"},
            "method": {"enum": list(METHODS), "description": "POST if you do not say"},
            "body": {"type": "object", "description": "what is posted, with places as {text}"},
            "success": {"description": "answers that mean yes; any of 2xx if you do not say"},
        },
    )


def _keys(keys: Iterable[str], schemas: Json) -> Json:
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": {key: schemas[key] for key in keys},
    }


def _text(said: str, *examples: str) -> Json:
    return {"type": "string", "description": said, **({"examples": examples} if examples else {})}


def _some(said: str, *examples: str) -> Json:
    one = {"type": "string"}
    shown = {"examples": examples} if examples else {}
    return {"anyOf": [one, {"type": "array", "items": one}], "description": said, **shown}


def _length(said: str, example: str) -> Json:
    return _text(said, example) | {"pattern": _LENGTH, "patternErrorMessage": f"Try: {example}"}
