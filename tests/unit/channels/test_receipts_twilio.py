"""Twilio's callbacks: the SDK's own vectors hold, a changed byte does not, what each means."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import pytest
from starlette.datastructures import Headers
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]

from outreach.channels.receipts import Event, Forged, Malformed, Receipt, Told
from outreach.channels.receipts_twilio import TwilioReceipts
from outreach.channels.twilio_form import SIGNATURE

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
URL = "https://hooks.nordlicht.example/webhooks/twilio/status"
QUERY = "m=m1"
FORM = {
    "MessageSid": "SM" + "1" * 32,
    "SmsSid": "SM" + "1" * 32,
    "MessageStatus": "delivered",
    "SmsStatus": "delivered",
    "To": "+4915550111",
    "From": "+4915550100",
    "AccountSid": "AC" + "0" * 32,
    "ApiVersion": "2010-04-01",
    "SomethingNew": "",
}
TOKEN = "12345"

# published with Twilio's SDK
CALL = {
    "CallSid": "CA1234567890ABCDE",
    "Digits": "1234",
    "From": "+14158675309",
    "To": "+18005551212",
    "Caller": "+14158675309",
}
CALLED = "https://mycompany.com/myapp.php"


def read(
    body: bytes, signature: str | None, *, query: str = QUERY, url: str = URL, token: str = TOKEN
) -> Told:
    headers = Headers({SIGNATURE: signature} if signature is not None else {})
    return TwilioReceipts(token, url).read(body, headers, query, now=NOW)


def sign(form: Any, url: str = f"{URL}?{QUERY}") -> str:
    return str(RequestValidator(TOKEN).compute_signature(url, form))


def told(**changes: str) -> Told:
    form = {**FORM, **changes}
    return read(urlencode(form).encode(), sign(form))


# signatures


@pytest.mark.parametrize(
    ("url", "signature"),
    [
        (CALLED, "RSOYDt4T1cUTdK1PDd93/VVr8B8="),
        (CALLED.replace(".com", ".com:1234"), "RSOYDt4T1cUTdK1PDd93/VVr8B8="),
        (
            CALLED.replace("https://mycompany.com", "http://mycompany.com:1234"),
            "Zmvh+3yNM1Phv2jhDCwEM3q5ebU=",
        ),
        (CALLED, "kvajT1Ptam85bY51eRf/AJRuM3w="),
        (CALLED.replace("https", "http"), "0ZXoZLH/DfblKGATFgpif+LLRf4="),
    ],
)
def test_the_published_vectors_hold(url: str, signature: str) -> None:
    # signed well, and no status of a message
    with pytest.raises(Malformed):
        read(urlencode(CALL).encode(), signature, query="foo=1&bar=2", url=url)


def test_the_published_vector_of_a_field_said_twice_holds() -> None:
    body = b"Sid=CA123&SidAccount=AC123&Digits=5678&Digits=1234"
    with pytest.raises(Malformed):
        read(body, "IK+Dwps556ElfBT0I3Rgjkr1wJU=", query="foo=1&bar=2", url=CALLED)


@pytest.mark.parametrize(
    "signature", [None, "", "x", "RSOYDt4T1cUTdK1PDd93/VVr8B8", "\u00fc" * 28, "=" * 28]
)
def test_what_is_not_signed_is_refused(signature: str | None) -> None:
    with pytest.raises(Forged):
        read(urlencode(FORM).encode(), signature)


@pytest.mark.parametrize(
    "said",
    [{"url": URL.replace("hooks", "evil")}, {"query": "m=m2"}, {"query": ""}, {"token": "x"}],
)
def test_signed_for_another_address_or_by_another_is_refused(said: Any) -> None:
    with pytest.raises(Forged):
        read(urlencode(FORM).encode(), sign(FORM), **said)


def test_one_flipped_byte_anywhere_is_refused() -> None:
    body, signature = urlencode(FORM).encode(), sign(FORM)
    for place in range(len(body)):
        changed = bytearray(body)
        changed[place] ^= 1
        with pytest.raises((Forged, Malformed)):
            read(bytes(changed), signature)
    for text, name in ((signature, "signature"), (QUERY, "query"), (URL, "url")):
        for place, letter in enumerate(text):
            changed_text = text[:place] + chr(ord(letter) ^ 1) + text[place + 1 :]
            said = {"signature": signature, name: changed_text}
            with pytest.raises(Forged):
                read(body, **said)


@pytest.mark.parametrize("signed", [f"{URL}?{QUERY}", f"{URL}?{QUERY}#rc=3&rp=all"])
def test_the_wishes_in_the_fragment_may_be_signed_along(signed: str) -> None:
    signature = sign(FORM, signed)
    assert read(urlencode(FORM).encode(), signature, url=f"{URL}#rc=3&rp=all").receipts


# what is said


@pytest.mark.parametrize(
    ("status", "code", "expected"),
    [
        ("accepted", "", Event.ACCEPTED),
        ("queued", "", Event.ACCEPTED),
        ("sending", "", Event.ACCEPTED),
        ("sent", "", Event.SENT),
        ("delivered", "", Event.DELIVERED),
        ("read", "", Event.DELIVERED),
        ("failed", "", Event.UNDELIVERED),
        ("canceled", "", Event.UNDELIVERED),
        ("undelivered", "30003", Event.UNDELIVERED),
        ("undelivered", "30004", Event.DECLINED),
        ("undelivered", "30005", Event.BOUNCED),
        ("undelivered", "30006", Event.BOUNCED),
        ("undelivered", "30007", Event.UNDELIVERED),
        ("failed", "30036", Event.LAPSED),
        ("undelivered", "99999", Event.UNDELIVERED),
        ("undelivered", "not a code", Event.UNDELIVERED),
        ("failed", "21610", Event.OPTED_OUT),
        ("failed", "21211", Event.BOUNCED),
        ("failed", "21614", Event.BOUNCED),
        ("failed", "30001", Event.UNDELIVERED),
    ],
)
def test_every_status_in_our_words(status: str, code: str, expected: Event) -> None:
    (receipt,) = told(MessageStatus=status, ErrorCode=code).receipts
    assert receipt.event is expected


def test_what_is_kept_names_no_number() -> None:
    said = told(MessageStatus="undelivered", ErrorCode="30005", ErrorMessage="No +4915550111 here")
    sid = FORM["MessageSid"]
    expected = Receipt(
        "twilio", f"{sid}:undelivered", "m1", Event.BOUNCED, NOW, sid, "30005", "No … here"
    )
    assert said == Told((expected,))


def test_a_status_we_do_not_know_is_counted() -> None:
    assert told(MessageStatus="teleported").ignored == {"unknown event": 1}


def test_a_callback_without_our_id_is_counted() -> None:
    body, signature = urlencode(FORM).encode(), sign(FORM, URL)
    assert read(body, signature, query="").ignored == {"not ours": 1}


@pytest.mark.parametrize(
    "body",
    [
        "MessageSid=ü".encode(),  # never without a percent sign
        b"MessageSid=%ff",
        b"&".join(b"a=1" for _ in range(1000)),
    ],
)
def test_a_body_of_another_form_is_told_apart(body: bytes) -> None:
    with pytest.raises(Malformed):
        read(body, "x")


@pytest.mark.parametrize("form", [{}, {"MessageSid": "SM1"}, {"MessageStatus": "sent"}])
def test_a_signed_form_that_says_nothing_is_told_apart(form: dict[str, str]) -> None:
    with pytest.raises(Malformed):
        read(urlencode(form).encode(), sign(form))
