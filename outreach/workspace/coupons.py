"""`coupons:`, the pools that offers take their codes from, and the files with the codes."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from outreach.errors import DataError
from outreach.rules.offer import Pool, parse_money
from outreach.rules.yaml_nodes import Scalar
from outreach.rules.yaml_section import Section
from outreach.timing.durations import Duration, parse_duration
from outreach.workspace.files import check_inside

COUPON_KEYS = ("codes", "value", "expires", "approval_above", "warn_below")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
#: what a code may look like: customers type it in
_CODE = re.compile(r"[^\W_][\w.+/#-]{1,62}[^\W_]")
_HEADING = "code"


@dataclass(frozen=True)
class CodeRow:
    """One line of a file of codes; `fault` says why its code cannot be taken."""

    line: int
    code: str
    fault: str = ""


def read_pools(section: Section) -> dict[str, Pool]:
    """Read `coupons:`, by the names the operator gave the pools."""
    named = section.named("coupons")
    inside = section.section("coupons", [name.text for name, _ in named])
    found = {}
    for name, _ in named:
        section.parsed_scalar(name, _check_name, code="E402")
        part = inside.section(name.text, COUPON_KEYS, f"the pool `{name.text}`") if inside else None
        pool = _pool(name, part) if part else None
        if pool:
            found[name.text] = pool
    return found


def _pool(name: Scalar, part: Section) -> Pool | None:
    part.need("codes", "value")
    codes, value = part.parsed("codes", check_inside), part.parsed("value", parse_money)
    expires = part.parsed("expires", _parse_plain)
    above = part.parsed("approval_above", parse_money)
    warn_below = part.whole("warn_below")
    if not codes or not value:
        return None
    if above and above.currency != value.currency:
        said = f"the coupons are worth {value}, so this must be in {value.currency} too"
        part.report("E010", said, part.scalar("approval_above"))
    least = Pool.warn_below if warn_below is None else warn_below
    return Pool(name.text, codes, value, expires, above, least)


def _check_name(text: str) -> None:
    if not _NAME.fullmatch(text):
        raise ValueError(f"`{text}` cannot be a name: letters, digits, `-` and `_`, a letter first")


def _parse_plain(text: str) -> Duration:
    duration = parse_duration(text)
    if duration.is_business:
        raise ValueError("business time is not counted here: write hours, days or weeks")
    return duration


def read_codes(file: Path) -> list[CodeRow]:
    """Return the codes of a file: one a line, or a CSV with a column `code`.

    Raises DataError when the file cannot be read at all.
    """
    try:
        text = file.read_text("utf-8-sig")
    except OSError as error:
        raise DataError(f"{file} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise DataError(f"{file} is not UTF-8: save it as that") from None
    return list(_rows(text))


def _rows(text: str) -> Iterator[CodeRow]:
    """Yield what stands for codes; what stands twice is a fault of the later line."""
    reader = csv.reader(io.StringIO(text))
    first: dict[str, int] = {}
    place = 0
    for number, cells in enumerate(reader):
        heads = [cell.strip().lower() for cell in cells]
        if number == 0 and _HEADING in heads:
            place = heads.index(_HEADING)
            continue
        code = cells[place].strip() if place < len(cells) else ""
        if not any(heads):
            continue
        line = reader.line_num
        if not _CODE.fullmatch(code):
            yield CodeRow(line, code, "this is no code: 3 to 64 letters and digits, no blanks")
        elif before := first.get(code):
            yield CodeRow(line, code, f"the same code stands in line {before}")
        else:
            first[code] = line
            yield CodeRow(line, code)
