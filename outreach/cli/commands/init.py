"""`outreach init`: a working workspace to start from."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from outreach.cli.editor_schemas import write_all_schemas
from outreach.cli.session import Session
from outreach.cli.starter import SETTINGS, Copied, copy_starter
from outreach.errors import OutreachError, Refused


def init(
    session: Session,
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="Where; else the folder you are in.")
    ] = Path(),
    *,
    empty: Annotated[
        bool, typer.Option("--empty", help="Settings and jobs only, no rules and templates.")
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Into a folder with files; none is overwritten.")
    ] = False,
) -> None:
    """Make a working workspace: settings, rules in shadow mode, templates, jobs.

    Nothing leaves your machine with it: rules are in shadow mode, and channels write to a folder.
    """
    if session.manners.project is not None and folder == Path():
        folder = session.manners.project
    _check_target(folder, force=force)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        copied = copy_starter(folder, empty=empty)
    except OSError as error:
        raise OutreachError(f"{error.filename}: {error.strerror}") from error
    _write_schemas(folder)
    _tell(session, folder, copied)


def _write_schemas(folder: Path) -> None:
    """Write what editors complete from; a workspace with mistakes gets it from `schema` later."""
    from outreach.errors import Problems
    from outreach.workspace import Workspace

    try:
        write_all_schemas(Workspace.open(folder))
    except Problems:
        return


def _check_target(folder: Path, *, force: bool) -> None:
    if folder.exists() and not folder.is_dir():
        raise Refused(f"{folder} is a file: name a folder")
    if not folder.is_dir() or force:
        return
    if (folder / SETTINGS).exists():
        raise Refused(
            f"{_shown(folder)} is a workspace already: it has an {SETTINGS}."
            " With --force the files it lacks are added"
        )
    others = sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))
    if others:
        few = ", ".join(others[:3]) + (", …" if len(others) > 3 else "")
        raise Refused(
            f"{_shown(folder)} is not empty ({few}): name a new folder,"
            " or say --force; no file is overwritten"
        )


def _tell(session: Session, folder: Path, copied: Copied) -> None:
    out = session.out
    if out.as_json:
        content = {"folder": folder.resolve(), "made": copied.made, "kept": copied.kept}
        out.document("init/1", content)
        return
    for name, what in _summary(copied):
        out.line(f"{out.mark('ok')} {name:<19} {what}")
    if copied.kept:
        number = len(copied.kept)
        files = "1 file was" if number == 1 else f"{number} files were"
        out.line(f"{out.mark('none')} {files} there already and stayed as they were")
    out.note()
    out.suggest(
        *([] if folder.resolve() == Path.cwd() else [f"cd {folder}"]),
        ("outreach check", "finds every mistake in rules and templates"),
        ("outreach import orders orders.csv", "your orders, from a CSV file"),
        ("outreach preview", "what would be sent, and why; sends nothing"),
    )


def _summary(copied: Copied) -> list[tuple[str, str]]:
    made = copied.made
    rules = [name for name in made if name.startswith("rules/")]
    messages = {name.split("/")[1] for name in made if name.startswith("templates/")}
    jobs = [name for name in made if name.startswith("jobs/")]
    lines = []
    if SETTINGS in made:
        lines.append((SETTINGS, "who you are, when and how you write: start here"))
    if rules:
        lines.append(("rules/", "who gets which message when; in shadow mode, sends nothing"))
    if messages:
        lines.append(("templates/", f"the words: {len(messages)} messages in two languages"))
    if jobs:
        lines.append(("jobs/", f"{len(jobs)} jobs: when the daemon does what"))
    if "rules.example.yaml" in made:
        lines.append(("rules.example.yaml", "every key of the rule language once, to copy from"))
    if ".gitignore" in made:
        lines.append((".gitignore", "keeps the database and the outbox out of your repository"))
    return lines


def _shown(folder: Path) -> str:
    return "this folder" if folder.resolve() == Path.cwd() else str(folder)
