"""Rows of another database: page by page, from where we were, and never written to."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, text

from outreach.errors import DataError
from outreach.sources.database import DatabaseRows, open_database


@pytest.fixture
def shop(database_url: str) -> Iterator[Engine]:
    engine = create_engine(database_url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE orders (no INTEGER, state TEXT, changed TIMESTAMP)"))
    yield engine
    engine.dispose()


def add(shop: Engine, *rows: tuple[int, str, str | None]) -> None:
    with shop.begin() as connection:
        for no, state, changed in rows:
            connection.execute(
                text("INSERT INTO orders VALUES (:no, :state, :changed)"),
                {"no": no, "state": state, "changed": changed},
            )


def url_of(shop: Engine) -> str:
    return shop.url.render_as_string(hide_password=False)


def read(shop: Engine, *, page: int = 2, start: Any = None, **asked: str) -> list[int]:
    """Return the numbers of the orders in the order they come in."""
    with open_database(url_of(shop), **(asked or {"name": "orders"})) as rows:
        rows.changed, rows.key, rows.start, rows.page = "changed", "no", start, page
        return [row.values["no"] for row in rows]


def test_pages_follow_time_and_then_key(shop: Engine) -> None:
    # more rows of one time than fit a page
    add(shop, *((no, "paid", "2026-11-20 10:00:00") for no in (5, 1, 4, 2, 3)))
    add(shop, (9, "paid", "2026-11-20 09:00:00"), (8, "paid", "2026-11-20 11:00:00"))
    assert read(shop) == [9, 1, 2, 3, 4, 5, 8]


def test_rows_without_a_time_are_read_every_time(shop: Engine) -> None:
    add(shop, (1, "paid", "2026-11-20 10:00:00"), (2, "paid", None))
    with open_database(url_of(shop), name="orders") as rows:
        rows.changed, rows.key = "changed", "no"
        list(rows)
        rows.start = rows.newest
        assert [row.values["no"] for row in rows] == [2, 1]


def test_a_query_is_read_like_a_table(shop: Engine) -> None:
    add(shop, (1, "paid", "2026-11-20 10:00:00"), (2, "draft", "2026-11-20 10:00:00"))
    add(shop, (3, "paid", "2026-11-20 10:00:01"))
    query = "SELECT no, changed FROM orders WHERE state = 'paid' ORDER BY no DESC;"
    assert read(shop, query=query, page=1) == [1, 3]
    with open_database(url_of(shop), query=query) as rows:
        assert rows.columns == ["no", "changed"]


@pytest.mark.parametrize("asked", [{"name": "orders"}, {"query": "SELECT * FROM orders"}])
def test_reading_goes_on_from_a_time(shop: Engine, asked: dict[str, str]) -> None:
    add(shop, (1, "paid", "2026-11-20 10:00:00"), (2, "paid", "2026-11-20 11:00:00"))
    with open_database(url_of(shop), **asked) as rows:
        rows.changed, rows.key = "changed", "no"
        assert len(list(rows)) == 2
        newest = rows.newest
    add(shop, (3, "paid", "2026-11-20 11:00:00"), (4, "paid", "2026-11-20 12:00:00"))
    assert read(shop, start=newest, **asked) == [2, 3, 4]


def test_without_a_time_all_rows_come_by_key(shop: Engine) -> None:
    add(shop, *((no, "paid", None) for no in (3, 1, 2)))
    with open_database(url_of(shop), name="orders") as rows:
        rows.key, rows.page = "no", 2
        assert [row.values["no"] for row in rows] == [1, 2, 3]


def test_without_a_key_all_rows_come_at_once(shop: Engine) -> None:
    add(shop, *((no, "paid", f"2026-11-20 1{no}:00:00") for no in (3, 1, 2)))
    with open_database(url_of(shop), name="orders") as rows:
        rows.changed, rows.page = "changed", 2
        assert [row.values["no"] for row in rows] == [1, 2, 3]


def test_nothing_can_be_written(shop: Engine) -> None:
    def write(rows: DatabaseRows) -> None:
        rows.connection.execute(text("DELETE FROM orders"))

    add(shop, (1, "paid", None))
    with pytest.raises(DataError, match=r"(?i)read-?only"):  # noqa: SIM117
        with open_database(url_of(shop), name="orders") as rows:
            write(rows)
    assert read(shop) == [1]


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"name": "tickets"}, "no table or view `tickets`"),
        ({"query": "SELECT nothing FROM orders"}, "cannot be read: .*nothing"),
        ({"query": "SELECT no FROM orders WHERE"}, "cannot be read: "),
    ],
)
def test_what_cannot_be_asked_is_told(shop: Engine, asked: dict[str, str], said: str) -> None:
    with pytest.raises(DataError, match=said):
        read(shop, **asked)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("sqlite:///gone.db", "there is no database file"),  # and none is made
        ("nonsense", "not the address of a database"),
        ("postgresql://nobody@127.0.0.1:1/none", "cannot be read"),
        ("oracle://x@y/z", "driver"),
        ("klingon://x@y/z", "no such kind of database: klingon"),
    ],
)
def test_what_cannot_be_reached_is_told(tmp_path: Path, url: str, said: str) -> None:
    with pytest.raises(DataError, match=said):  # noqa: SIM117
        with open_database(url, name="orders", folder=tmp_path):
            pass
    assert list(tmp_path.iterdir()) == []
