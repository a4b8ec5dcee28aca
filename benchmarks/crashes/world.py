"""The world of the harness: a shop with messages due, a sandbox that misbehaves, daemons."""

from __future__ import annotations

import socket
from base64 import b64encode
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from time import monotonic

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from sqlalchemy import update

from benchmarks.warm import Daemon, Nursery
from outreach.clock import SystemClock
from outreach.model import Kind
from outreach.passes.enrol import enrol
from outreach.passes.intake import import_rows
from outreach.passes.plan import plan_due
from outreach.releases import apply, open_setup
from outreach.sources.records import Record
from outreach.store.database import Store
from outreach.store.frames import table_of
from outreach.store.ledger import Attempt, Message
from outreach.store.permissions import Pause
from outreach.workspace import Workspace

#: seconds; a claim is good for so long here, so that others take over while one watches
LEASE = 10.0
PATIENCE = 60.0
SETTINGS = """\
format: 1
timezone: Europe/Berlin
database: env:TEST_DATABASE
shop: {{name: Nordlicht, email: care@nordlicht.example}}
contact_policy: []
safety: {{hold_above: 1000000 per hour}}
{web}
channels:
  email: {{provider: sendgrid, from: care@nordlicht.example, url: "{url}", timeout: 0.5,
    concurrency: 16}}
  sms: {{provider: twilio, from: "+4915550100", url: "{url}", timeout: 0.5, concurrency: 16,
    segments_per_second: 100000, status_callback: "{here}/webhooks/twilio/status#rc=3&rp=all"}}
"""
WEB = "web: {{port: {port}, public_url: '{here}', sendgrid_public_key: env:SENDGRID_KEY}}"
FILES = {
    "rules/shop.yaml": """\
format: 1
defaults: {send_window: any time, purpose: transactional, mode: live}
rules:
  - rule: shipped
    about: order
    when: [status is shipped]
    steps: [{send: note, via: [email, sms]}]
""",
    "templates/note/en.email.md": (
        '---\nsubject: "About {{ order.number }}"\n---\nIt is on its way.\n'
    ),
    "templates/note/en.sms.txt": "{{ order.number }} is on its way.\n",
}


@dataclass(frozen=True)
class Keys:
    """What SendGrid's events are signed with, and verified."""

    private: str
    public: str

    @classmethod
    def make(cls) -> Keys:
        key = ec.generate_private_key(ec.SECP256R1())
        private = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
        public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return cls(b64encode(private).decode(), b64encode(public).decode())


class World:
    """Starts what the harness needs; everything ends with the nursery."""

    def __init__(self, store: Store, folder: Path, nursery: Nursery) -> None:
        self.store, self.folder = store, folder
        self.journal, self.log = folder / "journal", folder / "run.log"
        self._nursery, self._keys = nursery, Keys.make()
        self._sandbox_port, self._port = _free_port(), _free_port()

    def fill(self, count: int) -> None:
        """Let so many orders be shipped, and a message be planned for each: half are texts."""
        self._write("first", with_web=True)
        self._write("second", with_web=False)
        now = SystemClock().now()
        import_rows(self.store, _records(count, now), now=now, source="shop")
        workspace = Workspace.open(self.folder / "first")
        apply(self.store, workspace, who="harness", now=now)
        setup = open_setup(workspace, self.store, env=self._env(), with_senders=False)
        enrol(self.store, setup.enroller, setup.catalogue, zone=setup.zone, now=now)
        plan_due(setup, now=now)

    def start_sandbox(self, *, faults: str, seed: int, latency_ms: int) -> Daemon:
        """Start a provider that misbehaves, and wait until it listens."""
        script = self.folder / "script.yaml"
        script.write_text(f"seed: {seed}\nlatency_ms: {latency_ms}\nfaults: [{faults}]\n", "utf-8")
        words = ["sandbox", "--port", str(self._sandbox_port), "--script", str(script)]
        words += ["--journal", str(self.journal), "--keep", "1000000", "--quiet"]
        words += ["--receipts-to", f"http://127.0.0.1:{self._port}"]
        sandbox = self._nursery.start(*words, env=self._env(), log=self.folder / "sandbox.log")
        until = monotonic() + PATIENCE
        while not _is_open(self._sandbox_port):
            if monotonic() > until or sandbox.wait(0.05) is not None:
                raise RuntimeError((self.folder / "sandbox.log").read_text("utf-8"))
        return sandbox

    def start_daemon(self, name: str) -> Daemon:
        """Start `outreach run` in one of the two workspaces: `first` listens for receipts."""
        words = ("run", "--project", str(self.folder / name))
        return self._nursery.start(*words, env=self._env(), log=self.log)

    def let_time_pass(self, by: timedelta) -> None:
        """Let what waits have waited so much longer: tries, and the answers to calls in doubt."""
        shifts = (
            (Message, "due_at", Message.state == "planned"),
            (Attempt, "started_at", Attempt.outcome == "in_doubt"),
            (Attempt, "checked_at", Attempt.outcome == "in_doubt"),
        )
        with self.store.write() as connection:
            for model, name, which in shifts:
                table = table_of(model)
                for row in connection.execute(table.select().where(which)).all():  # type: ignore[arg-type]
                    if at := getattr(row, name):
                        earlier = update(table).where(table.c.id == row.id)
                        connection.execute(earlier.values(**{name: at - by}))

    def probe(self) -> None:
        """Let stopped channels be probed with the next pass, rather than in some minutes."""
        table = table_of(Pause)
        with self.store.write() as connection:
            soon = update(table).where(table.c.probe_at.is_not(None), table.c.ended_at.is_(None))
            connection.execute(soon.values(probe_at=SystemClock().now()))

    def _write(self, name: str, *, with_web: bool) -> None:
        here = f"http://127.0.0.1:{self._port}"
        web = WEB.format(port=self._port, here=here) if with_web else ""
        url = f"http://127.0.0.1:{self._sandbox_port}"
        files = {**FILES, "outreach.yaml": SETTINGS.format(web=web, url=url, here=here)}
        for path, text in files.items():
            file = self.folder / name / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, "utf-8")

    def _env(self) -> dict[str, str]:
        url = self.store.engine.url
        return {
            "TEST_DATABASE": url.set(drivername=url.get_backend_name()).render_as_string(
                hide_password=False
            ),
            "OUTREACH_LEASE": str(LEASE),
            "SENDGRID_API_KEY": "SG.x",
            "SENDGRID_KEY": self._keys.public,
            "SANDBOX_SENDGRID_KEY": self._keys.private,
            "TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
            "TWILIO_AUTH_TOKEN": "secret",
        }


def _records(count: int, now: datetime) -> Iterator[Record]:
    for number in range(count):
        name = f"c{number}"
        reached = {"email": f"{name}@example.com"} if number % 2 else {}
        reached = reached or {"phone": f"+49155{number:07d}"}
        person = {"first_name": "Ana", "locale": "en", "zone": "Europe/Berlin", **reached}
        order = {"number": f"A-{number}", "customer_id": name, "status": "shipped"}
        yield Record(Kind.CUSTOMER, name, person, updated_at=now, at=now)
        yield Record(Kind.ORDER, f"A-{number}", order, updated_at=now, at=now)


def _free_port() -> int:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        return int(taken.getsockname()[1])


def _is_open(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
    except OSError:
        return False
