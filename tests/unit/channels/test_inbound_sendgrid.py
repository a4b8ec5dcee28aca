"""Inbound Parse: a mail in the fields of a form, or whole; only at the address that is secret."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from urllib3.filepost import encode_multipart_formdata

from outreach.channels.inbound import Inbound
from outreach.channels.inbound_sendgrid import SendGridReplies
from outreach.channels.receipts import Forged, Malformed
from outreach.deciding.replies.meaning import Meaning
from outreach.model import Purpose

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
REPLIES = SendGridReplies("a-secret-that-is-long")
HEADERS = "Received: by mx\nMessage-ID: <1@example.com>\nIn-Reply-To: <m1@x>\nSubject: Re: late\n"
#: as its documentation shows it
FIELDS = {
    "headers": HEADERS,
    "dkim": "{@example.com : pass}",
    "from": "Ana Ruiz <ana@example.com>",
    "to": "care@nordlicht.example",
    "subject": "Re: late",
    "text": "Bitte keine E-Mails mehr, schöne Grüße\n\n> Unsubscribe",
    "envelope": json.dumps({"to": ["care@nordlicht.example"], "from": "ana@example.com"}),
    "charsets": json.dumps({"to": "UTF-8", "subject": "UTF-8", "from": "UTF-8", "text": "utf-8"}),
    "SPF": "pass",
}


def read(fields: dict[str, object]) -> Inbound | None:
    body, kind = encode_multipart_formdata(fields)  # type: ignore[arg-type]
    return REPLIES.read(body, kind, now=NOW)


def test_a_mail_in_fields() -> None:
    found = read(dict(FIELDS))
    assert found is not None
    assert (found.from_, found.to) == ("ana@example.com", "care@nordlicht.example")
    assert (found.text, found.answers) == ("Bitte keine E-Mails mehr, schöne Grüße", ("m1",))


def test_in_the_letters_it_was_written_in() -> None:
    charsets = json.dumps({"text": "iso-8859-1", "from": "no-such", "to": 7})
    text = ("text.txt", "Größe?".encode("latin-1"))
    body, kind = encode_multipart_formdata({**FIELDS, "text": "TEXT", "charsets": charsets})
    found = REPLIES.read(body.replace(b"TEXT", text[1]), kind, now=NOW)
    assert found is not None
    assert found.text == "Größe?"


def test_html_and_attachments() -> None:
    fields = {**FIELDS, "text": "", "html": "<p>stop</p>", "attachment1": ("a.png", b"\x89\r\n\0")}
    found = read(fields)
    assert found is not None
    assert found.text == "stop"


def test_a_whole_mail() -> None:
    raw = f"From: ana@example.com\n{HEADERS}\nAbmelden\n-- \nAna".replace("Re: late", "hello")
    fields = {**FIELDS, "email": raw}
    found = read(fields)
    assert found is not None
    assert (found.text, found.answers) == ("Abmelden", ("m1",))
    assert read({**FIELDS, "email": f"Auto-Submitted: auto-replied\n{raw}"}) is None


def test_the_link_in_our_mails() -> None:
    named = HEADERS.replace("Re: late", "unsubscribe survey m9")
    found = read({**FIELDS, "headers": named, "text": ""})
    assert found is not None
    assert (found.meaning, found.purpose, found.answers) == (Meaning.STOP, Purpose.SURVEY, ("m9",))


def test_only_the_secret_opens() -> None:
    REPLIES.check("a-secret-that-is-long")
    for wrong in ("", "a-secret-that-is-lonG", "a-secret-that-is-long ", "ü", "\ud800"):
        with pytest.raises(Forged):
            REPLIES.check(wrong)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"", "multipart/form-data; boundary=x"),
        (b"{}", "application/json"),
        (b"--x\r\n\r\n--x--", "multipart/form-data; boundary=x"),
        (b"a=b", "multipart/form-data"),
        (b"x", "multipart/form-data; boundary=\udc80"),
        (b"x", ""),
    ],
)
def test_what_is_no_form_is_malformed(body: bytes, kind: str) -> None:
    with pytest.raises(Malformed):
        REPLIES.read(body, kind, now=NOW)


def test_without_a_sender_it_is_malformed() -> None:
    with pytest.raises(Malformed):
        read({"text": "stop"})


@given(st.binary(max_size=300))
@example(b"<")  # Python's own parser of addresses ends in an IndexError
def test_any_bytes_are_taken_or_refused(body: bytes) -> None:
    for start in (b"", b'--x\r\nContent-Disposition: form-data; name="from"\r\n\r\n'):
        try:
            REPLIES.read(start + body, "multipart/form-data; boundary=x", now=NOW)
        except Malformed:
            continue
