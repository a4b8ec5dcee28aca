"""The files of a workspace: which there are, and their texts by the path people see."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from outreach.errors import OutreachError, Problem, Problems
from outreach.rules.yaml_source import decode

SETTINGS = "outreach.yaml"
TESTS = ".test.yaml"


class NoWorkspace(OutreachError):
    """The folder is not a workspace, or cannot be read."""


def read_settings_text(folder: Path) -> str:
    """Return the text of outreach.yaml; raises NoWorkspace, or Problems when it is not UTF-8."""
    path = folder / SETTINGS
    if not path.is_file():
        where = "this folder" if folder == Path() else str(folder)
        raise NoWorkspace(f"there is no {SETTINGS} in {where}: make one with `outreach init`")
    return _read(path, SETTINGS)


def matching(folder: Path, patterns: Iterable[str]) -> dict[str, str]:
    """Return the text of every file that one of the patterns fits, by its path below the folder.

    Rule tests are left out. Raises Problems for files that are not UTF-8.
    """
    found = {p for pattern in patterns for p in folder.glob(pattern) if p.is_file()}
    return _texts(folder, [path for path in found if not path.name.endswith(TESTS)])


def matching_tests(folder: Path, patterns: Iterable[str]) -> dict[str, str]:
    """Return the text of every rule test that one of the patterns fits, by its path below.

    Raises Problems for files that are not UTF-8.
    """
    found = {p for pattern in patterns for p in folder.glob(pattern) if p.is_file()}
    return _texts(folder, [path for path in found if path.name.endswith(TESTS)])


def below(folder: Path, part: str) -> dict[str, str]:
    """Return the text of every file in a part of a folder by its path there; empty if it is not.

    Hidden files are left out. Raises Problems for files that are not UTF-8.
    """
    inside = folder / part
    files = (path for path in inside.rglob("*") if path.is_file())
    texts = _texts(folder, [path for path in files if not _is_hidden(path.relative_to(inside))])
    return {(folder / name).relative_to(inside).as_posix(): text for name, text in texts.items()}


def check_inside(text: str) -> str:
    """Return a path or pattern that stays below the workspace; raises ValueError for others."""
    path = PurePosixPath(text)
    if not text or path.is_absolute() or ".." in path.parts or "\\" in text or ":" in text:
        raise ValueError(f"`{text}` must lie in the workspace: write it like rules/*.yaml")
    if any("**" in part and part != "**" for part in path.parts):
        raise ValueError(f"`{text}`: `**` stands for folders, as in rules/**/*.yaml")
    return text


def _is_hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)


def _texts(folder: Path, paths: Iterable[Path]) -> dict[str, str]:
    problems: list[Problem] = []
    texts: dict[str, str] = {}
    for path in sorted(paths):
        shown = path.relative_to(folder).as_posix()
        try:
            texts[shown] = _read(path, shown)
        except Problems as found:
            problems += found.problems
    if problems:
        raise Problems(problems)
    return texts


def _read(path: Path, shown: str) -> str:
    try:
        return decode(path.read_bytes(), shown)
    except OSError as error:
        raise NoWorkspace(f"{path} cannot be read: {error.strerror}") from error
