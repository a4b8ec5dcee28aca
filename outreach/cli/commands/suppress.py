"""`outreach suppress`: addresses, domains and numbers that must not be written to."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from outreach.cli.operator import who
from outreach.cli.options import ShowPersonal
from outreach.cli.output import counted
from outreach.cli.output_csv import AsCsv, print_csv
from outreach.cli.output_tables import Column, cut, table
from outreach.cli.output_values import mask
from outreach.cli.session import Session
from outreach.errors import DataError, Refused
from outreach.model import Channel, Purpose

if TYPE_CHECKING:
    from outreach.cli.suppression_file import Taken
    from outreach.store.types import Record

app = typer.Typer(add_completion=False, no_args_is_help=True)

#: what stands for a decision by hand among the reasons of providers, and for a list from outside
BY_HAND, FROM_FILE = "by_hand", "imported"
#: what is told of an entry besides its address
KEYS = ("channel", "purpose", "reason", "source", "since", "until", "note")
#: bad lines told one by one
FEW = 5

Address = Annotated[
    str, typer.Argument(metavar="ADDRESS", help="ana@shop.example, @shop.example or +4915550123.")
]
ForPurpose = Annotated[
    Purpose | None, typer.Option("--purpose", help="For this purpose only; else for all.")
]
Until = Annotated[str | None, typer.Option("--until", metavar="TIME", help="Ends by itself then.")]
Note = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why, for who asks later.")]


@app.command()
def add(
    session: Session,
    address: Address,
    *,
    purpose: ForPurpose = None,
    until: Until = None,
    reason: Note = "",
) -> None:
    """Never write to an address again, whatever waits for it: every send asks this list first."""
    from outreach.store.auditing import note_deed
    from outreach.store.suppressing import suppress

    channel, plain = _read(address)
    ends = session.moment(until, "--until") if until else None
    with session.store.write() as connection:
        is_new = suppress(
            connection,
            channel,
            plain,
            reason=BY_HAND,
            source=who(session.env),
            now=session.now,
            purpose=purpose,
            until=ends,
            note=reason,
        )
        detail = {"channel": channel.value, "purpose": purpose and purpose.value, "note": reason}
        note_deed(connection, who(session.env), "suppress", detail, session.now)
    if session.out.as_json:
        content = {"address": plain, "channel": channel, "purpose": purpose, "until": ends}
        session.out.document("suppress-add/1", {**content, "is_new": is_new})
        return
    what = f"for {purpose.value} " if purpose else ""
    end = f"until {session.when(ends)}" if ends else "for good"
    said = f"suppressed {what}{end}" if is_new else "was on the list already"
    session.out.line(f"{session.out.mark('ok')} {plain}: {said}")


@app.command()
def remove(session: Session, address: Address, *, reason: Note = "") -> None:
    """Take an address off the list, after asking; its entries stay as history."""
    from outreach.store.auditing import note_deed
    from outreach.store.suppressing import entries_of, lift

    channel, plain = _read(address)
    with session.store.read() as connection:
        found = entries_of(connection, channel, plain, session.now)
    if not found:
        raise Refused(f"{plain} is not on the list: see `outreach suppress list --show-personal`")
    why = ", ".join(dict.fromkeys(_why(row) for row in found))
    entries = "1 entry" if len(found) == 1 else f"{len(found)} entries"
    session.confirm(f"Write to {plain} again? {entries} would end ({why}).")
    with session.store.write() as connection:
        lifted = lift(connection, channel, plain, session.now)
        detail = {"channel": channel.value, "entries": lifted, "note": reason}
        note_deed(connection, who(session.env), "unsuppress", detail, session.now)
    if session.out.as_json:
        session.out.document("suppress-remove/1", {"address": plain, "lifted": lifted})
    else:
        session.out.line(f"{session.out.mark('ok')} {plain}: may be written to again")


@app.command("list")
def list_(
    session: Session,
    *,
    limit: Annotated[
        int, typer.Option("--limit", metavar="N", min=1, help="List at most so many.")
    ] = 50,
    show_personal: ShowPersonal = False,
    as_csv: AsCsv = False,
) -> None:
    """List who must not be written to, the newest first, and why."""
    from outreach.store.suppressing import suppressions

    with session.store.read() as connection:
        found = suppressions(connection, session.now)
    out = session.out
    entries = [_entry(row, personal=show_personal) for row in found[:limit]]
    if as_csv:
        print_csv(out, ("address", *KEYS), entries)
        return
    if out.as_json:
        out.document("suppress-list/1", {"total": len(found), "entries": entries})
        return
    if not found:
        out.line(f"{out.mark('none')} nobody is suppressed")
        return
    columns = [Column(title) for title in ("Address", "For", "Since", "Until", "Why")]
    table(out, columns, [_row(session, row, personal=show_personal) for row in found[:limit]])
    if len(found) > limit:
        out.note(f"\n{len(found) - limit:,} more: --limit {len(found)}")


@app.command()
def export(
    session: Session,
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="A CSV file that must not exist; - for stdout.")
    ],
) -> None:
    """Write the whole list into a CSV file, addresses in full, as `import` reads it."""
    from outreach.cli.suppression_file import csv_text
    from outreach.store.suppressing import suppressions

    with session.store.read() as connection:
        found = suppressions(connection, session.now)
    text = csv_text(found)
    if str(file) == "-":
        sys.stdout.write(text)
        return
    try:
        with file.open("x", encoding="utf-8", newline="") as out:
            out.write(text)
    except FileExistsError:
        raise Refused(f"{file} is there already: nothing was written") from None
    except OSError as error:
        raise DataError(f"{file} cannot be written: {error.strerror}") from None
    if session.out.as_json:
        session.out.document("suppress-export/1", {"file": str(file), "entries": len(found)})
    else:
        session.out.line(f"{session.out.mark('ok')} {counted(len(found), 'row')} in {file}")


@app.command("import")
def import_(
    session: Session,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="One a line, or CSV; - for stdin.")],
    *,
    purpose: ForPurpose = None,
    reason: Note = "",
) -> int:
    """Suppress all addresses of a file: one a line, or a CSV with a column email, phone or address.

    Columns purpose, until and note count, too. Lines that are wrong are told, and exit code is 1
    then; the rest goes in.
    """
    from outreach.cli.suppression_file import read_file
    from outreach.store.auditing import note_deed
    from outreach.store.suppressing import suppress

    taken = read_file(file, session.now)
    with session.store.write() as connection:
        for entry in taken.entries:
            is_new = suppress(
                connection,
                entry.channel,
                entry.address,
                reason=FROM_FILE,
                source=f"{file.name}, {who(session.env)}",
                now=session.now,
                purpose=entry.purpose or purpose,
                until=entry.until,
                note=reason or entry.note,
            )
            taken.counts["new" if is_new else "known"] += 1
        detail = {"file": file.name, **taken.counts, "note": reason}
        note_deed(connection, who(session.env), "suppress import", detail, session.now)
    _tell(session, file, taken)
    return int(bool(taken.faults))


def _read(text: str) -> tuple[Channel, str]:
    """Return an address as the list keeps it; raises BadParameter for what is none."""
    from outreach.cli.suppression_file import parse_address

    try:
        return parse_address(text)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="ADDRESS") from None


def _tell(session: Session, file: Path, taken: Taken) -> None:
    out, counts = session.out, taken.counts
    if out.as_json:
        faults = [{"line": line, "reason": said} for line, said in taken.faults]
        content = {"new": counts["new"], "known": counts["known"], "faults": faults}
        out.document("suppress-import/1", content)
        return
    known = f", {counts['known']:,} were on the list already" if counts["known"] else ""
    addresses = f"{counts['new']:,} address{'' if counts['new'] == 1 else 'es'}"
    out.line(f"{out.mark('ok')} {addresses} suppressed{known}")
    if taken.faults:
        out.line(f"{out.mark('failed')} {counted(len(taken.faults), 'line')} left out")
    for line, said in taken.faults[: None if out.verbose else FEW]:
        out.line(f"    {file.name}:{line}: {said}")


def _row(session: Session, row: Record, *, personal: bool) -> list[str]:
    return [
        cut(_shown(row.address, personal=personal), 34),
        row.purpose or "all",
        session.when(row.since).partition(" (")[0],
        session.when(row.until).partition(" (")[0] if row.until else "",
        cut(_why(row), 26),
    ]


def _why(row: Record) -> str:
    return f"{row.reason.replace('_', ' ')}{': ' + row.note if row.note else ''}"


def _shown(address: str, *, personal: bool) -> str:
    return address if personal or address.startswith("@") else mask(address)


def _entry(row: Record, *, personal: bool) -> dict[str, Any]:
    found = {key: getattr(row, key) for key in KEYS}
    return {"address": _shown(row.address, personal=personal), **found}
