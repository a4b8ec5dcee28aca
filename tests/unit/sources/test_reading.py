"""A source read whole: rows and faults in order, and a word on what was not used."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from outreach.errors import DataError, Problem
from outreach.model import Kind
from outreach.rules.catalogue import Catalogue
from outreach.sources.map_reading import read_map
from outreach.sources.reading import Columns, RowResult, read_file

CATALOGUE = Catalogue()
UTC = ZoneInfo("UTC")


def columns(text: str = "", kind: Kind | None = Kind.ORDER) -> Columns:
    problems: list[Problem] = []
    mapping = read_map(text, "m.yaml", CATALOGUE, UTC, problems) if text else None
    assert not problems
    return Columns(CATALOGUE, UTC, mapping, kind)


def read(path: Path, how: Columns) -> tuple[Sequence[RowResult], list[str]]:
    with read_file(path, how) as rows:
        results = list(rows)
    return results, rows.notes()


def test_good_rows_and_faults_come_in_their_order(tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    path.write_text("id,status\n1,placed\n2,lost\n3\n4,shipped\n", encoding="utf-8")
    results, notes = read(path, columns())
    assert [result.fault.line if result.fault else None for result in results] == [
        None,
        3,
        4,
        None,
    ]
    assert [record.id for result in results for record in result.records] == ["1", "4"]
    assert notes == []


def test_columns_that_nobody_reads_are_told_once(tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    path.write_text("id,colour,secret,reject_reason\n1,red,x,\n2,blue,y,\n", encoding="utf-8")
    _, notes = read(path, columns("ignore: secret\norder: {fields: {id: id}}"))
    assert notes == ["not used: colour"]


def test_columns_of_json_are_known_at_the_end(tmp_path: Path) -> None:
    path = tmp_path / "orders.jsonl"
    path.write_text('{"id": 1, "a": 1}\n{"id": 2, "b": {"c": 1}}\n', encoding="utf-8")
    _, notes = read(path, columns("order: {fields: {id: id, carrier: by}}"))
    assert notes == ["not used: a, b.c", "in the mapping, but in no row: by"]


def test_a_column_the_file_does_not_have_is_found_before_anything_is_read(tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    path.write_text("order_id,state\n1,placed\n", encoding="utf-8")
    mapping = "order: {fields: {id: order_idd, status: state}}"
    said = r"orders.csv has no column `order_idd` \(did you mean `order_id`\?\) for order.id"
    with pytest.raises(DataError, match=said):
        read(path, columns(mapping))


def test_joined_columns_are_columns_too(tmp_path: Path) -> None:
    (tmp_path / "orders.csv").write_text("id,buyer\n1,7\n", encoding="utf-8")
    (tmp_path / "people.csv").write_text("buyer,mail\n7,ana@example.com\n", encoding="utf-8")
    mapping = (
        "join: [{file: people.csv, on: buyer}]\n"
        "order: {fields: {id: id}}\ncustomer: {fields: {id: buyer, email: mail}}"
    )
    results, notes = read(tmp_path / "orders.csv", columns(mapping))
    assert {record.kind for record in results[0].records} == {Kind.CUSTOMER, Kind.ORDER}
    assert notes == []


def test_without_a_mapping_there_must_be_an_id(tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    path.write_text("colour\nred\n", encoding="utf-8")
    with pytest.raises(DataError, match="has no column for the id of the order"):
        read(path, columns())


def test_without_a_mapping_json_is_looked_at_first(tmp_path: Path) -> None:
    path = tmp_path / "orders.jsonl"
    path.write_text('{"id": 1}\n{"id": 2, "status": "placed"}\n', encoding="utf-8")
    results, _ = read(path, columns())
    assert [result.records[0].values for result in results] == [{}, {"status": "placed"}]


def test_an_empty_list_has_no_rows_and_no_fault(tmp_path: Path) -> None:
    path = tmp_path / "orders.json"
    path.write_text("[]", encoding="utf-8")
    assert read(path, columns()) == ([], [])


def test_json_that_is_broken_from_the_start_is_said_to_be(tmp_path: Path) -> None:
    path = tmp_path / "orders.json"
    path.write_text("[{]", encoding="utf-8")
    with pytest.raises(DataError, match="the list is no JSON"):
        read(path, columns())
