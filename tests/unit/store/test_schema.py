"""The schema: migrations and models say the same, and a database that is another is not touched."""

from __future__ import annotations

import sqlite3
from contextlib import suppress
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, insert, inspect, select, text
from sqlalchemy.exc import DBAPIError

from outreach.errors import StoreError
from outreach.store.database import SCHEMA_VERSION, Store, open_store, schema_version
from outreach.store.frames import table_of
from outreach.store.migrating import METADATA, alembic_config
from outreach.store.subjects import Customer

ANA = {"id": "C-1", "open_tickets": 0}


def test_the_migrated_schema_is_the_one_of_the_models(store: Store) -> None:
    with store.write() as connection:
        options = {"compare_type": True, "compare_server_default": True}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, METADATA) == []


def test_indexes_cover_part_of_a_table_where_the_models_say_so(store: Store) -> None:
    """Alembic does not compare what a partial index covers."""
    with store.read() as connection:
        for table in METADATA.sorted_tables:
            found = inspect(connection).get_indexes(table.name)
            partial = {i["name"] for i in found if _covered(i, store)}
            assert partial == {i.name for i in table.indexes if _covered(i, store)}, table.name


def _covered(index: object, store: Store) -> bool:
    options = index["dialect_options"] if isinstance(index, dict) else index.dialect_kwargs
    return options.get(f"{store.engine.dialect.name}_where") is not None


def test_the_schema_version_is_the_newest_migration() -> None:
    assert ScriptDirectory.from_config(alembic_config(None)).get_heads() == [SCHEMA_VERSION]


def test_a_new_sqlite_file_gets_its_tables_by_itself(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path / 'folder' / 'new.db'}")
    assert schema_version(store) == SCHEMA_VERSION
    assert _tables(store) == {*METADATA.tables, "alembic_version"}
    store.close()


def test_an_upgrade_can_be_refused_and_nothing_is_made_then(database_url: str) -> None:
    with pytest.raises(StoreError, match=r"has schema none, .* needs .*`outreach doctor --fix`"):
        open_store(database_url, upgrade=False)
    assert _tables_at(database_url) == set()


@pytest.mark.parametrize("database_kind", [pytest.param("postgres", marks=pytest.mark.postgres)])
def test_a_process_that_stands_still_keeps_no_locks_for_ever(store: Store) -> None:
    asked = text("SHOW idle_in_transaction_session_timeout")
    for _ in range(2):  # also when the connection is used again
        with store.read() as connection:
            assert connection.execute(asked).scalar() == "5min"
        with store.write() as connection:
            assert connection.execute(asked).scalar() == "5min"


@pytest.mark.parametrize("database_kind", ["postgres"])
def test_postgres_is_upgraded_only_on_command(database_url: str) -> None:
    with pytest.raises(StoreError, match=r"has schema none, .* needs .*`outreach doctor --fix`"):
        open_store(database_url)
    assert _tables_at(database_url) == set()
    store = open_store(database_url, upgrade=True)
    assert _tables(store) == {*METADATA.tables, "alembic_version"}
    store.close()
    open_store(database_url).close()


def test_opening_again_keeps_what_is_there(store: Store) -> None:
    with store.write() as connection:
        connection.execute(insert(table_of(Customer)).values(ANA))
    again = open_store(store.engine.url.render_as_string(hide_password=False))
    assert _customers(again) == ["C-1"]
    again.close()


@pytest.mark.parametrize("upgrade", [None, True, False])
def test_a_database_of_a_newer_version_is_refused(store: Store, upgrade: bool | None) -> None:
    with store.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    url = store.engine.url.render_as_string(hide_password=False)
    with pytest.raises(StoreError, match=r"schema 9999.* newer .*install") as refused:
        open_store(url, upgrade=upgrade)
    assert "doctor --fix" not in str(refused.value), "no upgrade leads backwards"
    assert schema_version(store) == "9999"


@pytest.mark.parametrize(
    ("url", "said"),
    [
        # a folder where the file should be
        ("sqlite:///{folder}", "cannot be opened: unable to open database file"),
        # something else than a database
        ("sqlite:///{folder}/notes.txt", "cannot be opened: file is not a database"),
        # nobody listens there
        ("postgresql://ana@127.0.0.1:1/outreach", "cannot be opened: connection failed"),
        # a database we do not speak with
        ("mysql://ana@localhost/outreach", "cannot use a mysql database: write sqlite:///"),
    ],
)
def test_what_cannot_be_opened_is_told_in_a_line(tmp_path: Path, url: str, said: str) -> None:
    (tmp_path / "notes.txt").write_text("This is a note about something else.\n" * 50)
    with pytest.raises(StoreError) as refused:
        open_store(url.format(folder=tmp_path))
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_sqlite_keeps_what_was_committed_through_a_power_cut(store: Store) -> None:
    with store.read() as connection:
        assert connection.execute(text("PRAGMA journal_mode")).scalar() == "wal"
        assert connection.execute(text("PRAGMA synchronous")).scalar() == 2  # FULL


def test_reading_cannot_write(store: Store) -> None:
    with pytest.raises((RuntimeError, DBAPIError), match="read"), store.read() as connection:
        connection.execute(insert(table_of(Customer)).values(ANA))
    assert _customers(store) == []


def _made(connection: Connection) -> None:
    connection.execute(text("CREATE TEMPORARY TABLE IF NOT EXISTS mine (id TEXT)"))


def test_reading_can_write_to_its_own_temporary_tables_alone(store: Store) -> None:
    with store.read(temporary=_made) as connection:
        connection.execute(text("INSERT INTO mine VALUES ('C-1')"))
        assert connection.execute(text("SELECT id FROM mine")).scalar() == "C-1"
    # PostgreSQL refuses at once, SQLite undoes it
    with suppress(DBAPIError), store.read(temporary=_made) as connection:
        assert connection.execute(text("SELECT id FROM mine")).all() == []
        connection.execute(insert(table_of(Customer)).values(ANA))
    assert _customers(store) == []


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_temporary_tables_do_not_make_sqlite_forget_what_it_compiled(store: Store) -> None:
    compiled: list[int] = []

    def authorize(action: int, *_: object) -> int:  # asked while a statement is compiled
        compiled.append(action)
        return sqlite3.SQLITE_OK

    def ask(question: str) -> bool:
        """Ask something; return whether it had to be compiled."""
        compiled.clear()
        with store.read() as connection:
            connection.execute(text(question)).all()
        return sqlite3.SQLITE_SELECT in compiled

    with store.read(temporary=_made) as connection:
        connection.connection.driver_connection.set_authorizer(authorize)
    assert ask("SELECT id FROM customers")
    with store.read(temporary=_made) as connection:
        connection.execute(text("INSERT INTO mine VALUES ('C-1')"))
    assert not ask("SELECT id FROM customers")
    assert ask("SELECT name FROM customers")


def test_reading_leaves_no_bar_behind(store: Store) -> None:
    """The pool hands the same connection to the next who asks."""
    with store.read():
        pass
    with store.write() as connection:
        connection.execute(insert(table_of(Customer)).values(ANA))
    assert _customers(store) == ["C-1"]


def test_reading_sees_one_moment(store: Store) -> None:
    with store.read() as connection:
        assert connection.execute(select(table_of(Customer).c.id)).all() == []
        with store.write() as other:
            other.execute(insert(table_of(Customer)).values(ANA))
        assert connection.execute(select(table_of(Customer).c.id)).all() == []


def test_an_error_undoes_all_that_was_written(store: Store) -> None:
    with pytest.raises(DBAPIError), store.write() as connection:
        connection.execute(insert(table_of(Customer)), [ANA, ANA])
    assert _customers(store) == []


def test_an_error_after_writing_undoes_it_too(store: Store) -> None:
    with pytest.raises(ZeroDivisionError):
        _write_and_fail(store)
    assert _customers(store) == []


def _write_and_fail(store: Store) -> None:
    with store.write() as connection:
        connection.execute(insert(table_of(Customer)).values(ANA))
        raise ZeroDivisionError


def _customers(store: Store) -> list[str]:
    with store.read() as connection:
        return list(connection.execute(select(table_of(Customer).c.id)).scalars())


def _tables(store: Store) -> set[str]:
    with store.read() as connection:
        return set(inspect(connection).get_table_names())


def _tables_at(url: str) -> set[str]:
    engine = create_engine(url)
    names = set(inspect(engine).get_table_names())
    engine.dispose()
    return names
