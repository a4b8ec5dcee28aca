"""The sandbox misbehaves as it is told, the same by one seed, and writes down what it did."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from outreach.channels import Outgoing, Sender, open_sender
from outreach.channels.receipts import Event, Forged
from outreach.channels.receipts_sendgrid import SendGridReceipts
from outreach.channels.receipts_twilio import TwilioReceipts
from outreach.channels.sandbox import (
    Arrived,
    Chance,
    Journal,
    Mischief,
    Plan,
    Sandbox,
    SendGridEvents,
    Teller,
    TwilioCallbacks,
    parse_faults,
    read_script,
)
from outreach.channels.sandbox.mischief import FAULTS
from outreach.channels.settings import Channels
from outreach.errors import Outcome, Problems, SendError
from outreach.model import Channel, Purpose

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
TOKEN = "the token"

# how it is said


def test_faults_are_said_in_words() -> None:
    said = parse_faults("5% 429, 2.5% reset-after,0% slow, 100% receipt-twice")
    assert said == {
        Mischief.TOO_MANY: 5,
        Mischief.RESET_AFTER: 2.5,
        Mischief.SLOW: 0,
        Mischief.RECEIPT_TWICE: 100,
    }
    assert parse_faults("") == {}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("429", "write how often and what"),
        ("5 429", "write how often and what"),
        ("5% 500", "nothing that goes wrong"),
        ("5% resetafter", "Did you mean `reset-after`"),
        ("101% 429", "a number from 0 to 100"),
        ("nan% 429", "a number from 0 to 100"),
        ("-1% 429", "a number from 0 to 100"),
        ("60% 429, 60% 503", "more than 100%"),
    ],
)
def test_what_cannot_be_understood_is_told(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        parse_faults(text)


def test_a_script_says_it_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "bad-day.yaml"
    file.write_text(
        "seed: 7\nlatency_ms: 50\nfirst: [429, nothing, reset-before]\nfaults: [5% 429, 1% slow]\n"
    )
    assert read_script(file) == Plan(
        percent={Mischief.TOO_MANY: 5, Mischief.SLOW: 1},
        first=(Mischief.TOO_MANY, None, Mischief.RESET_BEFORE),
        seed=7,
        latency=0.05,
    )


def test_every_mistake_in_a_script_is_told_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "bad-day.yaml"
    file.write_text("sed: 7\nfirst: [429, receipt-late]\nfaults:\n  - 5% 429\n  - 5% teapot\n")
    with pytest.raises(Problems) as found:
        read_script(file)
    assert [(each.line, each.code) for each in found.value.problems] == [
        (1, "E003"),
        (2, "E010"),
        (5, "E010"),
    ]


# what comes of it


def test_one_seed_is_one_sequence() -> None:
    plan = Plan(parse_faults("20% 429, 20% 503, 20% garbled, 50% receipt-late"), seed=3)
    one, same = Chance(plan), Chance(plan)
    drawn = [one.request() for _ in range(500)]
    assert drawn == [same.request() for _ in range(500)]
    counted = Counter(drawn)
    assert set(counted) == {Mischief.TOO_MANY, Mischief.SERVER_ERROR, Mischief.GARBLED, None}
    assert all(count > 60 for count in counted.values())
    assert 150 < sum(bool(one.receipts()) for _ in range(500)) < 350


def sender(url: str) -> Sender:
    given = {"provider": "sendgrid", "from": "care@nordlicht.example", "url": url, "timeout": 2}
    settings = Channels.model_validate({"email": given}).of(Channel.EMAIL)
    assert settings is not None
    return open_sender(settings, env={"SENDGRID_API_KEY": "SG.x"}, base_folder=Path())


def mail(number: str) -> Outgoing:
    to = f"ana{number}@example.com"
    return Outgoing(number, Channel.EMAIL, Purpose.SERVICE, to, "Hello", subject="Hello")


def outcome_of(channel: Sender, message: Outgoing) -> Outcome | None:
    try:
        channel.send(message, now=NOW)
    except SendError as error:
        return error.outcome
    return None


#: what each fault is to whoever sends, and whether the message was taken
EXPECTED = {
    Mischief.TOO_MANY: (Outcome.NOT_SENT, False),
    Mischief.SERVER_ERROR: (Outcome.IN_DOUBT, False),
    Mischief.SERVER_ERROR_ARRIVED: (Outcome.IN_DOUBT, True),
    Mischief.RESET_BEFORE: (Outcome.IN_DOUBT, False),
    Mischief.RESET_AFTER: (Outcome.IN_DOUBT, True),
    Mischief.GARBLED: (Outcome.IN_DOUBT, True),
    Mischief.SLOW: (Outcome.IN_DOUBT, True),
}


def test_every_fault_is_met_and_stands_in_the_journal(tmp_path: Path) -> None:
    assert EXPECTED.keys() == FAULTS.keys()
    journal = Journal(tmp_path / "journal")
    chance = Chance(Plan(first=(*EXPECTED, None)))
    with Sandbox(chance=chance, journal=journal) as sandbox:
        channel = sender(sandbox.url)
        found = {met: outcome_of(channel, mail(met or "none")) for met in (*EXPECTED, None)}
        channel.close()
        taken = {message.message_id for message in sandbox.messages}
    journal.close()
    assert found == {None: None, **{met: outcome for met, (outcome, _) in EXPECTED.items()}}
    assert taken == {"none", *(met for met, (_, is_taken) in EXPECTED.items() if is_taken)}
    lines = [json.loads(line) for line in (tmp_path / "journal").read_text().splitlines()]
    assert [(line["message"], line["met"], line["taken"]) for line in lines] == [
        *((met.value, met.value, is_taken) for met, (_, is_taken) in EXPECTED.items()),
        ("none", "", True),
    ]


def test_by_itself_nothing_goes_wrong() -> None:
    with Sandbox() as sandbox:
        channel = sender(sandbox.url)
        assert [outcome_of(channel, mail(str(number))) for number in range(20)] == [None] * 20
        channel.close()


# what is told later


class Listener(HTTPServer):
    """Keeps what is posted; the first few times it says that it cannot."""

    def __init__(self, refuses: int) -> None:
        super().__init__(("127.0.0.1", 0), _Keep)
        self.refuses = refuses
        self.taken: list[tuple[str, Any, bytes]] = []
        self.changed = threading.Condition()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def until(self, happened: Callable[[], object]) -> None:
        with self.changed:
            assert self.changed.wait_for(happened, timeout=20), self.taken


class _Keep(BaseHTTPRequestHandler):
    server: Listener

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        is_refused = self.server.refuses > 0
        with self.server.changed:
            self.server.refuses -= 1
            if not is_refused:
                self.server.taken.append((self.path, self.headers, body))
            self.send_response(503 if is_refused else 200)
            self.send_header("Content-Length", "0")
            self.end_headers()
            self.server.changed.notify_all()

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def listening(*, refuses: int = 0) -> Iterator[Listener]:
    with Listener(refuses) as listener:
        thread = threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield listener
        listener.shutdown()
        thread.join()


def arrived(channel: Channel, url: str = "") -> Arrived:
    request = {
        Channel.EMAIL: {"custom_args": {"outreach_id": "m1"}},
        Channel.SMS: {"StatusCallback": f"{url}/called?m=m1#rc=3&rp=all", "account": "AC1"},
    }
    to = "ana@example.com" if channel is Channel.EMAIL else "+4915550101"
    return Arrived(NOW, channel, "X-1", "m1", to, "care", "Hello", request=request[channel])


def told_by_mail(listener: Listener, reader: SendGridReceipts) -> list[Event]:
    """Return what the signed requests say, those that are forged left out."""
    found = []
    for _, headers, body in listener.taken:
        try:
            found += [each.event for each in reader.read(body, headers, now=NOW).receipts]
        except Forged:
            continue
    return found


@pytest.mark.parametrize(
    ("mischief", "expected"),
    [
        ("", [Event.ACCEPTED, Event.DELIVERED]),
        ("receipt-late", [Event.DELIVERED, Event.ACCEPTED]),
        ("receipt-twice", [Event.ACCEPTED] * 2 + [Event.DELIVERED] * 2),
        ("receipt-forged", [Event.ACCEPTED, Event.DELIVERED]),
    ],
)
def test_of_a_mail_it_tells_until_it_is_heard(mischief: str, expected: list[Event]) -> None:
    with listening(refuses=1) as listener:
        events = SendGridEvents(listener.url)
        reader = SendGridReceipts(events.public_key)
        chance = Chance(Plan(parse_faults(mischief and f"100% {mischief}")))
        teller = Teller(events, None, chance)
        teller.start()
        teller.tell(arrived(Channel.EMAIL))
        listener.until(lambda: len(told_by_mail(listener, reader)) == len(expected))
        teller.stop()
        assert told_by_mail(listener, reader) == expected


@pytest.mark.parametrize(
    ("mischief", "expected"),
    [
        ("", [Event.SENT, Event.DELIVERED]),
        ("receipt-late", [Event.DELIVERED, Event.SENT]),
        ("receipt-twice", [Event.SENT] * 2 + [Event.DELIVERED] * 2),
        ("receipt-forged", [Event.SENT, Event.DELIVERED]),
    ],
)
def test_of_a_text_it_calls_back_for_each_status(mischief: str, expected: list[Event]) -> None:
    with listening() as listener:
        reader = TwilioReceipts(TOKEN, f"{listener.url}/called")

        def told() -> list[Event]:
            found = []
            for path, headers, body in listener.taken:
                try:
                    said = reader.read(body, headers, path.partition("?")[2], now=NOW)
                except Forged:
                    continue
                found += [each.event for each in said.receipts]
            return found

        chance = Chance(Plan(parse_faults(mischief and f"100% {mischief}")))
        teller = Teller(None, TwilioCallbacks(TOKEN), chance)
        teller.start()
        teller.tell(arrived(Channel.SMS, listener.url))
        listener.until(lambda: len(told()) == len(expected))
        teller.stop()
        assert told() == expected
