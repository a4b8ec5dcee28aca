"""The starter workspace that comes with the program, and copying it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from outreach.errors import OutreachError

PACKAGE = Path(__file__).resolve().parents[1]
SETTINGS = "outreach.yaml"
FOLDERS = ("rules", "templates", "jobs")
FILES = (SETTINGS, "rules.example.yaml")
#: what the program makes beside the operator's files; a repository should not keep it
GITIGNORE = """\
# made by outreach, not written by people
*.db
*.db-wal
*.db-shm
*.db.lock
/.outreach/
/outbox/
/rejects/
"""


@dataclass
class Copied:
    """What a copy of the starter made, and what was there already and stayed as it was."""

    made: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)


def starter_folder() -> Path:
    """Return where the starter lies: in the package, or in the checkout it was installed from."""
    for folder in (PACKAGE / "starter", PACKAGE.parent):
        if (folder / SETTINGS).is_file():
            return folder
    raise OutreachError("the starter workspace is missing: install outreach again")


def copy_starter(into: Path, *, empty: bool = False) -> Copied:
    """Copy the starter; a file that exists is left alone. With `empty` no rules and templates."""
    copied = Copied()
    for name, text in _files(starter_folder(), empty=empty):
        path = into / name
        if path.exists():
            copied.kept.append(name)
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
        copied.made.append(name)
    for folder in FOLDERS:
        (into / folder).mkdir(exist_ok=True)
    return copied


def _files(source: Path, *, empty: bool) -> Iterator[tuple[str, str]]:
    for name in FILES:
        if (source / name).is_file():
            yield name, (source / name).read_text("utf-8")
    yield ".gitignore", GITIGNORE
    for folder in ("jobs",) if empty else FOLDERS:
        for path in sorted((source / folder).rglob("*")):
            if path.is_file() and not path.name.startswith("."):
                yield path.relative_to(source).as_posix(), path.read_text("utf-8")
