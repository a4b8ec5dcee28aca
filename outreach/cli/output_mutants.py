"""What became of changed rules, as people read it and as JSON."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any

from outreach.cli.output import Output, counted
from outreach.cli.output_tables import Column, table

if TYPE_CHECKING:
    from outreach.proving.mutants.playing import Fate

#: no line of a report is longer
WIDEST = 100
COLUMNS = (
    Column("Rule", shrinks=True),
    Column("Changes", right=True),
    Column("Noticed", right=True),
    Column("", right=True),
)


def print_mutants(out: Output, fates: Sequence[Fate], at_least: int, seconds: float) -> None:
    """Print the changes that no test has noticed, then how many of each rule were."""
    missed = [fate for fate in fates if fate.caught_by is None]
    if missed:
        out.line(out.style("No test notices", bold=True))
        for fate in missed:
            _missed(out, fate)
        out.line()
    groups = [list(group) for _, group in groupby(fates, key=lambda fate: fate.rule)]
    table(out, COLUMNS, [[found[0].rule, *_counts(found)] for found in groups])
    out.line()
    score = 100 * (len(fates) - len(missed)) / len(fates)
    color = "green" if score >= at_least else "red"
    told = out.style(_percent(fates), color, bold=True)
    wanted = "" if score >= at_least else f" of the {at_least} % that are wanted"
    noticed = len(fates) - len(missed)
    out.line(
        f"{counted(len(fates), 'change')}, {noticed:,} noticed: {told}{wanted} in {seconds:.0f} s"
    )


def _missed(out: Output, fate: Fate) -> None:
    place = f"  {fate.position.file}:{fate.position.line}  "
    lines = textwrap.wrap(
        f"{fate.rule}  {fate.change}",
        min(out.width, WIDEST),
        initial_indent=place,
        subsequent_indent=" " * len(place),
        break_on_hyphens=False,
        fix_sentence_endings=False,
    )
    for line in lines:
        out.line(line)


def _counts(fates: Sequence[Fate]) -> list[str]:
    return [f"{len(fates):,}", f"{_noticed(fates):,}", _percent(fates)]


def _noticed(fates: Sequence[Fate]) -> int:
    return sum(fate.caught_by is not None for fate in fates)


def _percent(fates: Sequence[Fate]) -> str:
    return f"{100 * _noticed(fates) / len(fates):.1f} %"


def mutants_json(fates: Sequence[Fate], at_least: int, seconds: float) -> dict[str, Any]:
    """Return what `test --mutants --json` promises."""
    return {
        "changes": len(fates),
        "noticed": _noticed(fates),
        "score": round(100 * _noticed(fates) / len(fates), 2),
        "at_least": at_least,
        "seconds": round(seconds, 3),
        "mutants": [
            {
                "rule": fate.rule,
                "file": fate.position.file,
                "line": fate.position.line,
                "change": fate.change,
                "noticed_by": _test(fate),
            }
            for fate in fates
        ],
    }


def _test(fate: Fate) -> dict[str, str] | None:
    if fate.caught_by is None:
        return None
    file, name = fate.caught_by
    return {"file": file, "name": name}
