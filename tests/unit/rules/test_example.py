"""rules.example.yaml: every key once, every form of a sentence once, and all of it true."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from outreach.errors import Problem
from outreach.model import Kind
from outreach.rules.fields import FieldType
from outreach.rules.loader import check_rules
from outreach.rules.loading import keys
from outreach.rules.sentences.meanings import MEANINGS
from outreach.rules.sentences.words import parse_words
from outreach.rules.yaml_nodes import Mapping, Node, Scalar, Sequence
from outreach.rules.yaml_source import read
from outreach.workspace import Workspace

ROOT = Path(__file__).resolve().parents[3]
TEXT = (ROOT / "rules.example.yaml").read_text("utf-8")
CONDITIONS = {"when", "audience", "cancel_if", "until", "stop_if", "skip_if"}


@pytest.fixture(scope="module")
def root() -> Mapping:
    problems: list[Problem] = []
    found = read(TEXT, "rules.example.yaml", problems)
    assert found is not None
    assert problems == []
    return found


def nodes(node: Node) -> Iterator[tuple[str, Node]]:
    """Yield every key with its value."""
    if isinstance(node, Mapping):
        for key, value in node.entries:
            yield key.text, value
            yield from nodes(value)
    elif isinstance(node, Sequence):
        for item in node.items:
            yield from nodes(item)


def sentences(root: Node) -> list[str]:
    lists = [value for key, value in nodes(root) if key in CONDITIONS | set(keys.GROUP_KEYS)]
    items = [item for found in lists if isinstance(found, Sequence) for item in found.items]
    return [item.text for item in items if isinstance(item, Scalar)]


def test_it_loads_without_a_warning() -> None:
    names = Workspace.open(ROOT).names()
    ruleset, problems = check_rules({"rules.example.yaml": TEXT}, names)
    assert problems == []
    assert ruleset is not None


def test_it_is_no_rule_of_the_workspace() -> None:
    assert "rules.example.yaml" not in Workspace.open(ROOT).rule_files()


@pytest.mark.parametrize(
    "known", ["FILE_KEYS", "RULE_KEYS", "STEP_KEYS", "LIMIT_KEYS", "OFFER_KEYS", "GROUP_KEYS"]
)
def test_every_key_stands_in_it(known: str, root: Mapping) -> None:
    assert set(getattr(keys, known)) <= {key for key, _ in nodes(root)}


def test_every_key_with_a_default_stands_in_its_defaults(root: Mapping) -> None:
    defaults = root.get("defaults")
    assert isinstance(defaults, Mapping)
    assert {key.text for key, _ in defaults.entries} == set(keys.DEFAULT_KEYS)


def test_every_form_of_a_sentence_stands_in_it(root: Mapping) -> None:
    said = {parse_words(text, "sentence").children[1].data for text in sentences(root)}  # type: ignore[union-attr]
    assert said == {*MEANINGS, "had", "had_not"}


def test_every_type_of_field_is_asked_something(root: Mapping) -> None:
    catalogue = Workspace.open(ROOT).names().catalogue
    types = {field.path: field.type for kind in Kind for field in catalogue.fields(kind)}
    subjects = [text.split()[0] for text in sentences(root) if " was " not in text]
    asked = {types[name] for name in subjects if "last_sent." not in name}
    assert asked == set(FieldType)


def test_every_key_is_explained_where_it_stands() -> None:
    told_by_their_name = {"rules", "limits", "description"}
    for key in {*keys.FILE_KEYS, *keys.RULE_KEYS, *keys.STEP_KEYS, *keys.LIMIT_KEYS, "any", "none"}:
        explained = re.search(rf"^[ -]*{key}:.*#", TEXT, re.MULTILINE)
        assert explained or key in told_by_their_name, key
