"""A report as one HTML page that needs nothing else: no script, no fonts, no request."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, Template

from outreach.deciding.reporting import words
from outreach.deciding.reporting.charts import draw
from outreach.deciding.reporting.figures import By, Report
from outreach.deciding.reporting.sections import Section, sections

_LAYOUT = Path(__file__).parent / "layout"


def page(report: Report, by: By = By.RULE, shop: str = "") -> str:
    """Return the page; `shop` stands in its title."""
    at = f"{report.at.astimezone(report.weeks.zone):%Y-%m-%d %H:%M}"
    return lay_out(
        f"Report of {report.rule}" if report.rule else "Report",
        words.span_of(report),
        sections(report, by),
        shop=shop,
        empty="Nothing was sent in this time, and no tickets were settled.",
        footer=f"As of {at}. How each figure is counted: docs/report.md.",
    )


def lay_out(
    heading: str, span: str, parts: Sequence[Section], *, shop: str, empty: str, footer: str
) -> str:
    """Return a page of sections; `empty` is said where there are none."""
    said = {"heading": heading, "span": span, "shop": shop, "empty": empty, "footer": footer}
    return template("page.html").render(**said, sections=parts, draw=draw)


@lru_cache(maxsize=4)
def template(name: str) -> Template:
    """Return one of the layouts."""
    loader = FileSystemLoader(_LAYOUT)
    environment = Environment(loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True)
    return environment.get_template(name)
