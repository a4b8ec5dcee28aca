"""The world: a shop whose late orders bring coupons, and a provider that remembers every code."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

from sqlalchemy import insert

from outreach.channels.outgoing import Outgoing, Receipted
from outreach.errors import Outcome, SendError
from outreach.model import Channel, Kind, Purpose
from outreach.passes.enrol import enrol
from outreach.passes.intake import import_rows
from outreach.passes.setup import Setup
from outreach.passes.stocking import stock
from outreach.releases import apply, open_setup
from outreach.sources.records import Record
from outreach.store.database import Store
from outreach.store.frames import table_of
from outreach.store.permissions import Consent
from outreach.workspace import Workspace

#: what a coupon is worth
VALUE = 5
LEASE = timedelta(seconds=10)
#: when it happens: a Friday in the month whose budget it is, 13:00 in Berlin
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
CODE = re.compile(r"GIFT-\d+")
SETTINGS = """\
format: 1
timezone: Europe/Berlin
shop: {{name: Nordlicht, email: care@nordlicht.example}}
contact_policy: []
safety: {{hold_above: 1000000 per hour}}
coupons: {{gift: {{codes: gift.csv, value: {value} EUR}}}}
channels: {{email: {{provider: outbox, from: care@nordlicht.example}}}}
"""
RULES = """\
format: 1
rules:
  - rule: late
    about: order
    purpose: service
    send_window: daytime
    when: [promised_at is more than 1 day ago]
    steps:
      - send: note
        offer: {{coupon: gift, budget: {budget} EUR per month}}
"""
NOTE = '---\nsubject: "Sorry"\n---\nWe are sorry.{% if coupon %} {{ coupon.code }}{% endif %}\n'


@dataclass(frozen=True)
class Size:
    """How much of everything: the budget is in coupons."""

    codes: int
    messages: int
    budget: int


class Journal:
    """A provider that writes down each message it took with its code, and often goes wrong.

    A process may die at it, before or after the message was taken.
    """

    name = "journal"

    def __init__(self, path: Path, random: Random) -> None:
        self._path, self._random = path, random

    def send(self, outgoing: Outgoing, *, now: datetime) -> Receipted:
        luck = self._random.random()
        if luck < 0.05:
            raise SendError(Outcome.NOT_SENT, "busy", retry_after=1)
        if luck < 0.10:
            raise SendError(Outcome.REJECTED, "no")
        if luck < 0.11:
            os.kill(os.getpid(), signal.SIGKILL)
        self._note(outgoing)
        if luck < 0.12:
            os.kill(os.getpid(), signal.SIGKILL)
        if luck < 0.17:
            raise SendError(Outcome.IN_DOUBT, "no answer")
        return Receipted(f"id-{outgoing.message_id}")

    def _note(self, outgoing: Outgoing) -> None:
        found = CODE.search(outgoing.body_text)
        line = f"{outgoing.message_id} {found[0] if found else '-'}\n"
        # one write at the end of the file: nobody else's comes between
        file = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        try:
            os.write(file, line.encode())
        finally:
            os.close(file)

    def check(self) -> str:
        return "ready"

    def close(self) -> None:
        pass


def fill(store: Store, folder: Path, size: Size) -> None:
    """Let so many orders be late, and put the codes into their pool; nothing is planned yet."""
    files = {
        "outreach.yaml": SETTINGS.format(value=VALUE),
        "rules/shop.yaml": RULES.format(budget=size.budget * VALUE),
        "templates/note/en.email.md": NOTE,
    }
    for path, text in files.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")
    now = NOON
    import_rows(store, _records(size.messages, now), now=now, source="shop")
    yes = {"purpose": Purpose.MARKETING.value, "granted": True, "at": now, "source": "shop"}
    with store.write() as connection:
        people = [{"customer_id": f"c{number}", **yes} for number in range(size.messages)]
        connection.execute(insert(table_of(Consent)), people)
    workspace = Workspace.open(folder)
    apply(store, workspace, who="harness", now=now)
    setup = open_setup(workspace, store, env={}, with_senders=False)
    lines = ((number, f"GIFT-{number:05d}", "") for number in range(size.codes))
    stock(store, setup.pools["gift"], "gift.csv", lines, now=now)
    enrol(store, setup.enroller, setup.catalogue, zone=setup.zone, now=now)


def open_world(store: Store, folder: Path, seed: int) -> Setup:
    """Return what the passes of one worker run with."""
    setup = open_setup(Workspace.open(folder), store, env={}, with_senders=False)
    sender = Journal(folder / "journal", Random(seed))
    return replace(setup, senders={Channel.EMAIL: sender}, lease=LEASE)


def _records(count: int, now: datetime) -> Iterator[Record]:
    promised = now - timedelta(days=2)
    for number in range(count):
        name = f"c{number}"
        person = {"email": f"{name}@example.com", "locale": "en", "zone": "Europe/Berlin"}
        order = {"number": f"A-{number}", "customer_id": name, "promised_at": promised}
        yield Record(Kind.CUSTOMER, name, person, updated_at=now, at=now)
        yield Record(Kind.ORDER, f"A-{number}", order, updated_at=now, at=now)
