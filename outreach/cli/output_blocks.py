"""Charts of block characters: bars in a line each, and a row of weeks in a few signs."""

from __future__ import annotations

from collections.abc import Sequence

STEPS = "▁▂▃▄▅▆▇█"
#: a week of which nothing is known
GAP = "·"


def bar(value: float, most: float, width: int) -> str:
    """Return a bar; something is never nothing."""
    if value <= 0 or most <= 0:
        return ""
    return "█" * max(round(width * value / most), 1)


def sparkline(values: Sequence[float | None], least: float | None = None) -> str:
    """Return a sign for each value, the lowest of all low and the highest high.

    With `least` low means that: a row of counts begins at nothing.
    """
    known = [value for value in values if value is not None]
    if not known:
        return GAP * len(values)
    low = min(known) if least is None else least
    reach = max(known) - low
    return "".join(
        GAP if value is None else STEPS[_step((value - low) / reach if reach else 0.5)]
        for value in values
    )


def _step(part: float) -> int:
    return min(int(part * len(STEPS)), len(STEPS) - 1)
