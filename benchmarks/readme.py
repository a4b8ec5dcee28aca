"""The README beside these files: its table is written anew by a full run."""

from __future__ import annotations

import os
import platform
import sqlite3
from collections.abc import Sequence
from pathlib import Path

from benchmarks.figures import Figure, table

README = Path(__file__).with_name("README.md")
BEGIN, END = "<!-- measured -->", "<!-- /measured -->"


def write_readme(figures: Sequence[Figure], machine: str) -> None:
    """Put the figures where the README shows them."""
    before, rest = README.read_text("utf-8").split(BEGIN)
    after = rest.split(END)[1]
    block = f"{BEGIN}\n{machine}\n\n{table(figures)}\n{END}"
    README.write_text(f"{before}{block}{after}", "utf-8")


def describe_machine(day: str, postgres: str) -> str:
    """Return a note of when and on what something was measured."""
    parts = [
        f"{os.cpu_count()} processors",
        f"Python {platform.python_version()}",
        f"SQLite {sqlite3.sqlite_version}",
        *([f"PostgreSQL {postgres}"] if postgres else []),
    ]
    return f"Measured on {day}: {', '.join(parts)}."
