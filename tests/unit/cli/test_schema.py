"""`outreach schema`: files for editors, and the fields a sentence can name."""

from __future__ import annotations

import json
from pathlib import Path

from tests.unit.cli.conftest import Cli


def test_the_schemas_of_a_workspace_are_written(cli: Cli, workspace: Path) -> None:
    done = cli("schema", "--json")
    assert [Path(file).name for file in done.json["files"]] == [
        "rules.schema.json",
        "project.schema.json",
        "job.schema.json",
        "tests.schema.json",
    ]
    assert all(json.loads(Path(file).read_text("utf-8")) for file in done.json["files"])


def test_fields_of_a_subject_are_listed_with_what_can_be_said(cli: Cli, workspace: Path) -> None:
    done = cli("schema", "fields", "order")
    rows = {line.split()[0]: line for line in done.out.splitlines()}
    assert "out_for_delivery" in rows["status"]
    assert "customer.tier" in rows
    assert "is more than 1 day ago" in done.err


def test_fields_of_the_workspace_are_among_them(cli: Cli, workspace: Path) -> None:
    settings = workspace / "outreach.yaml"
    settings.write_text(settings.read_text("utf-8") + "fields: {order: {gift: yes/no}}\n", "utf-8")
    fields = {
        field["name"]: field for field in cli("schema", "fields", "order", "--json").json["fields"]
    }
    assert fields["gift"]["is_custom"]
    assert not fields["status"]["is_custom"]


def test_the_built_in_fields_need_no_workspace(cli: Cli, folder: Path) -> None:
    done = cli("schema", "fields", "ticket")
    assert done.code == 0
    assert "built-in" in done.err


def test_what_is_not_asked_rightly_is_wrong_usage(cli: Cli, workspace: Path) -> None:
    assert cli("schema", "fields").code == 2  # of what?
    assert cli("schema", "filds", "order").code == 2
    assert cli("schema", "fields", "parcel").code == 2
