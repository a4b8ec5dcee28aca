"""A small workspace whose messages go into a folder, and a simulation of its rules."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from outreach.clock import MovingClock
from outreach.proving.scratch import make_hasty
from outreach.proving.simulation import Simulation
from outreach.releases import open_setup
from outreach.store.database import Store
from outreach.workspace import Workspace

#: a Friday, 13:00 in Berlin
START = datetime(2026, 11, 20, 12, tzinfo=UTC)
SETTINGS = """
format: 1
timezone: Europe/Berlin
contact_policy: []
calendars: {office: {country: DE, days: mon-fri, hours: 09:00-17:00}}
fields: {order: {bought_for: time}}
"""
NOTE = '---\nsubject: "{{ rule.name }}"\n---\n{{ rule.name }}\n'
HEAD = "format: 1\ndefaults: {purpose: service, calendar: office}\nrules:\n"


@pytest.fixture
def simulate(store: Store, tmp_path: Path) -> Callable[[str], Simulation]:
    """Make a simulation of some rules, written as a YAML list; its clock stands at START."""

    def make(rules: str) -> Simulation:
        files = {"outreach.yaml": SETTINGS, "rules/r.yaml": HEAD + rules}
        for path, text in {**files, "templates/note/en.email.md": NOTE}.items():
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).write_text(text, "utf-8")
        setup = open_setup(Workspace.open(tmp_path), store, env={}, applied=False)
        return Simulation(setup, MovingClock(START))

    make_hasty(store)
    return make


@pytest.fixture(params=["sqlite"])
def database_kind(request: pytest.FixtureRequest) -> str:
    """The stories run on both databases; here one is enough."""
    return str(request.param)
