"""The `sources:` block: folders and databases, each with a mapping or a kind."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from textwrap import dedent
from zoneinfo import ZoneInfo

import pytest

from outreach.errors import DataError, Problem
from outreach.model import Kind
from outreach.rules.catalogue import Catalogue
from outreach.rules.yaml_source import read
from outreach.sources.settings import (
    DatabaseSettings,
    FolderSettings,
    SourceSettings,
    read_map_file,
    read_sources,
)

BERLIN = ZoneInfo("Europe/Berlin")


def settings(text: str, folder: Path) -> tuple[tuple[SourceSettings, ...], list[Problem]]:
    problems: list[Problem] = []
    node = read(dedent(text).lstrip(), "outreach.yaml", problems)
    sources = read_sources(node, Catalogue(), zone=BERLIN, folder=folder, problems=problems)
    return sources, problems


def test_a_folder_and_a_database(tmp_path: Path) -> None:
    (tmp_path / "maps").mkdir()
    (tmp_path / "maps" / "desk.yaml").write_text("ticket: {fields: {id: no}}", encoding="utf-8")
    sources, problems = settings(
        """
        shop:
          folder: inbox/orders
          files: ["*.csv"]
          kind: order
        desk:
          database: env:DESK_URL
          table: tickets
          overlap: 1 hour
          map: maps/desk.yaml
        crm:
          database: sqlite:///crm.db
          query: SELECT * FROM people
          map: {customer: {fields: {id: no}}}
        """,
        tmp_path,
    )
    assert not problems
    shop, desk, crm = sources
    assert (shop.name, shop.place) == (
        "shop",
        FolderSettings(tmp_path / "inbox/orders", ("*.csv",)),
    )
    assert (shop.columns.kind, shop.columns.zone) == (Kind.ORDER, BERLIN)
    assert desk.place == DatabaseSettings("env:DESK_URL", "tickets", overlap=timedelta(hours=1))
    assert desk.columns.mapping
    assert desk.columns.mapping.main.kind is Kind.TICKET
    assert crm.place == DatabaseSettings("sqlite:///crm.db", query="SELECT * FROM people")
    assert crm.columns.mapping
    assert crm.columns.mapping.main.kind is Kind.CUSTOMER


def test_how_old_data_may_get_is_said_for_all_or_for_one(tmp_path: Path) -> None:
    problems: list[Problem] = []
    text = """
    shop: {folder: a, map: {order: {fields: {id: no}}, customer: {fields: {id: who}}}}
    crm: {folder: b, kind: customer, source_max_age: 2 days}
    """
    node = read(dedent(text), "outreach.yaml", problems)
    hour = timedelta(hours=1)
    shop, crm = read_sources(
        node, Catalogue(), zone=BERLIN, folder=tmp_path, problems=problems, max_age=hour
    )
    assert not problems
    assert (shop.max_age, shop.kinds) == (hour, {Kind.ORDER, Kind.CUSTOMER})
    assert (crm.max_age, crm.kinds) == (timedelta(days=2), {Kind.CUSTOMER})


def test_no_sources_are_no_mistake(tmp_path: Path) -> None:
    problems: list[Problem] = []
    found = read_sources(None, Catalogue(), zone=BERLIN, folder=tmp_path, problems=problems)
    assert (found, problems) == ((), [])


MISTAKES = [
    ("a: {kind: order}", "E005", "needs either `folder:` or `database:`"),
    ("a: {folder: x, database: y, kind: order}", "E005", "needs either `folder:` or"),
    ("a: {folder: x}", "E005", "needs `map:`, or `kind:`"),
    ("a: {folder: x, kind: orders}", "E010", "Did you mean `order`?"),
    ("a: {folder: x, kind: order, table: t}", "E010", "`table` goes with `database:`"),
    ("a: {database: x, kind: order}", "E005", "needs either `table:` or `query:`"),
    ("a: {database: x, table: t, kind: order, files: y}", "E010", "`files` goes with `folder:`"),
    ("a: {database: x, query: DELETE FROM t, kind: order}", "E010", "starts with SELECT"),
    ("a: {database: x, table: t, kind: order, overlap: 1 business day}", "E010", "no calendars"),
    ("a: {folder: x, kind: order, source_max_age: 2 business days}", "E010", "no calendars"),
    ("a: {folder: x, kind: order, source_max_age: soon}", "E010", "is not a duration"),
    ("a: {folder: x, kind: order, map: {order: {fields: {id: a}}}}", "E010", "leave `kind` out"),
    ("a: {folder: x, map: gone.yaml}", "E204", "the mapping"),
    ("a: {folder: x, map: [b]}", "E004", "`map` is a file's name"),
    ("a: {folder: x, map: {order: {fields: {id: a, colour: b}}}}", "E201", "no field `colour`"),
    ("a: {foldr: x}", "E003", "Did you mean `folder`?"),
]


@pytest.mark.parametrize(("text", "code", "said"), MISTAKES)
def test_a_mistake_is_told_with_its_place(tmp_path: Path, text: str, code: str, said: str) -> None:
    _, problems = settings(text, tmp_path)
    assert (problems[0].code, problems[0].file, problems[0].line) == (code, "outreach.yaml", 1)
    assert said in problems[0].message


def test_mistakes_in_a_mapping_file_stand_there(tmp_path: Path) -> None:
    (tmp_path / "m.yaml").write_text("order:\n  fields: {id: a, colour: b}\n", encoding="utf-8")
    _, problems = settings("a: {folder: x, map: m.yaml}", tmp_path)
    assert [(problem.file, problem.line) for problem in problems] == [(str(tmp_path / "m.yaml"), 2)]


def test_a_mapping_file_that_is_not_there_or_not_text(tmp_path: Path) -> None:
    problems: list[Problem] = []
    with pytest.raises(DataError, match="cannot be read: No such file"):
        read_map_file(tmp_path / "gone.yaml", Catalogue(), BERLIN, problems)
    (tmp_path / "latin.yaml").write_bytes(b"zone: \xfc")
    assert read_map_file(tmp_path / "latin.yaml", Catalogue(), BERLIN, problems) is None
    assert [problem.code for problem in problems] == ["E007"]


def test_an_address_comes_from_the_environment() -> None:
    place = DatabaseSettings("env:DESK_URL", "tickets")
    assert place.url({"DESK_URL": " sqlite:///desk.db\n"}) == "sqlite:///desk.db"
    with pytest.raises(DataError, match="DESK_URL is not set"):
        place.url({})
