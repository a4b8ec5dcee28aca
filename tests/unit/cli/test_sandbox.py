"""`outreach sandbox`: what cannot be played is told before it listens."""

from __future__ import annotations

from pathlib import Path

import pytest

from outreach.channels.sandbox.mischief import Mischief
from tests.unit.cli.conftest import Cli

DOCS = Path(__file__).resolve().parents[3] / "docs" / "operating.md"


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["--faults", "5% teapot"], 2, "nothing that goes wrong"),
        (["--faults", "60% 429, 60% 503"], 2, "one fault at most"),
        (["--faults", "5% 429", "--script", "day.yaml"], 2, "not both"),
        (["--script", "day.yaml"], 3, "cannot be read"),
        (["--journal", "nowhere/journal"], 3, "cannot be written"),
    ],
)
def test_what_cannot_be_played_is_told(cli: Cli, words: list[str], code: int, said: str) -> None:
    result = cli("sandbox", *words)
    assert result.code == code
    assert said in " ".join(result.err.split())


def test_a_key_that_is_none_is_told(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SANDBOX_SENDGRID_KEY", "c2VjcmV0")
    result = cli("sandbox", "--receipts-to", "http://127.0.0.1:8080")
    assert (result.code, "SANDBOX_SENDGRID_KEY" in result.err) == (3, True)


def test_every_fault_is_told_of() -> None:
    page = DOCS.read_text("utf-8")
    assert [name for name in Mischief if f"| `{name}` |" not in page] == []
