"""The bytes of an email: what a mail program reads back is what was written, and nothing more."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.channels import Outgoing
from outreach.channels.envelope import address
from outreach.channels.mime import build_email
from outreach.model import Channel, Purpose

Make = Callable[..., Outgoing]


def _bytes(message: Outgoing, now: datetime, from_: str = "Mara <care@nordlicht.example>") -> bytes:
    return build_email(message, address("test", message, from_=from_, reply_to=None), now)


def _read(content: bytes) -> EmailMessage:
    mail = message_from_bytes(content, policy=policy.default)
    assert isinstance(mail, EmailMessage)
    return mail


@pytest.mark.parametrize(
    "subject",
    [
        "Your order is late",
        "Ihre Bestellung verspätet sich – das tut uns leid",
        "Your order 🎁 is late " * 12,  # folded over several lines
        "late " * 60,
        "=?utf-8?b?SGFoYQ==?= is my name",  # reads like an encoded word, is none
        "",
    ],
)
def test_a_subject_reads_back_as_written(an_email: Make, now: datetime, subject: str) -> None:
    assert _read(_bytes(an_email(subject=subject), now))["Subject"] == subject.strip()


@pytest.mark.parametrize(
    "name", ["Mara", "Mära Öst", 'Mara "the one" Nord', "Nord, Mara; Co", "=?utf-8?q?x?="]
)
def test_a_senders_name_reads_back_as_written(an_email: Make, now: datetime, name: str) -> None:
    mail = _read(_bytes(an_email(from_=name), now))
    (sender,) = mail["From"].addresses
    assert (sender.display_name, sender.addr_spec) == (name, "care@nordlicht.example")


def test_no_line_is_longer_than_mail_servers_take(an_email: Make, now: datetime) -> None:
    link = "https://nordlicht.example/u/" + "a" * 600
    message = an_email(
        body_html=f"<p>{'ö' * 5000}</p>", headers={"List-Unsubscribe": f"<{link}>"}, body_text="."
    )
    content = _bytes(message, now)
    assert max(map(len, content.split(b"\r\n"))) <= 998
    assert _read(content)["List-Unsubscribe"] == f"<{link}>"


def test_every_line_ends_as_smtp_wants_it(an_email: Make, now: datetime) -> None:
    content = _bytes(an_email(body_text="a\nb\r\nc\rd"), now)
    assert not re.search(rb"(?<!\r)\n|\r(?!\n)", content)


def test_an_email_without_html_is_plain_text(an_email: Make, now: datetime) -> None:
    mail = _read(_bytes(an_email(body_html=""), now))
    assert (mail.get_content_type(), mail.is_multipart()) == ("text/plain", False)


def test_the_same_message_and_instant_give_the_same_date_and_id(
    an_email: Make, now: datetime
) -> None:
    mail = _read(_bytes(an_email(), now))
    assert mail["Date"] == "Tue, 24 Nov 2026 09:00:00 +0000"
    assert mail["Message-ID"] == "<m-17@nordlicht.example>"


_ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=80)


@given(subject=_ANY_TEXT, name=_ANY_TEXT, note=_ANY_TEXT, text=_ANY_TEXT)
def test_no_value_adds_a_header_or_a_recipient(
    subject: str, name: str, note: str, text: str
) -> None:
    message = Outgoing(
        message_id="m-1",
        channel=Channel.EMAIL,
        purpose=Purpose.SERVICE,
        to="ada@customer.example",
        subject=subject,
        # an @ would make it a mailbox, which is checked elsewhere
        from_=name.replace("@", ""),
        body_text=text,
        headers={"X-Note": note},
    )
    mail = message_from_bytes(_bytes(message, datetime.fromisoformat("2026-11-24T09:00+00:00")))
    assert sorted(mail.keys()) == [
        "Content-Transfer-Encoding",
        "Content-Type",
        "Date",
        "From",
        "MIME-Version",
        "Message-ID",
        "Subject",
        "To",
        "X-Note",
    ]
    assert mail["To"] == "ada@customer.example"
