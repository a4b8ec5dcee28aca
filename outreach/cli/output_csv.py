"""Tables as CSV, for spreadsheets: what --json tells of each row, one column a key."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from enum import Enum
from typing import Annotated, Any

import typer

from outreach.cli.output import Output, plain

AsCsv = Annotated[bool, typer.Option("--csv", help="The table as CSV on stdout.")]


def print_csv(out: Output, keys: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> None:
    """Print rows under a line of their keys; without any, that line alone."""
    if out.as_json:
        raise typer.BadParameter("one of the two: --json or --csv", param_hint="--csv")
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(keys)
    writer.writerows([_cell(row[key]) for key in keys] for row in rows)


def _cell(value: Any) -> str | int | float:
    """Return a value as a cell: subjects by their ids, other things of several parts as JSON."""
    match value:
        case None:
            return ""
        case Enum():
            return str(value.value)
        case bool():
            return "yes" if value else "no"
        case str() | int() | float():
            return value
        case [{"kind": _, "id": _}, *_]:
            return " ".join(str(subject["id"]) for subject in value)
        case list() | tuple() | dict():
            return json.dumps(value, default=plain, ensure_ascii=False) if value else ""
        case _:
            return str(plain(value))
