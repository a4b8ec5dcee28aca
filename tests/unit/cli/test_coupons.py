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


def test_what_is_not_there(cli: Cli, pools: Path) -> None:
    ran = cli("coupons", "show", "fife", "--at", NOW)
    assert (ran.code, "Did you mean 'five'?" in ran.err) == (2, True)
    assert cli("coupons", "import", "five", "missing.csv", "--at", NOW).code == 3
    write(pools, {"empty.csv": "code\n"})
    assert "holds no codes" in cli("coupons", "import", "five", "empty.csv", "--at", NOW).err
