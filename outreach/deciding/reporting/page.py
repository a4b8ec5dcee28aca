"""A report as one HTML page that needs nothing else: no script, no fonts, no request."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, Template

from outreach.deciding.reporting import words
from outreach.deciding.reporting.charts import draw
from outreach.deciding.reporting.figures import By, Report
from outreach.deciding.reporting.sections import sections

_LAYOUT = Path(__file__).parent / "layout"


def page(report: Report, by: By = By.RULE, shop: str = "") -> str:
    """Return the page; `shop` stands in its title."""
    return template("page.html").render(
        shop=shop,
        rule=report.rule,
        span=words.span_of(report),
        at=f"{report.at.astimezone(report.weeks.zone):%Y-%m-%d %H:%M}",
        sections=sections(report, by),
        draw=draw,
    )


@lru_cache(maxsize=4)
def template(name: str) -> Template:
    """Return one of the layouts."""
    loader = FileSystemLoader(_LAYOUT)
    environment = Environment(loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True)
    return environment.get_template(name)
