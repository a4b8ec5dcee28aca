"""Codes of coupons that came in from the files of their pools."""

from __future__ import annotations

from typing import TYPE_CHECKING

from outreach.cli.output import Output, counted

if TYPE_CHECKING:
    from outreach.passes.restocking import RestockReport


def print_codes(out: Output, taken: RestockReport) -> None:
    """Say how many codes came in, and how many lines were left out; nothing where none did."""
    for each in taken.stocked:
        bad = len(each.faults)
        if not each.new and not bad:
            continue
        left = f", {counted(bad, 'line')} left out: outreach coupons import {each.pool}"
        mark = out.mark("warning" if bad else "ok")
        said = f"{counted(each.new, 'code')} new in {each.pool}"
        out.paragraph(f"{mark} took in    {said}{left if bad else ''}")
