"""The schemas help and never hinder: no right sentence is marked, the usual slips are."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from ruamel.yaml import YAML

from outreach.cli.editor_schemas import write_all_schemas
from outreach.model import Kind
from outreach.rules.catalogue import Catalogue
from outreach.rules.fields import CustomField, FieldType
from outreach.rules.loading import keys
from outreach.rules.names import Names
from outreach.rules.respelling import respell_sentence
from outreach.rules.schema import fields_table, rule_names, rules_schema
from outreach.rules.sentence_schema import list_of, of_events, of_field, of_last_sent
from outreach.rules.sentences import parse
from outreach.timing.calendars import Calendar
from outreach.timing.hours import WEEKDAYS, parse_hours
from outreach.workspace import Workspace
from outreach.workspace.schemas import job_schema, project_schema
from outreach.workspace.settings import KEYS
from tests.unit.rules.sentences import test_reading
from tests.unit.rules.sentences.conftest import CATALOGUE as GRAMMAR

ROOT = Path(__file__).resolve().parents[3]
Json = dict[str, Any]
Faults = Callable[..., list[str]]


@pytest.fixture(scope="module")
def ours() -> Names:
    return Workspace.open(ROOT).names()


@pytest.fixture(scope="module")
def schema(ours: Names) -> Json:
    return rules_schema(ours, rule_names(Workspace.open(ROOT).rule_files()))


@pytest.fixture(scope="module")
def faults(schema: Json) -> Faults:
    """Judge a file of rules, or a part of one by its name in the schema."""
    made: dict[str, Any] = {}

    def judge(value: Any, part: str = "") -> list[str]:
        if part not in made:
            asked = {"$ref": f"#/definitions/{part}", "definitions": schema["definitions"]}
            made[part] = jsonschema_rs.validator_for(asked if part else schema)
        return [str(error) for error in made[part].iter_errors(value)]

    return judge


def loaded(text: str) -> Any:
    """Return YAML as editors read it: version 1.2, dates are texts."""
    return _plain(YAML(typ="safe", pure=True).load(text))


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    return value.isoformat() if isinstance(value, date) else value


def test_what_ships_passes(rule_files: dict[str, str], faults: Faults) -> None:
    shipped = {name: text for name, text in rule_files.items() if name.startswith("rules/")}
    shipped["rules.example.yaml"] = (ROOT / "rules.example.yaml").read_text("utf-8")
    assert len(shipped) > 5
    for name, text in shipped.items():
        assert faults(loaded(text)) == [], name


def test_the_good_files_of_the_tests_pass(rule_files: dict[str, str], names: Names) -> None:
    good = {name: text for name, text in rule_files.items() if name.startswith("tests/")}
    validator = jsonschema_rs.validator_for(rules_schema(names, rule_names(good)))
    assert len(good) > 1
    for name, text in good.items():
        assert [str(error) for error in validator.iter_errors(loaded(text))] == [], name


def test_the_rest_of_the_workspace_passes() -> None:
    settings = loaded((ROOT / "outreach.yaml").read_text("utf-8"))
    assert jsonschema_rs.is_valid(project_schema(), settings)
    for path in (ROOT / "jobs").iterdir():
        assert jsonschema_rs.is_valid(job_schema(), loaded(path.read_text("utf-8"))), path


CATALOGUE = Catalogue([CustomField(Kind.ORDER, "gift", FieldType.YES_NO)])
LAST_SENT = of_last_sent("last_sent.", ["apology"])
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
def test_no_right_sentence_is_marked(sentence: str, faults: Faults) -> None:
    parse(sentence, CATALOGUE, Kind.ORDER, calendar=DESK)  # it is right
    for text in (sentence, respell_sentence(sentence)):
        assert faults([text], "order-before") == [], text


def read_elsewhere() -> Iterator[str]:
    """Yield every sentence that the tests of the grammar read."""
    for name, test in vars(test_reading).items():
        marks = getattr(test, "pytestmark", ()) if name.startswith("test_") else ()
        for mark in marks:
            if mark.name == "parametrize" and "text" in mark.args[0]:
                at = mark.args[0].index("text") if isinstance(mark.args[0], tuple) else None
                yield from (row if at is None else row[at] for row in mark.args[1])


def test_no_sentence_of_the_grammars_tests_is_marked() -> None:
    fields = list_of(
        "all", [*map(of_field, GRAMMAR.fields(Kind.ORDER)), LAST_SENT, of_events()], ""
    )
    validator = jsonschema_rs.validator_for({**fields, "definitions": {"all": fields}})
    sentences = list(read_elsewhere())
    assert len(sentences) > 60
    for sentence in sentences:
        assert [str(error) for error in validator.iter_errors([sentence])] == [], sentence


@pytest.mark.parametrize("event", ["answered", "replied to", "clicked", "delivered", "bounced"])
def test_what_became_of_a_step_can_be_asked_once_something_was_sent(
    event: str, faults: Faults
) -> None:
    for sentence in (f"first was {event}", f"first was not {event}"):
        assert not faults([sentence], "order-after")
        assert faults([sentence], "order-before")


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
def test_the_usual_slips_are_marked(sentence: str, faults: Faults) -> None:
    assert faults([sentence], "order-before")
    assert faults([{"any": [sentence]}], "order-before")


def test_what_can_be_asked_depends_on_what_the_rule_is_about(faults: Faults) -> None:
    def rule(about: str) -> Json:
        steps = [{"send": "delay-apology"}]
        return {"rule": "a", "about": about, "when": ["priority is high"], "steps": steps}

    for about, fits in (("ticket", True), ("order", False)):
        value = {"format": 1, "rules": [rule(about)]}
        assert (not faults(value)) is fits


def test_every_completion_is_a_right_sentence(ours: Names) -> None:
    for kind in Kind:
        for field in ours.catalogue.fields(kind):
            for example in of_field(field).right["examples"]:
                parse(example, ours.catalogue, kind, calendar=DESK)


@pytest.mark.parametrize(
    ("field", "label", "body"),
    [
        (
            "promised_at",
            "promised_at is more than … ago",
            "promised_at is more than ${1:1 day} ago",
        ),
        ("gift_wrap", "gift_wrap is …", "gift_wrap is ${1|none,paper|}"),
        ("gift_wrap", "gift_wrap in […, …]", "gift_wrap in [${1|none,paper|}, ${2|paper,none|}]"),
    ],
)
def test_completions_leave_places_to_fill_in(field: str, label: str, body: str) -> None:
    wrap = CustomField(Kind.ORDER, "gift_wrap", FieldType.CHOICE, ("none", "paper"), "how it looks")
    offers = of_field(Catalogue([wrap]).field(Kind.ORDER, field)).offers()
    assert {offer["label"]: offer["body"] for offer in offers}[label] == body
    assert all(offer["description"] for offer in offers)


def test_a_wrong_sentence_is_answered_with_a_right_one() -> None:
    def said(name: str) -> str:
        right = of_field(CATALOGUE.field(Kind.ORDER, name)).right
        return str(right["patternErrorMessage"])

    assert said("promised_at") == "promised_at is a time. Try: promised_at is more than 1 day ago"
    assert said("status").startswith("status is a choice. Try: status is placed. It can be placed,")


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
    written = write_all_schemas(Workspace.open(ROOT), tmp_path)
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
