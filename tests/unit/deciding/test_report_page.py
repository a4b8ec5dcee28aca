"""A report as a page needs nothing else, shows every figure in a table, and reads well anywhere."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from outreach.deciding.reporting.charts import Band, Bands, Bars, Columns, draw
from outreach.deciding.reporting.figures import By, Report
from outreach.deciding.reporting.letter import letter
from outreach.deciding.reporting.page import page
from outreach.deciding.reporting.sections import sections
from tests.unit.reports import a_report

if TYPE_CHECKING:
    from playwright.sync_api import Browser

SIZES = {"phone": (360, 800), "desktop": (1280, 900)}
SCHEMES: tuple[Any, ...] = ("light", "dark")


def empty() -> Report:
    return replace(
        a_report(), lines=(), effects=(), handling=(), themes=(), surveys=(), comments=()
    )


def test_it_needs_nothing_from_elsewhere_and_runs_nothing() -> None:
    html = page(a_report(), shop="Nordlicht")
    assert "<script" not in html
    assert not re.search(r"(src|href|url)\s*[=(]", html)
    assert "prefers-color-scheme: dark" in html
    assert len(html) < 60_000


def test_a_name_is_data() -> None:
    evil = '<b onclick="x">&'
    lines = tuple(replace(line, rule=evil) for line in a_report().lines)
    effects = tuple(replace(effect, rule=evil) for effect in a_report().effects)
    themes = tuple(replace(theme, topic=evil) for theme in a_report().themes)
    report = replace(a_report(), rule=evil, lines=lines, effects=effects, themes=themes)
    html = page(report, shop=evil)
    assert "<b" not in html.replace("<body", "")
    assert 'onclick="' not in html


@pytest.mark.parametrize("by", By)
def test_what_a_chart_shows_stands_in_the_table_beneath(by: By) -> None:
    for section in sections(a_report(), by):
        cells = {cell for row in (*section.rows, section.total) for cell in row}
        match section.chart:
            case Bars(values=values, labels=labels):
                assert {f"{value:,.0f}" for value in values} <= cells
                assert set(labels) <= cells
            case Columns(labels=labels) if section.columns[0] == "week of":
                assert set(labels) <= cells
            case Bands(bands=bands):
                assert {band.label for band in bands} <= cells
            case Columns():
                assert section.total[1] == "4,864"
            case None:  # too few answers to draw anything
                assert section.total[1] == "7"
        widths = {len(row) for row in (section.columns, *section.rows)}
        assert len(widths) == 1


def test_an_empty_report_says_so() -> None:
    assert sections(empty()) == ()
    assert "Nothing was sent in this time" in page(empty())


@pytest.mark.parametrize(
    ("chart", "bars"),
    [
        (Columns("c", ("a", "b"), (1.0, None), ("1", "")), 1),  # unknown: no column at all
        (Columns("c", ("a", "b"), (0.0, 0.0), ("0", "0")), 2),  # nothing: a line
        (Columns("c", tuple("abcdefghijkl"), (1.0,) * 12, ("1",) * 12), 12),
        (Bars("b", ("a", "b"), (3.0, 0.0)), 2),
        (Bands("d", (Band("x", -3, -1, 2),), "points"), 1),
        (Bands("d", (Band("x", 0, 0, 0),), "points"), 1),  # no width: no division by it
    ],
)
def test_every_chart_can_be_drawn(chart: Columns | Bars | Bands, bars: int) -> None:
    svg = draw(chart)
    assert svg.count("<rect") == bars
    assert f'aria-label="{chart.title}"' in svg
    assert "nan" not in svg
    assert not re.search(r'(width|height)="-', svg)


def test_many_weeks_have_fewer_letters() -> None:
    said = tuple("abcdefghijkl")
    svg = draw(Columns("c", said, (1.0,) * 12, ("1",) * 12))
    assert re.findall(r">(\w)</text>", svg) == ["a", "c", "e", "g", "i", "k"]


def test_no_difference_lies_where_the_line_is() -> None:
    svg = draw(Bands("d", (Band("x", -10, 0, 10),), "points"))
    (line,) = re.findall(r'<line class="axis" x1="([\d.]+)"', svg)
    (dot,) = re.findall(r'cx="([\d.]+)"', svg)
    assert dot == line


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("form", ["page", "mail"])
def test_it_is_fit_for_everybody(tmp_path: Path, browser: Browser, size: str, form: str) -> None:
    from axe_playwright_python.sync_playwright import Axe

    file = tmp_path / "report.html"
    mail = letter(a_report(), "Nordlicht")
    assert mail is not None
    file.write_text(page(a_report(), shop="Nordlicht") if form == "page" else mail.html, "utf-8")
    width, height = SIZES[size]
    for scheme in SCHEMES:
        context = browser.new_context(
            viewport={"width": width, "height": height}, color_scheme=scheme
        )
        shown = context.new_page()
        asked: list[str] = []
        shown.on("request", lambda request, asked=asked: asked.append(request.url))
        shown.goto(file.as_uri())
        found = Axe().run(shown).response
        assert len(found["passes"]) >= 10
        assert not [(each["id"], each["help"]) for each in found["violations"]]
        assert shown.evaluate("document.documentElement.scrollWidth") <= width
        assert asked == [file.as_uri()]
        context.close()
