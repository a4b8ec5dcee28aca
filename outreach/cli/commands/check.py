"""`outreach check`: every mistake in the workspace at once, with its line and what to do."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from outreach.cli.output import Output, counted
from outreach.cli.output_problems import Format, annotation, as_json, print_grouped
from outreach.cli.session import SETTINGS, Session
from outreach.errors import Level, Problem, Problems

if TYPE_CHECKING:
    from outreach.rules.conditions import Condition
    from outreach.rules.document import Rule
    from outreach.rules.fields import CustomField
    from outreach.workspace import Workspace

T = TypeVar("T")
UNKNOWN_NAME = "E204"


@dataclass
class Checked:
    """What a workspace holds and what is wrong with it."""

    folder: Path
    problems: list[Problem] = field(default_factory=list)
    rule_files: int = 0
    rules: int = 0
    templates: int = 0
    conditions: int = 0
    #: the files that were asked for, if not all
    about: tuple[str, ...] = ()
    #: how much lint would say, by level; None where it was not asked
    to_mend: dict[Level, int] | None = None

    def count(self, level: Level) -> int:
        return sum(problem.level is level for problem in self.problems)


def check(
    session: Session,
    files: Annotated[
        list[Path] | None,
        typer.Argument(metavar="FILES", help="A workspace, or files and folders in one."),
    ] = None,
    *,
    strict: Annotated[bool, typer.Option("--strict", help="Warnings count as errors.")] = False,
    format: Annotated[  # noqa: A002 - the option's name
        Format, typer.Option("--format", help="text, or github for annotations.")
    ] = Format.TEXT,
) -> int:
    """Find every mistake: settings, rules and their tests, templates, jobs, channels, sources.

    Files are checked together with the workspace they lie in. Exit code 1 when there are errors.
    """
    checked = check_workspace(session, files or [])
    if not checked.about and not checked.count(Level.ERROR):
        checked.to_mend = _lint(session, checked.problems)
    _print(session.out, checked, format)
    worst = (Level.ERROR, Level.WARNING) if strict else (Level.ERROR,)
    return int(any(problem.level in worst for problem in checked.problems))


def check_workspace(session: Session, files: list[Path]) -> Checked:
    """Check the workspace that some files lie in, or the session's; keep what is about the files.

    Raises NoWorkspace when there is none.
    """
    if files:
        session.folder = workspace_of(files[0])
    checked = Checked(session.folder)
    _examine(checked)
    checked.problems, checked.about = only_about(checked.problems, session.folder, files)
    return checked


def _lint(session: Session, told: Iterable[Problem]) -> dict[Level, int]:
    """Return how much lint would say beside what is told already."""
    from outreach.proving.linting import lint_workspace

    found = set(lint_workspace(session.workspace, session.now).problems) - set(told)
    return {level: sum(problem.level is level for problem in found) for level in Level}


def only_about(
    problems: list[Problem], folder: Path, files: list[Path]
) -> tuple[list[Problem], tuple[str, ...]]:
    """Return the problems of some files, and how those were named; all when it is the workspace."""
    inside = [path.resolve() for path in files if path.resolve() != folder.resolve()]
    if not inside:
        return problems, ()
    return [p for p in problems if _is_about(p, folder, inside)], tuple(map(str, files))


def workspace_of(path: Path) -> Path:
    """Return the nearest folder above (or at) a path that is a workspace."""
    if not path.exists():
        raise typer.BadParameter(f"there is no {path}", param_hint="FILES")
    start = path.resolve()
    found = next((f for f in (start, *start.parents) if (f / SETTINGS).is_file()), None)
    if found is None:
        return path if path.is_dir() else path.parent
    return Path(os.path.relpath(found))


def _examine(checked: Checked) -> None:
    from outreach.releases import check_channels, check_sources
    from outreach.workspace import Workspace

    problems = checked.problems
    workspace = Workspace.read(checked.folder, problems)
    if workspace is None:
        return
    settings_are_whole = not problems
    problems += check_channels(workspace)[1]
    problems += check_sources(workspace)[1]
    _taken(problems, workspace.jobs)
    found: list[Problem] = []
    _examine_rules(checked, workspace, found)
    # a name that outreach.yaml could not declare is no second mistake
    problems += [p for p in found if settings_are_whole or p.code != UNKNOWN_NAME]
    _examine_templates(checked, workspace)
    if not checked.count(Level.ERROR):
        _examine_tests(problems, workspace)
    problems[:] = sorted(set(problems))


def _examine_rules(checked: Checked, workspace: Workspace, problems: list[Problem]) -> None:
    from outreach.deciding.rendering.titles import check_titles
    from outreach.rules.loader import check_rules

    files, names = _taken(problems, workspace.rule_files), _taken(problems, workspace.names)
    if files is None or names is None:
        return
    checked.rule_files = len(files)
    ruleset, found = check_rules(files, names)
    problems += found
    if ruleset is not None:
        problems += check_titles(ruleset, files, names_of_fields(workspace.settings.fields))
        checked.rules = len(ruleset)
        checked.conditions = sum(map(_count_conditions, ruleset))


def _examine_templates(checked: Checked, workspace: Workspace) -> None:
    from outreach.deciding.rendering.templates import Templates

    texts = _taken(checked.problems, workspace.template_files)
    if texts is None:
        return
    settings = workspace.settings
    templates = Templates(texts, settings.locale, settings.zone, folder=settings.templates)
    checked.problems += templates.check(names_of_fields(settings.fields))
    checked.templates = len(templates.names())


def names_of_fields(custom: Iterable[CustomField]) -> dict[str, list[str]]:
    """Return what templates may name, by kind of subject."""
    from outreach.model import Kind
    from outreach.rules.catalogue import Catalogue

    catalogue = Catalogue(custom)
    return {kind.value: [f.name for f in catalogue.own_fields(kind)] for kind in Kind}


def _examine_tests(problems: list[Problem], workspace: Workspace) -> None:
    """Read the rule tests, once what they speak of is in order; `outreach test` plays them."""
    from outreach.proving.scenarios.gathering import gather
    from outreach.releases import examine

    texts = _taken(problems, workspace.test_files)
    release = examine(workspace)[0] if texts else None
    if texts and release is not None:
        problems += gather(release, texts).problems


def _taken(problems: list[Problem], read: Callable[[], T]) -> T | None:
    """Return what is read, or None with what is wrong with it among the problems."""
    try:
        return read()
    except Problems as found:
        problems += found.problems
        return None


def _count_conditions(rule: Rule) -> int:
    parts = [rule.when, rule.audience, rule.cancel_if]
    parts += [part for step in rule.steps for part in (step.until, step.stop_if, step.skip_if)]
    return sum(_count_sentences(condition) for part in parts for condition in part)


def _count_sentences(condition: Condition) -> int:
    parts = getattr(condition, "parts", None)
    return 1 if parts is None else sum(map(_count_sentences, parts))


def _is_about(problem: Problem, folder: Path, files: Iterable[Path]) -> bool:
    place = (folder / problem.file).resolve()
    return any(place == file or file in place.parents for file in files)


def _print(out: Output, checked: Checked, form: Format) -> None:
    errors, warnings = checked.count(Level.ERROR), checked.count(Level.WARNING)
    if out.as_json:
        content: dict[str, Any] = {
            "ok": not errors,
            "rules": checked.rules,
            "templates": checked.templates,
            "conditions": checked.conditions,
            "errors": errors,
            "warnings": warnings,
            "lint": checked.to_mend,
            "problems": [as_json(problem) for problem in checked.problems],
        }
        out.document("check/1", content)
        return
    if form is Format.GITHUB:
        for problem in checked.problems:
            out.line(annotation(problem, checked.folder))
        return
    print_grouped(out, checked.problems, checked.folder)
    if checked.problems:
        out.line()
    out.line(_summary(out, checked, errors, warnings))
    if not errors and not checked.about:
        found = [counted(n, level.value) for level, n in (checked.to_mend or {}).items() if n]
        told = [("outreach lint", f"{', '.join(found)} about wording and schedules")]
        out.suggest(
            *(told if found else []), ("outreach preview", "what these rules would send, and why")
        )


def _summary(out: Output, checked: Checked, errors: int, warnings: int) -> str:
    if checked.about:
        parts = ", ".join(checked.about)
    else:
        # a mistake may keep the rules from being counted
        rules = (checked.rules, "rule") if checked.rules else (checked.rule_files, "rule file")
        held = [rules, (checked.templates, "template"), (checked.conditions, "condition")]
        parts = " · ".join(counted(*pair) for pair in held if pair[0]) or str(checked.folder)
    if not errors and not warnings:
        return f"{parts}     {out.mark('ok')} no mistakes"
    found = [
        out.style(counted(errors, "error"), "red", bold=True) if errors else "",
        out.style(counted(warnings, "warning"), "yellow", bold=True) if warnings else "",
    ]
    return f"{parts}     {', '.join(filter(None, found))}"
