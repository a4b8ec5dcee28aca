"""`outreach demo`: sixty days of an invented shop in a minute, and what came of them."""

from __future__ import annotations

import re
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from outreach.cli.output import counted, is_terminal
from outreach.cli.output_tables import Column, table
from outreach.cli.session import Session
from outreach.errors import Refused
from outreach.model import REASON_TEXT, Channel, Kind, Reason

if TYPE_CHECKING:
    from outreach.cli.output import Output
    from outreach.proving.demo import DemoReport
    from outreach.workspace import Workspace


def demo(
    session: Session,
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="Where the demo's workspace is made.")
    ] = Path("shop"),
    *,
    days: Annotated[int, typer.Option(min=7, max=120, help="How many days are played.")] = 60,
    seed: Annotated[int, typer.Option(help="Another seed is another shop.")] = 1,
) -> None:
    """Play sixty days of a shop through the real program. Nothing leaves your machine.

    Orders and tickets are invented at the rates of real shops; rules, templates and passes are
    those you would use, and messages go through the providers' own SDKs to a local sandbox.
    """
    from outreach.proving.demo import play
    from outreach.proving.scratch import make_hasty
    from outreach.store.database import open_store

    if folder.exists() and any(folder.iterdir()):
        raise Refused(f"{folder} is not empty: name a folder that the demo may make")
    workspace = _make(folder)
    store = open_store(workspace.database_url(session.env))
    make_hasty(store)
    end = session.now.replace(minute=0, second=0, microsecond=0)
    try:
        with typer.progressbar(
            length=days, label="Playing the days", file=sys.stderr, hidden=not _watched(session)
        ) as bar:
            report = play(
                workspace,
                store,
                end=end,
                days=days,
                seed=seed,
                progress=lambda _share, _day: bar.update(1),
            )
    finally:
        store.close()
    _tell(session, folder, days, report)


def _watched(session: Session) -> bool:
    return is_terminal(sys.stderr) and not session.out.quiet


def _make(folder: Path) -> Workspace:
    """Make the starter workspace there, its rules live."""
    from outreach.cli.starter import copy_starter
    from outreach.workspace import Workspace

    folder.mkdir(parents=True, exist_ok=True)
    copy_starter(folder)
    for path in sorted((folder / "rules").glob("*.yaml")):
        live = re.sub(r"mode: shadow .*", "mode: live", path.read_text("utf-8"), count=1)
        path.write_text(live, "utf-8")
    return Workspace.open(folder)


def headline(days: int, rows: Counter[Kind]) -> str:
    """Say how much was played; in a short time nobody may have written a ticket."""
    return (
        f"{counted(days, 'day')} · {counted(rows[Kind.CUSTOMER], 'customer')} · "
        f"{rows[Kind.ORDER]:,} versions of orders · {rows[Kind.TICKET]:,} of tickets"
    )


def _tell(session: Session, folder: Path, days: int, report: DemoReport) -> None:
    out = session.out
    if out.as_json:
        out.document("demo/1", _content(folder, report))
        return
    out.line(headline(days, report.records))
    out.line()
    _tell_rules(out, report)
    out.line()
    _tell_reasons(out, report)
    for message in report.examples:
        out.line()
        out.line(out.style(f"{message.channel.value} to {message.to}", bold=True))
        if message.subject:
            out.line(out.style(message.subject, "cyan"))
        for line in message.text.strip().splitlines():
            out.line(f"  {line}")
    out.note()
    out.suggest(
        (f"cd {folder}", ""),
        ("outreach preview --until 'tomorrow 20:00'", "what comes next, and why not to the rest"),
        ("outreach approve", "what was held because it was too much at once"),
        ("outreach explain A-1700", "one order, line by line"),
        ("outreach status", "what the ledger holds"),
    )


def _tell_rules(out: Output, report: DemoReport) -> None:
    columns = [
        Column("Rule", shrinks=True),
        *(Column(title, right=True) for title in ("E-mail", "SMS", "Held", "Waiting", "Skipped")),
    ]
    rows = [[rule, *map(_shown, _counts(report, rule))] for rule in report.rules()]
    sums = [
        sum(column) for column in zip(*(_counts(report, r) for r in report.rules()), strict=True)
    ]
    table(out, columns, rows, total=["", *map(_shown, sums)])


def _counts(report: DemoReport, rule: str) -> list[int]:
    skipped = sum(count for (name, _), count in report.skipped.items() if name == rule)
    sent = [report.sent[rule, channel] for channel in (Channel.EMAIL, Channel.SMS)]
    return [*sent, report.held[rule], report.waiting[rule], skipped]


def _tell_reasons(out: Output, report: DemoReport) -> None:
    reasons: Counter[Reason] = Counter()
    for (_, reason), count in report.skipped.items():
        reasons[reason] += count
    why = " · ".join(f"{REASON_TEXT[reason]} {count}" for reason, count in reasons.most_common())
    out.paragraph(f"Why {reasons.total()} were not sent: {why}")
    if held := sum(report.held.values()):
        out.paragraph(
            f"Why {held} are held: in the last hour somebody imported an old export, full of"
            " promises long past. That many at once looks like a fault, so a person is asked."
        )


def _shown(count: int) -> str:
    return f"{count:,}" if count else "–"


def _content(folder: Path, report: DemoReport) -> dict[str, object]:
    return {
        "folder": folder.resolve(),
        "rules": [
            dict(
                zip(
                    ("rule", "email", "sms", "held", "waiting", "skipped"),
                    (rule, *_counts(report, rule)),
                    strict=True,
                )
            )
            for rule in report.rules()
        ],
        "reasons": {
            f"{rule}/{reason.value}": count for (rule, reason), count in report.skipped.items()
        },
        "arrived": report.arrived,
    }
