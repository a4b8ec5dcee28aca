"""`outreach lint`: what no customer should read, and what to write instead."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from outreach.cli.commands.check import only_about, workspace_of
from outreach.cli.output import Output, counted
from outreach.cli.output_problems import COLORS, annotation, as_json, print_grouped
from outreach.cli.session import Session
from outreach.errors import Level, OutreachError, Problem

if TYPE_CHECKING:
    from outreach.deciding.lint.messages import Score
    from outreach.deciding.lint.trials import Trial
    from outreach.proving.linting import Linted

#: from bad to worse
_ORDER = (Level.HINT, Level.WARNING, Level.ERROR)


class Format(StrEnum):
    """How findings are printed: for people, as GitHub shows them, or as one JSON document."""

    TEXT = "text"
    GITHUB = "github"
    JSON = "json"


def lint(
    session: Session,
    paths: Annotated[
        list[Path] | None,
        typer.Argument(metavar="PATHS", help="Templates by name, or files and folders; else all."),
    ] = None,
    *,
    format: Annotated[  # noqa: A002 - the option's name
        Format, typer.Option("--format", help="text, github for annotations, or json.")
    ] = Format.TEXT,
    level: Annotated[
        Level,
        typer.Option("--level", help="Show what is this bad, or worse: error, warning, hint."),
    ] = Level.WARNING,
    invented: Annotated[
        bool, typer.Option("--invented", help="Try no real subjects, only invented ones.")
    ] = False,
) -> int:
    """Read every message as its customer would, and look at when the rules speak.

    Messages are tried with invented values, the worst that can come, and real subjects if there
    is a database.

    Exit code 1 when it shows anything. To keep something as it is, write `lint: ignore M107 why`.
    """
    from outreach.proving.linting import lint_workspace

    files = [_file_of(session, path) for path in paths or []]
    if files:
        session.folder = workspace_of(files[0])
    real = {} if invented else _real_subjects(session)
    linted = lint_workspace(session.workspace, session.now, real=real)
    problems, about = only_about(list(linted.problems), session.folder, files)
    shown = [p for p in problems if _ORDER.index(p.level) >= _ORDER.index(level)]
    session.out.as_json |= format is Format.JSON
    if session.out.as_json:
        session.out.document("lint/1", _content(linted, shown, problems))
    elif format is Format.GITHUB:
        for problem in shown:
            session.out.line(annotation(problem, session.folder))
    else:
        _print(session, linted, shown, problems, about)
    return int(bool(shown))


def _real_subjects(session: Session) -> Mapping[str, Sequence[Trial]]:
    """Return real subjects to try messages with; none where there is no database to ask."""
    from outreach.passes.specimens import read_specimens
    from outreach.workspace.database import find_database

    try:
        url = find_database(session.folder, session.env)
        path, _, _ = url.removeprefix("sqlite:///").partition("?")
        if url.startswith("sqlite") and not Path(path).is_file():
            return {}  # opening it would make one
        session.store = session.open_store(upgrade=False)  # and an old one stays as it is
        return read_specimens(session.setup(applied=False), now=session.now)
    except OutreachError as error:
        session.out.detail(f"no real subjects are tried: {error}")
        return {}


def _file_of(session: Session, path: Path) -> Path:
    """Return what a path stands for: the name of a template is its folder."""
    if path.exists():
        return path
    folder = session.folder / session.workspace.settings.templates / path
    if folder.is_dir():
        return folder
    raise typer.BadParameter(f"there is no file or template {path}", param_hint="PATHS")


def _content(
    linted: Linted, shown: Sequence[Problem], all_of_them: Sequence[Problem]
) -> dict[str, Any]:
    return {
        "ok": not shown,
        "messages": linted.messages,
        "rules": linted.rules,
        **{f"{level}s": _count(all_of_them, level) for level in reversed(_ORDER)},
        "problems": [as_json(problem) for problem in shown],
        "scores": linted.scores,
    }


def _print(
    session: Session,
    linted: Linted,
    shown: Sequence[Problem],
    all_of_them: Sequence[Problem],
    about: Sequence[str],
) -> None:
    out = session.out
    print_grouped(out, shown, session.folder)
    if shown:
        out.line()
    for score in linted.scores:
        if out.verbose and (not about or any(p.file == score.file for p in all_of_them)):
            out.line(_score_line(out, score, _count(all_of_them, file=score.file)))
    held = [(linted.messages, "message"), (linted.rules, "rule")]
    what = ", ".join(about) or " · ".join(counted(*pair) for pair in held if pair[0])
    found = [
        out.style(counted(number, level.value), COLORS[level], bold=True)
        for level in reversed(_ORDER)
        if (number := _count(all_of_them, level))
    ]
    out.line(f"{what}     {', '.join(found) or out.mark('ok') + ' nothing to mend'}")
    if len(shown) < len(all_of_them):
        out.suggest(("outreach lint --level hint", "what may be let be, too"))


def _count(problems: Sequence[Problem], level: Level | None = None, file: str = "") -> int:
    return sum(level in (None, p.level) and file in ("", p.file) for p in problems)


def _score_line(out: Output, score: Score, problems: int) -> str:
    """Return a message at a glance: `en.email.md: 118 words · grade 5 · owns it ✓`."""
    marks = (
        ("owns it", score.owns_it),
        ("next step", score.next_step),
        ("date", score.date),
        ("person", score.person),
    )
    said = [counted(score.words, "word")]
    said += [f"grade {max(score.grade, 1):.0f}"] if score.grade is not None else []
    said += [
        f"{name} {out.mark('ok' if is_so else 'failed')}"
        for name, is_so in marks
        if is_so is not None
    ]
    said += [counted(problems, "problem")] if problems else []
    return f"{score.file}: {' · '.join(said)}"
