"""`web:` in outreach.yaml: strict, nothing secret in it, and Twilio told where to call back."""

from __future__ import annotations

from pathlib import Path

import pytest

from outreach.channels.settings import TwilioSettings
from outreach.deciding.rendering.links import Links
from outreach.errors import Problem, Problems
from outreach.releases import open_links, read_channels, shown_links
from outreach.workspace import Workspace
from outreach.workspace.settings import read_settings
from outreach.workspace.web import WebSettings

SHORT = "format: 1\ntimezone: Europe/Berlin\n"
SMS = 'channels: {sms: {provider: twilio, from: "+4915550100"CALLBACK}}\n'
WEB = "web: {public_url: https://hooks.shop.example}\n"


def read(text: str) -> tuple[WebSettings | None, list[Problem]]:
    problems: list[Problem] = []
    settings = read_settings(SHORT + text, problems)
    assert settings is not None
    return settings.web, problems


def taken(text: str) -> WebSettings:
    web, problems = read(text)
    assert problems == []
    assert web is not None
    return web


def callback(folder: Path, web: str, own: str = "") -> str | None:
    """Return where Twilio is told to call."""
    own = own and f", status_callback: {own}"
    (folder / "outreach.yaml").write_text(SHORT + SMS.replace("CALLBACK", own) + web, "utf-8")
    sms = read_channels(Workspace.open(folder)).sms
    assert isinstance(sms, TwilioSettings)
    return sms.status_callback


def test_without_it_there_is_no_http_side() -> None:
    assert read("") == (None, [])


def test_everything_has_a_default() -> None:
    web = taken("web: {}\n")
    assert (web.host, web.port, web.public_url) == ("127.0.0.1", 8080, "")
    assert (web.sendgrid_url, web.twilio_url, web.sendgrid_key({})) == ("", "", None)


def test_all_of_it() -> None:
    web = taken(
        "web: {host: 0.0.0.0, port: 9000, public_url: https://shop.example/outreach/,"
        " sendgrid_public_key: env:KEY}\n"
    )
    assert (web.host, web.port) == ("0.0.0.0", 9000)
    assert web.sendgrid_url == "https://shop.example/outreach/webhooks/sendgrid"
    assert web.sendgrid_key({"KEY": " abc\n"}) == "abc"
    with pytest.raises(Problems, match="KEY is not set"):
        web.sendgrid_key({})


def test_links_are_signed_with_what_the_environment_has() -> None:
    web = taken("web: {public_url: https://shop.example, secret: [env:NEW, env:OLD]}\n")
    env = {"NEW": "n" * 32, "OLD": "o" * 32}
    assert web.link_secrets(env) == ("n" * 32, "o" * 32)
    with pytest.raises(Problems, match="OLD is not set"):
        web.link_secrets({"NEW": "n" * 32})
    with pytest.raises(Problems, match="can be guessed"):
        web.link_secrets({**env, "OLD": "o" * 31})
    assert not taken("web: {public_url: https://shop.example}\n").has_pages


def test_links_can_be_looked_at_without_the_secret(tmp_path: Path) -> None:
    web = "web: {public_url: https://shop.example, secret: env:SECRET}\n"
    (tmp_path / "outreach.yaml").write_text(SHORT + web, "utf-8")
    workspace = Workspace.open(tmp_path)
    assert shown_links(workspace) == Links("https://shop.example")
    assert open_links(workspace, {"SECRET": "s" * 32}) == Links("https://shop.example", ("s" * 32,))
    with pytest.raises(Problems, match="SECRET is not set"):
        open_links(workspace, {})
    (tmp_path / "outreach.yaml").write_text(SHORT + WEB, "utf-8")
    without = Workspace.open(tmp_path)
    assert (shown_links(without), open_links(without, {})) == (None, None)


@pytest.mark.parametrize(
    ("text", "place", "code", "part"),
    [
        ("web: {prot: 80}", (3, 7), "E003", "Did you mean `port`?"),
        ("web: yes", (3, 6), "E004", "web"),
        ("web: {port: 0}", (3, 13), "E010", "no port"),
        ("web: {port: 65536}", (3, 13), "E010", "no port"),
        ("web: {port: http}", (3, 13), "E010", "no port"),
        ("web: {public_url: shop.example}", (3, 19), "E010", "no address"),
        ("web: {public_url: http://shop.example}", (3, 19), "E010", "use https"),
        ("web: {public_url: https://a_b.example}", (3, 19), "E010", "underscore"),
        ("web: {public_url: https://shop.example?a=b}", (3, 19), "E010", "no address"),
        ("web: {sendgrid_public_key: MFkwEwYH}", (3, 28), "E401", "env:"),
        ("web: {inbound_secret: a-secret}", (3, 23), "E401", "env:"),
        ("web: {public_url: https://a.example, secret: abc}", (3, 46), "E401", "env:"),
        ("web: {public_url: https://a.example, secret: [env:A, b]}", (3, 54), "E401", "env:"),
        ("web: {secret: env:A}", (3, 7), "E310", "without `public_url`"),
    ],
)
def test_mistakes(text: str, place: tuple[int, int], code: str, part: str) -> None:
    _, (problem,) = read(text)
    assert ((problem.line, problem.column), problem.code) == (place, code)
    assert part in problem.message + problem.hint


def test_the_address_for_mail_is_not_easily_guessed() -> None:
    web = taken("web: {inbound_secret: env:SECRET}\n")
    assert web.inbound_secret({"SECRET": "x" * 24}) == "x" * 24
    assert taken("web: {}\n").inbound_secret({}) is None
    for bad in ("short", "with/a/slash" * 3, ""):
        with pytest.raises(Problems):
            web.inbound_secret({"SECRET": bad})


def test_on_ones_own_machine_http_is_enough() -> None:
    assert taken("web: {public_url: 'http://127.0.0.1:8080'}").public_url == "http://127.0.0.1:8080"


def test_twilio_is_told_where_to_call_back(tmp_path: Path) -> None:
    expected = "https://hooks.shop.example/webhooks/twilio/status#rc=3&rp=all"
    assert callback(tmp_path, WEB) == expected
    assert callback(tmp_path, WEB, "https://other.example/t") == "https://other.example/t"
    assert callback(tmp_path, "web: {}\n") is None
    assert callback(tmp_path, "") is None
