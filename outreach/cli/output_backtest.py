"""A backtest as people read it, alone or two rulesets side by side."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from outreach.cli.output import Output, counted
from outreach.cli.output_tables import Cell, Column, table
from outreach.cli.session import Session
from outreach.model import REASON_TEXT, Channel

if TYPE_CHECKING:
    from outreach.proving.backtest import Figures

#: from none to the most
BLOCKS = "▁▂▃▄▅▆▇█"
#: of messages that came too late, and of reasons, so many are named
FEW = 5


def print_backtest(session: Session, name: str, figures: Figures) -> None:
    """Print what one set of rules would have done."""
    _heading(session, f"rules: {name}", figures)
    _counts(session.out, figures)
    session.out.line()
    for line in _volumes(session, figures):
        session.out.paragraph(line)
    _why_not(session.out, figures)
    _settled(session, figures)
    session.out.note()
    session.out.suggest(
        ("outreach backtest --compare", "beside the rules that are applied"),
        ("outreach backtest --html FILE", "a page with charts"),
    )


def print_comparison(session: Session, found: Mapping[str, Figures]) -> None:
    """Print what two sets of rules would have done, side by side."""
    (one, first), (other, second) = found.items()
    _heading(session, f"{one} beside {other}", first)
    titles = [f"Sent: {one}", other, "Change"]
    names = dict.fromkeys([*first.rules, *second.rules])
    rows = [[name, *_both(first.of_rule(name), second.of_rule(name))] for name in names]
    sums = ["", *_both(first.sent.total(), second.sent.total())]
    held = [sum(each.messages for each in figures.held) for figures in (first, second)]
    if any(held):
        titles += [f"Held: {one}", other]
        for row, name in zip(rows, names, strict=True):
            row.extend(_number(figures.held_of(name)) for figures in (first, second))
        sums += map(_number, held)
    columns = (Column("Rule", shrinks=True), *(Column(title, right=True) for title in titles))
    table(session.out, columns, rows, sums)
    session.out.line()
    for name, figures in found.items():
        session.out.line(session.out.style(name, bold=True))
        for line in _volumes(session, figures):
            session.out.paragraph(f"  {line}")
        _settled(session, figures)


def _both(one: int, other: int) -> list[str | Cell]:
    return [_number(one), _number(other), _change(one, other)]


def _heading(session: Session, rules: str, figures: Figures) -> None:
    out = session.out
    subjects = ", ".join(counted(n, kind.value) for kind, n in figures.subjects.items())
    span = f"{session.clock(figures.begin)} to {session.clock(figures.end)}"
    out.paragraph(f"Backtest, nothing is sent · {rules} · {span} · {subjects}")
    out.line()


def _counts(out: Output, figures: Figures) -> None:
    titles = ("E-mail", "SMS", "Segments", "Held", "Waiting", "Silent")
    columns = (Column("Rule", shrinks=True), *(Column(title, right=True) for title in titles))
    rows = [[rule, *map(_number, _row(figures, rule))] for rule in figures.rules]
    sums = [sum(column) for column in zip(*(_row(figures, r) for r in figures.rules), strict=True)]
    table(out, columns, rows, ["", *map(_number, sums)] if len(rows) > 1 else ())


def _row(figures: Figures, rule: str) -> list[int]:
    return [
        *(figures.of_rule(rule, channel) for channel in (Channel.EMAIL, Channel.SMS)),
        figures.segments[rule],
        figures.held_of(rule),
        figures.waiting[rule],
        sum(count for (name, _), count in figures.silent.items() if name == rule),
    ]


def _volumes(session: Session, figures: Figures) -> Iterator[str]:
    """Yield when it would have been how much, and for whom."""
    if not figures.sent:
        yield "Nothing would have been sent."
        return
    days = figures.days
    yield f"By week          {sparkline(list(figures.weeks.values()))}"
    (day, most), *_ = days.most_common(1)
    yield f"Busiest day      {day:%a} {day.day} {day:%b %Y}: {most:,}"
    (hour, most), *_ = figures.hours.most_common(1)
    yield f"Busiest hour     {session.clock(hour)}: {most:,}"
    for number, each in enumerate(figures.most_written):
        said = f"{each.in_a_week:,} in a week"
        if each.messages > each.in_a_week:
            said = f"{each.messages:,}, up to {said}"
        yield f"{'' if number else 'Most written to':<16} {each.customer}: {said}"
    for held in figures.held:
        why = REASON_TEXT[held.reason].partition(":")[0]
        what = counted(held.messages, "message")
        yield f"Would be held    {held.rule}: {what}, {why}, since {session.clock(held.at)}"


def sparkline(counts: list[int]) -> str:
    """Return numbers as blocks, none of them as the lowest one."""
    most = max(counts)
    return "".join(BLOCKS[-(-count * (len(BLOCKS) - 1) // most)] for count in counts)


def _why_not(out: Output, figures: Figures) -> None:
    if reasons := figures.reasons:
        said = " · ".join(f"{REASON_TEXT[r]} {n:,}" for r, n in reasons.most_common())
        out.line()
        out.paragraph(f"Why {counted(reasons.total(), 'message')} stayed silent: {said}")


def _settled(session: Session, figures: Figures) -> None:
    """Say whether anything came after its matter was settled; it must not."""
    out, late = session.out, figures.after_settled
    if not late:
        out.paragraph(f"{out.mark('ok')} None would have gone out after its matter was settled.")
        return
    said = f"{counted(len(late), 'message')} would have gone out after the matter was settled:"
    out.paragraph(f"{out.mark('failed')} {said}")
    for each in late[:FEW]:
        out.line(
            f"    {each.rule} about {each.subject}: {session.clock(each.sent_at)},"
            f" settled {session.clock(each.settled_at)}"
        )


def _number(number: int) -> str:
    return f"{number:,}" if number else "–"


def _change(before: int, after: int) -> Cell:
    if before == after:
        return Cell("–")
    return Cell(f"{after - before:+,}", "yellow")
