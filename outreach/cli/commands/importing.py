"""`outreach import`: rows of a file go in; what cannot is reported with its line, and kept."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from outreach.cli.output import Output, counted
from outreach.cli.output_progress import progress
from outreach.cli.session import Session
from outreach.errors import Problem, Problems
from outreach.model import SUBJECTS, Kind

if TYPE_CHECKING:
    from outreach.passes.intake_report import IntakeReport
    from outreach.rules.catalogue import Catalogue
    from outreach.sources.column_map import ColumnMap
    from outreach.sources.records import Fault

#: faults of one kind shown without -v
FEW = 5


class What(StrEnum):
    """What a file is about, as people say it."""

    ORDERS = "orders"
    TICKETS = "tickets"
    CUSTOMERS = "customers"
    RESPONSES = "responses"

    @property
    def kind(self) -> Kind:
        return Kind(self.value.removesuffix("s"))


def import_file(
    session: Session,
    what: Annotated[
        What, typer.Argument(metavar="KIND", help="orders, tickets, customers or responses.")
    ],
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV or JSON lines; - for stdin.")],
    *,
    mapping: Annotated[
        Path | None,
        typer.Option("--map", metavar="FILE", help="Which column means what; else by their names."),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Do everything, keep nothing.")
    ] = False,
) -> int:
    """Load orders, tickets, customers or answers to surveys from a file.

    Rows that are known are updated, older ones leave newer ones alone. A bad row is reported and
    kept in rejects/, the rest goes in; exit code 1 then.
    """
    from outreach.passes.intake import import_file as take_in
    from outreach.rules.catalogue import Catalogue
    from outreach.sources.reading import Columns

    catalogue = Catalogue(session.workspace.settings.fields)
    columns = Columns(
        catalogue,
        session.workspace.settings.zone,
        mapping=_mapping(session, mapping, what.kind, catalogue) if mapping else None,
        kind=what.kind,
    )
    with progress(session.out, f"Importing {file.name}", "rows") as tell:
        report = take_in(
            session.store,
            file,
            columns,
            now=session.now,
            folder=session.folder,
            dry_run=dry_run,
            progress=tell,
        )
    if session.out.as_json:
        session.out.document("import/1", {"dry_run": dry_run, **report.as_dict()})
    else:
        _print(session.out, report, dry_run=dry_run)
    return int(bool(report.rejected or report.failures))


def _mapping(session: Session, path: Path, kind: Kind, catalogue: Catalogue) -> ColumnMap:
    from outreach.sources.settings import read_map_file

    problems: list[Problem] = []
    found = read_map_file(path, catalogue, session.workspace.settings.zone, problems)
    if found is None or problems:
        raise Problems(problems)
    if not any(part.kind is kind for part in found.kinds):
        said = f"it maps {' and '.join(part.kind.value for part in found.kinds)}, not {kind.value}"
        raise typer.BadParameter(said, param_hint="--map")
    return found


def _print(out: Output, report: IntakeReport, *, dry_run: bool) -> None:
    mark = out.mark("failed" if report.failures else "ok")
    out.line(f"{mark} {report.source}: {counted(report.rows, 'row')}, {report.taken:,} taken")
    for line in _counts(report):
        out.line(f"    {line}")
    _print_faults(out, "failed", f"{counted(report.rejected, 'row')} rejected", report.faults)
    for path in report.rejects_files:
        out.line(f"    kept in {path}: mend them there and import that file")
    doubts = f"{counted(report.doubts, 'value')} left empty, being of no use"
    _print_faults(out, "warning", doubts, report.doubtful)
    for failure in report.failures:
        out.line(f"{out.mark('failed')} {failure}")
    if report.skipped:
        out.line(
            f"{out.mark('none')} {counted(report.skipped, 'row')} skipped, as the mapping says"
        )
    for note in report.notes:
        out.note(f"{note}")
    out.note()
    if dry_run:
        out.note("dry run: nothing was kept")
    elif report.new or report.changed:
        out.suggest(("outreach preview", "what would be sent now, and why"))


def _counts(report: IntakeReport) -> list[str]:
    from outreach.store.arrivals import Outcome

    words = {
        Outcome.NEW: "new",
        Outcome.CHANGED: "changed",
        Outcome.UNCHANGED: "as known",
        Outcome.STALE: "older than what is known",
        Outcome.ERASED: "of erased people",
    }
    lines = []
    for kind in SUBJECTS:
        counts = {word: report.count(outcome, kind) for outcome, word in words.items()}
        said = ", ".join(f"{number:,} {word}" for word, number in counts.items() if number)
        if said:
            lines.append(f"{kind.value + 's':<10} {said}")
    return lines


def _print_faults(out: Output, mark: str, title: str, faults: list[Fault]) -> None:
    if not faults:
        return
    out.line(f"{out.mark(mark)} {title}")
    shown = faults if out.verbose else faults[:FEW]
    for fault in shown:
        out.line(f"    {fault}")
    if len(faults) > len(shown):
        out.line("    and more: see them with -v")
