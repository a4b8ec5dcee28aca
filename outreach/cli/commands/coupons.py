"""`outreach coupons`: the codes that offers give away: what is left, and who has which."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from outreach.cli.operator import who
from outreach.cli.output import counted
from outreach.cli.output_tables import Cell, Column, table
from outreach.cli.output_values import mask
from outreach.cli.session import Session
from outreach.errors import DataError
from outreach.model import CouponState

if TYPE_CHECKING:
    from outreach.passes.stocking import Stocked
    from outreach.rules.offer import Pool
    from outreach.store.stocking import Stock
    from outreach.store.types import Record

app = typer.Typer(add_completion=False, no_args_is_help=True)

#: bad lines told one by one
FEW = 5

PoolName = Annotated[str, typer.Argument(metavar="POOL", help="A pool of outreach.yaml.")]


@app.command("import")
def import_(
    session: Session,
    pool: PoolName,
    file: Annotated[
        Path | None, typer.Argument(metavar="FILE", help="Else the file that the pool names.")
    ] = None,
) -> int:
    """Take codes into a pool: one a line, or a CSV with a column `code`.

    A code that is there already, in this pool or another, is not taken twice. Lines that are wrong
    are told, and exit code is 1 then; the rest goes in.
    """
    from outreach.passes.stocking import stock
    from outreach.store.auditing import note_deed
    from outreach.workspace.coupons import read_codes

    known = _pool(session, pool)
    path = file or session.folder / known.codes
    lines = [(row.line, row.code, row.fault) for row in read_codes(path)]
    if not lines:
        raise DataError(f"{path} holds no codes: write one a line")
    shown = known.codes if file is None else path.name
    found = stock(session.store, known, shown, lines, now=session.now)
    with session.store.write() as connection:
        detail = {"pool": pool, "file": shown, "new": found.new, "left_out": len(found.faults)}
        note_deed(connection, who(session.env), "coupons import", detail, session.now)
    _tell(session, found)
    return int(bool(found.faults))


@app.command("list")
def list_(session: Session) -> None:
    """List the pools: how many codes are free, reserved and given, and what this month has cost."""
    from outreach.store.stocking import read_stock
    from outreach.timing.periods import Period, stretch_of

    pools = session.workspace.settings.coupons
    month = stretch_of(session.now, Period.MONTH, session.workspace.settings.zone)
    with session.store.read() as connection:
        stock = read_stock(connection, month.start)
    out = session.out
    names = [*pools, *sorted(set(stock) - set(pools))]
    if out.as_json:
        entries = [_entry(name, pools.get(name), stock.get(name)) for name in names]
        out.document("coupons-list/1", {"month": month.name, "pools": entries})
        return
    if not names:
        out.line(f"{out.mark('none')} outreach.yaml names no `coupons:`")
        return
    titles = ("Free", "Reserved", "On the way", "Given", "This month")
    columns = [Column("Pool"), Column("Worth"), *(Column(t, right=True) for t in titles)]
    table(out, columns, [_row(name, pools.get(name), stock.get(name)) for name in names])


@app.command()
def show(
    session: Session,
    pool: PoolName,
    *,
    state: Annotated[
        CouponState | None, typer.Option("--state", help="Only codes that stand so.")
    ] = None,
    limit: Annotated[
        int, typer.Option("--limit", metavar="N", min=1, help="List at most so many.")
    ] = 20,
    show_codes: Annotated[
        bool, typer.Option("--show-codes", help="Codes in full: who reads them can use them.")
    ] = False,
) -> None:
    """List the codes of a pool and the messages that have them, those taken last coming first."""
    from outreach.store.stocking import coupons_of

    _pool(session, pool)
    with session.store.read() as connection:
        rows = coupons_of(connection, pool, state, limit)
    out = session.out
    if out.as_json:
        found = [_coupon(row, in_full=show_codes) for row in rows]
        out.document("coupons-show/1", {"pool": pool, "coupons": found})
        return
    if not rows:
        out.line(f"{out.mark('none')} no codes: `outreach coupons import {pool}`")
        return
    columns = [Column(title) for title in ("Code", "State", "Worth", "Since", "Message", "From")]
    table(out, columns, [_coupon_row(session, row, in_full=show_codes) for row in rows])


def _pool(session: Session, name: str) -> Pool:
    from outreach.rules.catalogue import suggestion

    pools = session.workspace.settings.coupons
    if name in pools:
        return pools[name]
    meant = suggestion(name, pools)
    there = f"There are: {', '.join(pools)}" if pools else "outreach.yaml names no `coupons:`"
    hint = f"Did you mean '{meant}'?" if meant else there
    raise typer.BadParameter(f"there is no pool '{name}'. {hint}", param_hint="POOL")


def _tell(session: Session, found: Stocked) -> None:
    out = session.out
    if out.as_json:
        faults = [{"line": fault.line, "reason": fault.why} for fault in found.faults]
        content = {"pool": found.pool, "new": found.new, "known": found.known, "faults": faults}
        out.document("coupons-import/1", content)
        return
    known = f", {found.known:,} were there already" if found.known else ""
    out.line(f"{out.mark('ok')} {counted(found.new, 'code')} new in {found.pool}{known}")
    if found.faults:
        out.line(f"{out.mark('failed')} {counted(len(found.faults), 'line')} left out")
    for fault in found.faults[: None if out.verbose else FEW]:
        out.line(f"    {fault}")


def _row(name: str, pool: Pool | None, stock: Stock | None) -> list[str | Cell]:
    counts = [stock.counts.get(state, 0) if stock else 0 for state in CouponState]
    taken = stock.taken if stock else 0
    worth = str(pool.value) if pool else "not in outreach.yaml"
    spent = f"{taken:,} {pool.value.currency}" if pool else f"{taken:,}"
    free = Cell(f"{counts[0]:,}", None if counts[0] else "yellow")
    return [name, worth, free, *(f"{count:,}" for count in counts[1:]), spent]


def _entry(name: str, pool: Pool | None, stock: Stock | None) -> dict[str, Any]:
    counts = {state.value: stock.counts.get(state, 0) if stock else 0 for state in CouponState}
    value, codes = (pool.value, pool.codes) if pool else (None, None)
    taken = stock.taken if stock else 0
    return {"pool": name, "value": value, "codes": codes, **counts, "this_month": str(taken)}


def _coupon(row: Record, *, in_full: bool) -> dict[str, Any]:
    names = ("state", "amount", "currency", "taken_at", "expires_at", "message_id", "rule")
    code = row.code if in_full else mask(row.code)
    return {"code": code, **{name: getattr(row, name) for name in names}, "source": row.source}


def _coupon_row(session: Session, row: Record, *, in_full: bool) -> list[str]:
    since = session.when(row.taken_at).partition(" (")[0] if row.taken_at else ""
    worth = f"{row.amount} {row.currency}" if row.amount is not None else ""
    code = row.code if in_full else mask(row.code)
    return [code, row.state, worth, since, (row.message_id or "")[:8], row.source]
