"""JSON as it comes: one object a line, one list, one wrapped list; broken lines cost themselves."""

from __future__ import annotations

import io
import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.errors import DataError
from outreach.sources.json_rows import CHUNK, read_json
from outreach.sources.records import RawRow


def rows(text: str) -> list[RawRow]:
    return list(read_json(io.StringIO(text), "orders.json"))


def ids(text: str) -> list[Any]:
    return [row.values.get("id") for row in rows(text)]


FORMS = [
    '{"id": 1}\n{"id": 2}\n',
    '{"id": 1}\n\n{"id": 2}',
    '[{"id": 1}, {"id": 2}]',
    '\n[\n  {\n    "id": 1\n  },\n  {"id": 2}\n]\n',
    '{"orders": [{"id": 1}, {"id": 2}]}',  # as interfaces answer
    '{"next": null, "count": 2,\n "orders": [{"id": 1},\n {"id": 2}]}',
]


@pytest.mark.parametrize("text", FORMS)
def test_rows_in_every_form(text: str) -> None:
    assert ids(text) == [1, 2]


def test_one_object_is_one_row_even_with_a_list_inside() -> None:
    assert ids('{"id": 1, "lines": [{"sku": "a"}]}') == [1]
    assert ids('{\n"id": 1,\n"lines": [{"sku": "a"}]\n}') == [1]


def test_parts_of_parts_have_names_with_points() -> None:
    (row,) = rows('{"id": 1, "customer": {"address": {"zip": "1"}, "tags": ["a"]}, "note": {}}')
    assert row.values == {
        "id": 1,
        "customer.address.zip": "1",
        "customer.tags": ["a"],
        "note": {},
    }


def test_amounts_are_exact() -> None:
    (row,) = rows('{"id": 1, "total": 0.1}')
    assert row.values["total"] == Decimal("0.1")


def test_lines_are_counted() -> None:
    assert [row.line for row in rows('{"id": 1}\n\n{"id": 2}\n')] == [1, 3]
    assert [row.line for row in rows('[\n{"id": 1},\n\n{"id":\n2}, {"id": 3}]')] == [2, 4, 5]


@pytest.mark.parametrize(
    ("text", "line", "why"),
    [
        ('{"id": 1}\n{"id": 2\n{"id": 3}\n', 2, "is not JSON"),
        ('{"id": \n{"id": 1}\n{"id": 3}\n', 1, "is not JSON"),  # the first line, too
        ('{"id": 1}\n[2]\n{"id": 3}\n', 2, "is not an object"),
        ('[{"id": 1}, 2, {"id": 3}]', 1, "is not an object"),
    ],
)
def test_a_broken_line_costs_only_itself(text: str, line: int, why: str) -> None:
    found = rows(text)
    broken = [row for row in found if row.broken]
    assert [row.line for row in broken] == [line]
    assert why in broken[0].broken
    assert len(found) == 3


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is empty"),
        (" \n ", "is empty"),
        ('[{"id": 1}, {"id": 2', "line 1: the list is no JSON"),
        ('[\n{"id": 1},\n{"id" 2},\n{"id": 3}]', "line 3: the list is no JSON"),
        ('{"id": \n nothing', "line 1: this is neither JSON nor"),
        ("[" * 100_000, "the list is no JSON"),  # no stack has room for that
    ],
)
def test_what_cannot_be_read_on_is_refused(text: str, said: str) -> None:
    with pytest.raises(DataError, match=said):
        rows(text)


def test_what_came_before_the_break_is_handed_on() -> None:
    found = read_json(io.StringIO('[{"id": 1}, {"id": 2}, {"id"'), "orders.json")
    assert [next(found).values["id"], next(found).values["id"]] == [1, 2]
    with pytest.raises(DataError):
        next(found)


values = st.one_of(st.integers(), st.text(max_size=20), st.none(), st.booleans())
objects = st.dictionaries(st.sampled_from("abcd"), values, min_size=1)


@given(st.lists(objects, min_size=1, max_size=5), st.sampled_from([None, 1]), st.integers(0, 80))
def test_a_list_is_read_whole_wherever_the_pieces_end(
    content: list[dict[str, Any]], indent: int | None, before: int
) -> None:
    # the first piece ends somewhere among the objects
    text = "[" + " " * (CHUNK - before) + json.dumps(content, indent=indent)[1:]
    assert [row.values for row in rows(text)] == content
