"""The demo: sixty days of an invented shop, played through the real passes and the real SDKs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

from outreach.channels.opening import open_sender
from outreach.channels.sandbox import Arrived, Sandbox
from outreach.channels.settings import SendGridSettings, TwilioSettings
from outreach.clock import MovingClock
from outreach.deciding.rendering.links import Links
from outreach.model import Channel, Kind, MessageState, Reason
from outreach.passes.setup import Setup
from outreach.proving.generating import Shop, faulty_feed
from outreach.proving.journal import Entry
from outreach.proving.simulation import Simulation
from outreach.releases import apply, close_setup, open_setup
from outreach.store.database import Store
from outreach.workspace import Workspace

#: how often the passes of the demo run; a daemon's run every minute and plan the same
EVERY = timedelta(hours=1)
SECRETS = {
    "SENDGRID_API_KEY": "a-key-for-the-sandbox",
    "TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
    "TWILIO_AUTH_TOKEN": "a-token-for-the-sandbox",
}
#: in its last hour somebody imports an old export, with this many promises long past
FAULTY = 90
#: states that a message does not leave by itself
LAST = frozenset(MessageState) - {MessageState.PLANNED, MessageState.SENDING}

Progress = Callable[[float, str], None]


@dataclass
class DemoReport:
    """What sixty days came to; counts are of messages."""

    records: Counter[Kind] = field(default_factory=Counter)
    sent: Counter[tuple[str, Channel]] = field(default_factory=Counter)
    waiting: Counter[str] = field(default_factory=Counter)
    held: Counter[str] = field(default_factory=Counter)
    skipped: Counter[tuple[str, Reason]] = field(default_factory=Counter)
    arrived: int = 0
    examples: tuple[Arrived, ...] = ()

    def rules(self) -> list[str]:
        """Return the rules that had something to say, in the order of their names."""
        spoke = {rule for rule, _ in (*self.sent, *self.skipped)}
        return sorted(spoke | set(self.waiting) | set(self.held))


def play(
    workspace: Workspace,
    store: Store,
    *,
    end: datetime,
    days: int,
    seed: int,
    progress: Progress,
) -> DemoReport:
    """Play the days before `end` into an empty store, sending to a sandbox on this machine.

    `progress` is told how much is done, from 0 to 1, and the day it has come to.
    """
    shop = Shop(seed, end, days)
    records = shop.records()
    begin = end - timedelta(days=days)
    report = DemoReport(records=Counter(record.kind for record in records if record.values))
    clock = MovingClock(begin)
    apply(store, workspace, who="demo", now=begin)
    with Sandbox(clock=clock) as sandbox:
        setup = _towards(sandbox, open_setup(workspace, store, env={}, with_senders=False))
        simulation = Simulation(setup, clock)
        simulation.add(records)
        simulation.add(faulty_feed(records, end - timedelta(hours=1), FAULTY))
        entries: list[Entry] = []
        for day in range(1, days + 1):
            noon = begin + timedelta(days=day)
            entries += simulation.run_until(noon, every=EVERY, leap=True)
            progress(day / days, f"{noon:%d %b}")
        close_setup(setup)
        report.arrived = sandbox.count
        report.examples = _examples(sandbox.messages)
    _count(report, entries)
    return report


def _towards(sandbox: Sandbox, setup: Setup) -> Setup:
    """Return the setup with the providers' own SDKs, pointed at the sandbox."""
    email = SendGridSettings.model_validate(
        {
            "provider": "sendgrid",
            "from": "Mara at Nordlicht <care@nordlicht.example>",
            "url": sandbox.url,
        }
    )
    sms = TwilioSettings.model_validate(
        {"provider": "twilio", "from": "+4915550100", "url": sandbox.url}
    )
    folder = Path()
    senders = {
        Channel.EMAIL: open_sender(email, env=SECRETS, base_folder=folder),
        Channel.SMS: open_sender(sms, env=SECRETS, base_folder=folder),
    }
    channels = frozenset(senders)
    # pages that nobody serves: without a secret their links can be looked at only
    links = Links("https://hooks.nordlicht.example")
    return replace(setup, senders=senders, channels=channels, allowances={}, links=links)


def _count(report: DemoReport, entries: Sequence[Entry]) -> None:
    latest = {entry.message: entry for entry in entries}
    for entry in latest.values():
        match entry.state:
            case MessageState.SENT:
                report.sent[entry.rule, entry.channel] += 1
            case MessageState.HELD:
                report.held[entry.rule] += 1
            case state if state in LAST:
                report.skipped[entry.rule, entry.reason] += 1
            case _:
                report.waiting[entry.rule] += 1


def _examples(messages: Sequence[Arrived]) -> tuple[Arrived, ...]:
    """Return one e-mail, an apology if there was one, and one text message, the latest of each."""
    mails = [m for m in messages if m.channel is Channel.EMAIL]
    apologies = [m for m in mails if "late" in m.subject.lower()]
    texts = [m for m in messages if m.channel is Channel.SMS]
    return tuple(found[-1] for found in (apologies or mails, texts) if found)
