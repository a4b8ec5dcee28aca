"""Where the database is: a file beside outreach.yaml by default, or what `database:` says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from outreach.errors import Problem, Problems
from outreach.rules import yaml_nodes
from outreach.rules.yaml_nodes import Scalar
from outreach.rules.yaml_section import Section
from outreach.rules.yaml_source import read
from outreach.workspace.files import SETTINGS, read_settings_text
from outreach.workspace.secrets import value_of, variable_of

DEFAULT = "sqlite:///outreach.db"
_SQLITE = "sqlite:///"


@dataclass(frozen=True)
class DatabaseSetting:
    """What `database:` says; `written` is None when the file does not say anything."""

    written: Scalar | None = None

    def url(self, folder: Path, env: Mapping[str, str]) -> str:
        """Return the SQLAlchemy URL; a file without a root lies in the workspace's folder.

        Raises Problems when it is `env:NAME` and NAME is not set.
        """
        text = value_of(self.written, env) if self.written else DEFAULT
        if "://" not in text:
            text = _SQLITE + text
        if not text.startswith(_SQLITE):
            return text
        path, mark, options = text.removeprefix(_SQLITE).partition("?")
        return f"{_SQLITE}{folder.resolve() / path}{mark}{options}"


def read_database(section: Section) -> DatabaseSetting:
    """Read `database:`, its form checked but not opened."""
    scalar = section.scalar("database")
    if scalar:
        section.parsed_scalar(scalar, _check)
    return DatabaseSetting(scalar)


def find_database(folder: Path, env: Mapping[str, str]) -> str:
    """Return the URL of a workspace's database, whatever else is wrong with its settings.

    For commands that look at what happens while somebody edits. Raises Problems, NoWorkspace.
    """
    problems: list[Problem] = []
    root = read(read_settings_text(folder), SETTINGS, problems)
    if root is None:
        raise Problems(problems)
    found: list[Problem] = []
    section = Section(_only(root, "database"), SETTINGS, ["database"], found)
    setting = read_database(section)
    if found:
        raise Problems(found)
    return setting.url(folder, env)


def _only(root: yaml_nodes.Mapping, key: str) -> yaml_nodes.Mapping:
    entries = tuple((name, value) for name, value in root.entries if name.text == key)
    return yaml_nodes.Mapping(root.source, root.line, root.column, root.width, entries)


def _check(text: str) -> None:
    if variable_of(text) is not None:
        return
    scheme, separator, rest = text.partition("://")
    if not separator:
        if not text.endswith((".db", ".sqlite", ".sqlite3")):
            raise ValueError(
                f"`{text}` is not a database: write a file such as outreach.db,"
                " an address such as postgresql://host/name, or env:NAME"
            )
    elif scheme.partition("+")[0] not in ("sqlite", "postgresql"):
        raise ValueError(f"cannot use a {scheme} database: SQLite and PostgreSQL are known")
    elif scheme == "sqlite" and (not rest.startswith("/") or rest in ("/", "/:memory:")):
        raise ValueError("the database must be a file: write for example sqlite:///outreach.db")
