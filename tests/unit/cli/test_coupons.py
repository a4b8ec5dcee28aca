"""`outreach coupons`: codes go in, are counted, and are shown with their middle left out."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.cli.conftest import NOW, SETTINGS, Cli, write

POOL = "coupons: {five: {codes: coupons/five.csv, value: 5 EUR}}\n"


@pytest.fixture
def pools(shop: Path) -> Path:
    codes = "code\nGOOD-0001\nGOOD-0002\nGOOD-0001\n"
    write(shop, {"outreach.yaml": SETTINGS + POOL, "coupons/five.csv": codes})
    return shop


def test_the_file_of_a_pool_goes_in(cli: Cli, pools: Path) -> None:
    ran = cli("coupons", "import", "five", "--at", NOW)
    assert ran.code == 1
    assert "2 codes new in five" in ran.out
    assert "coupons/five.csv:4: the same code stands in line 2" in ran.out
    again = cli("coupons", "import", "five", "--json", "--at", NOW)
    assert (again.json["new"], again.json["known"]) == (0, 2)
    listed = cli("coupons", "list", "--json", "--at", NOW).json["pools"]
    assert [(entry["pool"], entry["free"], entry["given"]) for entry in listed] == [("five", 2, 0)]
    assert "5 EUR" in cli("coupons", "list", "--at", NOW).out
    assert "coupons import" in cli("log").out


def test_codes_are_masked_unless_asked_for(cli: Cli, pools: Path) -> None:
    cli("coupons", "import", "five", "--at", NOW)
    ran = cli("coupons", "show", "five", "--at", NOW)
    assert "G…01" in ran.out
    assert "GOOD-0001" not in ran.out
    assert "GOOD-0001" in cli("coupons", "show", "five", "--show-codes", "--at", NOW).out
    assert "GOOD" not in cli("coupons", "show", "five", "--json", "--at", NOW).out
    assert "no codes" in cli("coupons", "show", "five", "--state", "given", "--at", NOW).out


GIFTS = """\
format: 1
rules:
  - rule: gifts
    about: order
    purpose: service
    mode: MODE
    when: [status is returned]
    steps:
      - {send: apology, offer: {coupon: five}}
"""


def test_apply_and_run_take_the_codes_of_the_files_in(cli: Cli, pools: Path) -> None:
    applied = cli("apply", "--yes", "--at", NOW)
    assert "2 codes new in five, 1 line left out: outreach coupons import five" in applied.out
    assert cli("apply", "--yes", "--json", "--at", NOW).json["codes"] == 0
    assert cli("run", "--once", "--json", "--at", NOW).json["codes"] == 0
    write(pools, {"coupons/five.csv": "GOOD-0001\nGOOD-0003\n"})
    assert "1 code new in five" in cli("run", "--once", "--at", NOW).out
    assert cli("coupons", "list", "--json", "--at", NOW).json["pools"][0]["free"] == 3


@pytest.mark.parametrize(
    ("mode", "least", "codes", "said"),
    [
        ("live", "", 2, "five has only 2 codes left"),
        ("live", "", 0, "five has no code left; there is no file coupons/five.csv"),
        ("live", ", warn_below: 2", 2, ""),
        ("shadow", "", 0, ""),
    ],
)
def test_a_pool_that_runs_low_is_loud_where_a_live_rule_gives_its_codes(
    cli: Cli, pools: Path, mode: str, least: str, codes: int, said: str
) -> None:
    settings = SETTINGS + POOL.replace("5 EUR", f"5 EUR{least}")
    write(pools, {"outreach.yaml": settings, "rules/gifts.yaml": GIFTS.replace("MODE", mode)})
    if not codes:
        (pools / "coupons/five.csv").unlink()
    assert cli("apply", "--yes", "--at", NOW).code == 0
    told = cli("status", "--json", "--at", NOW).json
    assert any("five" in trouble for trouble in told["troubles"]) == bool(said)
    for words in ("status", "doctor"):
        assert said in " ".join(cli(words, "--at", NOW).out.split())
        assert ("five has" in cli(words, "--at", NOW).out) == bool(said)


def test_what_is_not_there(cli: Cli, pools: Path) -> None:
    ran = cli("coupons", "show", "fife", "--at", NOW)
    assert (ran.code, "Did you mean 'five'?" in ran.err) == (2, True)
    assert cli("coupons", "import", "five", "missing.csv", "--at", NOW).code == 3
    write(pools, {"empty.csv": "code\n"})
    assert "holds no codes" in cli("coupons", "import", "five", "empty.csv", "--at", NOW).err
