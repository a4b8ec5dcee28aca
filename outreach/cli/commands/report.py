"""`outreach report`: what was sent, what it did, how long customers waited and what they wrote."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from outreach.cli.output_csv import AsCsv, print_csv
from outreach.cli.session import Session
from outreach.deciding.reporting.figures import By

if TYPE_CHECKING:
    from outreach.deciding.reporting.figures import Report
    from outreach.timing.weeks import Weeks


def report(
    session: Session,
    *,
    weeks: Annotated[
        int | None,
        typer.Option("--weeks", metavar="N", min=1, help="The last whole weeks; else 8."),
    ] = None,
    since: Annotated[
        str | None, typer.Option("--since", metavar="TIME", help="From then on: -30 days.")
    ] = None,
    until: Annotated[
        str | None, typer.Option("--until", metavar="TIME", help="Up to then; else now.")
    ] = None,
    rule: Annotated[str, typer.Option("--rule", metavar="NAME", help="Only this rule.")] = "",
    by: Annotated[
        By, typer.Option("--by", metavar="WHAT", help="Count messages by rule, week or locale.")
    ] = By.RULE,
    html: Annotated[
        Path | None,
        typer.Option("--html", metavar="FILE", help="Write it as a page, with charts."),
    ] = None,
    as_csv: AsCsv = False,
) -> None:
    """Show what was sent and what it helped, beside those who got nothing (holdout).

    Figures come with the interval they lie in; from fewer than ten people none is drawn.
    """
    from outreach.cli.output_report import print_report
    from outreach.cli.report_json import KEYS, report_json, report_rows
    from outreach.passes.reporting.whole import make_report
    from outreach.releases import report_of

    period = _weeks(session, weeks, since, until)
    asked = report_of(session.workspace.settings, period, rule)
    found = make_report(session.store, asked, now=session.now)
    if html is not None:
        _write_page(session, html, found, by)
        return
    if as_csv:
        print_csv(session.out, KEYS, report_rows(found, by))
    elif session.out.as_json:
        session.out.document("report/1", report_json(found, by))
    else:
        print_report(session, found, by)


def _write_page(session: Session, file: Path, found: Report, by: By) -> None:
    from outreach.deciding.reporting.page import page

    try:
        file.write_text(page(found, by, session.workspace.settings.shop.name), "utf-8")
    except OSError as error:
        said = f"{file} cannot be written: {error.strerror}"
        raise typer.BadParameter(said, param_hint="--html") from None
    session.out.note(f"wrote {file}")


def _weeks(session: Session, weeks: int | None, since: str | None, until: str | None) -> Weeks:
    from outreach.releases.reports import WEEKS
    from outreach.timing.weeks import between, whole_weeks

    if weeks is not None and (since or until):
        said = "one of the two: --weeks, or --since and --until"
        raise typer.BadParameter(said, param_hint="--weeks")
    if not since:
        if until:
            raise typer.BadParameter("--until goes with --since", param_hint="--until")
        return whole_weeks(weeks or WEEKS, session.now, session.zone)
    begins = session.moment(since, "--since")
    ends = session.moment(until, "--until") if until else session.now
    try:
        return between(begins, ends, session.zone)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--since") from None
