"""A shop in which anything may happen to a message, and providers that remember what they took."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path

from sqlalchemy import insert, or_, select

from outreach.channels.inbound import Inbound
from outreach.channels.outgoing import Doubtful, Outgoing, Receipted, fingerprint
from outreach.errors import Outcome, SendError
from outreach.model import Channel, Purpose, ReplyState
from outreach.passes.claim import claim
from outreach.passes.hearing import House, hear
from outreach.passes.opting_out import By, Word, opt_out
from outreach.passes.setup import Setup
from outreach.store.database import Store
from outreach.store.frames import table_of
from outreach.store.ledger import Message
from outreach.store.permissions import Consent
from outreach.store.recipients import read_pauses
from outreach.store.replies import replies_to_read
from outreach.store.suppressing import entries_of
from tests.unit.conftest import NOON, SETTINGS, Shop

POLICY = "contact_policy:\n  - {purpose: service, at_most: 2 per day}\n"
SAFETY = "safety: {hold_above: 1000 per hour, when_unknown: {service: resend_after 1 hour}}"
RULES = """\
format: 1
defaults: {send_window: any time, purpose: transactional}
rules:
  - rule: late
    about: order
    purpose: service
    send_window: daytime
    when:
      - promised_at is more than 1 day ago
    cancel_if:
      - delivered_at is present
    limits: {hold_above: 2 per hour}
    expires_after: 2 days
    steps:
      - id: apology
        send: note
        via: [email, sms]
        if_undelivered: next channel after 30 minutes
      - id: update
        wait: 6 hours
        send: note
  - rule: shipped
    about: order
    when:
      - status is shipped
    steps:
      - id: notice
        send: note
"""
#: what an operator may change, as long as it is there: old words, and new ones
EDITS = (
    ("        wait: 6 hours\n", "        wait: 3 hours\n"),
    ("      - id: update\n", "      - id: more\n"),
    ("  - rule: late\n", "  - rule: late\n    mode: shadow\n"),
    ("    expires_after: 2 days\n", "    expires_after: 2 days\n    combine_within: 30 minutes\n"),
)
CUSTOMERS = ("ana", "ben")


class Answer(StrEnum):
    """What a provider does with a message."""

    TAKES = "takes"
    REFUSES = "refuses"
    KNOWS_NO_SUCH = "knows no such address"
    WAS_TOLD_TO_STOP = "was told to stop"
    IS_BUSY = "is busy"
    IS_DOWN = "is down"
    TAKES_AND_FALLS_SILENT = "takes it and falls silent"
    FALLS_SILENT = "falls silent"


ERRORS = {
    Answer.REFUSES: SendError(Outcome.REJECTED, "no"),
    Answer.KNOWS_NO_SUCH: SendError(Outcome.REJECTED, "no such address", address_is_bad=True),
    Answer.WAS_TOLD_TO_STOP: SendError(Outcome.REJECTED, "they said stop", opted_out=True),
    Answer.IS_BUSY: SendError(Outcome.NOT_SENT, "later"),
    Answer.IS_DOWN: SendError(Outcome.REJECTED, "wrong password", channel_is_down=True),
    Answer.TAKES_AND_FALLS_SILENT: SendError(Outcome.IN_DOUBT, "the line went dead"),
    Answer.FALLS_SILENT: SendError(Outcome.IN_DOUBT, "the line went dead"),
}


@dataclass(frozen=True)
class Taken:
    """One message a provider took, under its own id for it."""

    id: str
    outgoing: Outgoing
    at: datetime


@dataclass
class Provider:
    """Answers by the customer's name, and looks whether the call was one that may be made."""

    store: Store
    channel: Channel
    answers: dict[str, Answer] = field(default_factory=dict)
    journal: list[Taken] = field(default_factory=list)
    #: calls that should not have been made, and why
    wrong: list[str] = field(default_factory=list)
    name: str = "told"

    def send(self, outgoing: Outgoing, *, now: datetime) -> Receipted:
        self._look(outgoing, now)
        answer = self.answers.get(name_of(outgoing.to), Answer.TAKES)
        if answer in (Answer.TAKES, Answer.TAKES_AND_FALLS_SILENT):
            taken = Taken(f"{self.channel.value}-{len(self.journal)}", outgoing, now)
            self.journal.append(taken)
            if answer is Answer.TAKES:
                return Receipted(taken.id)
        raise ERRORS[answer]

    def check(self) -> str:
        return "ready"

    def close(self) -> None:
        pass

    def _look(self, outgoing: Outgoing, now: datetime) -> None:
        with self.store.read() as connection:
            stops = entries_of(connection, self.channel, outgoing.to, now)
            pauses = read_pauses(connection, now)
            message = table_of(Message)
            row = connection.execute(
                select(message).where(message.c.id == outgoing.message_id)
            ).one()
            said = table_of(Consent)
            words = connection.execute(
                select(said.c.granted)
                .where(
                    said.c.customer_id == row.customer_id,
                    said.c.purpose == row.purpose,
                    or_(said.c.channel.is_(None), said.c.channel == self.channel.value),
                )
                .order_by(said.c.id)
            ).scalars()
            to_read = replies_to_read(connection)
            unread = {reply.customer_id for reply in to_read if reply.state == ReplyState.OPEN}
        if any(stop.purpose in (None, row.purpose) for stop in stops):
            self.wrong.append(f"{outgoing.to} is suppressed")
        if row.purpose != Purpose.TRANSACTIONAL and [True, *words][-1] is False:
            self.wrong.append(f"{row.customer_id} opted out of {row.purpose}")
        if row.purpose != Purpose.TRANSACTIONAL and row.customer_id in unread:
            self.wrong.append(f"nobody has read yet what {row.customer_id} wrote")
        names = {"rule": row.rule, "channel": self.channel.value, "purpose": row.purpose}
        if row.purpose != Purpose.TRANSACTIONAL:
            names["all"] = ""
        if any(names.get(pause.scope) == pause.name for pause in pauses):
            self.wrong.append(f"{row.rule} by {self.channel} is paused")
        if row.state != "sending" or row.lease_until <= now:
            self.wrong.append(f"{row.id} is {row.state}, its lease ends {row.lease_until}")


class AskableProvider(Provider):
    """One that can be asked what it has taken."""

    def find(self, call: Doubtful) -> Sequence[Receipted]:
        return [
            Receipted(taken.id)
            for taken in self.journal
            if taken.outgoing.to == call.to and taken.at >= call.started_at
            if fingerprint(taken.outgoing.body_text) == call.fingerprint
        ]


def name_of(address: str) -> str:
    """Return which customer an address belongs to."""
    numbers = {number: name for name, number in PHONES.items()}
    return numbers.get(address) or address.partition("@")[0]


PHONES = {"ana": "+4915112345670", "ben": "+4915112345671"}


class Life:
    """A shop with two customers, two rules, and a clock that only a test moves."""

    def __init__(self, store: Store, folder: Path) -> None:
        self.shop = Shop(folder, store)
        self.store = store
        self.now = NOON
        self.providers = {
            Channel.EMAIL: Provider(store, Channel.EMAIL),
            Channel.SMS: AskableProvider(store, Channel.SMS),
        }
        settings = SETTINGS.replace("contact_policy: []\n", POLICY)
        settings = settings.replace("safety: {hold_above: 1000 per hour}", SAFETY)
        self.shop.write(**{"outreach.yaml": settings, "rules/shop.yaml": RULES})
        self._setup: Setup | None = None
        for name in CUSTOMERS:
            self.shop.customer(name, phone=PHONES[name])
            self.shop.order(f"A-{name}", name, promised_at=NOON - timedelta(days=2))
        self.shop.plan()

    @property
    def setup(self) -> Setup:
        """What the passes run with, these providers being its channels."""
        if self._setup is None:
            one_at_a_time = dict.fromkeys(Channel, 1)
            self._setup = replace(
                self.shop.setup, senders=dict(self.providers), concurrency=one_at_a_time
            )
        return self._setup

    @property
    def journal(self) -> list[Taken]:
        return [taken for provider in self.providers.values() for taken in provider.journal]

    @property
    def wrong(self) -> list[str]:
        return [why for provider in self.providers.values() for why in provider.wrong]

    def edit(self, number: int) -> None:
        """Change the rules to and fro, and apply them."""
        text = (self.shop.folder / "rules/shop.yaml").read_text("utf-8")
        old, new = EDITS[number]
        there = new in text
        self.shop.write(
            **{"rules/shop.yaml": text.replace(new, old) if there else text.replace(old, new)}
        )
        self.shop.apply(now=self.now)
        self._setup = None

    def send_and_crash(self, calls: int) -> None:
        """Claim what is due, make so many of the calls, and never come back."""
        setup = self.setup  # which is read from the store when it is first asked for
        with self.store.write() as connection:
            claimed, _ = claim(connection, setup, owner="gone", now=self.now, limit=50)
        for each in claimed[:calls]:
            with suppress(SendError):
                self.providers[each.channel].send(each.outgoing, now=self.now)

    def says(self, customer: str, *, yes: bool) -> None:
        """Let a customer say whether they want news of our service."""
        words = {"purpose": "service", "granted": yes, "source": "test", "at": self.now}
        with self.store.write() as connection:
            connection.execute(insert(table_of(Consent)).values(customer_id=customer, **words))

    def texts(self, customer: str, words: str, number: int) -> None:
        """Let a customer text something, and Twilio tell us of it twice."""
        text = Inbound(
            "told",
            f"in-{number}",
            Channel.SMS,
            PHONES[customer],
            "+4915112345600",
            words,
            self.now,
        )
        for _ in range(2):
            hear(self.store, text, House("Nordlicht"), now=self.now, ruleset=self.setup.ruleset)

    def unsubscribes(self, customer: str, purposes: frozenset[Purpose] | None) -> None:
        """Let a customer click on what stands below an e-mail."""
        word = Word(Channel.EMAIL, f"{customer}@example.com", By.ONE_CLICK, purposes)
        ruleset = self.setup.ruleset
        with self.store.write() as connection:
            opt_out(connection, word, now=self.now, ruleset=ruleset)

    def answer(self, by: dict[str, Answer]) -> None:
        """Let providers answer so from now on, by the customer; all others they take."""
        for provider in self.providers.values():
            provider.answers = by
