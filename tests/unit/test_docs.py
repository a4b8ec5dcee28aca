"""README and docs say what is so: reasons, states, commands, options, links, variables, queries."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel
from sqlalchemy import text

from outreach.channels.settings import (
    EmailOutboxSettings,
    SendGridSettings,
    SmtpSettings,
    TwilioSettings,
)
from outreach.cli.app import build, load
from outreach.cli.table import COMMANDS
from outreach.model import REASON_TEXT, MessageState
from outreach.store.database import Store
from outreach.workspace import Workspace
from outreach.workspace.jobs import Pass

ROOT = Path(__file__).resolve().parents[2]
PAGES = (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md")))
OPERATING = (ROOT / "docs" / "operating.md").read_text("utf-8")
KNOWN = {command.name: command for commands in COMMANDS.values() for command in commands}
#: what stands where a reader puts in a word of their own
PLACEHOLDERS = re.compile(r"[A-Z]+(\.\.\.|…)?")


def section(title: str) -> str:
    """Return what stands under a heading of operating.md, up to the next one."""
    _, found, rest = OPERATING.partition(f"# {title}\n")
    assert found, title
    return re.split(r"^#+ ", rest, maxsplit=1, flags=re.MULTILINE)[0]


def rows(title: str) -> list[list[str]]:
    lines = [line for line in section(title).splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", page, re.DOTALL)


def calls() -> Iterator[Any]:
    """Yield every call of `outreach` in a block of shell or between backticks, with its page."""
    for page in PAGES:
        content = page.read_text("utf-8")
        lines = [line for block in blocks(content, "sh") for line in block.splitlines()]
        inline = re.sub(r"```.*?```", "", content, flags=re.DOTALL)
        lines += re.findall(r"`(outreach [^`]+)`", inline)
        for line in lines:
            said = re.split(r" \|\| | < ", line)[0]
            words = shlex.split(said, comments=True)
            if words[:1] == ["outreach"]:
                yield pytest.param(words[1:], id=f"{page.name}: {' '.join(words)}")


def test_every_reason_is_told_in_the_words_of_the_program() -> None:
    """When this fails, put the rows it prints into docs/operating.md, and say what one can do."""
    told = [(reason.strip("`"), words) for reason, words, _ in rows("Reasons")]
    expected = [(reason.value, words) for reason, words in REASON_TEXT.items()]
    missing = "\n".join(f"| `{r}` | {words} | |" for r, words in expected if (r, words) not in told)
    assert told == expected, missing


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("States", list(MessageState)),
        ("Jobs", list(Pass)),
        ("All commands", [f"outreach {name}" for name in KNOWN]),
    ],
)
def test_the_tables_have_every_row_and_no_other(title: str, expected: list[str]) -> None:
    assert [first.strip("`") for first, *_ in rows(title)] == expected


def test_the_starters_rhythm_is_the_one_told() -> None:
    for job in Workspace.open(ROOT).jobs():
        (told,) = [row[2] for row in rows("Jobs") if row[0] == f"`{job.does}`"]
        assert told == (f"{job.at:%H:%M}" if job.at else f"every {job.every}".replace("1 ", ""))


@pytest.mark.parametrize("words", [*calls()])
def test_a_call_names_a_command_and_options_that_exist(words: list[str]) -> None:
    if not words or PLACEHOLDERS.fullmatch(words[0]):
        return  # `outreach COMMAND --help`
    if words[0].startswith("-"):
        command, rest = build(), words
    else:
        assert words[0] in KNOWN, f"there is no command {words[0]}"
        command, rest = load(KNOWN[words[0]]), words[1:]
    inner = getattr(command, "commands", {})
    if inner and rest and not rest[0].startswith("-"):
        assert rest[0] in inner, f"outreach {words[0]} has no command {rest[0]}"
        command, rest = inner[rest[0]], rest[1:]
    options = {name for param in command.params for name in param.opts} | {"--help"}
    unknown = [word for word in rest if re.match(r"--?[a-z]", word) and word not in options]
    assert not unknown, f"no such options: {unknown}"


def test_calls_are_found() -> None:
    assert len([*calls()]) > 60


@pytest.mark.parametrize("name", KNOWN)
def test_every_command_is_named_where_people_read(name: str) -> None:
    said = "\n".join(page.read_text("utf-8") for page in PAGES)
    assert f"outreach {name}" in said


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    content = re.sub(r"```.*?```", "", page.read_text("utf-8"), flags=re.DOTALL)
    for link in re.findall(r"\]\(([^)\s]+)\)", content):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = page.parent / path if path else page
        assert target.exists(), link
        if anchor:
            assert anchor in anchors(target), link


def anchors(page: Path) -> set[str]:
    titles = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title).lower().replace(" ", "-") for title in titles}


def default(settings: type[BaseModel], name: str) -> str:
    return str(settings.model_fields[name].default).removeprefix("env:")


def test_the_variables_are_those_that_providers_read() -> None:
    told = {
        tuple(re.findall(r"\w+", setting)): name.strip("`") for setting, name in rows("Secrets")
    }
    assert told == {
        ("sendgrid", "api_key"): default(SendGridSettings, "api_key"),
        ("twilio", "account_sid"): default(TwilioSettings, "account_sid"),
        ("twilio", "auth_token"): default(TwilioSettings, "auth_token"),
    }


def test_what_a_provider_needs_is_what_its_settings_have() -> None:
    known = {
        "sendgrid": SendGridSettings,
        "smtp": SmtpSettings,
        "twilio": TwilioSettings,
        "outbox": EmailOutboxSettings,
    }
    told = {name.strip("`"): needs for name, _, needs in rows("Providers")}
    assert told.keys() == known.keys()
    for name, needs in told.items():
        fields = {field.alias or key for key, field in known[name].model_fields.items()}
        for said in re.findall(r"`([a-z_]+)[:`]", needs):
            assert said in fields, f"{name}: {said}"


def test_the_queries_run(store: Store) -> None:
    dialect = "SQLite" if store.is_sqlite else "PostgreSQL"
    (query,) = [q for q in blocks(section("Time in the database"), "sql") if f"-- {dialect}" in q]
    with store.read() as connection:
        assert connection.execute(text(query)).all() == []


def test_the_page_says_what_status_calls_ill() -> None:
    from outreach.cli.commands.status import LATE

    minutes = {10: "ten"}[int(LATE.total_seconds() / 60)]
    assert f"more than {minutes} minutes late" in section("What to watch")
