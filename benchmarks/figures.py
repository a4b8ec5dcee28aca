"""What was measured: a ratio each, held against its target, as a table."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum


class Target(Enum):
    """What we hold ourselves to: the most a ratio may be, or the least."""

    T1 = ("T1", 3.0)
    T2 = ("T2", 8.0)
    T3 = ("T3", 3.0)
    T4_SQLITE = ("T4", 4.0)
    T4_POSTGRES = ("T4", 2.0)
    T6 = ("T6", 1.3)
    T7_SETS = ("T7", 0.8, True)
    T7_ROWS = ("T7", 0.4, True)
    T8 = ("T8", 0.7, True)
    T8_COMMITS = ("T8", 2.0)
    T9 = ("T9", 0.85, True)
    T10 = ("T10", 0.9, True)
    T10_STYLED = ("T10", 1.05)
    T10_COMPILED = ("T10", 0.0)
    T11 = ("T11", 0.5)
    T12 = ("T12", 3.0, True)
    NONE = ("", None)

    def __init__(self, title: str, bound: float | None, at_least: bool = False) -> None:
        self.title = title
        self.bound = bound
        self.at_least = at_least

    def __str__(self) -> str:
        if self.bound is None:
            return ""
        return f"{'at least' if self.at_least else 'at most'} {self.bound:g}"

    def is_met(self, ratio: float) -> bool | None:
        """Say whether a ratio is good enough, as it is shown; None where nothing is asked."""
        if self.bound is None:
            return None
        shown = float(shortly(ratio))
        return shown >= self.bound if self.at_least else shown <= self.bound


@dataclass(frozen=True)
class Figure:
    """One row of the table."""

    target: Target
    what: str
    database: str
    ratio: float

    @property
    def is_met(self) -> bool | None:
        return self.target.is_met(self.ratio)


def table(figures: Iterable[Figure]) -> str:
    """Return the figures as a table in Markdown, by target, the databases one below the other."""
    lines = ["| | what is compared | database | ratio | target | |", "|---|---|---|--:|---|---|"]
    for figure in sorted(figures, key=lambda f: int(f.target.title[1:] or 99)):
        verdict = {None: "", True: "met", False: "**missed**"}[figure.is_met]
        cells = [figure.target.title, figure.what, figure.database]
        cells += [f"{shortly(figure.ratio)} ×", str(figure.target), verdict]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def shortly(ratio: float) -> str:
    """Return two digits, or all that stand before the point."""
    digits = 0 if ratio >= 10 else 1 if ratio >= 1 else 2
    return f"{ratio:.{digits}f}"
