"""The outbox: files an operator can open, and nothing that is lost or overwritten."""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from email import message_from_bytes, policy
from pathlib import Path

import pytest

from outreach.channels import Outgoing, Sender
from outreach.errors import Outcome, SendError
from outreach.model import Channel

Open = Callable[..., Sender]
Make = Callable[..., Outgoing]


def _open(open_channel: Open, channel: Channel = Channel.EMAIL, **settings: object) -> Sender:
    return open_channel(channel, **{"provider": "outbox", "folder": "outbox/", **settings})


def test_an_email_is_a_file_that_any_mail_program_opens(
    open_channel: Open, an_email: Make, tmp_path: Path, now: datetime
) -> None:
    sender = _open(open_channel, **{"from": "Mara <care@nordlicht.example>"})
    receipt = sender.send(an_email(headers={"List-Unsubscribe": "<mailto:a@b.example>"}), now=now)
    assert receipt.provider_id == "m-17.eml"
    mail = message_from_bytes((tmp_path / "outbox/m-17.eml").read_bytes(), policy=policy.default)
    assert (mail["From"], mail["To"]) == ("Mara <care@nordlicht.example>", "ada@customer.example")
    assert mail["List-Unsubscribe"] == "<mailto:a@b.example>"
    assert mail.get_body(("plain",)).get_content().strip() == "Dear Ada, we are sorry."
    assert mail.get_body(("html",)).get_content().strip() == "<p>Dear Ada, we are sorry.</p>"


def test_a_text_is_a_file_with_its_number_its_cost_and_its_words(
    open_channel: Open, a_text: Make, tmp_path: Path, now: datetime
) -> None:
    sender = _open(open_channel, Channel.SMS, **{"from": "Nordlicht"})
    assert sender.send(a_text(), now=now).provider_id == "m-18.txt"
    assert (tmp_path / "outbox/m-18.txt").read_text() == (
        "To: +4915550111\nFrom: Nordlicht\nAt: 2026-11-24T09:00:00+00:00\nSegments: 1\n\n"
        "Your order is late. Sorry! Nordlicht\n"
    )


def test_a_message_that_comes_twice_is_there_twice(
    open_channel: Open,
    an_email: Make,
    tmp_path: Path,
    now: datetime,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.WARNING)
    sender = _open(open_channel)
    first, second = (sender.send(an_email(subject=text), now=now) for text in ("one", "two"))
    assert (first.provider_id, second.provider_id) == ("m-17.eml", "m-17-2.eml")
    assert b"Subject: one" in (tmp_path / "outbox/m-17.eml").read_bytes()
    assert b"Subject: two" in (tmp_path / "outbox/m-17-2.eml").read_bytes()
    assert "m-17 came 2 times" in caplog.text


def test_threads_that_write_the_same_message_lose_none(
    open_channel: Open, an_email: Make, tmp_path: Path, now: datetime
) -> None:
    sender = _open(open_channel)
    with ThreadPoolExecutor(8) as threads:
        names = list(threads.map(lambda _: sender.send(an_email(), now=now).provider_id, range(24)))
    assert len(set(names)) == 24
    # and nothing half-written is left behind
    assert {path.name for path in (tmp_path / "outbox").iterdir()} == set(names)


@pytest.mark.parametrize("message_id", ["../../escape", "a/b", "..", "ünï"])
def test_no_message_id_leads_out_of_the_folder(
    open_channel: Open, an_email: Make, tmp_path: Path, now: datetime, message_id: str
) -> None:
    _open(open_channel).send(an_email(message_id=message_id), now=now)
    assert len(list((tmp_path / "outbox").glob("*"))) == 1
    assert {path.name for path in tmp_path.iterdir()} == {"outbox"}


def test_a_folder_that_cannot_be_written_takes_the_channel_down(
    open_channel: Open, an_email: Make, tmp_path: Path, now: datetime
) -> None:
    (tmp_path / "outbox").write_text("a file is in the way")
    sender = _open(open_channel)
    for ask in (sender.check, lambda: sender.send(an_email(), now=now)):
        with pytest.raises(SendError) as caught:
            ask()
        assert (caught.value.outcome, caught.value.channel_is_down) == (Outcome.NOT_SENT, True)


def test_check_leaves_nothing_behind(open_channel: Open, tmp_path: Path) -> None:
    assert "nothing leaves this machine" in _open(open_channel).check()
    assert list((tmp_path / "outbox").iterdir()) == []


def test_an_absolute_folder_is_taken_as_it_stands(
    open_channel: Open, a_text: Make, tmp_path: Path, now: datetime
) -> None:
    elsewhere = tmp_path / "elsewhere"
    _open(open_channel, Channel.SMS, folder=str(elsewhere)).send(a_text(), now=now)
    assert (elsewhere / "m-18.txt").exists()
