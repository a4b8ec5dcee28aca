"""SendGrid's events: the SDK's own vectors hold, one changed byte does not, and what each means."""

from __future__ import annotations

import json
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from starlette.datastructures import Headers

from outreach.channels.receipts import Event, Forged, Malformed, Receipt
from outreach.channels.receipts_sendgrid import SIGNATURE, TIMESTAMP, SendGridReceipts

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
SECONDS = int(NOW.timestamp())

# published with SendGrid's SDK
PUBLIC_KEY = (
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE83T4O/n84iotIvIW4mdBgQ/7dAfSmpqIM8kF9mN1flpVKS3GRqe62gw"
    "+2fNNRaINXvVpiglSI8eNEc6wEA3F+g=="
)
OTHER_KEY = (
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEqTxd43gyp8IOEto2LdIfjRQrIbsd4SXZkLW6jDutdhXSJCWHw8REntl"
    "o7aNDthvj+y7GjUuFDb/R1NGe1OPzpA=="
)
PUBLISHED = (
    "MEUCIGHQVtGj+Y3LkG9fLcxf3qfI10QysgDWmMOVmxG0u6ZU"
    "AiEAyBiXDWzM+uOe5W0JuG+luQAbPIqHh89M15TluLtEZtM="
)
OF_ANOTHER = (
    "MEUCIQCtIHJeH93Y+qpYeWrySphQgpNGNr/U+UyUlBkU6n7R"
    "AwIgJTz2C+8a8xonZGi6BpSzoQsbVRamr2nlxFDWYNH3j/0="
)
PAYLOAD = (
    b'[{"email":"hello@world.com","event":"dropped","reason":"Bounced Address",'
    b'"sg_event_id":"ZHJvcC0xMDk5NDkxOS1MUnpYbF9OSFN0T0doUTRrb2ZTbV9BLTA",'
    b'"sg_message_id":"LRzXl_NHStOGhQ4kofSm_A.filterdrecv-p3mdw1-756b745b58-kmzbl-18-5F5FC76C-9.0",'
    b'"smtp-id":"<LRzXl_NHStOGhQ4kofSm_A@ismtpd0039p1iad1.sendgrid.net>","timestamp":1600112492}]\r\n'
)
WHEN = "1600112502"


def headers(signature: str | None = PUBLISHED, timestamp: str | None = WHEN) -> Headers:
    given = {SIGNATURE: signature, TIMESTAMP: timestamp}
    return Headers({name: value for name, value in given.items() if value is not None})


class Signer:
    """Signs as SendGrid does."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        form = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        self.public_key = b64encode(self._key.public_key().public_bytes(*form)).decode()
        self.reader = SendGridReceipts(self.public_key)

    def read(self, body: bytes) -> Any:
        when = str(SECONDS)
        signature = self._key.sign(when.encode() + body, ec.ECDSA(SHA256()))
        sent = headers(b64encode(signature).decode(), when)
        return self.reader.read(body, sent, now=NOW)

    def told(self, **event: Any) -> Any:
        usual = {
            "outreach_id": "m1",
            "sg_event_id": "e1",
            "sg_message_id": "X-1.recvd-7",
            "timestamp": SECONDS - 60,
            "email": "ana@example.com",
        }
        return self.read(json.dumps([{**usual, **event}]).encode())


@pytest.fixture(scope="module")
def signer() -> Signer:
    return Signer()


# signatures


def test_the_published_vector_holds() -> None:
    told = SendGridReceipts(PUBLIC_KEY).read(PAYLOAD, headers(), now=NOW)
    # it is none of our messages
    assert told.receipts == ()
    assert told.ignored == {"not ours": 1}


@pytest.mark.parametrize(
    "form", ["-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", " {}\n"]
)
def test_the_key_may_be_pasted_with_what_stands_around_it(form: str) -> None:
    SendGridReceipts(form.format(PUBLIC_KEY)).read(PAYLOAD, headers(), now=NOW)


@pytest.mark.parametrize(
    ("body", "signature", "timestamp"),
    [
        (b"payload", PUBLISHED, WHEN),
        (PAYLOAD.rstrip(), PUBLISHED, WHEN),  # the line break at the end is signed, too
        (b"", PUBLISHED, WHEN),
        (b"\xff" + PAYLOAD, PUBLISHED, WHEN),  # no UTF-8
        (PAYLOAD, OF_ANOTHER, WHEN),
        (PAYLOAD, None, WHEN),
        (PAYLOAD, "", WHEN),
        (PAYLOAD, "no base64!", WHEN),
        (PAYLOAD, "YQ", WHEN),  # base64 without its padding
        (PAYLOAD, b64encode(b"no DER").decode(), WHEN),
        (PAYLOAD, f"{PUBLISHED}\u00fc", WHEN),
        (PAYLOAD, PUBLISHED, None),
        (PAYLOAD, PUBLISHED, "timestamp"),
        (PAYLOAD, PUBLISHED, f"{WHEN}["),
        (PAYLOAD, PUBLISHED, f" {WHEN}"),
    ],
)
def test_what_is_not_signed_is_refused(
    body: bytes, signature: str | None, timestamp: str | None
) -> None:
    with pytest.raises(Forged):
        SendGridReceipts(PUBLIC_KEY).read(body, headers(signature, timestamp), now=NOW)


def test_the_key_of_another_account_is_refused() -> None:
    with pytest.raises(Forged):
        SendGridReceipts(OTHER_KEY).read(PAYLOAD, headers(), now=NOW)


@pytest.mark.parametrize("bit", [0, 5])
def test_one_flipped_byte_anywhere_is_refused(bit: int) -> None:
    reader, flip = SendGridReceipts(PUBLIC_KEY), 1 << bit
    for place in range(len(PAYLOAD)):
        body = bytearray(PAYLOAD)
        body[place] ^= flip
        with pytest.raises(Forged):
            reader.read(bytes(body), headers(), now=NOW)
    for place, letter in enumerate(PUBLISHED):
        changed = PUBLISHED[:place] + chr(ord(letter) ^ flip) + PUBLISHED[place + 1 :]
        with pytest.raises(Forged):
            reader.read(PAYLOAD, headers(changed), now=NOW)
    for place, letter in enumerate(WHEN):
        changed = WHEN[:place] + chr(ord(letter) ^ flip) + WHEN[place + 1 :]
        with pytest.raises(Forged):
            reader.read(PAYLOAD, headers(PUBLISHED, changed), now=NOW)


def test_a_key_that_is_none_is_told_at_once() -> None:
    for key in ("", "secret", PUBLIC_KEY[:-8]):
        with pytest.raises(ValueError, match="no public key"):
            SendGridReceipts(key)
    public = rsa.generate_private_key(65537, 2048).public_key()
    text = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    with pytest.raises(ValueError, match="another kind"):
        SendGridReceipts(text)


# what is said


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        ({"event": "processed"}, Event.ACCEPTED),
        ({"event": "deferred", "response": "try later"}, Event.DEFERRED),
        ({"event": "delivered"}, Event.DELIVERED),
        ({"event": "bounce", "type": "bounce"}, Event.BOUNCED),
        ({"event": "bounce"}, Event.BOUNCED),
        ({"event": "bounce", "type": "blocked"}, Event.UNDELIVERED),
        ({"event": "dropped", "reason": "Bounced Address"}, Event.BOUNCED),
        ({"event": "dropped", "reason": "Invalid"}, Event.BOUNCED),
        ({"event": "dropped", "reason": "Unsubscribed Address"}, Event.DECLINED),
        ({"event": "dropped", "reason": "Spam Reporting Address"}, Event.DECLINED),
        ({"event": "dropped", "reason": "Spam Content"}, Event.UNDELIVERED),
        ({"event": "dropped"}, Event.UNDELIVERED),
        ({"event": "click", "url": "https://shop.example"}, Event.CLICKED),
        ({"event": "spamreport"}, Event.COMPLAINED),
        ({"event": "unsubscribe"}, Event.UNSUBSCRIBED),
        ({"event": "group_unsubscribe", "asm_group_id": 7}, Event.UNSUBSCRIBED_HERE),
    ],
)
def test_every_event_in_our_words(signer: Signer, event: Any, expected: Event) -> None:
    (receipt,) = signer.told(**event).receipts
    assert receipt.event is expected
    assert (receipt.message_id, receipt.event_id, receipt.provider_id) == ("m1", "e1", "X-1")
    assert receipt.at == NOW - timedelta(minutes=1)


def test_nothing_that_is_kept_names_an_address(signer: Signer) -> None:
    reason = "550 5.1.1 <ana@example.com>: no such user\r\nhere \ud800"
    (receipt,) = signer.told(event="bounce", reason=reason, status="5.1.1").receipts
    assert receipt == Receipt(
        "sendgrid",
        "e1",
        "m1",
        Event.BOUNCED,
        NOW - timedelta(minutes=1),
        "X-1",
        "5.1.1",
        "550 5.1.1 <…@…>: no such user here ?",
    )


@pytest.mark.parametrize(
    ("event", "why"),
    [
        ({"event": "open"}, "open"),
        ({"event": "group_resubscribe"}, "unknown event"),
        ({"event": "a new one"}, "unknown event"),
        ({"event": None}, "unknown event"),
        ({"event": ["bounce"]}, "unknown event"),
        ({"event": "delivered", "outreach_id": None}, "not ours"),
        ({"event": "delivered", "outreach_id": 17}, "not ours"),
        ({"event": "delivered", "outreach_id": "m\u00001"}, "not ours"),
        ({"event": "delivered", "outreach_id": "m" * 300}, "not ours"),
    ],
)
def test_what_means_nothing_to_us_is_counted(signer: Signer, event: Any, why: str) -> None:
    told = signer.told(**event)
    assert (told.receipts, told.ignored) == ((), {why: 1})


@pytest.mark.parametrize(
    "seconds", [None, "soon", True, 1e400, float("nan"), 10**30, SECONDS + 3600, [], {}]
)
def test_a_time_that_is_none_is_now(signer: Signer, seconds: Any) -> None:
    (receipt,) = signer.told(event="delivered", timestamp=seconds).receipts
    assert receipt.at == NOW


def test_without_an_id_the_event_is_known_by_what_it_says(signer: Signer) -> None:
    first, again = (signer.told(event="delivered", sg_event_id=None) for _ in range(2))
    assert first == again
    other = signer.told(event="bounce", sg_event_id="")
    assert other.receipts[0].event_id != first.receipts[0].event_id


def test_one_strange_event_costs_no_other(signer: Signer) -> None:
    good = {"event": "delivered", "outreach_id": "m1", "sg_event_id": "e1"}
    told = signer.read(json.dumps([1, None, [], good, {}]).encode())
    assert [each.message_id for each in told.receipts] == ["m1"]
    assert told.ignored == {"no event": 3, "not ours": 1}


@pytest.mark.parametrize(
    "body",
    [b"", b"[", b"{}", b'"text"', b"null", b"[" * 100_000, b'[{"a": ' + b"1" * 5000 + b"}]"],
)
def test_a_signed_body_of_another_form_is_told_apart(signer: Signer, body: bytes) -> None:
    with pytest.raises(Malformed):
        signer.read(body)
