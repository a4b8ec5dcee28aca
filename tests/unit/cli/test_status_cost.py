"""Status is asked all day, by people and by monitors: it has to stay cheap."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

HEAVY = ("sqlalchemy", "sqlmodel", "jinja2", "alembic", "fastapi", "babel", "phonenumbers", "lark")
BARE = """
import typer
app = typer.Typer()
@app.command()
def one(): "The first."
@app.command()
def two(): "The second."
app()
"""
OURS = "from outreach.cli import main; main()"
LOADED = f"""
import sys
from outreach.cli import main
try:
    main(["status"])
except SystemExit:
    print([name for name in {HEAVY} if name in sys.modules])
"""


def _run(folder: Path, *words: str) -> tuple[float, str]:
    """Run Python; return the CPU seconds it took, and what it printed last."""
    before = os.times()
    done = subprocess.run(
        [sys.executable, *words], cwd=folder, capture_output=True, text=True, check=False
    )
    after = os.times()
    spent = (after.children_user - before.children_user) + (
        after.children_system - before.children_system
    )
    return spent, done.stdout.strip().rpartition("\n")[2]


@pytest.fixture
def used(held: Path, cli: Any) -> Path:
    """A workspace in which something has happened, so that there is something to tell."""
    cli("pause", "--rule", "late", "--reason", "x")
    return held


def test_status_costs_at_most_two_and_a_half_times_the_help_of_a_bare_app(used: Path) -> None:
    # least of several turns about: what else runs on the machine only ever adds
    ours, bare = [], []
    for _ in range(5):
        bare.append(_run(used, "-c", BARE, "--help")[0])
        ours.append(_run(used, "-c", OURS, "status")[0])
    assert min(ours) <= 2.5 * min(bare)


def test_status_loads_nothing_heavy(used: Path) -> None:
    assert _run(used, "-c", LOADED)[1] == "[]"
