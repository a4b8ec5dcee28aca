"""The page about rule tests has every key, and its example is so."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from outreach.proving.scenarios.gathering import gather
from outreach.proving.scenarios.keys import (
    FILE_KEYS,
    LATER,
    LINE_KEYS,
    SILENCE_KEYS,
    TEST_KEYS,
    WAITS_KEYS,
    WANTED_KEYS,
)
from outreach.proving.scenarios.running import run_all
from outreach.releases import read_release
from outreach.workspace import Workspace

ROOT = Path(__file__).resolve().parents[4]
PAGE = (ROOT / "docs" / "rule-tests.md").read_text("utf-8")


def keys(title: str) -> list[str]:
    """Return the keys in the table under a heading."""
    _, found, rest = PAGE.partition(f"### {title}\n")
    assert found, title
    rows = [line for line in rest.split("\n#")[0].splitlines() if line.startswith("| `")]
    return [key for row in rows for key in re.findall(r"`(\w+)`", row.split("|")[1])]


@pytest.mark.parametrize(
    ("title", "known"),
    [
        ("Of a file", FILE_KEYS),
        ("Of a test", TEST_KEYS),
        ("Of a line", LINE_KEYS),
        ("Of an expected message", WANTED_KEYS),
        ("Of a message that waits, and of a silence", (*WAITS_KEYS, *SILENCE_KEYS)),
    ],
)
def test_every_key_is_told(title: str, known: tuple[str, ...]) -> None:
    assert sorted(keys(title)) == sorted(set(known))


def test_the_words_of_later_versions_are_told() -> None:
    reserved = PAGE.partition("reserved for")[2].partition("say so")[0]
    assert set(re.findall(r"`(\w+)`", reserved)) <= LATER.keys()


def test_the_example_is_so() -> None:
    (text,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    release = read_release(Workspace.open(ROOT))
    found = gather(release, {"rules/orders.test.yaml": text})
    assert found.problems == ()
    verdicts = list(run_all(release, found.scenarios))
    assert len(verdicts) == 3
    assert [verdict.failure for verdict in verdicts if not verdict.passed] == []
