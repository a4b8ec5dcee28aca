"""`outreach fmt`: rule files in their one spelling and layout; comments and meaning stay."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from outreach.cli.output import Output, counted
from outreach.cli.output_problems import as_json, lines_of
from outreach.cli.session import Session
from outreach.errors import OutreachError, Problem, Problems

if TYPE_CHECKING:
    from outreach.rules.catalogue import Catalogue

COLORS = {"+": "green", "-": "red", "@": "cyan"}


@dataclass(frozen=True)
class Formatted:
    """One file before and after; a file that cannot be read has problems instead."""

    path: Path
    before: str = ""
    after: str = ""
    problems: tuple[Problem, ...] = ()

    @property
    def changed(self) -> bool:
        return self.before != self.after


def fmt(
    session: Session,
    files: Annotated[
        list[Path] | None,
        typer.Argument(metavar="FILES", help="Rule files or folders; else all of the workspace."),
    ] = None,
    *,
    diff: Annotated[
        bool, typer.Option("--diff", help="Show what would change, and change nothing.")
    ] = False,
) -> int:
    """Write rules in their one spelling and layout.

    Comments, order and meaning stay as they are. With --diff the exit code is 1 when a file would
    change.
    """
    paths = list(_rule_files(session, files or []))
    catalogue = _catalogue(session, asked=bool(files))
    done = [_format(path, catalogue) for path in paths]
    if not diff:
        for each in done:
            if each.changed:
                each.path.write_text(each.after, "utf-8", newline="")
    _print(session.out, done, diff=diff)
    broken = any(each.problems for each in done)
    return int(broken or (diff and any(each.changed for each in done)))


def _rule_files(session: Session, files: list[Path]) -> Iterator[Path]:
    if not files:
        for name in session.workspace.rule_files():
            yield Path(os.path.relpath(session.folder / name))
    for path in files:
        if path.is_dir():
            yield from sorted((*path.rglob("*.yaml"), *path.rglob("*.yml")))
        elif path.is_file():
            yield path
        else:
            raise typer.BadParameter(f"there is no {path}", param_hint="FILES")


def _catalogue(session: Session, *, asked: bool) -> Catalogue:
    """Return the workspace's fields; a file by itself is formatted with the built-in ones."""
    from outreach.rules.catalogue import Catalogue

    try:
        return Catalogue(session.workspace.settings.fields)
    except OutreachError:
        if asked:
            return Catalogue()
        raise


def _format(path: Path, catalogue: Catalogue) -> Formatted:
    from outreach.rules.fmt import format_rules
    from outreach.rules.yaml_source import decode

    shown = path.as_posix()
    try:
        before = decode(path.read_bytes(), shown)
        return Formatted(path, before, format_rules(before, shown, catalogue))
    except Problems as found:
        return Formatted(path, problems=tuple(found.problems))


def _print(out: Output, done: list[Formatted], *, diff: bool) -> None:
    changed = [each for each in done if each.changed]
    if out.as_json:
        out.document("fmt/1", _content(done, diff=diff))
    for each in done:
        for problem in each.problems:
            for line in lines_of(problem, out, err=True):
                out.complain(line)
    for each in changed:
        if diff:
            _print_diff(out, each)
        else:
            out.line(f"{out.mark('ok')} {each.path} written anew")
    rest = len(done) - len(changed) - sum(bool(each.problems) for each in done)
    if rest:
        out.note(f"{counted(rest, 'file')} {'is' if rest == 1 else 'are'} in order")


def _content(done: list[Formatted], *, diff: bool) -> dict[str, object]:
    return {
        "written": not diff,
        "changed": [each.path for each in done if each.changed],
        "problems": [as_json(problem) for each in done for problem in each.problems],
    }


def _print_diff(out: Output, each: Formatted) -> None:
    before, after = each.before.splitlines(), each.after.splitlines()
    name = each.path.as_posix()
    for line in difflib.unified_diff(before, after, f"a/{name}", f"b/{name}", lineterm=""):
        out.line(out.style(line, COLORS.get(line[0])))
