"""Commands as a person calls them: real files in a temporary folder, both streams, exit codes."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from outreach.cli import main
from outreach.store import database
from tests.conftest import share_compiled

NOW = "2026-11-23T11:00+01:00"  # a Monday
SETTINGS = """\
format: 1
timezone: Europe/Berlin
shop: {name: Nordlicht, email: care@nordlicht.example}
owners:
  care@nordlicht.example: {name: Mara Lind, first_name: Mara}
calendars: {desk: {country: DE, days: mon-fri, hours: 09:00-17:00}}
send_windows: {daytime: {days: mon-sun, hours: 09:00-20:00}}
"""
RULES = """\
format: 1
defaults: {owner: care@nordlicht.example, purpose: service, via: [email], mode: live}
rules:
  - rule: late
    about: order
    when:
      - promised_at is more than 1 day ago
      - status not in [delivered, cancelled]
      - none:
          - tags include pre-order
    ignore_older_than: 10 days
    cancel_if:
      - status is cancelled
    steps:
      - send: apology
  - rule: still-late
    about: order
    when:
      - last_sent.late is more than 3 days ago
      - status is shipped
    steps:
      - send: apology
  - rule: waiting
    about: ticket
    when:
      - status is waiting_on_us for more than 4 business hours
    calendar: desk
    steps:
      - send: reply
"""
TEMPLATES = {
    "apology/en.email.md": (
        '---\nsubject: "Order {{ order.number }} is late"\n---\n'
        "Hello {{ customer.first_name }}, we are sorry about {{ order.number }}.\n"
    ),
    "apology/de.email.md": (
        '---\nsubject: "Bestellung {{ order.number }} ist spät dran"\n---\n'
        "Hallo {{ customer.first_name }}, das tut uns leid.\n"
    ),
    "apology/de.sms.txt": "{{ shop.name }}: {{ order.number }} ist spät dran.\n",
    "apology/en.sms.txt": "{{ shop.name }}: {{ order.number }} is late, sorry.\n",
    "reply/en.email.md": '---\nsubject: "We are on it"\n---\nNumber {{ ticket.number }}.\n',
}
CUSTOMERS = """\
id,name,first_name,email,phone,locale,zone
C-1,Ana Ruiz,Ana,ana.ruiz@example.com,+4915550123,de-AT,Europe/Vienna
C-2,Ben Ode,Ben,ben@example.com,,en,Europe/Berlin
C-3,Cy Day,Cy,,,en,Europe/Berlin
"""
ORDERS = """\
id,number,customer_id,status,promised_at,tags
A-1,A-1,C-1,shipped,2026-11-21 15:00,
A-2,A-2,C-2,shipped,2026-11-22 15:00,
A-3,A-3,C-3,shipped,2026-11-21 15:00,
A-4,A-4,C-2,delivered,2026-11-21 15:00,
A-5,A-5,C-2,shipped,2026-11-21 15:00,pre-order
"""


@dataclass(frozen=True)
class Ran:
    """What a command printed and ended with."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Cli = Callable[..., Ran]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder that commands are called in."""
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    for name in ("OUTREACH_PROJECT", "NO_COLOR", "COLUMNS", "TERM"):
        monkeypatch.delenv(name, raising=False)
    return here


@pytest.fixture(scope="session", autouse=True)
def _compile_once() -> Iterator[None]:
    """Every command opens the database anew: let it know what others have compiled."""
    opening = database.open_store

    def open_it(url: str, **how: Any) -> database.Store:
        store = opening(url, **how)
        share_compiled(store.engine)
        return store

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(database, "open_store", open_it)
        yield


@pytest.fixture
def cli(folder: Path, capsys: pytest.CaptureFixture[str]) -> Cli:
    """Call a command by its words; nobody is there to answer questions."""

    def run(*words: str | Path) -> Ran:
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main([str(word) for word in words])
        said = capsys.readouterr()
        assert isinstance(ended.value.code, int | None)
        return Ran(ended.value.code or 0, said.out, said.err)

    return run


def write(folder: Path, files: dict[str, str]) -> None:
    """Write files by their path below a folder."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")


@pytest.fixture
def workspace(folder: Path) -> Path:
    """A small workspace with live rules, and nothing in its database."""
    templates = {f"templates/{name}": text for name, text in TEMPLATES.items()}
    write(folder, {"outreach.yaml": SETTINGS, "rules/orders.yaml": RULES, **templates})
    return folder


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the first shop leaves its database to the others."""
    return tmp_path_factory.mktemp("filled") / "outreach.db"


@pytest.fixture
def shop(workspace: Path, cli: Cli, sqlite_template: Path, filled: Path) -> Path:
    """The small workspace with three customers and five orders in its database."""
    write(workspace, {"customers.csv": CUSTOMERS, "orders.csv": ORDERS})
    if not filled.exists():
        shutil.copy(sqlite_template, workspace / "outreach.db")
        for what in ("customers", "orders"):
            done = cli("import", what, f"{what}.csv", "--at", "2026-11-20T09:00")
            assert done.code == 0, done.out + done.err
        shutil.copy(workspace / "outreach.db", filled)
    shutil.copy(filled, workspace / "outreach.db")
    return workspace


@pytest.fixture
def held(shop: Path, cli: Cli) -> Path:
    """Two late orders where one a day may go without a word: both are held."""
    (shop / "more.csv").write_text("id,email\nC-3,cy@example.com\n", "utf-8")
    assert cli("import", "customers", "more.csv", "--at", "2026-11-20T10:00").code == 0
    rules = RULES.replace("    cancel_if:", "    limits: {hold_above: 1 per day}\n    cancel_if:")
    write(shop, {"rules/orders.yaml": rules})
    assert cli("run", "--once", "--at", NOW).code == 0
    return shop
