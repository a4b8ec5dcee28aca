"""A report as one HTML page that needs nothing else: no script, no fonts, no request."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, Template
from markupsafe import Markup

from outreach.deciding.reporting import words
from outreach.deciding.reporting.charts import Chart, draw
from outreach.deciding.reporting.figures import By, Report
from outreach.deciding.reporting.sections import sections

_LAYOUT = Path(__file__).parent / "layout"


def page(report: Report, by: By = By.RULE, shop: str = "") -> str:
    """Return the page; `shop` stands in its title."""
    return _template("page.html").render(
        shop=shop,
        rule=report.rule,
        span=words.span_of(report),
        at=f"{report.at.astimezone(report.weeks.zone):%Y-%m-%d %H:%M}",
        sections=sections(report, by),
        draw=_drawn,
    )


def _drawn(chart: Chart) -> Markup:
    return Markup(draw(chart))  # noqa: S704 - what stands in it is escaped where it is drawn


@lru_cache(maxsize=4)
def _template(name: str) -> Template:
    loader = FileSystemLoader(_LAYOUT)
    environment = Environment(loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True)
    return environment.get_template(name)
