"""The sandbox: the providers' own SDKs, untouched, take it for the real thing."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from python_http_client.exceptions import BadRequestsError, HTTPError, UnauthorizedError
from sendgrid import SendGridAPIClient
from sendgrid.helpers.mail import CustomArg, Mail
from twilio.base.exceptions import TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client

from outreach.channels.sandbox import Arrived, Sandbox, faults
from outreach.clock import MovingClock
from outreach.model import Channel

ACCOUNT = "AC" + "0" * 32


def _mail(to: str = "ada@customer.example", **changes: str) -> Mail:
    given = {
        "from_email": "care@nordlicht.example",
        "to_emails": to,
        "subject": "Your order is late",
        "plain_text_content": "Dear Ada",
        "html_content": "<p>Dear Ada</p>",
    }
    return Mail(**{**given, **changes})


@pytest.fixture
def sendgrid(sandbox: Sandbox) -> SendGridAPIClient:
    client = SendGridAPIClient("SG.any", host=sandbox.url)
    client.client.timeout = 5
    return client


@pytest.fixture
def twilio(sandbox: Sandbox) -> Iterator[Client]:
    http = TwilioHttpClient(timeout=5)
    client = Client(ACCOUNT, "token", http_client=http, environment={"TWILIO_EDGE": ""})
    client.api.base_url = sandbox.url
    yield client
    http.session.close()


def _get(url: str) -> tuple[int, dict[str, str], str]:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return answer.status, dict(answer.headers), answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, dict(error.headers), error.read().decode()


# --- SendGrid ----------------------------------------------------------------------------------


def test_sendgrids_sdk_delivers_here(sandbox: Sandbox, sendgrid: SendGridAPIClient) -> None:
    mail = _mail()
    mail.custom_arg = CustomArg("outreach_id", "m-1")
    response = sendgrid.send(mail)
    (arrived,) = sandbox.messages
    assert (response.status_code, response.body) == (202, b"")
    assert response.headers["X-Message-Id"] == arrived.provider_id
    assert (arrived.number, arrived.channel, arrived.message_id) == (1, Channel.EMAIL, "m-1")
    assert (arrived.to, arrived.text, arrived.html) == (
        "ada@customer.example",
        "Dear Ada",
        "<p>Dear Ada</p>",
    )


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"personalizations": []}, "personalizations"),
        ({"personalizations": [{"to": []}]}, "personalizations.0.to"),
        ({"personalizations": [{"to": [{"email": "x"}]}]}, "personalizations.0.to.0.email"),
        ({"from": {"email": "care"}}, "from.email"),
        ({"from": {"email": "care@b.example", "name": "Bo; Co, Ltd"}}, "from.name"),
        ({"content": []}, "content"),
        ({"content": [{"type": "text/plain", "value": ""}]}, "content.value"),
        (
            {
                "content": [
                    {"type": "text/html", "value": "x"},
                    {"type": "text/plain", "value": "x"},
                ]
            },
            "content.type",
        ),
        ({"headers": {"To": "eve@evil.example"}}, "headers"),
        ({"custom_args": {"outreach_id": 7}}, "custom_args"),
    ],
)
def test_sendgrids_refusals_have_sendgrids_form(
    sandbox: Sandbox, sendgrid: SendGridAPIClient, changes: dict[str, object], field: str
) -> None:
    with pytest.raises(BadRequestsError) as caught:
        sendgrid.send({**_mail().get(), **changes})
    assert [error["field"] for error in caught.value.to_dict["errors"]] == [field]
    assert sandbox.count == 0


def test_sendgrid_wants_a_key(sandbox: Sandbox, sendgrid: SendGridAPIClient) -> None:
    sendgrid.client.request_headers.pop("Authorization")
    with pytest.raises(UnauthorizedError):
        sendgrid.send(_mail())


@pytest.mark.parametrize("body", [b"", b"[]", b"\xff", b'{"personalizations": 7}', b'"x"'])
def test_what_is_no_mail_is_refused_and_not_a_crash(sandbox: Sandbox, body: bytes) -> None:
    request = urllib.request.Request(
        f"{sandbox.url}/v3/mail/send", data=body, headers={"Authorization": "Bearer x"}
    )
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(request, timeout=5)
    with caught.value as error:
        assert error.code == 400


# --- Twilio ------------------------------------------------------------------------------------


def test_twilios_sdk_creates_lists_and_fetches_here(sandbox: Sandbox, twilio: Client) -> None:
    first = twilio.messages.create(to="+4915550111", from_="+4915550100", body="one")
    second = twilio.messages.create(to="+4915550112", from_="+4915550100", body="two")
    third = twilio.messages.create(to="+4915550111", messaging_service_sid="MG1", body="three")
    assert re.fullmatch(r"SM[0-9a-f]{32}", first.sid)
    assert (first.status, third.status, third.num_segments) == ("queued", "accepted", "0")
    newest_first = [m.sid for m in twilio.messages.list(to="+4915550111", limit=50)]
    assert newest_first == [third.sid, first.sid]
    assert [m.body for m in twilio.messages.list(limit=2)] == ["three", "two"]
    fetched = twilio.messages(second.sid).fetch()
    assert (fetched.body, fetched.date_created) == ("two", sandbox.messages[1].at)
    assert twilio.api.v2010.accounts(ACCOUNT).fetch().status == "active"


@pytest.mark.parametrize(
    ("form", "code"),
    [
        ({"to": "0155", "from_": "+4915550100", "body": "x"}, 21211),
        ({"to": "+4915550111", "body": "x"}, 21603),
        ({"to": "+4915550111", "from_": "+4915550100"}, 21602),
        ({"to": "+4915550111", "from_": "+4915550100", "body": "x" * 1601}, 21617),
        (
            {"to": "+4915550111", "from_": "+4915550100", "body": "x", "validity_period": 0},
            90007,
        ),
    ],
)
def test_twilios_refusals_have_twilios_codes(
    sandbox: Sandbox, twilio: Client, form: dict[str, object], code: int
) -> None:
    with pytest.raises(TwilioRestException) as caught:
        twilio.messages.create(**form)
    assert (caught.value.status, caught.value.code) == (400, code)
    assert sandbox.count == 0


def test_twilio_wants_the_account_of_the_path(sandbox: Sandbox, twilio: Client) -> None:
    twilio.username, twilio.auth = "AC1", ("AC1", "token")
    with pytest.raises(TwilioRestException) as caught:
        twilio.messages.create(to="+4915550111", from_="+4915550100", body="x")
    assert (caught.value.status, caught.value.code) == (401, 20003)


# --- faults ------------------------------------------------------------------------------------


def test_a_scripted_fault_meets_the_next_requests_only(
    sandbox: Sandbox, sendgrid: SendGridAPIClient
) -> None:
    sandbox.script(faults.refusal(0, "No"), times=2)
    for _ in range(2):
        with pytest.raises(BadRequestsError):
            sendgrid.send(_mail())
    sendgrid.send(_mail())
    assert sandbox.count == 1


def test_a_fault_for_one_recipient_leaves_the_others_alone(
    sandbox: Sandbox, sendgrid: SendGridAPIClient
) -> None:
    sandbox.script(faults.refusal(0, "No"), to="eve@customer.example")
    for _ in range(2):
        with pytest.raises(BadRequestsError):
            sendgrid.send(_mail("eve@customer.example"))
        sendgrid.send(_mail())
    sandbox.script(None, to="eve@customer.example")
    sendgrid.send(_mail("eve@customer.example"))
    assert sandbox.count == 3


@pytest.mark.parametrize(
    ("number", "code"),
    # Twilio's own magic numbers
    [("+15005550001", 21211), ("+15005550004", 21610), ("+15005550009", 21614)],
)
def test_magic_numbers_go_wrong_as_twilios_do(twilio: Client, number: str, code: int) -> None:
    with pytest.raises(TwilioRestException) as caught:
        twilio.messages.create(to=number, from_="+15005550006", body="x")
    assert caught.value.code == code


def test_a_message_taken_before_the_connection_is_cut_has_arrived(
    sandbox: Sandbox, sendgrid: SendGridAPIClient
) -> None:
    for fault, arrived in ((faults.reset_before(), 0), (faults.reset_after(), 1)):
        sandbox.script(fault)
        with pytest.raises(OSError, match=r"reset|closed"):
            sendgrid.send(_mail())
        assert sandbox.count == arrived


# --- pages -------------------------------------------------------------------------------------


def test_the_page_lists_what_arrived_newest_first(
    sandbox: Sandbox, sendgrid: SendGridAPIClient, twilio: Client
) -> None:
    assert "0 messages arrived" in _get(sandbox.url)[2]
    sendgrid.send(_mail())
    twilio.messages.create(to="+4915550111", from_="+4915550100", body="A text")
    page = _get(sandbox.url)[2]
    assert "2 messages arrived" in page
    assert page.index("A text") < page.index("Your order is late")


def test_a_mail_is_shown_as_text_and_in_a_frame_that_can_do_nothing(
    sandbox: Sandbox, sendgrid: SendGridAPIClient
) -> None:
    sendgrid.send(_mail())
    _, _, page = _get(f"{sandbox.url}/messages/1")
    assert '<iframe sandbox title="The mail as HTML" src="/messages/1/html">' in page
    assert "<pre>Dear Ada</pre>" in page
    _, headers, html = _get(f"{sandbox.url}/messages/1/html")
    assert html == "<p>Dear Ada</p>"
    assert headers["content-security-policy"].startswith("sandbox; default-src 'none'")


def test_nothing_that_arrives_becomes_markup(sandbox: Sandbox, sendgrid: SendGridAPIClient) -> None:
    evil = "<script>alert(1)</script>"
    sendgrid.send(_mail(subject=evil, plain_text_content=evil))
    for path in ("/", "/messages/1"):
        status, headers, page = _get(sandbox.url + path)
        assert status == 200
        assert "<script" not in page
        assert "&lt;script&gt;" in page
        assert headers["content-security-policy"].startswith("default-src 'none'")


def test_looking_changes_nothing(sandbox: Sandbox, sendgrid: SendGridAPIClient) -> None:
    sendgrid.send(_mail())
    before = sandbox.messages
    for path in ("/", "/?live", "/messages/1", "/messages/1/html", "/messages/7", "/clear"):
        _get(sandbox.url + path)
    assert (sandbox.messages, sandbox.count) == (before, 1)


def test_a_message_that_is_not_kept_says_so(sandbox: Sandbox) -> None:
    status, _, page = _get(f"{sandbox.url}/messages/99")
    assert status == 404
    assert "No such message" in page


def test_the_page_refreshes_only_when_asked(sandbox: Sandbox) -> None:
    assert 'http-equiv="refresh"' not in _get(sandbox.url)[2]
    assert 'http-equiv="refresh"' in _get(f"{sandbox.url}/?live")[2]


# --- running -----------------------------------------------------------------------------------


def test_each_arrival_is_told_with_the_time_of_the_given_clock() -> None:
    clock = MovingClock(datetime(2026, 12, 24, 18, 0, tzinfo=UTC))
    told: list[Arrived] = []
    with Sandbox(clock=clock, on_message=told.append) as sandbox:
        SendGridAPIClient("SG.any", host=sandbox.url).send(_mail())
        assert told == list(sandbox.messages)
        assert told[0].at == clock.now()


def test_it_keeps_the_last_messages_and_counts_all() -> None:
    with Sandbox(keep=2) as sandbox:
        client = SendGridAPIClient("SG.any", host=sandbox.url)
        for n in range(3):
            client.send(_mail(subject=f"n{n}"))
        assert [m.subject for m in sandbox.messages] == ["n1", "n2"]
        assert sandbox.count == 3


def test_it_stops_at_once_though_an_answer_is_still_due() -> None:
    sandbox = Sandbox().start()
    sandbox.script(faults.slow(60))
    client = SendGridAPIClient("SG.any", host=sandbox.url)
    arrived = threading.Event()
    sandbox._arrivals._on_message = lambda _: arrived.set()

    def send() -> None:
        with pytest.raises((OSError, HTTPError)):
            client.send(_mail())

    waiting = threading.Thread(target=send)
    waiting.start()
    assert arrived.wait(5)
    sandbox.stop()
    waiting.join(5)
    assert not waiting.is_alive()


def test_a_taken_port_is_an_error_at_once(sandbox: Sandbox) -> None:
    with pytest.raises(OSError, match="in use"):
        Sandbox(port=int(sandbox.url.rpartition(":")[2]))


_TOOL = """
from outreach.channels.sandbox import serve
count = serve(
    "127.0.0.1",
    0,
    on_message=lambda message: print(message.to, flush=True),
    on_start=lambda url: print(url, flush=True),
)
print(count, "arrived")
"""


def test_as_a_tool_it_tells_every_arrival_and_ends_well_on_ctrl_c() -> None:
    tool = subprocess.Popen(
        [sys.executable, "-c", _TOOL],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert tool.stdout is not None
        url = tool.stdout.readline().strip()
        SendGridAPIClient("SG.any", host=url).send(_mail())
        assert tool.stdout.readline() == "ada@customer.example\n"
        tool.send_signal(signal.SIGINT)
        out, err = tool.communicate(timeout=10)
        assert (tool.returncode, out, err) == (0, "1 arrived\n", "")
    finally:
        tool.kill()
        tool.communicate()
