"""docs/recording.md: its commands print what the page says, in order, in a new workspace.

`make record` writes the page anew.
"""

from __future__ import annotations

import io
import os
import re
import shlex
import shutil
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import pytest

from outreach.cli import main

ROOT = Path(__file__).resolve().parents[3]
PAGE = ROOT / "docs" / "recording.md"
BLOCK = re.compile(r"(?<=^```)(console|diff)\n(.*?)(?=^```$)", re.DOTALL | re.MULTILINE)
#: what no two machines have in common
DURATION = re.compile(r"in [\d.]+ s$", re.MULTILINE)


class Screen(io.StringIO):
    """What a terminal shows of results: people read it, so sentences are wrapped."""

    def isatty(self) -> bool:
        return True


class Notes(io.StringIO):
    """What it shows besides, between the results: all but the progress, which leaves nothing."""

    def __init__(self, screen: Screen) -> None:
        super().__init__()
        self.write = screen.write  # type: ignore[method-assign]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the recording begins: a folder with the orders, on a screen of a hundred columns."""
    shutil.copy(ROOT / "docs" / "examples" / "orders.csv", tmp_path)
    monkeypatch.chdir(tmp_path)
    for name, value in {"COLUMNS": "100", "NO_COLOR": "1", "OUTREACH_USER": "anna"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("OUTREACH_PROJECT", raising=False)
    return tmp_path


def test_the_recording_is_what_the_program_prints(folder: Path) -> None:
    page = PAGE.read_text("utf-8")
    played = BLOCK.sub(lambda block: f"{block[1]}\n{play(block[1], block[2])}", page)
    if "OUTREACH_RECORD" in os.environ:
        PAGE.write_text(played, "utf-8")
        return
    assert DURATION.sub("", played) == DURATION.sub("", page)


def play(kind: str, block: str) -> str:
    """Do what a block says, and return it with what was printed."""
    if kind == "diff":
        edit(block)
        return block
    commands = [line for line in block.splitlines() if line.startswith("$ ")]
    return "\n".join("".join(run(command)) for command in commands)


def run(command: str) -> Iterator[str]:
    yield f"{command}\n"
    program, *words = shlex.split(command.removeprefix("$ "))
    if program == "cd":
        os.chdir(words[0])
        return
    assert program == "outreach"
    screen = Screen()
    with redirect_stdout(screen), redirect_stderr(Notes(screen)), pytest.raises(SystemExit):
        main([*words, "--at", "2026-11-20 11:00"])
    yield from (line.rstrip() + "\n" for line in screen.getvalue().splitlines())


def edit(block: str) -> None:
    """Change a file as a diff says, which has its context and no numbers."""
    header, *lines = block.splitlines()
    before, after = (
        "".join(f"{line[1:]}\n" for line in lines if line[:1] in signs)
        for signs in ({" ", "-"}, {" ", "+"})
    )
    path = Path(header.removeprefix("--- "))
    text = path.read_text("utf-8")
    assert text.count(before) == 1, before
    path.write_text(text.replace(before, after), "utf-8")
