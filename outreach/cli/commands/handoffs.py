"""`outreach handoffs`: what people are asked to step in for; take a case, or close it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from outreach.cli.operator import who as at_keyboard
from outreach.cli.output import counted
from outreach.cli.output_csv import AsCsv, print_csv
from outreach.cli.output_handoffs import (
    COLUMNS,
    as_json,
    name_of,
    notice_json,
    print_cases,
    print_coming,
    print_one,
)
from outreach.cli.session import Session
from outreach.model import IS_WITH_PEOPLE, HandoffState

if TYPE_CHECKING:
    from outreach.store.types import Record

app = typer.Typer(add_completion=False, invoke_without_command=True)

Id = Annotated[str, typer.Argument(metavar="ID", help="H-12, or only 12.")]
Who = Annotated[
    str,
    typer.Option("--who", metavar="NAME", help="Whose case it is: an address under owners:."),
]
Note = Annotated[str, typer.Option("--note", metavar="TEXT", help="What came of it.")]


@app.callback()
def handoffs(
    session: Session,
    *,
    every: Annotated[bool, typer.Option("--all", help="Done and cancelled ones, too.")] = False,
    planned: Annotated[
        bool, typer.Option("--planned", help="What people will be asked, if nothing changes.")
    ] = False,
    team: Annotated[str | None, typer.Option("--team", metavar="NAME")] = None,
    customer: Annotated[str | None, typer.Option("--customer", metavar="ID")] = None,
    limit: Annotated[
        int, typer.Option("--limit", metavar="N", min=1, help="List at most so many.")
    ] = 50,
    as_csv: AsCsv = False,
) -> None:
    """List the cases that are with people, open ones first; or take one, or close it.

    Times are those of the team's own clock.
    """
    if session.subcommand is not None:
        return
    from outreach.store.handoffs import WantedHandoffs, count_wanted, list_handoffs

    if planned:
        _list_planned(session, team, customer)
        return
    states = tuple(HandoffState) if every else tuple(sorted(IS_WITH_PEOPLE))
    wanted = WantedHandoffs(states, team, customer)
    with session.store.read() as connection:
        total, found = count_wanted(connection, wanted), list_handoffs(connection, wanted, limit)
    told = [as_json(session, row) for row in found]
    if as_csv:
        print_csv(session.out, COLUMNS, told)
    elif session.out.as_json:
        session.out.document("handoffs/1", {"now": session.now, "total": total, "handoffs": told})
    else:
        print_cases(session, found, total)


@app.command()
def show(session: Session, case: Id) -> None:
    """Show one case: what it is about, by when, who has it, and what they noted."""
    from outreach.store.handoffs import read_handoff
    from outreach.store.notices import notices_of

    with session.store.read() as connection:
        row = read_handoff(connection, _number(case))
        told = notices_of(connection, row.id)
    if session.out.as_json:
        notices = [notice_json(notice) for notice in told]
        session.out.document("handoffs-show/1", {**as_json(session, row), "notices": notices})
        return
    print_one(session, row, told)


@app.command()
def take(session: Session, case: Id, *, who: Who = "", note: Note = "") -> None:
    """Say who looks after a case; without --who it is you."""
    from outreach.passes.taking_on import take as take_on

    by = at_keyboard(session.env)
    row = take_on(session.store, _number(case), who=who or by, by=by, now=session.now, note=note)
    _done(session, "handoffs-take/1", row, f"is with {row.who}")


@app.command()
def done(
    session: Session,
    case: Id,
    *,
    who: Who = "",
    note: Note = "",
    resume: Annotated[
        bool, typer.Option("--resume", help="Let other rules write to the customer again.")
    ] = False,
) -> None:
    """Say that a case is done. What was stopped for it stays so for its time, but for --resume."""
    from outreach.passes.taking_on import finish

    row = finish(
        session.store,
        _number(case),
        who=who,
        by=at_keyboard(session.env),
        now=session.now,
        note=note,
        resume=resume,
    )
    _done(session, "handoffs-done/1", row, f"is done, by {row.who}")


@app.command()
def tell(session: Session, case: Id) -> None:
    """Tell the team again of a case: what was given up, or not told."""
    from outreach.store.notices import tell_again

    number = _number(case)
    with session.store.write() as connection:
        count = tell_again(connection, number, session.now)
    if session.out.as_json:
        session.out.document("handoffs-tell/1", {"handoff": f"H-{number}", "notices": count})
        return
    said = f"{counted(count, 'notice')} of H-{number} will be tried again"
    session.out.line(f"{session.out.mark('ok' if count else 'none')} {said}")


def _list_planned(session: Session, team: str | None, customer: str | None) -> None:
    from outreach.store.handoffs import coming_handoffs

    setup = session.setup()
    with session.store.read() as connection:
        found = [
            each
            for each in coming_handoffs(connection, setup.ruleset)
            if team in (None, each.team) and customer in (None, each.customer)
        ]
    if session.out.as_json:
        told = [each._asdict() for each in found]
        session.out.document("handoffs-planned/1", {"now": session.now, "planned": told})
        return
    print_coming(session, found)


def _number(case: str) -> int:
    digits = case.strip().upper().removeprefix("H-")
    if not digits.isascii() or not digits.isdecimal():
        raise typer.BadParameter(f"'{case}' is no case: write it like H-12", param_hint="ID")
    return int(digits)


def _done(session: Session, schema: str, row: Record, said: str) -> None:
    out = session.out
    if out.as_json:
        out.document(schema, as_json(session, row))
        return
    out.line(f"{out.mark('ok')} {name_of(row)} {said}: {row.title}")
