"""Walking through held messages on a terminal: samples one by one, and a word on all of them."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Cli = Any
NOW = ("--at", "2026-11-23T11:00+01:00")
ASKED = "[n]ext sample · [a]pprove 2 · [r]eject 2 · [e]xclude this · [q]uit >"


class Keyboard(io.StringIO):
    """A terminal's input."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def types(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Call a command on a terminal, with somebody who types these answers."""

    def run(*words: str, answers: str = "") -> Any:
        monkeypatch.setenv("NO_COLOR", "1")
        monkeypatch.setenv("COLUMNS", "100")
        with monkeypatch.context() as patch:
            patch.setattr(sys, "stdin", Keyboard("".join(f"{a}\n" for a in answers)))
            patch.setattr("outreach.cli.commands.approve.is_terminal", lambda stream: True)
            return cli(*words, *NOW)

    return run


def states(cli: Cli) -> dict[str, str]:
    words = [word for state in ("planned", "held", "cancelled") for word in ("--state", state)]
    found = cli("queue", "--json", *words, *NOW).json["messages"]
    return {message["customer"]: message["state"] for message in found}


def test_samples_come_one_by_one_and_then_all_is_released(
    held: Path, cli: Cli, types: Callable[..., Any]
) -> None:
    ran = types("approve", "B-1", "--reason", "looks right", answers="na")
    assert ran.code == 0
    assert ran.err.count(ASKED) == 2
    assert ran.out.index("sample 1 of 2") < ran.out.index("sample 2 of 2")
    assert "Hallo Ana, das tut uns leid." in ran.out
    assert "B-1: 2 messages released" in ran.out
    assert states(cli) == {"C-1": "planned", "C-3": "planned"}
    assert "looks right" in cli("log").out


def test_without_a_batch_it_walks_through_all_of_them(
    held: Path, cli: Cli, types: Callable[..., Any]
) -> None:
    ran = types("approve", answers="a")
    assert "late · 2 messages to 2 people" in ran.out
    assert states(cli) == {"C-1": "planned", "C-3": "planned"}
    assert "nothing is held" in types("approve").out


def test_one_message_is_left_out_and_the_others_go(
    held: Path, cli: Cli, types: Callable[..., Any]
) -> None:
    ran = types("approve", "B-1", answers="ea")
    left_out = ran.out.partition("the message to customer ")[2].partition(" was left out")[0]
    assert "[a]pprove 1 ·" in ran.err
    assert states(cli) == {"C-1": "planned", "C-3": "planned", left_out: "cancelled"}


def test_when_the_last_one_is_left_out_nothing_is_asked_any_more(
    held: Path, cli: Cli, types: Callable[..., Any]
) -> None:
    ran = types("approve", "B-1", answers="ee")
    assert "nothing is held in it any more" in ran.out
    assert states(cli) == {"C-1": "cancelled", "C-3": "cancelled"}


@pytest.mark.parametrize(
    ("answers", "left"),
    [
        ("q", "held"),
        ("", "held"),  # the terminal was closed
        ("xq", "held"),  # no such answer
        ("rnq", "held"),  # not so sure after all
        ("ry", "cancelled"),
    ],
)
def test_what_is_answered_otherwise(
    held: Path, cli: Cli, types: Callable[..., Any], answers: str, left: str
) -> None:
    ran = types("approve", "B-1", answers=answers)
    assert ran.code == 0
    assert set(states(cli).values()) == {left}
    assert ("nothing more was changed" in ran.err) is (left == "held")


@pytest.mark.parametrize("manner", ["--json", "--no-input", "--yes", "--csv"])
def test_who_does_not_want_to_be_asked_is_not(
    held: Path, cli: Cli, types: Callable[..., Any], manner: str
) -> None:
    ran = types("approve", manner)
    assert ran.code == 0
    assert "[q]uit" not in ran.err
    assert set(states(cli).values()) == {"held"}


def test_a_pipe_is_never_asked(held: Path, cli: Cli) -> None:
    assert "[q]uit" not in cli("approve", *NOW).err
    assert cli("approve", "B-1", *NOW).code == 4
