"""`outreach init`: what it makes works, and nothing of anybody's is overwritten."""

from __future__ import annotations

import json
from pathlib import Path

from tests.unit.cli.conftest import Cli


def test_what_it_makes_has_no_mistakes(cli: Cli, folder: Path) -> None:
    made = cli("init", "shop")
    assert made.code == 0
    checked = cli("check", "shop", "--strict", "--json")
    assert checked.code == 0
    assert checked.json["rules"] >= 8
    assert checked.json["templates"] >= 8


def test_it_says_what_to_do_next(cli: Cli) -> None:
    said = cli("init", "shop")
    assert [line for line in said.err.splitlines() if line.startswith("→ cd shop")]
    assert "→ outreach import orders" in said.err
    assert "→" not in said.out  # notes are not data


def test_editors_find_their_schemas(cli: Cli, folder: Path) -> None:
    cli("init")
    schema = json.loads((folder / ".outreach" / "rules.schema.json").read_text("utf-8"))
    assert "rules" in schema["properties"]


def test_the_database_and_the_outbox_stay_out_of_a_repository(cli: Cli, folder: Path) -> None:
    cli("init")
    ignored = (folder / ".gitignore").read_text("utf-8").splitlines()
    assert {"*.db", "/outbox/", "/rejects/", "/.outreach/"} <= set(ignored)


def test_empty_has_settings_and_jobs_only(cli: Cli, folder: Path) -> None:
    cli("init", "--empty")
    assert (folder / "outreach.yaml").is_file()
    assert list((folder / "jobs").iterdir())
    assert not list((folder / "rules").iterdir())
    assert not list((folder / "templates").iterdir())


def test_a_folder_with_files_is_refused(cli: Cli, folder: Path) -> None:
    (folder / "notes.txt").write_text("mine", "utf-8")
    refused = cli("init")
    assert refused.code == 4
    assert "notes.txt" in refused.err
    assert sorted(path.name for path in folder.iterdir()) == ["notes.txt"]


def test_hidden_files_do_not_matter(cli: Cli, folder: Path) -> None:
    (folder / ".git").mkdir()
    assert cli("init").code == 0


def test_a_workspace_is_not_made_twice(cli: Cli, folder: Path) -> None:
    cli("init")
    again = cli("init")
    assert again.code == 4
    assert "already" in again.err


def test_force_adds_what_is_missing_and_overwrites_nothing(cli: Cli, folder: Path) -> None:
    (folder / "rules").mkdir()
    (folder / "rules" / "orders.yaml").write_text("# mine\n", "utf-8")
    done = cli("init", "--force", "--json")
    assert done.code == 0
    assert done.json["kept"] == ["rules/orders.yaml"]
    assert (folder / "rules" / "orders.yaml").read_text("utf-8") == "# mine\n"
    assert (folder / "rules" / "tickets.yaml").is_file()


def test_a_file_is_no_folder(cli: Cli, folder: Path) -> None:
    (folder / "shop").write_text("", "utf-8")
    assert cli("init", "shop").code == 4
