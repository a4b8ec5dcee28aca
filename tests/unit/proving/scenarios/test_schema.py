"""The schema of rule tests helps and never hinders: what ships passes, the usual slips do not."""

from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from ruamel.yaml import YAML

from outreach.proving.scenarios.schema import schema_of_tests
from outreach.rules.schema import rule_names
from outreach.workspace import Workspace
from tests.unit.proving.scenarios.test_docs import PAGE

ROOT = Path(__file__).resolve().parents[4]
TEST = """\
format: 1
start: 2026-11-20 12:00 Europe/Berlin
people:
  customer ana: {name: Ana Ruiz, tags: [gold, express]}
tests:
  - name: it
    given:
      order A-1: {customer: ana, status: shipped, total: 79.90 EUR, gift: true}
      order A-2: {customer: ana, delivered_at: missing, status_changed_at: -3 days}
      ticket T-1: {customer: ana, order: A-1, copies: 3}
    timeline:
      - {at: start, reply: {ana: Stop}, restart: true, expect: nothing}
      - {at: start, answer: {csat: 2, ana: 2 It took too long}}
      - {at: +1 day, bounce: [A-1], expect_counts: {sent: 0}, because: paused}
"""


@pytest.fixture(scope="module")
def validator() -> Any:
    workspace = Workspace.open(ROOT)
    schema = schema_of_tests(workspace.names(), rule_names(workspace.rule_files()))
    return jsonschema_rs.validator_for(schema)


def loaded(text: str) -> Any:
    """Return YAML as editors read it: dates are texts."""
    return _plain(YAML(typ="safe", pure=True).load(text))


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    return value.isoformat() if isinstance(value, date) else value


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(TEST, id="all kinds of values"),
        pytest.param(PAGE.partition("```yaml\n")[2].partition("```")[0], id="the page"),
        *(
            pytest.param(path.read_text("utf-8"), id=path.name)
            for path in sorted((ROOT / "rules").glob("*.test.yaml"))
        ),
    ],
)
def test_what_is_right_passes(text: str, validator: Any) -> None:
    assert [str(error) for error in validator.iter_errors(loaded(text))] == []


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("tests:", "test:"),
        ("timeline:", "timelin:"),
        ("customer ana:", "custmer ana:"),
        ("status: shipped", "status: shiped"),
        ("status: shipped", "state: shipped"),
        ("at: start", "when: start"),
        ("expect: nothing", "expect: noting"),
        ("expect: nothing", "expect: [{rule: delayed-order-apolgy}]"),
        ("expect: nothing", "expect: [{via: mail}]"),
        ("sent: 0", "snt: 0"),
    ],
)
def test_the_usual_slips_are_marked(right: str, wrong: str, validator: Any) -> None:
    assert right in TEST
    assert not validator.is_valid(loaded(TEST.replace(right, wrong)))


def test_what_editors_put_in_is_right(validator: Any) -> None:
    workspace = Workspace.open(ROOT)
    schema = schema_of_tests(workspace.names(), [])
    offered = schema["properties"]["people"]["defaultSnippets"]
    assert [offer["label"] for offer in offered] == ["customer …", "order …", "ticket …"]
    for offer in offered:
        filled = re.sub(r"\$\{\d:([^}]*)\}", r"\1", json.dumps(offer["body"]))
        people = loaded(TEST) | {"people": json.loads(filled)}
        assert [str(error) for error in validator.iter_errors(people)] == []
