"""`outreach doctor`: what is ready, what is not, and what to do about it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from outreach.channels.sandbox import SendGridEvents
from tests.unit.cli.conftest import SETTINGS, Cli, Ran


def found(done: Ran) -> dict[str, Any]:
    return {finding["about"]: finding for finding in done.json["findings"]}


def test_a_workspace_in_order_is_well(cli: Cli, workspace: Path) -> None:
    done = cli("doctor", "--json")
    assert done.code == 0
    findings = found(done)
    assert {
        name: findings[name]["health"] for name in ("config", "clock", "database", "email")
    } == (dict.fromkeys(("config", "clock", "database", "email"), "ok"))
    assert findings["rules"]["hint"] == "outreach apply"  # nothing is applied yet
    assert findings["daemon"]["health"] == "off"


@pytest.mark.parametrize(
    ("before", "after", "ill"),
    [
        # a secret that is not set
        (
            "shop:",
            'channels: {email: {provider: sendgrid, from: "care@nordlicht.example"}}\nshop:',
            "email",
        ),
        # nobody answers there
        (
            "shop:",
            "channels: {email: {provider: smtp, from: a@b.de, host: 127.0.0.1, port: 9}}\nshop:",
            "email",
        ),
        ("format: 1", "format: 1\ndatabase: env:NOBODY_SET_THIS", "database"),
        ("format: 1", "format: 1\ndatabase: postgresql://127.0.0.1:9/nobody", "database"),
        ("Europe/Berlin", "Europe/Berln", "config"),
        ("shop:", "sources: {a: {folder: data, kind: order}}\nshop:", "source a"),
    ],
)
def test_what_is_ill_ends_with_1(before, after, ill, cli: Cli, workspace: Path) -> None:
    (workspace / "outreach.yaml").write_text(SETTINGS.replace(before, after), "utf-8")
    done = cli("doctor", "--json")
    assert done.code == 1
    assert done.json["ok"] is False
    assert found(done)[ill]["health"] == "error"


SENDGRID = 'channels: {email: {provider: sendgrid, from: "care@nordlicht.example"}}\n'
TWILIO = 'channels: {sms: {provider: twilio, from: "+4915550100"}}\n'
PUBLIC = "public_url: https://hooks.nordlicht.example"


@pytest.mark.parametrize(
    ("settings", "health", "part"),
    [
        ("", "off", "not set up"),
        ("web: {}\n", "warning", "127.0.0.1, port 8080, hears no provider"),
        (f"web: {{{PUBLIC}}}\n", "ok", "hears no provider, from outside https://hooks"),
        (f"{TWILIO}web: {{port: 99, {PUBLIC}}}\n", "ok", "port 99, hears Twilio"),
        # the key's variable is not set, or holds something else
        (
            "web: {sendgrid_public_key: env:NOBODY_SET_THIS}\n",
            "error",
            "NOBODY_SET_THIS is not set",
        ),
        ("web: {sendgrid_public_key: env:NO_KEY}\n", "error", "env:NO_KEY: this is no public key"),
        (
            f"{SENDGRID}web: {{sendgrid_public_key: env:A_KEY, {PUBLIC}}}\n",
            "ok",
            "hears SendGrid; SendGrid posts to https://hooks.nordlicht.example/webhooks/sendgrid",
        ),
    ],
)
def test_it_says_whether_receipts_are_heard(
    settings: str,
    health: str,
    part: str,
    cli: Cli,
    workspace: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TWILIO_AUTH_TOKEN", "secret")
    monkeypatch.setenv("NO_KEY", "secret")
    monkeypatch.setenv("A_KEY", SendGridEvents("").public_key)
    (workspace / "outreach.yaml").write_text(SETTINGS + settings, "utf-8")
    finding = found(cli("doctor", "--json"))["web"]
    assert finding["health"] == health
    assert part in finding["said"]


@pytest.mark.parametrize(
    ("settings", "health", "part"),
    [
        (f"web: {{{PUBLIC}}}\n", "off", "has to write one"),
        (f"web: {{{PUBLIC}, secret: env:A_SECRET}}\n", "ok", "choose at https://hooks.nord"),
        (f"web: {{{PUBLIC}, secret: env:SHORT}}\n", "error", "can be guessed"),
        ("web: {public_url: http://127.0.0.1:8080, secret: env:A_SECRET}\n", "warning", "https"),
    ],
)
def test_it_says_whether_customers_have_pages(
    settings: str,
    health: str,
    part: str,
    cli: Cli,
    workspace: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("A_SECRET", "s" * 32)
    monkeypatch.setenv("SHORT", "s")
    (workspace / "outreach.yaml").write_text(SETTINGS + settings, "utf-8")
    finding = found(cli("doctor", "--json"))["pages"]
    assert finding["health"] == health
    assert part in finding["said"]


def test_people_see_a_line_for_each(cli: Cli, workspace: Path) -> None:
    lines = cli("doctor").out.splitlines()
    assert lines[0] == "✓ config       outreach.yaml, 3 rules, 2 templates"
    assert [line for line in lines if line.startswith("– daemon")]


@pytest.mark.postgres
def test_fix_upgrades_a_database_that_does_not_upgrade_itself(
    cli: Cli, workspace: Path, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import psycopg
    from sqlalchemy.engine import make_url

    plain = make_url(postgres_url).set(drivername="postgresql")
    with psycopg.connect(plain.render_as_string(hide_password=False), autocommit=True) as admin:
        admin.execute("CREATE DATABASE doctor")
    url = plain.set(database="doctor").render_as_string(hide_password=False)
    monkeypatch.setenv("DATABASE", url)
    settings = SETTINGS.replace("format: 1", "format: 1\ndatabase: env:DATABASE")
    (workspace / "outreach.yaml").write_text(settings, "utf-8")
    before, fixed, after = cli("doctor", "--json"), cli("doctor", "--fix"), cli("doctor", "--json")
    assert "doctor --fix" in found(before)["database"]["said"]
    assert (before.code, fixed.code, after.code) == (1, 0, 0)
    assert "PostgreSQL" in found(after)["database"]["said"]


def test_a_missing_driver_is_named_with_what_installs_it(
    cli: Cli, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)  # as if it were not installed
    settings = SETTINGS.replace("format: 1", "format: 1\ndatabase: postgresql://127.0.0.1:9/shop")
    (workspace / "outreach.yaml").write_text(settings, "utf-8")
    assert "outreach[postgres]" in found(cli("doctor", "--json"))["database"]["said"]
