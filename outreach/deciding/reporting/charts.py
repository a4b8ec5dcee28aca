"""Charts as values, and drawn as inline SVG: no script, no picture files, colours of the page.

What a chart shows always stands in the table beneath it too; its title says it in words.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from math import ceil

#: as wide as a phone, so that letters in it are not smaller than those beside it
WIDTH = 300
#: how many columns still have room for a number and a day of their own
ROOMY = 9
ROW, LETTER, SOFT_LETTER = 22, 6.6, 5.5
#: so many letters of a label have room beside its band
SHORT = 7


@dataclass(frozen=True)
class Columns:
    """A column for each week; None where nothing is known. `said` is each value in words."""

    title: str
    labels: tuple[str, ...]
    values: tuple[float | None, ...]
    said: tuple[str, ...]


@dataclass(frozen=True)
class Bars:
    """A bar for each of some things, the longest for the most."""

    title: str
    labels: tuple[str, ...]
    values: tuple[float, ...]


@dataclass(frozen=True)
class Band:
    """A value between its bounds."""

    label: str
    low: float
    value: float
    high: float


@dataclass(frozen=True)
class Bands:
    """Values with their intervals, and the line of nothing, between them or beside them.

    Differences have a sign of their own.
    """

    title: str
    bands: tuple[Band, ...]
    unit: str
    signed: bool = True


Chart = Columns | Bars | Bands


def draw(chart: Chart) -> str:
    """Return the chart as SVG."""
    match chart:
        case Columns():
            height, parts = 150, _columns(chart)
        case Bars():
            height, parts = ROW * len(chart.labels) + 4, _bars(chart)
        case Bands():
            height, parts = _row(chart) * len(chart.bands) + 26, _bands(chart)
    title = escape(chart.title, quote=True)
    return (
        f'<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{title}">'
        f"{''.join(parts)}</svg>"
    )


def _columns(chart: Columns) -> Iterator[str]:
    count, base, top = len(chart.values), 124, 20
    most = max((value for value in chart.values if value is not None), default=0) or 1
    step = WIDTH / count
    longest = max((len(label) for label in chart.labels), default=0)
    every = max(-(-count // ROOMY), ceil((longest * SOFT_LETTER + 4) / step))
    for number, value in enumerate(chart.values):
        middle = step * (number + 0.5)
        if value is not None:
            height = max((base - top) * value / most, 1)
            place = f'x="{middle - step * 0.35:.1f}" y="{base - height:.1f}"'
            size = f'width="{step * 0.7:.1f}" height="{height:.1f}" rx="2"'
            yield f'<rect class="bar" {place} {size}/>'
        if value is not None and count <= ROOMY:
            yield _text(middle, base - height - 5, chart.said[number], "middle")
        if number % every == 0:
            yield _text(middle, base + 17, chart.labels[number], "middle", "soft")
    yield f'<line class="axis" x1="0" y1="{base}" x2="{WIDTH}" y2="{base}"/>'


def _bars(chart: Bars) -> Iterator[str]:
    most = max(chart.values, default=0) or 1
    left = min(max(len(label) for label in chart.labels) * LETTER + 8, WIDTH * 0.45)
    room = WIDTH - left - 44
    for number, (label, value) in enumerate(zip(chart.labels, chart.values, strict=True)):
        y = ROW * number + 4
        length = max(room * value / most, 1) if value else 0
        yield _text(0, y + 12, _cut(label, left), "start")
        yield (
            f'<rect class="bar" x="{left:.1f}" y="{y}" width="{length:.1f}" height="14" rx="2"/>'
        )
        yield _text(left + length + 6, y + 12, f"{value:,.0f}", "start")


def _row(chart: Bands) -> int:
    """Return how high a band is with its label: beside it if all are short, or above it."""
    return ROW if _are_short(chart) else 2 * ROW


def _are_short(chart: Bands) -> bool:
    return all(len(band.label) <= SHORT for band in chart.bands)


def _bands(chart: Bands) -> Iterator[str]:
    low = min(0.0, *(band.low for band in chart.bands))
    high = max(0.0, *(band.high for band in chart.bands))
    room = (high - low) or 1.0
    left = SHORT * LETTER + 8 if _are_short(chart) else 8

    def x(value: float) -> float:
        return left + (WIDTH - 8 - left) * (value - low) / room

    row = _row(chart)
    bottom = row * len(chart.bands) + 4
    yield f'<line class="axis" x1="{x(0):.1f}" y1="0" x2="{x(0):.1f}" y2="{bottom}"/>'
    for number, band in enumerate(chart.bands):
        y = row * number
        middle = y + (10 if row == ROW else 29)
        yield _text(0, y + 14, _cut(band.label, WIDTH), "start", "halo")
        line = f'x="{x(band.low):.1f}" y="{middle - 5}" width="{x(band.high) - x(band.low):.1f}"'
        yield f'<rect class="band" {line} height="10" rx="5"/>'
        yield f'<circle class="dot" cx="{x(band.value):.1f}" cy="{middle}" r="6"/>'
    yield _text(x(0), bottom + 17, "0", "middle", "soft")
    for value, anchor in ((low, "start"), (high, "end")):
        if abs(x(value) - x(0)) > 70:  # or its letters run into those of 0
            said = f"{value:{'+' if chart.signed else ''}.0f} {chart.unit}"
            yield _text(x(value), bottom + 17, said.strip(), anchor, "soft")


def _text(x: float, y: float, said: str, anchor: str, look: str = "") -> str:
    kind = f' class="{look}"' if look else ""
    place = f'x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"'
    return (
        f"<text {place}{kind}>{escape(said.replace('-', '−') if look == 'soft' else said)}</text>"
    )


def _cut(label: str, width: float) -> str:
    most = int(width / LETTER)
    return label if len(label) <= most else f"{label[: most - 1]}…"


def dropped(values: Sequence[float | None]) -> bool:
    """Whether there is nothing to draw."""
    return all(value is None or not value for value in values)
