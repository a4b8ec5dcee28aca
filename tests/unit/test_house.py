"""The house style that a machine can check: one clock, plain names, opening words, small files."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("outreach", "tests", "benchmarks")
MOST_LINES = 400
#: a migration is history: written once, mostly by Alembic, as long as the tables are many
HISTORY = Path("outreach/store/migrations/versions")

#: ways to ask the machine what time it is, which only outreach/clock.py may take
#: (time.monotonic measures how long something took, and is free)
CLOCKS = {
    "datetime.datetime.now",
    "datetime.datetime.utcnow",
    "datetime.datetime.today",
    "datetime.date.today",
    "time.time",
    "time.time_ns",
    "time.localtime",
    "time.gmtime",
    "sqlalchemy.func.now",
    "sqlalchemy.func.current_timestamp",
    "sqlmodel.func.now",
}
#: names that say nothing about what is inside
EMPTY_NAMES = {
    "base",
    "common",
    "helper",
    "helpers",
    "manager",
    "managers",
    "misc",
    "util",
    "utils",
}


def clock_readings(source: str) -> Iterator[str]:
    """Yield `line: name` for each use of the machine's clock, however it was imported."""
    tree = ast.parse(source)
    names = dict(_imported_names(tree))
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute | ast.Name):
            first, dot, rest = ast.unparse(node).partition(".")
            dotted = names.get(first, first) + dot + rest
            if dotted in CLOCKS:
                yield f"{node.lineno}: {dotted}"


def _imported_names(tree: ast.AST) -> Iterator[tuple[str, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.asname:
                    yield alias.asname, alias.name
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                yield alias.asname or alias.name, f"{node.module}.{alias.name}"


def empty_names(path: Path, source: str) -> list[str]:
    """Return the words of EMPTY_NAMES in a module's path and in the names of its classes."""
    classes = [node.name for node in ast.walk(ast.parse(source)) if isinstance(node, ast.ClassDef)]
    words = re.findall(r"[A-Z]?[a-z]+", " ".join([*path.with_suffix("").parts, *classes]))
    return [word for word in words if word.lower() in EMPTY_NAMES]


def _read(*folders: str) -> dict[Path, str]:
    return {
        path.relative_to(ROOT): path.read_text("utf-8")
        for folder in folders
        for path in sorted((ROOT / folder).rglob("*.py"))
    }


def test_only_the_clock_asks_what_time_it_is() -> None:
    sources = _read("outreach")
    assert list(clock_readings(sources.pop(Path("outreach/clock.py"))))
    readings = [
        f"{path}:{reading}"
        for path, source in sources.items()
        for reading in clock_readings(source)
    ]
    assert not readings, "`now` is an argument; take it from the caller:\n" + "\n".join(readings)


def test_names_say_what_is_inside() -> None:
    found = {path: empty_names(path, source) for path, source in _read("outreach").items()}
    assert not {str(path): words for path, words in found.items() if words}


def test_files_open_with_their_subject() -> None:
    silent = [
        str(p) for p, text in _read(*FOLDERS).items() if not ast.get_docstring(ast.parse(text))
    ]
    assert not silent, "a file opens with a docstring that says what it is for"


def test_files_stay_small() -> None:
    lengths = {
        str(path): len(text.splitlines())
        for path, text in _read(*FOLDERS).items()
        if not path.is_relative_to(HISTORY)
    }
    long = {path: lines for path, lines in lengths.items() if lines > MOST_LINES}
    assert not long, f"more than {MOST_LINES} lines: find the two subjects in it"


@pytest.mark.parametrize(
    "source",
    [
        "from datetime import datetime\ndatetime.now(UTC)",
        "import datetime\ndatetime.datetime.utcnow()",
        "import datetime as dt\ndt.datetime.now(dt.UTC)",  # renamed module
        "from datetime import datetime as D\nD.today()",  # renamed class
        "from datetime import date\ndate.today()",
        "import time\ntime.time()",
        "from time import time\ntime()",
        "from datetime import datetime\nfield(default_factory=datetime.now)",  # not even called
        "from sqlmodel import func\nselect(func.now())",  # the database's clock
    ],
)
def test_a_reading_of_the_clock_is_found(source: str) -> None:
    assert len(list(clock_readings(source))) == 1


@pytest.mark.parametrize(
    "source",
    [
        "import time\ntime.monotonic()",  # how long, not when
        "clock.now()",  # ours
        "from datetime import datetime\ndatetime.fromisoformat(text)",
        "def judge(now): return now",
    ],
)
def test_what_is_no_reading_of_the_clock_is_left_alone(source: str) -> None:
    assert list(clock_readings(source)) == []


@pytest.mark.parametrize(
    ("path", "source", "expected"),
    [
        ("outreach/utils.py", "", ["utils"]),
        ("outreach/store/common/rows.py", "", ["common"]),
        ("outreach/date_helpers.py", "", ["helpers"]),
        ("outreach/store/rows.py", "class RowManager: ...", ["Manager"]),
        ("outreach/database.py", "class Baseline: ...", []),  # only begins with one
        ("outreach/store/rows.py", "from pydantic import BaseModel", []),  # theirs
    ],
)
def test_an_empty_name_is_found(path: str, source: str, expected: list[str]) -> None:
    assert empty_names(Path(path), source) == expected
