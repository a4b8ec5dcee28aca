"""Mail to us: who wrote it, what it answers, their own words; and nothing that a machine wrote."""

from __future__ import annotations

from datetime import UTC, datetime
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.channels.inbound import Inbound
from outreach.channels.inbound_mail import parse_mail, read_mail
from outreach.deciding.rendering.headers import unsubscribe_link
from outreach.deciding.replies.meaning import Meaning
from outreach.model import Channel, Purpose

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
ANA = "Ana Ruiz <Ana@Example.com>"


def mail(text: str = "Please stop", subject: str = "Re: late", **headers: str) -> EmailMessage:
    message = EmailMessage()
    usual = {"From": ANA, "To": "Mara <care@x.example>", "Message-ID": "<1@example.com>"}
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    for name, value in {**usual, "Subject": subject, **named}.items():
        message[name] = value
    message.set_content(text)
    return message


def read(message: EmailMessage) -> Inbound | None:
    return read_mail(parse_mail(message.as_bytes()), now=NOW)


def words(message: EmailMessage) -> str | None:
    found = read(message)
    return found.text if found else None


def test_a_mail_is_read() -> None:
    found = read(mail("Wo ist es?\n\n> Unsubscribe", References="<x@y> <m1@x.example>"))
    assert found is not None
    assert (found.channel, found.from_, found.to) == (
        Channel.EMAIL,
        "Ana@example.com",
        "care@x.example",
    )
    assert (found.text, found.meaning, found.at) == ("Wo ist es?", None, NOW)
    assert found.answers == ("m1", "x")


def test_it_is_named_the_same_by_whatever_way_it_comes() -> None:
    first, again, other = read(mail()), read(mail(X_Way="imap")), read(mail(Message_ID="<2@e>"))
    assert first
    assert again
    assert other
    assert first.provider_id == again.provider_id != other.provider_id


@pytest.mark.parametrize("purpose", [Purpose.SURVEY, Purpose.MARKETING])
def test_our_own_link_says_what_to_stop(purpose: Purpose) -> None:
    link = unsubscribe_link(purpose, "care@x.example", "m-17")
    subject = link.partition("?subject=")[2].replace("%20", " ")
    # some programs send it without a word, and say that a machine did
    found = read(mail("", subject=subject, Auto_Submitted="auto-generated"))
    assert found is not None
    assert (found.meaning, found.purpose, found.answers) == (Meaning.STOP, purpose, ("m-17",))


def test_what_looks_like_our_link_and_is_not() -> None:
    found = read(mail("", subject="unsubscribe everything m1"))
    assert found is not None
    assert (found.meaning, found.purpose) == (Meaning.STOP, None)
    found = read(mail("", subject="Unsubscribe me, please"))
    assert found is not None
    assert (found.meaning, found.text) == (None, "Unsubscribe me, please")


@pytest.mark.parametrize(
    ("subject", "headers"),
    [
        ("Re: late", {"Auto_Submitted": "auto-replied"}),
        ("Re: late", {"Precedence": "bulk"}),
        ("Re: late", {"X_Autoreply": "yes"}),
        ("Re: late", {"Return_Path": "<>"}),
        ("Re: late", {"List_Id": "<x.y>"}),
        ("Out of office: back on Monday", {}),
        ("Automatische Antwort: Abwesenheit", {}),
        ("Undeliverable: late", {}),
        ("Re: late", {"From": "MAILER-DAEMON@example.com"}),
        ("Re: late", {"From": "not an address"}),
        ("Re: late", {"From": ""}),
    ],
)
def test_a_machine_means_nothing(subject: str, headers: dict[str, str]) -> None:
    assert read(mail("stop", subject, **headers)) is None


def test_a_person_who_says_so_is_no_machine() -> None:
    assert words(mail("stop", Auto_Submitted="no")) == "stop"


def test_html_is_read_where_there_is_no_text() -> None:
    message = mail()
    message.set_content("<p>bitte <b>abmelden</b></p><blockquote>x</blockquote>", subtype="html")
    assert words(message) == "bitte abmelden"
    both = mail("")
    both.add_alternative("<p>stop</p>", subtype="html")
    assert words(both) == "stop"


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\x00\xff\xfe",
        b"From: ana@example.com\nContent-Type: text/plain; charset=no-such\n\nstop",
        b"From: ana@example.com\nContent-Type: multipart/mixed; boundary=x\n\nno parts",
        b"From: ana@example.com\nContent-Type: text/plain; charset=utf-8\n\n\xff\xfe stop",
        b"From: ana@example.com\nContent-Transfer-Encoding: base64\n\n!!!!",
        b"From: ana@example.com\nSubject: =?utf-8?q?=ff?= =?x?b?y?=\n\nstop",
        b'From: "a" <ana@example.com>, bo@example.com\nMessage-ID: <[>\nTo: <<>>\n\nstop',
        b"From: ana@example.com\nReferences: " + b"<a@b> " * 5000 + b"\n\nstop",
    ],
)
def test_a_broken_mail_breaks_nothing(raw: bytes) -> None:
    found = read_mail(parse_mail(raw), now=NOW)
    assert found is None or len(found.text) < 5000


@given(st.binary(max_size=400))
def test_any_bytes_are_a_mail(raw: bytes) -> None:
    read_mail(parse_mail(b"From: ana@example.com\n" + raw), now=NOW)
    read_mail(parse_mail(raw), now=NOW)
