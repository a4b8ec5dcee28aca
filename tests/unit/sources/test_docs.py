"""docs/importing.md says what is so: every key, every field, and examples that can be read."""

from __future__ import annotations

import re
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from outreach.errors import Problem
from outreach.model import SUBJECTS, Kind
from outreach.rules.catalogue import DERIVED, Catalogue
from outreach.rules.fields import Field, FieldType
from outreach.rules.yaml_nodes import Mapping
from outreach.rules.yaml_source import read
from outreach.sources import field_reading, map_reading, notes, settings
from outreach.sources.column_map import settable_fields
from outreach.sources.settings import read_map_file, read_sources

ROOT = Path(__file__).resolve().parents[3]
GUIDE = (ROOT / "docs" / "importing.md").read_text("utf-8")
CATALOGUE = Catalogue()
UTC = ZoneInfo("UTC")


def fields_table(kind: Kind) -> str:
    """Return the table of a kind's fields as it must stand in the guide."""
    settable = settable_fields(CATALOGUE, kind)
    own = {field.name: field for field in CATALOGUE.own_fields(kind)}
    lines = [f"### {kind.value.title()}", "", "| field | type | what it is |", "|---|---|---|"]
    lines += [_line(kind, field) for field in {**settable, **own}.values()]
    return "\n".join(lines) + "\n"


def _line(kind: Kind, field: Field) -> str:
    said = field.label
    if field.type is FieldType.CHOICE:
        said += ": " + ", ".join(f"`{choice}`" for choice in field.choices)
    if field.name in DERIVED[kind]:
        said += " (worked out here)"
    elif field.example and field.type is FieldType.TEXT:
        said += f", as `{field.example}`"
    return f"| `{field.name}` | {field.type} | {said} |"


@pytest.mark.parametrize("kind", SUBJECTS)
def test_every_field_is_in_the_guide(kind: Kind) -> None:
    """When this fails, put the table it prints into docs/importing.md."""
    table = fields_table(kind)
    assert table in GUIDE, f"docs/importing.md must hold:\n{table}"


@pytest.mark.parametrize(
    "key",
    sorted(
        {
            *map_reading.KEYS,
            *map_reading.KIND_KEYS,
            *field_reading.KEYS,
            *settings.KEYS,
            *notes.NOTE_KEYS,
        }
    ),
)
def test_every_key_is_explained(key: str) -> None:
    explained = re.findall(r"^\| (`[^|]*?`) \|", GUIDE, re.MULTILINE)
    assert any(f"`{key}`" in names.split(", ") for names in explained)


def test_no_key_is_explained_that_there_is_not() -> None:
    before_fields = GUIDE.partition("## Values")[0]
    explained = {
        name.strip("` ")
        for names in re.findall(r"^\| (`[^|]*?`) \|", before_fields, re.MULTILINE)
        for name in names.split(",")
    }
    known = {*map_reading.KEYS, *map_reading.KIND_KEYS, *field_reading.KEYS, *settings.KEYS}
    known |= {*notes.NOTE_KEYS}
    assert explained <= known


EXAMPLES = re.findall(r"^```yaml\n(.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("text", EXAMPLES)
def test_examples_can_be_read(text: str, tmp_path: Path) -> None:
    problems: list[Problem] = []
    (tmp_path / "maps").mkdir()
    mapping = tmp_path / "maps" / "shop.map.yaml"
    mapping.write_text(EXAMPLES[0], encoding="utf-8")
    node = read(text, "example.yaml", problems)
    assert node
    if sources := node.get("sources"):
        assert isinstance(sources, Mapping)
        found = read_sources(sources, CATALOGUE, zone=UTC, folder=tmp_path, problems=problems)
        assert len(found) == len(sources.entries)
    else:
        mapping.write_text(text, encoding="utf-8")
        assert read_map_file(mapping, CATALOGUE, UTC, problems)
    assert not problems


@pytest.mark.parametrize("path", sorted((ROOT / "docs" / "examples").glob("*.map.yaml")))
def test_shipped_mappings_can_be_read_and_are_in_the_guide(path: Path) -> None:
    problems: list[Problem] = []
    assert read_map_file(path, CATALOGUE, UTC, problems)
    assert not problems
    assert f"(examples/{path.name})" in GUIDE
