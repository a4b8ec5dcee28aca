"""Twilio through its SDK, over real HTTP against the sandbox."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from outreach.channels import Outgoing, Receipted, Sender
from outreach.channels.outgoing import CanFind, Doubtful, fingerprint
from outreach.channels.sandbox import Fault, Sandbox, faults
from outreach.channels.twilio import TwilioSender
from outreach.errors import Outcome, SendError

Open = Callable[..., Sender]
Make = Callable[..., Outgoing]
SERVICE = "MG" + "a" * 32


def _fails(sender: Sender, message: Outgoing, now: datetime) -> SendError:
    with pytest.raises(SendError) as caught:
        sender.send(message, now=now)
    return caught.value


def _http(status: str, body: bytes, *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *headers]
    return "\r\n".join([*lines, "", ""]).encode() + body


def test_an_accepted_text_returns_twilios_id(
    open_twilio: Open, a_text: Make, sandbox: Sandbox, now: datetime
) -> None:
    receipt = open_twilio().send(a_text(), now=now)
    (arrived,) = sandbox.messages
    assert receipt == Receipted(arrived.provider_id, "queued")
    assert (arrived.to, arrived.from_) == ("+4915550111", "+4915550100")
    assert arrived.text == "Your order is late. Sorry! Nordlicht"


def test_a_messaging_service_chooses_the_sender(
    open_twilio: Open, a_text: Make, sandbox: Sandbox, now: datetime
) -> None:
    receipt = open_twilio(messaging_service=SERVICE).send(a_text(), now=now)
    request = sandbox.messages[0].request
    assert request["MessagingServiceSid"] == SERVICE
    assert "From" not in request
    assert receipt.detail == "accepted"


# what Twilio took, after a call that was not answered


def test_what_was_taken_is_found_by_number_and_words(
    open_twilio: Open, a_text: Make, sandbox: Sandbox, now: datetime
) -> None:
    sender = open_twilio()
    for text, to in (
        ("Your order is late", "+4915550111"),
        # smart encoding may have written other quotation marks and spaces
        ("Your “order”\u00a0is late…", "+4915550111"),
        ("Your order is late", "+4915550112"),  # somebody else
        ("Your order is very late", "+4915550111"),  # something else
    ):
        sender.send(a_text(body_text=text, to=to), now=now)
    assert isinstance(sender, CanFind)
    call = Doubtful("+4915550111", fingerprint("Your order is late"), now)
    first, second, *_ = (message.provider_id for message in sandbox.messages)
    assert [found.provider_id for found in sender.find(call)] == [second, first]
    later = Doubtful(call.to, call.fingerprint, now + timedelta(minutes=2))
    assert sender.find(later) == []


def test_twilio_that_does_not_answer_knows_neither_yes_nor_no(
    open_twilio: Open, sandbox: Sandbox, now: datetime
) -> None:
    sandbox.script(faults.wrong_credentials(), to="+4915550111")
    sender = open_twilio()
    assert isinstance(sender, CanFind)
    with pytest.raises(SendError, match="401"):
        sender.find(Doubtful("+4915550111", fingerprint("late"), now))


def test_nothing_is_left_to_twilios_own_schedule(
    open_twilio: Open, a_text: Make, sandbox: Sandbox, now: datetime
) -> None:
    open_twilio().send(a_text(expires_at=now + timedelta(hours=1)), now=now)
    assert not sandbox.messages[0].request.keys() & {"SendAt", "ScheduleType", "ForceDelivery"}


@pytest.mark.parametrize(
    ("left", "seconds"),
    [
        (timedelta(hours=2), "7200"),
        (timedelta(days=3), "36000"),  # Twilio keeps nothing longer than ten hours
        (timedelta(seconds=90, microseconds=700_000), "90"),  # never past the end
        (timedelta(seconds=-5), "1"),  # Twilio takes no 0
        (None, None),  # Twilio's default
    ],
)
def test_a_text_does_not_wait_at_twilio_past_its_expiry(
    open_twilio: Open,
    a_text: Make,
    sandbox: Sandbox,
    now: datetime,
    left: timedelta | None,
    seconds: str | None,
) -> None:
    open_twilio().send(a_text(expires_at=None if left is None else now + left), now=now)
    assert sandbox.messages[0].request.get("ValidityPeriod") == seconds


def test_an_expiry_in_another_zone_means_the_same_instant(
    open_twilio: Open, a_text: Make, sandbox: Sandbox, now: datetime
) -> None:
    expires_at = (now + timedelta(hours=1)).astimezone(ZoneInfo("America/New_York"))
    open_twilio().send(a_text(expires_at=expires_at), now=now)
    assert sandbox.messages[0].request["ValidityPeriod"] == "3600"


def test_a_text_comes_from_the_channels_own_number_whoever_signs_it(
    open_twilio: Open, a_text: Make, sandbox: Sandbox, now: datetime
) -> None:
    open_twilio().send(a_text(from_="Mara at Nordlicht"), now=now)
    assert sandbox.messages[0].from_ == "+4915550100"


@pytest.mark.parametrize("choice", [True, False])
def test_smart_encoding_is_always_said(
    open_twilio: Open, a_text: Make, sandbox: Sandbox, now: datetime, choice: bool
) -> None:
    open_twilio(smart_encoded=choice).send(a_text(), now=now)
    assert sandbox.messages[0].request["SmartEncoded"] == str(choice).lower()


@pytest.mark.parametrize(
    ("callback", "sent"),
    [
        ("https://nordlicht.example/twilio", "https://nordlicht.example/twilio?m=m-18"),
        # what the operator wrote in the query and in Twilio's fragment of settings stays
        (
            "https://nordlicht.example/twilio?shop=de#rc=3&rp=all",
            "https://nordlicht.example/twilio?shop=de&m=m-18#rc=3&rp=all",
        ),
    ],
)
def test_the_status_callback_carries_our_message_id(
    open_twilio: Open, a_text: Make, sandbox: Sandbox, now: datetime, callback: str, sent: str
) -> None:
    open_twilio(status_callback=callback).send(a_text(), now=now)
    assert sandbox.messages[0].request["StatusCallback"] == sent
    assert sandbox.messages[0].message_id == "m-18"


@pytest.mark.parametrize(
    "to",
    ["", "015550111", "+49 1555 0111", "12345", "whatsapp:+4915550111", "+4915550111,+4915550112"],
)
def test_what_is_no_international_number_is_refused_before_any_call(
    open_twilio: Open, a_text: Make, sandbox: Sandbox, now: datetime, to: str
) -> None:
    error = _fails(open_twilio(), a_text(to=to), now)
    assert (error.outcome, error.address_is_bad) == (Outcome.REJECTED, True)
    assert sandbox.count == 0


@pytest.mark.parametrize(
    ("fault", "outcome", "code", "mark"),
    [
        (faults.refusal(21610, "STOP"), Outcome.REJECTED, "21610", "opted_out"),
        (faults.refusal(21211, "Invalid"), Outcome.REJECTED, "21211", "address_is_bad"),
        (faults.refusal(21614, "No mobile"), Outcome.REJECTED, "21614", "address_is_bad"),
        (faults.refusal(21265, "Short code"), Outcome.REJECTED, "21265", "address_is_bad"),
        (faults.refusal(21635, "Landline"), Outcome.REJECTED, "21635", "address_is_bad"),
        # this pair or region, not the number itself
        (faults.refusal(21612, "Unreachable"), Outcome.REJECTED, "21612", ""),
        (faults.refusal(21408, "Region is off"), Outcome.REJECTED, "21408", ""),
        (faults.refusal(21617, "Too long"), Outcome.REJECTED, "21617", ""),
        (faults.refusal(90007, "Out of range"), Outcome.REJECTED, "90007", ""),
        # a code nobody knows yet: this message only
        (faults.refusal(21999, "New"), Outcome.REJECTED, "21999", ""),
        # every other message would be answered the same
        (faults.wrong_credentials(), Outcome.NOT_SENT, "20003", "channel_is_down"),
        (faults.refusal(0, "Forbidden", status=403), Outcome.NOT_SENT, "403", "channel_is_down"),
        (faults.refusal(20005, "Not active"), Outcome.NOT_SENT, "20005", "channel_is_down"),
        (faults.refusal(21660, "Not yours"), Outcome.NOT_SENT, "21660", "channel_is_down"),
        # it will pass
        (faults.too_many(), Outcome.NOT_SENT, "20429", ""),
        (faults.refusal(21611, "Queue is full"), Outcome.NOT_SENT, "21611", ""),
        # who knows
        (faults.server_error(500), Outcome.IN_DOUBT, "20500", ""),
        (faults.server_error(503), Outcome.IN_DOUBT, "20500", ""),
        (faults.refusal(21610, "A 5xx is no verdict", status=500), Outcome.IN_DOUBT, "21610", ""),
        (faults.garbled(), Outcome.IN_DOUBT, "201", ""),
        (faults.reset_before(), Outcome.IN_DOUBT, "no_answer", ""),
        (faults.reset_after(), Outcome.IN_DOUBT, "no_answer", ""),
    ],
)
def test_every_answer_says_how_sure_we_are_and_whose_fault_it_is(
    open_twilio: Open,
    a_text: Make,
    sandbox: Sandbox,
    now: datetime,
    fault: Fault,
    outcome: Outcome,
    code: str,
    mark: str,
) -> None:
    sandbox.script(fault)
    error = _fails(open_twilio(), a_text(), now)
    assert (error.outcome, error.code) == (outcome, code)
    marks = {"opted_out", "address_is_bad", "channel_is_down"}
    assert {name for name in marks if getattr(error, name)} == ({mark} if mark else set())


@pytest.mark.parametrize(
    ("answer", "outcome", "code"),
    [
        # the newer form of errors (RFC 9457), which is another exception in the SDK
        (
            _http(
                "400 Bad Request",
                json.dumps({"type": "u", "title": "STOP", "status": 400, "code": 21610}).encode(),
            ),
            Outcome.REJECTED,
            "21610",
        ),
        (_http("404 Not Found", b"<html>"), Outcome.REJECTED, "404"),  # no code of Twilio's
        (_http("502 Bad Gateway", b"<html>"), Outcome.IN_DOUBT, "502"),
        (_http("302 Found", b"", "Location: http://127.0.0.1:1/"), Outcome.NOT_SENT, "302"),
        # successes that hold no message
        (_http("201 Created", b""), Outcome.IN_DOUBT, "201"),
        (_http("201 Created", b"[]"), Outcome.IN_DOUBT, "201"),
        (_http("201 Created", b"{}"), Outcome.IN_DOUBT, "201"),
        (_http("201 Created", b'{"sid": null}'), Outcome.IN_DOUBT, "201"),
        # the answer breaks off
        (b"HTTP/1.1 201 Created\r\nContent-Length: 900\r\n\r\n{", Outcome.IN_DOUBT, "no_answer"),
        (b"HTTP/1.1 2", Outcome.IN_DOUBT, "no_answer"),
        (b"SSH-2.0-OpenSSH\r\n", Outcome.IN_DOUBT, "no_answer"),
    ],
)
def test_answers_that_are_not_twilios_usual_ones(
    open_twilio: Open,
    a_text: Make,
    answer_with: Callable[[bytes], str],
    now: datetime,
    answer: bytes,
    outcome: Outcome,
    code: str,
) -> None:
    error = _fails(open_twilio(url=answer_with(answer)), a_text(), now)
    assert (error.outcome, error.code) == (outcome, code)


def test_the_wait_that_a_429_asks_for_is_read_though_the_sdk_drops_it(
    open_twilio: Open, a_text: Make, sandbox: Sandbox, now: datetime
) -> None:
    sandbox.script(faults.too_many({"Retry-After": "4"}))
    assert _fails(open_twilio(), a_text(), now).retry_after == 4
    sandbox.script(faults.too_many())
    assert _fails(open_twilio(), a_text(), now).retry_after is None


def test_a_server_that_never_answers_is_in_doubt_after_the_timeout(
    open_twilio: Open, a_text: Make, sandbox: Sandbox, now: datetime
) -> None:
    sandbox.script(faults.slow(30))
    error = _fails(open_twilio(timeout=0.2), a_text(), now)
    assert (error.outcome, error.code) == (Outcome.IN_DOUBT, "no_answer")


@pytest.mark.parametrize(
    "fault", [faults.server_error(503, arrives=True), faults.reset_after(), faults.too_many()]
)
def test_nothing_is_ever_posted_twice(
    open_twilio: Open, a_text: Make, sandbox: Sandbox, now: datetime, fault: Fault
) -> None:
    sandbox.script(fault)  # a second request would meet no fault and arrive
    _fails(open_twilio(), a_text(), now)
    assert sandbox.count == (1 if fault.arrives else 0)


def test_no_connection_means_nothing_was_sent(
    open_twilio: Open, a_text: Make, closed_port: int, now: datetime
) -> None:
    error = _fails(open_twilio(url=f"http://127.0.0.1:{closed_port}"), a_text(), now)
    assert (error.outcome, error.code) == (Outcome.NOT_SENT, "no_connection")


def test_edge_and_region_of_the_environment_leave_a_configured_url_alone(
    open_twilio: Open,
    a_text: Make,
    sandbox: Sandbox,
    now: datetime,
    env: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in {"TWILIO_EDGE": "dublin", "TWILIO_REGION": "ie1"}.items():
        monkeypatch.setenv(name, value)
        env[name] = value
    open_twilio().send(a_text(), now=now)
    assert sandbox.count == 1


def test_without_a_url_edge_and_region_choose_twilios_host(
    open_twilio: Open, env: dict[str, str]
) -> None:
    env.update({"TWILIO_EDGE": "dublin", "TWILIO_REGION": "ie1"})
    sender = open_twilio(url=None)
    assert isinstance(sender, TwilioSender)
    host = sender._client.get_hostname("https://api.twilio.com/2010-04-01")
    assert host == "https://api.dublin.ie1.twilio.com/2010-04-01"


def test_threads_share_one_sender_and_get_their_own_receipts(
    open_twilio: Open, a_text: Make, sandbox: Sandbox, now: datetime
) -> None:
    sender = open_twilio()
    numbers = [f"+4915550{n:03}" for n in range(120)]
    with ThreadPoolExecutor(8) as threads:
        receipts = list(threads.map(lambda to: sender.send(a_text(to=to), now=now), numbers))
    arrived = {message.to: message.provider_id for message in sandbox.messages}
    assert arrived == {
        to: receipt.provider_id for to, receipt in zip(numbers, receipts, strict=True)
    }


def test_the_log_never_holds_numbers_bodies_or_the_token(
    open_twilio: Open,
    a_text: Make,
    sandbox: Sandbox,
    now: datetime,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    sender = open_twilio()
    sender.send(a_text(), now=now)
    sandbox.script(faults.refusal(21211, "The 'To' number +4915550111 is not valid"))
    error = _fails(sender, a_text(), now)
    for secret in ("15550111", "Sorry!", "the-secret-token"):
        assert secret not in caplog.text
        assert secret not in str(error)
    assert "https://www.twilio.com/docs/errors/21211" in str(error)


def test_check_fetches_the_account(open_twilio: Open, sandbox: Sandbox) -> None:
    assert "the account is active" in open_twilio().check()
    sandbox.script(faults.wrong_credentials())
    with pytest.raises(SendError) as caught:
        open_twilio().check()
    assert caught.value.channel_is_down


def test_check_notices_a_suspended_account(
    open_twilio: Open, answer_with: Callable[[bytes], str]
) -> None:
    account = b'{"status": "suspended", "type": "Full"}'
    with pytest.raises(SendError, match="suspended") as caught:
        open_twilio(url=answer_with(_http("200 OK", account))).check()
    assert caught.value.channel_is_down


def test_check_tells_what_a_trial_account_cannot_do(
    open_twilio: Open, answer_with: Callable[[bytes], str]
) -> None:
    account = b'{"status": "active", "type": "Trial"}'
    assert "verified numbers only" in open_twilio(url=answer_with(_http("200 OK", account))).check()
