"""The schema of `sources:` helps and never hinders: what the docs show passes, slips do not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from ruamel.yaml import YAML

from outreach.model import Kind
from outreach.rules.catalogue import Catalogue
from outreach.rules.fields import CustomField, FieldType
from outreach.sources.schema import map_schema, sources_schema

DOCS = Path(__file__).resolve().parents[3] / "docs"
CATALOGUE = Catalogue([CustomField(Kind.ORDER, "gift", FieldType.YES_NO)])
SOURCE = """\
shop:
  folder: inbox/orders
  files: ["*.csv"]
  source_max_age: 2 days
  map:
    times: "%d/%m/%Y"
    order:
      fields: {id: nr, gift: {column: present, values: {y: true}}}
desk:
  database: env:HELPDESK_URL
  table: tickets
  overlap: 15 minutes
  kind: ticket
  note: {like: zendesk, url: "https://shop.zendesk.com", login: env:ZENDESK_LOGIN}
"""


def loaded(text: str) -> Any:
    return YAML(typ="safe", pure=True).load(text)


def test_what_is_right_passes() -> None:
    assert jsonschema_rs.is_valid(sources_schema(CATALOGUE), loaded(SOURCE))
    for path in (DOCS / "examples").glob("*.map.yaml"):
        mapping = loaded(path.read_text("utf-8"))
        assert not [str(e) for e in jsonschema_rs.iter_errors(map_schema(CATALOGUE), mapping)]
    shown = [
        block.partition("```")[0]
        for block in (DOCS / "importing.md").read_text("utf-8").split("```yaml\n")[1:]
    ]
    sources = [loaded(text)["sources"] for text in shown if text.startswith("sources:")]
    assert len(sources) > 2
    assert all(jsonschema_rs.is_valid(sources_schema(CATALOGUE), each) for each in sources)


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("folder:", "foldr:"),
        ("gift:", "gifts:"),  # no such field
        ("column:", "colum:"),
        ("kind: ticket", "kind: tickets"),
        ("like: zendesk", "like: zendask"),
        ("source_max_age: 2 days", "source_max_age: two days"),
        ("login:", "logn:"),
    ],
)
def test_the_usual_slips_are_marked(right: str, wrong: str) -> None:
    assert right in SOURCE
    assert not jsonschema_rs.is_valid(
        sources_schema(CATALOGUE), loaded(SOURCE.replace(right, wrong))
    )
