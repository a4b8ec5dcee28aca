"""The crash harness, a short storm of it: nothing twice, nothing lost, every doubt explained."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.crashes.__main__ import run
from benchmarks.crashes.account import Account, Seen, read_journal
from benchmarks.crashes.showing import CAUSES, Run, one_by_one, table
from benchmarks.crashes.storm import Storm, Weather
from benchmarks.readme import CRASHES, README
from outreach.channels.sandbox.mischief import FAULTS
from outreach.passes.housekeeping import NO_WORD
from outreach.store.database import Store

MESSAGES = 120
SHORT = Storm(between=(0.8, 2.0), freeze_every=1000, patience=240)


def test_every_message_is_accounted_for(store: Store) -> None:
    account, weather, _ = run(store, MESSAGES, 1, SHORT)
    assert weather.kills
    assert set(weather.ends) == {0}  # whoever was not killed ended well
    assert set(account.faults) == {*FAULTS}
    assert (account.twice, account.wrong, account.unexplained) == ([], [], [])
    assert account.messages == account.once + len(account.unknown) == MESSAGES
    assert {*account.unknown.values()} <= {*CAUSES}


# the account itself: what is wrong must be seen


@pytest.mark.parametrize(
    ("state", "seen", "error", "verdict"),
    [
        ("sent", Seen([""], 1), "", "right"),
        ("delivered", Seen(["429", ""], 1), "", "right"),
        ("sent", Seen(["", ""], 2), "", "twice"),
        ("unknown", Seen(["slow", "reset-after"], 2), "", "twice"),
        ("sent", Seen(["503"], 0), "", "wrong"),  # lost
        ("failed", Seen([""], 1), "", "wrong"),  # it went out
        ("planned", Seen(), "", "wrong"),  # nobody has come to it
        ("undelivered", Seen([""], 1), "", "wrong"),  # a forged receipt was believed
        ("unknown", Seen(["429", "503"], 0), "", "right"),
        ("unknown", Seen(["429"], 0), "", "unexplained"),
        ("unknown", Seen(), "", "unexplained"),
        ("unknown", Seen(["slow"], 1), "", "unexplained"),  # the provider has it
        ("unknown", Seen(["429"]), NO_WORD, "right"),
        ("unknown", Seen(["429"]), "Twilio: no answer within 0.5 s", "right"),
        ("unknown", Seen(["slow"], 1), "Twilio: no answer within 0.5 s", "unexplained"),
    ],
)
def test_what_is_wrong_is_seen(state: str, seen: Seen, error: str, verdict: str) -> None:
    account = Account()
    account.judge("m1", state, "any", seen, {"m1": error})
    found = {"twice": account.twice, "wrong": account.wrong, "unexplained": account.unexplained}
    assert [name for name, messages in found.items() if messages] == (
        [] if verdict == "right" else [verdict]
    )
    assert account.is_right is (verdict == "right")


def test_the_journal_may_be_read_while_it_is_written(tmp_path: Path) -> None:
    journal = tmp_path / "journal"
    assert read_journal(journal) == {}
    line = '{"message": "m1", "met": "slow", "taken": true}\n'
    journal.write_text(line + line[:20])
    assert read_journal(journal) == {"m1": Seen(["slow"], 1)}


def test_the_table_stands_in_the_readme() -> None:
    runs = {"SQLite": Run(Account(unknown={"m1": "503", "m2": ""}), Weather(kills=7), 1)}
    assert "| daemons killed | 7 |" in table(runs)
    assert list(one_by_one(runs)) == ["SQLite\tm1\t503", "SQLite\tm2\tUNEXPLAINED"]
    words = README.read_text("utf-8")
    assert words.count(f"<!-- {CRASHES} -->") == words.count(f"<!-- /{CRASHES} -->") == 1
