"""Texts to our numbers: signed or refused, and which of them Twilio has answered already."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from starlette.datastructures import Headers

from outreach.channels.inbound import LONGEST, Inbound, clean_text
from outreach.channels.inbound_twilio import TwilioReplies
from outreach.channels.receipts import Forged, Malformed
from outreach.channels.sandbox import TwilioCallbacks
from outreach.channels.twilio_form import SIGNATURE
from outreach.deciding.replies.meaning import Meaning
from outreach.model import Channel

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
URL = "https://hooks.nordlicht.example/webhooks/twilio/inbound"
ANA, OURS = "+4915550111", "+4915550100"
TOKEN = "12345"


def read(text: str, from_: str = ANA, **more: str) -> Inbound | None:
    body, signature = TwilioCallbacks(TOKEN).sign_text(URL, from_, OURS, text, **more)
    return TwilioReplies(TOKEN, URL).read(body, Headers({SIGNATURE: signature}), "", now=NOW)


def test_a_text_is_read() -> None:
    assert read("Wo ist mein Päckchen?", sid="SM1") == Inbound(
        "twilio", "SM1", Channel.SMS, ANA, OURS, "Wo ist mein Päckchen?", NOW
    )


@pytest.mark.parametrize(
    ("text", "more", "meaning", "is_answered"),
    [
        ("STOP", {}, Meaning.STOP, True),  # Twilio knows this word, and says so to the customer
        (" stop ", {}, Meaning.STOP, True),
        ("Optout", {}, Meaning.STOP, True),
        ("opt out", {}, None, False),  # and not these
        ("Stop please", {}, None, False),
        ("yes", {}, Meaning.START, True),
        ("INFO", {}, Meaning.HELP, True),
        ("alto", {"OptOutType": "STOP"}, Meaning.STOP, True),  # set up in its console
        ("hola", {"OptOutType": "START"}, Meaning.START, True),
        ("STOP", {"OptOutType": "SOMETHING"}, Meaning.STOP, True),
        ("", {}, None, False),  # a picture
    ],
)
def test_what_twilio_answers_itself(
    text: str, more: dict[str, str], meaning: Meaning | None, *, is_answered: bool
) -> None:
    found = read(text, **more)
    assert found is not None
    assert (found.meaning, found.is_answered) == (meaning, is_answered)


@pytest.mark.parametrize("from_", ["12345", "NORDLICHT", "whatsapp:+4915550111"])
def test_who_is_no_phone_is_nobody_we_text(from_: str) -> None:
    assert read("STOP", from_) is None


def test_what_is_forged_is_not_read() -> None:
    body, signature = TwilioCallbacks(TOKEN).sign_text(URL, ANA, OURS, "STOP")
    replies = TwilioReplies(TOKEN, URL)
    for place in range(0, len(body), 7):
        changed = bytearray(body)
        changed[place] ^= 1
        with pytest.raises((Forged, Malformed)):
            replies.read(bytes(changed), Headers({SIGNATURE: signature}), "", now=NOW)
    for headers, query in (({}, ""), ({SIGNATURE: signature}, "x=1"), ({SIGNATURE: "x"}, "")):
        with pytest.raises(Forged):
            replies.read(body, Headers(headers), query, now=NOW)


def test_what_lacks_its_id_is_malformed() -> None:
    for from_, sid in ((ANA, "with a space"), ("", "SM1")):
        with pytest.raises(Malformed):
            read("STOP", from_, sid=sid)


def test_a_text_is_kept_as_a_database_takes_it() -> None:
    assert clean_text(" a\x00b\x1bc\n\ud800 ") == "a b c\n?"
    assert len(clean_text("x" * 9000)) == LONGEST
