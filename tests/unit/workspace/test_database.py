"""Where the database is: beside the settings, where they say, or where the environment says."""

from __future__ import annotations

from pathlib import Path

import pytest

from outreach.errors import Problems
from outreach.workspace import Workspace, find_database

HEAD = "format: 1\ntimezone: UTC\n"


@pytest.mark.parametrize(
    ("said", "url"),
    [
        ("", "sqlite:///{folder}/outreach.db"),
        ("database: data/shop.db", "sqlite:///{folder}/data/shop.db"),
        ("database: sqlite:///shop.db", "sqlite:///{folder}/shop.db"),
        ("database: sqlite:////srv/shop.db", "sqlite:////srv/shop.db"),  # an absolute path
        ("database: /srv/shop.db", "sqlite:////srv/shop.db"),
        ("database: sqlite:///shop.db?mode=ro", "sqlite:///{folder}/shop.db?mode=ro"),
        ("database: postgresql://db.example/outreach", "postgresql://db.example/outreach"),
        ("database: env:DB", "postgresql://me:secret@host/x"),
        ("database: env:FILE", "sqlite:///{folder}/other.db"),
    ],
)
def test_the_database_is_found(said: str, url: str, tmp_path: Path) -> None:
    (tmp_path / "outreach.yaml").write_text(HEAD + said, "utf-8")
    env = {"DB": "postgresql://me:secret@host/x\n", "FILE": "other.db"}
    expected = url.format(folder=tmp_path)
    assert Workspace.open(tmp_path).database_url(env) == expected
    assert find_database(tmp_path, env) == expected


def test_a_variable_that_is_not_set_is_named_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "outreach.yaml").write_text(HEAD + "database: env:DB\n", "utf-8")
    with pytest.raises(Problems) as caught:
        Workspace.open(tmp_path).database_url({"DB": " "})
    (problem,) = caught.value.problems
    assert (problem.line, problem.code) == (3, "E401")
    assert "DB is not set" in problem.message


def test_the_database_is_found_while_somebody_edits_the_rest(tmp_path: Path) -> None:
    (tmp_path / "outreach.yaml").write_text("timezone: nowhere\nx: {y: z}\n", "utf-8")
    assert find_database(tmp_path, {}) == f"sqlite:///{tmp_path}/outreach.db"
