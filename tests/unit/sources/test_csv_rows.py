"""CSV as it comes: delimiters, lines in values, broken rows that cost only themselves."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.errors import DataError
from outreach.sources.csv_rows import LONGEST_VALUE, read_csv
from outreach.sources.records import RawRow


def rows(text: str) -> list[RawRow]:
    return list(read_csv(io.StringIO(text, newline=""), "orders.csv")[1])


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_delimiters_and_line_ends_are_found_out(delimiter: str, end: str) -> None:
    text = end.join([f"id{delimiter} name ", f"1{delimiter}Ana", f"2{delimiter}Bo", ""])
    columns, found = read_csv(io.StringIO(text, newline=""), "orders.csv")
    assert columns == ["id", "name"]
    assert list(found) == [
        RawRow(2, {"id": "1", "name": "Ana"}),
        RawRow(3, {"id": "2", "name": "Bo"}),
    ]


def test_a_row_is_counted_by_the_line_it_begins_in() -> None:
    found = rows('\nid,text\n1,"two\nlines"\n\n2,"a ""b"", c"\n3,\n')
    assert [(row.line, row.values["text"]) for row in found] == [
        (3, "two\nlines"),
        (6, 'a "b", c'),
        (7, ""),
    ]


BROKEN = [
    # lines after the header, the line that is broken, why, the ids that go in
    (["1,a", "2", "3,c"], 3, "has 1 values where the file has 2 columns", ["1", "3"]),
    (["1,a", "2,b,c", "3,c"], 3, "has 3 values where the file has 2 columns", ["1", "3"]),
    (["1,a", '2,"b"x', "3,c"], 3, "a quote ends in the middle of a value", ["1", "3"]),
    (["1,a", '2,"b', "3,c", "4,d"], 3, "a quote is opened and never closed", ["1", "3", "4"]),
    # the quote of line 3 ends at that of line 5: what is between is not lost
    (["1,a", '2,"b', "3,c", '4,"d"', "5,e"], 3, "a quote", ["1", "3", "4", "5"]),
]


@pytest.mark.parametrize(("lines", "line", "why", "ids"), BROKEN)
def test_a_broken_row_costs_only_itself(
    lines: list[str], line: int, why: str, ids: list[str]
) -> None:
    found = rows("\n".join(["id,text", *lines]) + "\n")
    broken = [row for row in found if row.broken]
    assert [(row.line, row.text) for row in broken] == [(line, lines[line - 2])]
    assert why in broken[0].broken
    assert [row.values["id"] for row in found if not row.broken] == ids


def test_an_open_quote_does_not_swallow_a_long_file() -> None:
    lines = [f"{number},x" for number in range(3 * LONGEST_VALUE)]
    found = rows("\n".join(["id,text", '0,"never closed', *lines]))
    assert [row.line for row in found if row.broken] == [2]
    assert sum(not row.broken for row in found) == len(lines)


@pytest.mark.parametrize(
    ("text", "said"),
    [("", "is empty"), ("\n \n", "is empty"), ("id,a,id\n", "two columns called id")],
)
def test_a_file_without_clear_columns_is_refused(text: str, said: str) -> None:
    with pytest.raises(DataError, match=said):
        rows(text)


cells = st.text(st.characters(codec="utf-8", exclude_characters="\x00\r"), max_size=8)


@given(st.lists(st.tuples(st.just("x"), cells, cells), max_size=8))
def test_what_is_written_properly_is_read_whole(content: list[tuple[Any, ...]]) -> None:
    file = io.StringIO(newline="")
    csv.writer(file).writerows([("id", "a", "b"), *content])
    assert [tuple(row.values.values()) for row in rows(file.getvalue())] == content
