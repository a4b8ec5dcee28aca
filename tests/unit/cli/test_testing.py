"""`outreach test`: what it prints, writes and ends with."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from outreach.cli.options import Manners
from outreach.cli.output import Output
from outreach.cli.output_mutants import print_mutants
from outreach.model import Position
from outreach.proving.mutants.playing import Fate
from tests.unit.cli.conftest import Cli, write

TESTS = """\
format: 1
rules: [orders.yaml]
start: 2026-11-20 12:00 Europe/Berlin
people:
  customer ana: {name: Ana Ruiz, email: ana@example.com, locale: de}
tests:
  - name: an apology a day after the promise
    only: [late]
    given:
      order A-1: {customer: ana, status: shipped, promised_at: now}
    timeline:
      - {at: +23 hours, expect: nothing}
      - {at: +1 day, expect: [{rule: late, to: ana, says: [A-1]}]}
  - name: and no second one
    only: [late]
    given:
      order A-1: {customer: ana, status: shipped, promised_at: now}
    timeline:
      - {at: +30 days, expect: [{rule: late, to: ana, locale: de}]}
"""
LEFT = (
    "rule: late, step: apology, to: ana, via: email, locale: de, about: A-1, at: 2026-11-21 12:00"
)
WRONG = TESTS.replace("+23 hours, expect: nothing", "+23 hours, expect: [{rule: late, to: ana}]")


@pytest.fixture
def tested(workspace: Path) -> Path:
    """The small workspace with rule tests that pass."""
    write(workspace, {"rules/orders.test.yaml": TESTS})
    return workspace


def test_what_passes_is_said_in_a_line(tested: Path, cli: Cli) -> None:
    ran = cli("test")
    assert ran.code == 0, ran.out
    lines = ran.out.splitlines()
    assert lines[:2] == ["rules/orders.test.yaml", "  ✓ 2 tests"]
    assert lines[2].startswith("2 passed in ")
    assert not (tested / "outreach.db").exists()


def test_a_failure_says_what_came_and_why(tested: Path, cli: Cli) -> None:
    write(tested, {"rules/orders.test.yaml": WRONG})
    ran = cli("test")
    assert ran.code == 1
    lines = ran.out.splitlines()
    assert lines[:5] == [
        "rules/orders.test.yaml",
        "  ✗ an apology a day after the promise",
        "      line 12  at +23 hours  (Sat 21 Nov 2026 11:00 Berlin)",
        "        expected   late · to ana",
        "        got        nothing",
    ]
    because = " ".join(" ".join(lines[5:7]).split())
    assert because == (
        'because A-1: not so: "promised_at is more than 1 day ago" (rules/orders.yaml:7),'
        " from Sat 21 Nov 12:00"
    )
    assert lines[7] == "  ✓ 1 more"
    assert "1 passed, 1 failed in " in ran.out
    assert max(map(len, ran.out.splitlines())) <= 100


def test_json_and_junit_say_the_same(tested: Path, cli: Cli) -> None:
    write(tested, {"rules/orders.test.yaml": WRONG})
    ran = cli("test", "--json", "--junit", "report.xml", "--coverage")
    assert ran.code == 1
    assert (ran.json["schema"], ran.json["passed"], ran.json["failed"]) == ("outreach/test/1", 1, 1)
    first, second = ran.json["tests"]
    assert first["failure"]["faults"][0]["got"] == "nothing"
    assert second["passed"]
    assert ran.json["coverage"]["steps_seen"] == 1
    (suite,) = ET.parse(tested / "report.xml").getroot()
    assert (suite.get("tests"), suite.get("failures")) == ("2", "1")
    failed = suite.find("testcase/failure")
    assert failed is not None
    assert failed.get("message") == "line 12: expected late · to ana, got nothing"


def test_mistakes_in_a_test_file_are_told_with_their_place(tested: Path, cli: Cli) -> None:
    write(tested, {"rules/more.test.yaml": TESTS.replace("expect:", "expct:")})
    ran = cli("test")
    assert ran.code == 1
    assert "rules/more.test.yaml:12:25: error[E003]" in ran.out
    assert "2 passed, 3 mistakes in " in ran.out


def test_check_reads_tests_too(tested: Path, cli: Cli) -> None:
    assert cli("check").code == 0
    write(tested, {"rules/orders.test.yaml": TESTS.replace("status: shipped", "status: shiped")})
    ran = cli("check", "--json")
    assert ran.code == 1
    assert [(p["file"], p["line"], p["code"]) for p in ran.json["problems"]] == [
        ("rules/orders.test.yaml", 10, "E203"),
        ("rules/orders.test.yaml", 17, "E203"),
    ]


def test_one_may_ask_for_some(tested: Path, cli: Cli) -> None:
    write(tested, {"elsewhere/orders.test.yaml": TESTS.replace("[orders", "[../rules/orders")})
    assert "1 passed in" in cli("test", "-k", "second").out
    assert cli("test", "elsewhere").out.startswith("elsewhere/orders.test.yaml\n")
    assert cli("test", "rules/orders.test.yaml", "-v").out.count("✓") == 2
    assert cli("test", "nowhere").code == 2
    none = cli("test", "-k", "third")
    assert (none.code, "no rule tests with 'third'" in none.err) == (4, True)


def test_it_stops_at_the_first_failure_if_asked(tested: Path, cli: Cli) -> None:
    write(tested, {"rules/orders.test.yaml": WRONG})
    assert "0 passed, 1 failed" in cli("test", "--fail-fast").out


def test_coverage_names_what_no_test_has_shown(tested: Path, cli: Cli) -> None:
    ran = cli("test", "--coverage")
    assert "Coverage  sentences 1/" in ran.out
    assert "never true" in ran.out
    assert max(map(len, ran.out.splitlines())) <= 100


def test_what_a_test_comes_to_can_be_kept_as_its_expectations(tested: Path, cli: Cli) -> None:
    name = "an apology a day after the promise"
    ran = cli("test", "--record", name)
    assert ran.code == 0
    assert ran.out.splitlines() == [
        f"  - name: {name}",
        "    timeline:",
        "      - {at: +23 hours, expect: nothing}",
        "      - at: +1 day",
        "        expect:",
        f"          - {{{LEFT}}}",
    ]
    kept = TESTS.partition("    timeline:\n")[0] + "\n".join(ran.out.splitlines()[1:]) + "\n"
    write(tested, {"rules/orders.test.yaml": kept})
    assert cli("test").code == 0
    assert cli("test", "--record", "another").code == 2


def test_changes_that_no_test_notices_are_told_with_their_place(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    long = "status not in [delivered, cancelled, refunded, returned] → … refunded, returned]"
    fates = [
        Fate(
            "late", Position("rules/orders.yaml", 7), "wait: 2 days → 1 day", ("a.test.yaml", "it")
        ),
        Fate("late", Position("rules/orders.yaml", 8), "cooldown: 2 days → 1 day"),
        Fate("delivery-check-in", Position("rules/orders.yaml", 31), long),
    ]
    print_mutants(Output(Manners()), fates, at_least=90, seconds=71.6)
    assert capsys.readouterr().out.splitlines() == [
        "No test notices",
        "  rules/orders.yaml:8  late  cooldown: 2 days → 1 day",
        f"  rules/orders.yaml:31  delivery-check-in  {long.partition(' →')[0]}",
        "                        → … refunded, returned]",
        "",
        "Rule               Changes  Noticed",
        "late                     2        1  50.0 %",
        "delivery-check-in        1        0   0.0 %",
        "",
        "3 changes, 1 noticed: 33.3 % of the 90 % that are wanted in 72 s",
    ]


def test_each_change_is_told_with_the_test_that_notices_it(tested: Path, cli: Cli) -> None:
    words = ("test", "--mutants", "--rule", "late", "--json", "-k", "after the promise")
    ran = cli(*words, "--processes", "1")
    assert (ran.code, ran.json["schema"], ran.json["at_least"]) == (1, "outreach/mutants/1", 90)
    noticed = [mutant for mutant in ran.json["mutants"] if mutant["noticed_by"]]
    assert (ran.json["changes"], ran.json["noticed"]) == (len(ran.json["mutants"]), len(noticed))
    test = {"file": "rules/orders.test.yaml", "name": "an apology a day after the promise"}
    assert noticed[0] == {
        "rule": "late",
        "file": "rules/orders.yaml",
        "line": 7,
        "change": "promised_at is more than 1 day ago → left out",
        "noticed_by": test,
    }
    missed = {mutant["change"] for mutant in ran.json["mutants"] if not mutant["noticed_by"]}
    assert "ignore_older_than: 10 days → 20 days" in missed


def test_rules_are_changed_once_all_tests_pass(tested: Path, cli: Cli) -> None:
    assert cli("test", "--rule", "late").code == 2
    unknown = cli("test", "--mutants", "--rule", "lat")
    assert (unknown.code, "did you mean 'late'?" in unknown.err) == (2, True)
    write(tested, {"rules/orders.test.yaml": WRONG})
    ran = cli("test", "--mutants")
    assert (ran.code, "once all tests pass" in ran.err) == (1, True)
    assert "1 passed, 1 failed in" in ran.out
