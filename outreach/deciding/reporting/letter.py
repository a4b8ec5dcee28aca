"""A report as a mail: tables that every mail program shows, and the same as plain text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from textwrap import fill

import css_inline

from outreach.deciding.reporting import words
from outreach.deciding.reporting.figures import Report
from outreach.deciding.reporting.page import template
from outreach.deciding.reporting.sections import Section, sections

_INLINER = css_inline.CSSInliner(load_remote_stylesheets=False)
WIDTH = 76


@dataclass(frozen=True)
class Letter:
    """A mail that goes to people of the house."""

    subject: str
    html: str
    text: str


def letter(report: Report, shop: str = "") -> Letter | None:
    """Return the mail; None when there is nothing to tell."""
    parts = [_brief(section) for section in sections(report) if section.is_mailed]
    if not parts:
        return None
    span = words.span_of(report)
    subject = " · ".join(filter(None, (f"Report, {span}", shop)))
    html = template("mail.html").render(subject=subject, span=span, shop=shop, sections=parts)
    text = "\n\n".join([subject, *("\n".join(_lines(part)) for part in parts), MORE])
    return Letter(subject, _INLINER.inline(html), f"{text}\n")


MORE = "Charts and all weeks: outreach report --html report.html"


def _brief(section: Section) -> Section:
    """Leave out what a telephone has no room for: columns, and weeks that a total sums up."""
    rows = (
        (section.total,) if section.is_weekly else (*section.rows, *filter(None, (section.total,)))
    )
    chosen = section.brief or tuple(range(len(section.columns)))
    return Section(
        title=section.title,
        columns=tuple(
            "time" if section.is_weekly and not i else section.columns[i] for i in chosen
        ),
        rows=tuple(tuple(row[i] for i in chosen) for row in rows),
        notes=section.notes,
    )


def _lines(section: Section) -> Iterator[str]:
    yield section.title
    yield "-" * len(section.title)
    for note in section.notes:
        yield fill(note, WIDTH)
    widths = [max(map(len, column)) for column in zip(section.columns, *section.rows, strict=True)]
    for row in (section.columns, *section.rows):
        yield _row(row, widths)


def _row(row: Sequence[str], widths: Sequence[int]) -> str:
    first, *others = zip(row, widths, strict=True)
    cells = [first[0].ljust(first[1]), *(cell.rjust(width) for cell, width in others)]
    return "  ".join(cells).rstrip()
