"""The schemas help and never hinder: no right sentence is marked, the usual slips are."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from outreach.model import Kind
from outreach.proving.scenarios.schema import schema_of_tests
from outreach.rules.catalogue import Catalogue
from outreach.rules.fields import CustomField, FieldType
from outreach.rules.loading import keys
from outreach.rules.names import Names
from outreach.rules.respelling import respell_sentence
from outreach.rules.schema import fields_table, rule_names, rules_schema
from outreach.rules.sentence_schema import field_schema
from outreach.rules.sentences import parse
from outreach.timing.calendars import Calendar
from outreach.timing.hours import WEEKDAYS, parse_hours
from outreach.workspace import Workspace
from outreach.workspace.schemas import job_schema, project_schema, write_schemas
from outreach.workspace.settings import KEYS

ROOT = Path(__file__).resolve().parents[3]
Json = dict[str, Any]


@pytest.fixture(scope="module")
def names() -> Names:
    return Workspace.open(ROOT).names()


@pytest.fixture(scope="module")
def schema(names: Names) -> Json:
    return rules_schema(names, rule_names(Workspace.open(ROOT).rule_files()))


def faults(value: Any, schema: Json, root: Json, where: str = "") -> Iterator[str]:
    """Yield what does not fit, for the parts of JSON Schema that ours are made of."""
    if "$ref" in schema:
        schema = root["definitions"][schema["$ref"].rpartition("/")[2]]
    types = {"object": dict, "array": list, "string": str, "boolean": bool, "integer": (int, str)}
    if "type" in schema and not isinstance(value, types[schema["type"]]):
        yield f"{where}: {value!r} is not of type {schema['type']}"
        return
    if "enum" in schema and value not in schema["enum"]:
        yield f"{where}: {value!r} is none of {schema['enum']}"
    if "const" in schema and value != schema["const"]:
        yield f"{where}: {value!r} is not {schema['const']}"
    if "pattern" in schema and isinstance(value, str) and not re.search(schema["pattern"], value):
        yield f"{where}: {schema.get('patternErrorMessage')}"
    if isinstance(value, dict):
        yield from _in_object(value, schema, root, where)
    if isinstance(value, list):
        for number, item in enumerate(value):
            yield from faults(item, schema.get("items", {}), root, f"{where}[{number}]")
    yield from _in_choices(value, schema, root, where)


def _in_object(value: Json, schema: Json, root: Json, where: str) -> Iterator[str]:
    properties = schema.get("properties", {})
    others = schema.get("additionalProperties", {})
    for key, inner in value.items():
        if key in properties:
            yield from faults(inner, properties[key], root, f"{where}.{key}")
        elif others is False:
            yield f"{where}: no key {key}"
        else:
            yield from faults(inner, others, root, f"{where}.{key}")
    yield from (f"{where}: needs {k}" for k in schema.get("required", ()) if k not in value)


def _in_choices(value: Any, schema: Json, root: Json, where: str) -> Iterator[str]:
    for part in schema.get("allOf", ()):
        if not list(faults(value, part["if"], root)):
            yield from faults(value, part["then"], root, where)
    for word, enough in (("anyOf", range(1, 99)), ("oneOf", range(1, 2))):
        if word in schema:
            tried = [list(faults(value, part, root, where)) for part in schema[word]]
            if sum(not found for found in tried) not in enough:
                yield f"{where}: {value!r} fits the wrong number of {word}"


def loaded(text: str) -> Any:
    """Return YAML as editors read it: version 1.2, dates are texts."""
    return _plain(YAML(typ="safe", pure=True).load(text))


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    return value.isoformat() if isinstance(value, date) else value


@pytest.mark.parametrize(
    "name", ["rules/orders.yaml", "rules/tickets.yaml", "rules/people.yaml", "rules.example.yaml"]
)
def test_what_ships_passes(name: str, schema: Json) -> None:
    value = loaded((ROOT / name).read_text("utf-8"))
    assert list(faults(value, schema, schema)) == []


def test_the_rest_of_the_workspace_passes() -> None:
    settings = loaded((ROOT / "outreach.yaml").read_text("utf-8"))
    assert list(faults(settings, project_schema(), {})) == []
    for path in (ROOT / "jobs").iterdir():
        assert list(faults(loaded(path.read_text("utf-8")), job_schema(), {})) == [], path


CATALOGUE = Catalogue([CustomField(Kind.ORDER, "gift", FieldType.YES_NO)])
DESK = Calendar("desk", Workspace.open(ROOT).settings.zone, WEEKDAYS, parse_hours("09:00-17:00"))
#: every way to say something, aliases and loose blanks included
SAID = """\
carrier is missing
carrier is present
total is missing
tags is present
status is shipped
status=shipped
status == 'shipped'
status != shipped
status is not shipped
status is "shipped"
status  is  shipped
status in [shipped]
status is in [shipped,paid]
status is one of [shipped]
status not in [shipped]
status is not in [paid]
status is none of [paid]
status is paid for more than 2 days
status in [paid] for more than 1 business day
status = paid for more than 90 minutes
carrier is DHL
carrier is "DHL Express"
carrier in [DHL, 'Royal Mail']
carrier contains "x"
carrier contains x
carrier does not contain x
number starts with A-
carrier = "missing"
carrier is 5
gift is true
gift is yes
gift = no
gift is not true
gift is 'true'
customer.open_tickets is 0
customer.open_tickets is not 0
customer.open_tickets=1
customer.open_tickets >= 1
customer.open_tickets <3
customer.open_tickets != 2
customer.open_tickets is between 1 and 3
customer.open_tickets is -1
total is at least 10 EUR
total > 9.99 EUR
total is 5 EUR
total != 5 EUR
total is between 1 EUR and 2 EUR
tags include x
tags includes x
tags include any of [x, y]
tags includes any of[x]
tags does not include x
tags does not include any of [x]
tags include "a b"
promised_at is more than 1 day ago
promised_at is more than 4 business hours ago
promised_at is more than 1 day 12 hours ago
promised_at is within the last 2 weeks
promised_at is between 2 days and 5 days ago
promised_at is within the next 1 day
promised_at is more than 2 days away
promised_at is in the past
promised_at is in the future
promised_at is before 2026-12-01
promised_at is after 2026-12-01 09:00
promised_at is before estimated_at
promised_at is more than 1 day after estimated_at
promised_at is after shipped_at
last_sent.delay is more than 3 days ago
customer.last_sent.delay is missing
""".splitlines()


@pytest.mark.parametrize("sentence", SAID)
def test_no_right_sentence_is_marked(sentence: str, schema: Json) -> None:
    parse(sentence, CATALOGUE, Kind.ORDER, calendar=DESK)  # it is right
    for text in (sentence, respell_sentence(sentence)):
        assert list(faults([text], schema["definitions"]["order-before"], schema)) == [], text


@pytest.mark.parametrize("event", ["answered", "replied to", "clicked", "delivered", "bounced"])
def test_what_became_of_a_step_can_be_asked_once_something_was_sent(
    event: str, schema: Json
) -> None:
    for sentence in (f"first was {event}", f"first was not {event}"):
        assert not list(faults([sentence], schema["definitions"]["order-after"], schema))
        assert list(faults([sentence], schema["definitions"]["order-before"], schema))


@pytest.mark.parametrize(
    "sentence",
    [
        "promisd_at is more than 1 day ago",
        "promised_at is more then 1 day ago",
        "status is canceled",
        "status is more than 1 day ago",
        "total is shipped",
        "priority is high",  # of tickets
        "gift is maybe",
        "tags is x",
        "",
    ],
)
def test_the_usual_slips_are_marked(sentence: str, schema: Json) -> None:
    assert list(faults([sentence], schema["definitions"]["order-before"], schema))


def test_what_can_be_asked_depends_on_what_the_rule_is_about(schema: Json) -> None:
    def rule(about: str) -> Json:
        steps = [{"send": "delay-apology"}]
        return {"rule": "a", "about": about, "when": ["priority is high"], "steps": steps}

    for about, fits in (("ticket", True), ("order", False)):
        value = {"format": 1, "rules": [rule(about)]}
        assert (not list(faults(value, schema, schema))) is fits


def test_every_completion_is_a_right_sentence(names: Names) -> None:
    for kind in Kind:
        for field in names.catalogue.fields(kind):
            for example in field_schema(field)["examples"]:
                parse(example, names.catalogue, kind, calendar=DESK)


def test_completions_leave_places_to_fill_in() -> None:
    promised = field_schema(Catalogue().field(Kind.ORDER, "promised_at"))
    assert promised["defaultSnippets"][0] == {
        "label": "promised_at is more than … ago",
        "body": "promised_at is more than ${1:1 day} ago",
    }
    assert promised["patternErrorMessage"] == (
        "promised_at is a time. Try: promised_at is more than 1 day ago"
    )


def test_every_key_is_in_the_schema(schema: Json) -> None:
    rule = schema["properties"]["rules"]["items"]["properties"]
    assert set(schema["properties"]) == set(keys.FILE_KEYS)
    assert set(schema["properties"]["defaults"]["properties"]) == set(keys.DEFAULT_KEYS)
    assert set(rule) == set(keys.RULE_KEYS)
    assert set(rule["steps"]["items"]["properties"]) == set(keys.STEP_KEYS)
    assert set(rule["limits"]["properties"]) == set(keys.LIMIT_KEYS)
    assert set(project_schema()["properties"]) == set(KEYS)


def test_what_the_workspace_declares_can_be_chosen(schema: Json) -> None:
    rule = schema["properties"]["rules"]["items"]["properties"]
    assert rule["calendar"]["enum"] == ["care-team"]
    assert set(rule["send_window"]["enum"]) == {"daytime", "early", "any time"}
    assert "delay-apology" in rule["steps"]["items"]["properties"]["send"]["enum"]
    assert "out-for-delivery" in rule["takes_over"]["anyOf"][0]["examples"]


def test_schemas_are_written_where_the_files_say(tmp_path: Path) -> None:
    more = {"tests.schema.json": schema_of_tests}
    written = write_schemas(Workspace.open(ROOT), tmp_path, more=more)
    names = {path.name for path in written}
    said = [ROOT / "outreach.yaml", *(ROOT / "rules").glob("*.yaml"), *(ROOT / "jobs").iterdir()]
    for path in said:
        first, *_ = path.read_text("utf-8").splitlines()
        found = re.fullmatch(r"# yaml-language-server: \$schema=(\.\./)?\.outreach/(.+)", first)
        assert found, path
        assert found[2] in names
    for path in written:
        assert json.loads(path.read_text("utf-8"))["$schema"].endswith("draft-07/schema#")


def test_the_table_of_fields_says_what_each_can_do() -> None:
    rows = {row.name: row for row in fields_table(CATALOGUE, Kind.ORDER)}
    assert rows["status"].has_history
    assert rows["promised_at"].is_indexed
    assert rows["customer.created_at"].is_indexed
    assert not rows["updated_at"].is_indexed  # it says nothing that happened
    assert rows["gift"].is_custom
    assert rows["status"].choices[0] == "placed"
