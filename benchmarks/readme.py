"""The README beside these files: its tables are written anew by full runs."""

from __future__ import annotations

import os
import platform
import sqlite3
from collections.abc import Sequence
from pathlib import Path

from benchmarks.figures import Figure, table

README = Path(__file__).with_name("README.md")
#: what is written anew stands between marks of this name
MEASURED, CRASHES, COUPONS, BACKTEST = "measured", "crashes", "coupons", "backtest"
BEGIN, END = f"<!-- {MEASURED} -->", f"<!-- /{MEASURED} -->"


def write_readme(figures: Sequence[Figure], machine: str) -> None:
    """Put the figures where the README shows them."""
    write_block(MEASURED, f"{machine}\n\n{table(figures)}")


def write_block(name: str, words: str) -> None:
    """Put words between the marks of a name."""
    begin, end = f"<!-- {name} -->", f"<!-- /{name} -->"
    before, rest = README.read_text("utf-8").split(begin)
    after = rest.split(end)[1]
    README.write_text(f"{before}{begin}\n{words}\n{end}{after}", "utf-8")


def describe_machine(day: str, postgres: str) -> str:
    """Return a note of when and on what something was measured."""
    parts = [
        f"{os.cpu_count()} processors",
        f"Python {platform.python_version()}",
        f"SQLite {sqlite3.sqlite_version}",
        *([f"PostgreSQL {postgres}"] if postgres else []),
    ]
    return f"Measured on {day}: {', '.join(parts)}."
