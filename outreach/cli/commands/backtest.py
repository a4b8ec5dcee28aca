"""`outreach backtest`: what rules would have done with all that has happened; nothing is sent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from outreach.cli.backtest_json import DAY, days_json, figures_json
from outreach.cli.output_backtest import print_backtest, print_comparison
from outreach.cli.output_csv import AsCsv, print_csv
from outreach.cli.output_progress import progress
from outreach.cli.session import Session
from outreach.errors import Refused
from outreach.rules.catalogue import Catalogue

if TYPE_CHECKING:
    from outreach.proving.backtest import Figures, Span, Tape, Word
    from outreach.releases import Release


def backtest(
    session: Session,
    *,
    begin: Annotated[
        str | None, typer.Option("--from", metavar="TIME", help="Play from then on.")
    ] = None,
    end: Annotated[str | None, typer.Option("--to", metavar="TIME", help="And until then.")] = None,
    rule: Annotated[
        list[str] | None, typer.Option("--rule", metavar="NAME", help="This rule only; repeatable.")
    ] = None,
    rules: Annotated[
        Path | None, typer.Option("--rules", metavar="DIR", help="The rules of another folder.")
    ] = None,
    compare: Annotated[
        bool, typer.Option("--compare", help="Beside the applied rules, or with --rules the files.")
    ] = False,
    every: Annotated[
        int | None,
        typer.Option(
            "--every",
            metavar="MINUTES",
            min=1,
            help="How often the passes run; 15, or 60 for more than a quarter.",
        ),
    ] = None,
    html: Annotated[
        Path | None,
        typer.Option("--html", metavar="FILE", help="Write it as a page, with charts."),
    ] = None,
    as_csv: AsCsv = False,
) -> None:
    """Play what has happened through the rules, every gate included. Nothing is sent or written.

    Rules in shadow are played as if they were live, and nobody approves what is held. All that is
    stored is played unless --from and --to say otherwise.
    """
    from outreach.proving.backtest import Tape, read_words, usual_rhythm

    played = _releases(session, rules, compare=compare)
    for name, release in played.items():
        played[name] = _only(release, rule or [])
    catalogue = Catalogue(session.workspace.settings.fields)
    with Tape() as tape:
        with progress(session.out, "Reading what happened", "subjects") as told:
            tape.record(session.store, catalogue, told)
        span = _span(session, tape, begin, end)
        words = read_words(session.store)
        rhythm = timedelta(minutes=every) if every else usual_rhythm(span)
        found = {
            name: _play(session, name, release, tape, words, span, rhythm)
            for name, release in played.items()
        }
    if html is not None:
        _write_page(session, html, found)
    else:
        _print(session, found, as_csv=as_csv)


def _releases(session: Session, rules: Path | None, *, compare: bool) -> dict[str, Release]:
    """Return what is played, by what people call it: one, or two to compare."""
    from outreach.releases import current_release, read_release

    files = read_release(session.workspace)
    if rules is not None:
        other = {str(rules): _other(files, rules)}
        return {"files on disk": files, **other} if compare else other
    if not compare:
        return {"files on disk": files}
    applied = current_release(session.store, session.folder)
    if applied is None:
        raise Refused("nothing is applied yet to compare with: name other rules with --rules DIR")
    return {f"version {applied.version}": applied, "files on disk": files}


def _other(files: Release, folder: Path) -> Release:
    """Return the rules of another folder, with our words; or another workspace, with its own."""
    from outreach.releases import read_release, with_rules
    from outreach.workspace import Workspace
    from outreach.workspace.files import SETTINGS, matching

    if (folder / SETTINGS).is_file():
        return read_release(Workspace.open(folder))
    found = matching(folder, ["*.yaml"])
    if not found:
        raise typer.BadParameter(f"there are no rules in {folder}", param_hint="--rules")
    return with_rules(files, {f"{folder}/{path}": text for path, text in found.items()})


def _only(release: Release, names: Sequence[str]) -> Release:
    """Return a release with these of its rules, or all of them when none are named."""
    from outreach.rules.catalogue import suggestion

    if not names:
        return release
    known = [rule.name for rule in release.ruleset]
    for name in names:
        if name not in known:
            meant = suggestion(name, known)
            hint = f" Did you mean '{meant}'?" if meant else f" There are: {', '.join(known)}"
            raise typer.BadParameter(f"there is no rule '{name}'.{hint}", param_hint="--rule")
    kept = tuple(rule for rule in release.ruleset if rule.name in names)
    return replace(release, ruleset=replace(release.ruleset, rules=kept))


def _span(session: Session, tape: Tape, begin: str | None, end: str | None) -> Span:
    from outreach.proving.backtest import Span
    from outreach.timing.instants import MICROSECOND

    if tape.first is None or tape.last is None:
        raise Refused("nothing has happened here yet: `outreach import orders FILE` takes it in")
    span = Span(
        session.moment(begin, "--from") if begin else tape.first,
        session.moment(end, "--to") if end else min(tape.last + MICROSECOND, session.now),
    )
    if span.begin >= span.end:
        raise typer.BadParameter("it must lie after --from", param_hint="--to")
    return span


def _play(
    session: Session,
    name: str,
    release: Release,
    tape: Tape,
    words: Sequence[Word],
    span: Span,
    every: timedelta,
) -> Figures:
    from outreach.proving.backtest import backtest as play

    with progress(session.out, f"Playing {name}", "days") as told:
        days = (span.end - span.begin).days

        def say(share: float) -> None:
            told(round(share * days), share)

        return play(release, session.workspace, tape, words, span, every=every, told=say)


def _write_page(session: Session, file: Path, found: dict[str, Figures]) -> None:
    from outreach.proving.backtest.page import backtest_page

    page = backtest_page(found, session.workspace.settings.shop.name, session.now)
    try:
        file.write_text(page, "utf-8")
    except OSError as error:
        said = f"{file} cannot be written: {error.strerror}"
        raise typer.BadParameter(said, param_hint="--html") from None
    session.out.note(f"wrote {file}")


def _print(session: Session, found: dict[str, Figures], *, as_csv: bool) -> None:
    if as_csv:
        print_csv(session.out, DAY, days_json(found))
    elif session.out.as_json:
        played = [{"rules": name, **figures_json(figures)} for name, figures in found.items()]
        session.out.document("backtest/1", {"played": played})
    elif len(found) == 1:
        print_backtest(session, *next(iter(found.items())))
    else:
        print_comparison(session, found)
