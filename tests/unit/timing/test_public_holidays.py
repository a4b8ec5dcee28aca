"""Public holidays come from the `holidays` package; a country it lacks is refused with a hint."""

from __future__ import annotations

import subprocess
import sys
from datetime import date

import pytest

from outreach.timing.public_holidays import check_country, is_public_holiday, split_place


@pytest.mark.parametrize(
    ("day", "country", "subdivision", "expected"),
    [
        ("2026-12-25", "DE", None, True),
        ("2026-12-24", "DE", None, False),
        # Epiphany is a matter of Bavaria and two others
        ("2026-01-06", "DE", None, False),
        ("2026-01-06", "DE", "BY", True),
        ("2026-07-03", "US", None, True),  # the Fourth is a Saturday: observed on Friday
        ("2026-12-25", "de", None, True),
    ],
)
def test_public_holidays(day: str, country: str, subdivision: str | None, expected: bool) -> None:
    assert is_public_holiday(date.fromisoformat(day), country, subdivision) is expected


@pytest.mark.parametrize(
    ("country", "subdivision", "told"),
    [
        ("Germany", None, "'Germany': did you mean DE?"),
        ("XX", None, "use a two-letter code such as DE"),
        ("DE", "ZZ", "DE has no subdivision 'ZZ': there are BB, BE,"),
        ("MC", "X", "MC has no subdivisions with holidays of their own"),
    ],
)
def test_an_unknown_place_is_refused(country: str, subdivision: str | None, told: str) -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        check_country(country, subdivision)
    assert told in str(caught.value)
    with pytest.raises(ValueError, match=r"holidays|subdivision"):
        is_public_holiday(date(2026, 1, 1), country, subdivision)


def test_known_places_pass() -> None:
    check_country("DE")
    check_country("us", "TX")


def test_a_place_may_name_a_part() -> None:
    assert split_place("DE-BY") == ("DE", "BY")
    assert split_place("DE") == ("DE", None)


def test_who_asks_for_no_holidays_does_not_wait_for_them_to_load() -> None:
    code = (
        "import sys, outreach.timing.calendars, outreach.timing.windows, outreach.timing.moments;"
        "print([name for name in ('holidays', 'phonenumbers') if name in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
