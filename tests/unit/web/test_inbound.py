"""Texts that come in over HTTP: a signed stop counts and is answered once, in TwiML."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest
import urllib3
from urllib3.filepost import encode_multipart_formdata

from outreach.channels.inbound_sendgrid import SendGridReplies
from outreach.channels.inbound_twilio import TwilioReplies
from outreach.channels.sandbox import TwilioCallbacks
from outreach.passes.hearing import House
from outreach.store.database import Store
from outreach.web import Receivers, WebServer
from outreach.web.tally import HEARD, REFUSED, Tally
from outreach.workspace.web import SENDGRID_REPLIES_PATH, TWILIO_REPLIES_PATH
from tests.unit.ledger import add_customer, add_enrollment, add_message
from tests.unit.passes.test_opting_out import in_force, states
from tests.unit.web.conftest import PUBLIC, TOKEN

SECRET = "only-sendgrid-knows-it"
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

    def mails(self, text: str, *, secret: str = SECRET, **more: str) -> int:
        """Let SendGrid hand on a mail; return the status of the answer."""
        usual = {"from": "Ana <ana@example.com>", "to": "care@x.example", "subject": "Re: late"}
        body, kind = encode_multipart_formdata({**usual, "text": text, **more})
        url = f"{self.server.url}{SENDGRID_REPLIES_PATH}/{secret}"
        headers = {"Content-Type": kind}
        return urllib3.request("POST", url, body=body, headers=headers, retries=False).status


@pytest.fixture
def line(store: Store, serve: Callable[..., WebServer]) -> Line:
    with store.write() as connection:
        add_customer(connection, phone=ANA)
        add_message(connection, "m1", add_enrollment(connection), channel="sms")
    tally = Tally()
    receivers = Receivers(
        twilio_replies=TwilioReplies(TOKEN, PUBLIC + TWILIO_REPLIES_PATH),
        sendgrid_replies=SendGridReplies(SECRET),
    )
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


# mail


def test_a_stop_by_mail_counts(line: Line) -> None:
    assert line.mails("Please take me off this list\n\n> Hello Ana") == 200
    about = [("ana@example.com", purpose) for purpose in ("marketing", "service", "survey")]
    assert in_force(line.store) == about
    assert line.mails("I am away", headers="Auto-Submitted: auto-replied") == 200
    assert line.tally.count(HEARD, "sendgrid") == {"stop": 1, "dropped": 0, "ignored": 1}


@pytest.mark.parametrize("secret", ["another", SECRET + "x", SECRET[:-1], SECRET.upper(), "%FF"])
def test_only_who_knows_the_address_is_heard(line: Line, secret: str) -> None:
    assert line.mails("stop", secret=secret) == 403
    assert in_force(line.store) == []
    assert line.tally.count(REFUSED, "sendgrid") == {"forged": 1}


def test_a_mail_that_is_none_is_told_so(line: Line) -> None:
    url = f"{line.server.url}{SENDGRID_REPLIES_PATH}/{SECRET}"
    assert urllib3.request("POST", url, body=b"{}", retries=False).status == 400
    assert urllib3.request("GET", url, retries=False).status == 405
