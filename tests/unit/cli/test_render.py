"""`outreach render`: one message as it would be read, invented or real; nothing is sent."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.cli.conftest import Cli


def test_every_channel_is_shown_with_its_head(cli: Cli, workspace: Path) -> None:
    done = cli("render", "apology")
    assert done.code == 0
    mail, text = done.out.split("\n\nMessage  ")
    assert "apology · e-mail · invented values" in mail
    assert "Subject  Order A-1042 is late" in " ".join(mail.split(" " * 2))
    assert "apology · SMS · invented values" in text
    assert "1 segment, GSM-7" in text


def test_the_words_are_those_of_the_workspace(cli: Cli, workspace: Path) -> None:
    (message,) = cli("render", "apology", "--channel", "sms", "--json").json["messages"]
    assert message["text"].startswith("Nordlicht: ")


@pytest.mark.parametrize(
    ("locale", "expected"),
    [
        ("de-AT", "de"),  # has no words of its own
        ("fr", "en"),  # has none at all: the workspace's
    ],
)
def test_another_language_can_be_asked_for(locale, expected, cli: Cli, workspace: Path) -> None:
    done = cli("render", "apology", "--channel", "email", "--locale", locale, "--json")
    assert done.json["messages"][0]["locale"] == expected


def test_a_real_order_fills_in_its_values_and_language(cli: Cli, shop: Path) -> None:
    done = cli("render", "apology", "--for", "A-1", "--channel", "email", "--json")
    (message,) = done.json["messages"]
    assert message["subject"] == "Bestellung A-1 ist spät dran"
    assert "Hallo Ana" in message["text"]
    assert "Hallo Ana" in message["html"]


@pytest.mark.parametrize("about", ["sample", "A-1"])
def test_links_are_shown_without_the_secret_that_signs_them(
    cli: Cli, shop: Path, about: str
) -> None:
    settings = shop / "outreach.yaml"
    web = "web: {public_url: https://hooks.shop.example, secret: env:NOBODY_SET_THIS}\n"
    settings.write_text(settings.read_text("utf-8") + web, "utf-8")
    done = cli("render", "apology", "--for", about, "--channel", "email", "--json")
    assert "(https://hooks.shop.example/p/preview)" in done.json["messages"][0]["text"]


def test_files_are_written_on_request(cli: Cli, workspace: Path) -> None:
    cli("render", "apology", "--out", "shown")
    assert sorted(path.name for path in (workspace / "shown").iterdir()) == [
        "apology.en.html",
        "apology.en.sms.txt",
        "apology.en.txt",
    ]
    assert "<html" in (workspace / "shown" / "apology.en.html").read_text("utf-8")


def test_a_hole_is_named_rather_than_sent(cli: Cli, workspace: Path) -> None:
    template = workspace / "templates/reply/en.email.md"
    template.write_text(
        '---\nsubject: "s"\n---\n{{ ticket.reason }} {{ ticket.nothing }}\n', "utf-8"
    )
    done = cli("render", "reply")
    assert done.code == 3
    assert "templates/reply/en.email.md:4" in done.err


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("render", "apolgy"), 2),  # no such template
        (("render", "apology", "--for", "C-1"), 2),  # it is sent about orders
        (("render", "apology", "--for", "A-99"), 3),  # no such order
    ],
)
def test_what_cannot_be_rendered_is_said(words, code, cli: Cli, shop: Path) -> None:
    done = cli(*words)
    assert done.code == code
    assert "Traceback" not in done.err
    assert done.err
