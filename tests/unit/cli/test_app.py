"""The frame of the command line: what is listed, what is loaded, options before and after."""

from __future__ import annotations

import os
import re
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from outreach import __version__
from outreach.cli.app import load
from outreach.cli.table import COMMANDS, Command
from tests.unit.cli.conftest import Cli

EVERY = [command for commands in COMMANDS.values() for command in commands]
HEAVY = ("sqlalchemy", "sqlmodel", "jinja2", "lark", "pydantic", "twilio", "babel", "holidays")
BARE = """
import typer
app = typer.Typer()
@app.command()
def hello(name: str): 'Say hello.'
@app.command()
def bye(name: str, formal: bool = False): 'Say goodbye.'
app()
"""
OURS = "from outreach.cli import main; main()"


def test_help_lists_every_command_under_its_heading(cli: Cli) -> None:
    shown = cli("--help")
    assert shown.code == 0
    places = [shown.out.index(f"─ {panel} ─") for panel in COMMANDS]
    assert places == sorted(places)
    for command in EVERY:
        assert re.search(rf"│ {command.name} +{re.escape(command.help[:20])}", shown.out)


@pytest.mark.parametrize("command", EVERY, ids=lambda command: command.name)
def test_every_command_listed_can_be_called(command: Command, cli: Cli) -> None:
    loaded = load(command)
    assert loaded.name == command.name
    assert cli(command.name, "--help").code == 0
    for called in getattr(loaded, "commands", {command.name: loaded}).values():
        # what every command takes
        assert {"project", "at", "json", "color"} <= {option.name for option in called.params}
        assert called.help


def test_help_breaks_its_lines_where_the_screen_ends(
    cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    said = [line.strip() for line in cli("sandbox", "--help").out.splitlines()]
    assert "Nothing leaves this machine. Ends with Ctrl-C." in said


def test_help_loads_nothing_heavy() -> None:
    source = (
        "import sys\nfrom outreach.cli import main\n"
        "try: main(['--help'])\nexcept SystemExit: pass\n"
        f"print('LOADED', [name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", source], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "LOADED []"


def test_help_costs_at_most_half_more_than_that_of_a_bare_app() -> None:
    # least of several turns about: what else runs on the machine only ever adds
    ours, bare = [], []
    for _ in range(5):
        bare.append(_cpu("-c", BARE, "--help"))
        ours.append(_cpu("-c", OURS, "--help"))
    assert min(ours) <= 1.5 * min(bare)


def _cpu(*words: str) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, *words], stdout=subprocess.DEVNULL, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def test_version_is_told(cli: Cli) -> None:
    assert cli("--version").out == f"outreach {__version__}\n"


def test_a_command_that_is_not_there_ends_with_2_and_names_the_nearest(cli: Cli) -> None:
    done = cli("chekc")
    assert done.code == 2
    assert "check" in done.err


def test_nothing_to_do_shows_help(cli: Cli) -> None:
    assert cli().code == 2
    assert "init" in cli().out + cli().err


@pytest.mark.parametrize(
    "words",
    [
        ("--project", "shop", "check", "--json"),  # before the command
        ("check", "--project", "shop", "--json"),  # after it
        ("--project", "nowhere", "check", "--json", "--project", "shop"),  # the last word counts
        ("check", "shop", "--json"),  # as what it is about
    ],
)
def test_the_workspace_is_named_before_or_after_the_command(
    words, cli: Cli, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(workspace.rename(workspace.with_name("shop")).parent)
    assert cli(*words).json["ok"] is True


def test_the_workspace_is_found_from_a_folder_inside_it(
    cli: Cli, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(workspace / "templates" / "apology")
    assert cli("check", "--json").json["rules"] == 3


def test_the_environment_can_name_the_workspace(
    cli: Cli, workspace: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OUTREACH_PROJECT", str(workspace))
    assert cli("check", "--json").json["rules"] == 3


def test_without_a_workspace_it_says_how_to_make_one(cli: Cli) -> None:
    done = cli("check")
    assert (done.code, done.out) == (3, "")
    assert "outreach init" in done.err


def test_a_mistake_in_the_settings_is_shown_as_compilers_do(cli: Cli, workspace: Path) -> None:
    (workspace / "outreach.yaml").write_text("format: 1\ntimezone: Europe/Berln\n", "utf-8")
    done = cli("preview")
    assert (done.code, done.out) == (1, "")
    first, source, carets = done.err.splitlines()[:3]
    assert re.match(r"outreach\.yaml:2:11: error\[E\d+\] .*Europe/Berlin", first)
    assert source.endswith("| timezone: Europe/Berln")
    assert carets.index("^") == source.index("Europe/Berln")


def test_with_json_an_error_is_a_document_too(cli: Cli, workspace: Path) -> None:
    (workspace / "outreach.yaml").write_text("format: 1\ntimezone: Europe/Berln\n", "utf-8")
    done = cli("preview", "--json")
    assert done.code == 1
    assert done.json["schema"] == "outreach/error/1"
    assert done.json["problems"][0]["line"] == 2
    assert "Europe/Berln" in done.err  # a person who looks is told as well


@pytest.mark.parametrize(
    ("option", "value", "told"),
    [
        ("--at", "someday", "someday"),  # no time
        ("--zone", "Europe/Berln", "Europe/Berlin"),  # the one probably meant
    ],
)
def test_a_time_nobody_understands_is_wrong_usage(
    option, value, told, cli: Cli, workspace: Path
) -> None:
    done = cli("preview", option, value)
    assert done.code == 2
    assert told in " ".join(done.err.split())


def test_what_the_database_reports_is_one_line(cli: Cli, shop: Path) -> None:
    (shop / "outreach.db").write_bytes(b"this is no database at all, and long enough to tell")
    done = cli("preview")
    assert done.code == 3
    assert "Traceback" not in done.err
    assert "not a database" in done.err


def test_a_reader_who_has_seen_enough_is_no_error(workspace: Path) -> None:
    command = [sys.executable, "-m", "outreach.cli", "schema", "fields", "ticket", "--json"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stderr is not None
    assert process.stdout.readline() == "{\n"
    process.stdout.close()
    said = process.stderr.read()
    process.stderr.close()
    process.wait()
    assert "Traceback" not in said
    assert "BrokenPipe" not in said


def test_a_terminal_without_our_signs_shows_others(workspace: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "outreach.cli", "check"],
        capture_output=True,
        check=True,
        env={**os.environ, "PYTHONIOENCODING": "latin-1"},
    )
    assert b"? no mistakes" in done.stdout
