"""Texts that come in over HTTP: a signed stop counts and is answered once, in TwiML."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from outreach.channels.inbound_twilio import TwilioReplies
from outreach.channels.sandbox import TwilioCallbacks
from outreach.passes.hearing import House
from outreach.store.database import Store
from outreach.web import Receivers, WebServer
from outreach.web.tally import HEARD, Tally
from outreach.workspace.web import TWILIO_REPLIES_PATH
from tests.unit.ledger import add_customer, add_enrollment, add_message
from tests.unit.passes.test_opting_out import in_force, states
from tests.unit.web.conftest import PUBLIC, TOKEN

ANA = "+4915550111"
EMPTY = '<?xml version="1.0" encoding="UTF-8"?><Response />'
CONFIRMED = "<Message>You will get no more text messages from Brot &amp; Spiele. Reply START"


@dataclass
class Line:
    """Our number: what it answers to texts."""

    server: WebServer
    store: Store
    tally: Tally

    def says(self, text: str, *, sid: str = "SM1", token: str = TOKEN, **more: str) -> str:
        """Send a text through the proxy; return status and answer."""
        twilio = TwilioCallbacks(token)
        public = PUBLIC + TWILIO_REPLIES_PATH
        body, signature = twilio.sign_text(public, ANA, "+4915550100", text, sid=sid, **more)
        answer = twilio.post_form(self.server.url + TWILIO_REPLIES_PATH, body, signature)
        return f"{answer.status} {answer.data.decode()}"


@pytest.fixture
def line(store: Store, serve: Callable[..., WebServer]) -> Line:
    with store.write() as connection:
        add_customer(connection, phone=ANA)
        add_message(connection, "m1", add_enrollment(connection), channel="sms")
    tally = Tally()
    receivers = Receivers(twilio_replies=TwilioReplies(TOKEN, PUBLIC + TWILIO_REPLIES_PATH))
    return Line(serve(receivers, tally=tally, house=House("Brot & Spiele")), store, tally)


def test_a_stop_is_confirmed_once_and_counts(line: Line) -> None:
    assert CONFIRMED in line.says("please stop texting me")
    assert line.says("please stop texting me") == f"200 {EMPTY}"  # told again
    assert line.says("leave me alone", sid="SM2") == f"200 {EMPTY}"  # said again
    assert states(line.store) == [("suppressed", "opted_out")]
    assert in_force(line.store) == [(ANA, None)]
    assert line.tally.count(HEARD, "twilio") == {"stop": 2, "repeated": 1, "dropped": 1}


def test_twilio_answers_its_own_words(line: Line) -> None:
    assert line.says("STOP") == f"200 {EMPTY}"
    assert in_force(line.store) == [(ANA, None)]
    assert line.says("START", sid="SM2") == f"200 {EMPTY}"
    assert in_force(line.store) == []


def test_what_is_not_signed_changes_nothing(line: Line) -> None:
    assert line.says("STOP", token="another").startswith("403")
    assert in_force(line.store) == []


def test_what_makes_no_sense_is_told_so(line: Line) -> None:
    assert line.says("STOP", sid="no id").startswith("400")
    assert line.says("\x00\x00 🛑 " * 300) == f"200 {EMPTY}"


def test_what_cannot_be_kept_is_asked_for_again(line: Line) -> None:
    with line.store.write() as connection:
        connection.exec_driver_sql("ALTER TABLE replies RENAME TO away")
    assert line.says("STOP").startswith("503")
    with line.store.write() as connection:
        connection.exec_driver_sql("ALTER TABLE away RENAME TO replies")
    assert line.says("STOP") == f"200 {EMPTY}"
    assert in_force(line.store) == [(ANA, None)]
