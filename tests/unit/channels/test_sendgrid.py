"""SendGrid through its SDK, over real HTTP against the sandbox."""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import pytest

from outreach.channels import Outgoing, Receipted, Sender, wire
from outreach.channels.sandbox import Fault, Sandbox, faults
from outreach.errors import Outcome, SendError

Open = Callable[..., Sender]
Make = Callable[..., Outgoing]


def _fails(sender: Sender, message: Outgoing, now: datetime) -> SendError:
    with pytest.raises(SendError) as caught:
        sender.send(message, now=now)
    return caught.value


def test_an_accepted_email_returns_sendgrids_id(
    open_sendgrid: Open, an_email: Make, sandbox: Sandbox, now: datetime
) -> None:
    receipt = open_sendgrid().send(an_email(), now=now)
    (arrived,) = sandbox.messages
    assert receipt == Receipted(arrived.provider_id, "accepted")
    assert (arrived.to, arrived.subject) == ("ada@customer.example", "Your order is late")
    assert arrived.text == "Dear Ada, we are sorry."
    assert arrived.html == "<p>Dear Ada, we are sorry.</p>"
    assert arrived.from_ == "Mara at Nordlicht <care@nordlicht.example>"


def test_sendgrid_is_told_our_message_id_and_nothing_else_of_ours(
    open_sendgrid: Open, an_email: Make, sandbox: Sandbox, now: datetime
) -> None:
    open_sendgrid().send(an_email(), now=now)
    request = sandbox.messages[0].request
    assert request["custom_args"] == {"outreach_id": "m-17"}
    # what SendGrid keeps for good, plans itself, or uses to override an opt-out
    assert not request.keys() & {"categories", "send_at", "batch_id", "asm", "mail_settings"}


def test_nobody_is_tracked_and_the_opt_out_has_one_owner(
    open_sendgrid: Open, an_email: Make, sandbox: Sandbox, now: datetime
) -> None:
    unsubscribe = {
        "List-Unsubscribe": "<https://nordlicht.example/u/abc>, <mailto:stop@nordlicht.example>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }
    open_sendgrid().send(an_email(headers=unsubscribe), now=now)
    request = sandbox.messages[0].request
    assert request["headers"] == unsubscribe
    assert request["tracking_settings"] == {
        "click_tracking": {"enable": False, "enable_text": False},
        "open_tracking": {"enable": False},
        "subscription_tracking": {"enable": False},
    }


def test_each_email_has_one_recipient_who_sees_no_other(
    open_sendgrid: Open, an_email: Make, sandbox: Sandbox, now: datetime
) -> None:
    open_sendgrid().send(an_email(), now=now)
    assert sandbox.messages[0].request["personalizations"] == [
        {"to": [{"email": "ada@customer.example"}]}
    ]


@pytest.mark.parametrize(
    ("from_", "person"),
    [
        # the channel's own sender
        ("", {"email": "care@nordlicht.example", "name": "Mara at Nordlicht"}),
        # only a name, as a template gives it
        ("Nordlicht Support", {"email": "care@nordlicht.example", "name": "Nordlicht Support"}),
        ("Bo <bo@nordlicht.example>", {"email": "bo@nordlicht.example", "name": "Bo"}),
        ("bo@nordlicht.example", {"email": "bo@nordlicht.example"}),
        # SendGrid refuses ; and , in names, and the SDK does not look
        ("Bo; Co, Ltd", {"email": "care@nordlicht.example", "name": "Bo Co Ltd"}),
        # a line break would start a header
        ("Bo\r\nBcc: x", {"email": "care@nordlicht.example", "name": "Bo Bcc: x"}),
        ("Märta Öst", {"email": "care@nordlicht.example", "name": "Märta Öst"}),
    ],
)
def test_sender_names_reach_sendgrid_in_a_form_it_takes(
    open_sendgrid: Open,
    an_email: Make,
    sandbox: Sandbox,
    now: datetime,
    from_: str,
    person: dict[str, str],
) -> None:
    open_sendgrid().send(an_email(from_=from_), now=now)
    assert sandbox.messages[0].request["from"] == person


def test_a_reply_goes_where_the_message_or_else_the_channel_says(
    open_sendgrid: Open, an_email: Make, sandbox: Sandbox, now: datetime
) -> None:
    sender = open_sendgrid(reply_to="care@nordlicht.example")
    sender.send(an_email(), now=now)
    sender.send(an_email(reply_to="Ticket 5 <t-5@nordlicht.example>"), now=now)
    assert [m.reply_to for m in sandbox.messages] == [
        "care@nordlicht.example",
        "Ticket 5 <t-5@nordlicht.example>",
    ]


def test_a_domain_with_umlauts_is_written_in_ascii(
    open_sendgrid: Open, an_email: Make, sandbox: Sandbox, now: datetime
) -> None:
    open_sendgrid().send(an_email(to="ada@bücher.example"), now=now)
    assert sandbox.messages[0].to == "ada@xn--bcher-kva.example"


@pytest.mark.parametrize(
    "to",
    [
        "",
        "ada",
        "ada@customer.example, bob@customer.example",  # two would see each other
        "ada@customer.example\r\nBcc: eve@evil.example",
        "Ada <ada@customer.example>",
        "jürgen@customer.example",  # needs a mail server that speaks SMTPUTF8
    ],
)
def test_an_unusable_address_is_refused_before_any_call(
    open_sendgrid: Open, an_email: Make, sandbox: Sandbox, now: datetime, to: str
) -> None:
    error = _fails(open_sendgrid(), an_email(to=to), now)
    assert (error.outcome, error.address_is_bad) == (Outcome.REJECTED, True)
    assert sandbox.count == 0
    assert to == "" or to not in str(error)


def test_a_line_break_in_the_subject_or_a_header_starts_no_header(
    open_sendgrid: Open, an_email: Make, sandbox: Sandbox, now: datetime
) -> None:
    message = an_email(subject="Hi\r\nBcc: eve@evil.example", headers={"X-Note": "a\nTo: eve"})
    open_sendgrid().send(message, now=now)
    request = sandbox.messages[0].request
    assert request["subject"] == "Hi Bcc: eve@evil.example"
    assert request["headers"] == {"X-Note": "a To: eve"}


def test_an_email_without_html_has_a_text_part_only(
    open_sendgrid: Open, an_email: Make, sandbox: Sandbox, now: datetime
) -> None:
    open_sendgrid().send(an_email(body_html=""), now=now)
    assert [part["type"] for part in sandbox.messages[0].request["content"]] == ["text/plain"]


def test_sandbox_mode_checks_and_says_that_nothing_was_delivered(
    open_sendgrid: Open, an_email: Make, answer_with: Callable[[bytes], str], now: datetime
) -> None:
    url = answer_with(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
    receipt = open_sendgrid(url=url, sandbox_mode=True).send(an_email(), now=now)
    assert "not delivered" in receipt.detail


@pytest.mark.parametrize(
    ("fault", "outcome", "code", "is_down"),
    [
        (faults.too_many(), Outcome.NOT_SENT, "429", False),
        (faults.wrong_credentials(), Outcome.NOT_SENT, "401", True),
        (faults.refusal(0, "Forbidden", status=403), Outcome.NOT_SENT, "403", True),
        (faults.refusal(0, "Bad Request"), Outcome.REJECTED, "400", False),
        (faults.refusal(0, "Too large", status=413), Outcome.REJECTED, "413", False),
        (faults.refusal(0, "Timeout", status=408), Outcome.IN_DOUBT, "408", False),
        (faults.refusal(0, "Moved", status=302), Outcome.NOT_SENT, "302", True),
        (faults.server_error(500), Outcome.IN_DOUBT, "500", False),
        (
            faults.server_error(502),
            Outcome.IN_DOUBT,
            "502",
            False,
        ),  # no class of its own in the SDK
        (faults.server_error(503), Outcome.IN_DOUBT, "503", False),
        (faults.garbled(), Outcome.IN_DOUBT, "200", False),
        (faults.reset_before(), Outcome.IN_DOUBT, "no_answer", False),
        (faults.reset_after(), Outcome.IN_DOUBT, "no_answer", False),
    ],
)
def test_every_answer_says_how_sure_we_are(
    open_sendgrid: Open,
    an_email: Make,
    sandbox: Sandbox,
    now: datetime,
    fault: Fault,
    outcome: Outcome,
    code: str,
    is_down: bool,
) -> None:
    sandbox.script(fault)
    error = _fails(open_sendgrid(), an_email(), now)
    assert (error.outcome, error.code, error.channel_is_down) == (outcome, code, is_down)
    assert not error.address_is_bad


def test_a_server_that_never_answers_is_in_doubt_after_the_timeout(
    open_sendgrid: Open, an_email: Make, sandbox: Sandbox, now: datetime
) -> None:
    sandbox.script(faults.slow(30))
    error = _fails(open_sendgrid(timeout=0.2), an_email(), now)
    assert (error.outcome, error.code) == (Outcome.IN_DOUBT, "no_answer")
    assert "0.2 s" in str(error)


@pytest.mark.parametrize(
    "fault",
    [faults.server_error(503, arrives=True), faults.reset_after(), faults.too_many()],
)
def test_nothing_is_ever_posted_twice(
    open_sendgrid: Open, an_email: Make, sandbox: Sandbox, now: datetime, fault: Fault
) -> None:
    sandbox.script(fault)  # a second request would meet no fault and arrive
    _fails(open_sendgrid(), an_email(), now)
    assert sandbox.count == (1 if fault.arrives else 0)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "7"}, 7),
        ({"Retry-After": "Tue, 24 Nov 2026 09:00:30 GMT"}, 30),
        ({"X-RateLimit-Reset": "1795510845"}, 45),  # 09:00:45 as an epoch
        ({"X-RateLimit-Reset": "1795510000"}, 0),  # already over
        ({"Retry-After": "3", "X-RateLimit-Reset": "1795510845"}, 3),
        ({"X-RateLimit-Reset": "1800000000"}, 3600),  # weeks: asked again in an hour
        ({"Retry-After": "soon"}, None),
        ({}, None),
    ],
)
def test_a_rate_limit_says_how_long_to_wait(
    open_sendgrid: Open,
    an_email: Make,
    sandbox: Sandbox,
    now: datetime,
    headers: dict[str, str],
    seconds: float | None,
) -> None:
    sandbox.script(faults.too_many(headers))
    assert _fails(open_sendgrid(), an_email(), now).retry_after == seconds


def test_an_address_that_sendgrid_refuses_is_marked_bad(
    open_sendgrid: Open, an_email: Make, now: datetime
) -> None:
    error = _fails(open_sendgrid(), an_email(to="fault-address@customer.example"), now)
    assert (error.outcome, error.address_is_bad) == (Outcome.REJECTED, True)


def test_a_refused_sender_says_nothing_against_the_recipient(
    open_sendgrid: Open, an_email: Make, sandbox: Sandbox, now: datetime
) -> None:
    sandbox.script(faults.refusal(0, "Not a valid address", blamed_field="from.email"))
    assert not _fails(open_sendgrid(), an_email(), now).address_is_bad


def test_no_connection_means_nothing_was_sent(
    open_sendgrid: Open, an_email: Make, closed_port: int, now: datetime
) -> None:
    error = _fails(open_sendgrid(url=f"http://127.0.0.1:{closed_port}"), an_email(), now)
    assert (error.outcome, error.code) == (Outcome.NOT_SENT, "no_connection")


def test_the_connection_is_kept_between_sends(
    open_sendgrid: Open, an_email: Make, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    connects = []
    connect = wire._PlainConnection.connect

    def counting(self: wire._PlainConnection) -> None:
        connects.append(1)
        connect(self)

    monkeypatch.setattr(wire._PlainConnection, "connect", counting)
    sender = open_sendgrid()
    for _ in range(5):
        sender.send(an_email(), now=now)
    sender.check()
    assert len(connects) == 1


def test_threads_share_one_sender_and_get_their_own_receipts(
    open_sendgrid: Open, an_email: Make, sandbox: Sandbox, now: datetime
) -> None:
    sender = open_sendgrid()
    ids = [f"m-{n}" for n in range(120)]
    with ThreadPoolExecutor(8) as threads:
        receipts = list(
            threads.map(lambda id_: sender.send(an_email(message_id=id_), now=now), ids)
        )
    arrived = {message.message_id: message.provider_id for message in sandbox.messages}
    assert arrived == {id_: receipt.provider_id for id_, receipt in zip(ids, receipts, strict=True)}


def test_the_log_never_holds_addresses_bodies_or_the_key(
    open_sendgrid: Open,
    an_email: Make,
    sandbox: Sandbox,
    now: datetime,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    sender = open_sendgrid()
    sender.send(an_email(), now=now)
    sandbox.script(faults.refusal(0, "ada@customer.example is not welcome"))
    error = _fails(sender, an_email(), now)
    for secret in ("ada@customer.example", "Dear Ada", "the-secret-key"):
        assert secret not in caplog.text
        assert secret not in str(error)


@pytest.mark.parametrize(
    "changes",
    [
        {"headers": {"Bcc": "eve@evil.example"}},  # the channel's own
        {"headers": {"X-Note: a\r\nBcc": "eve@evil.example"}},
        {"from_": "Mara <care@>"},
        {"reply_to": "nobody"},
    ],
)
def test_a_message_that_cannot_be_addressed_is_refused_before_any_call(
    open_sendgrid: Open, an_email: Make, sandbox: Sandbox, now: datetime, changes: dict[str, object]
) -> None:
    error = _fails(open_sendgrid(), an_email(**changes), now)
    assert (error.outcome, error.code) == (Outcome.REJECTED, "envelope")
    assert not error.address_is_bad
    assert sandbox.count == 0


def test_check_asks_what_the_key_may_do(open_sendgrid: Open, sandbox: Sandbox) -> None:
    assert "may send mail" in open_sendgrid().check()
    sandbox.script(faults.wrong_credentials())
    with pytest.raises(SendError) as caught:
        open_sendgrid().check()
    assert caught.value.channel_is_down


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b'{"scopes": ["alerts.read"]}', "scopes"),  # a key for something else
        (b"<html>Welcome</html>", "200"),  # not SendGrid at all
    ],
)
def test_check_notices_a_key_that_may_not_send_and_a_server_that_is_not_sendgrid(
    open_sendgrid: Open, answer_with: Callable[[bytes], str], body: bytes, code: str
) -> None:
    head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    with pytest.raises(SendError) as caught:
        open_sendgrid(url=answer_with(head.encode() + body)).check()
    assert caught.value.code == code
