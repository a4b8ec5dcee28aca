"""Deciding: what is held, one message, a pause, and what the log tells of it all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

Cli = Any
NOW = ("--at", "2026-11-23T11:00+01:00")


def ids(cli: Cli, *words: str) -> list[str]:
    return [message["id"] for message in cli("queue", "--json", *words, *NOW).json["messages"]]


def letters(folder: Path) -> int:
    return len(list((folder / "outbox").glob("*.eml")))


def all_messages(cli: Cli) -> list[dict[str, Any]]:
    states = ("planned", "held", "sent", "cancelled", "suppressed", "expired", "failed")
    words = [word for state in states for word in ("--state", state)]
    found: list[dict[str, Any]] = cli("queue", "--json", *words, *NOW).json["messages"]
    return found


# held batches


def test_what_is_held_is_listed_with_what_to_do(held: Path, cli: Cli) -> None:
    listed = cli("approve", *NOW)
    assert "B-1" in listed.out
    assert "outreach approve B-1 --sample 5" in listed.err
    assert letters(held) == 0


def test_a_batch_is_shown_with_a_sample_before_it_is_released(held: Path, cli: Cli) -> None:
    asked = cli("approve", "B-1", "--sample", "1", *NOW)
    assert asked.code == 4
    assert "2 messages to 2 people" in asked.out
    assert "sample 1 of 1" in asked.out
    assert "Subject" in asked.out
    assert "say the number, --expect 2" in asked.err


def test_a_card_says_how_old_the_oldest_order_is_and_who_has_a_ticket(held: Path, cli: Cli) -> None:
    placed = "id,customer_id,placed_at\nA-1,C-1,2026-11-17 10:00\nA-3,C-3,2026-11-19 10:00\n"
    (held / "placed.csv").write_text(placed, "utf-8")
    tickets = "id,customer_id,status\nT-1,C-1,open\nT-2,C-1,open\nT-3,C-3,resolved\n"
    (held / "tickets.csv").write_text(tickets, "utf-8")
    assert cli("import", "orders", "placed.csv", *NOW).code == 0
    assert cli("import", "tickets", "tickets.csv", *NOW).code == 0
    asked = " ".join(cli("approve", "B-1", *NOW).out.split())
    assert "oldest order 6 days · 1 has an open ticket" in asked
    (batch,) = cli("approve", "--json", *NOW).json["batches"]
    assert (batch["with_ticket"], batch["oldest_order"][:10]) == (1, "2026-11-17")


def test_a_yes_alone_releases_nothing(held: Path, cli: Cli) -> None:
    refused = cli("approve", "B-1", "--yes", *NOW)
    assert refused.code == 4
    assert "say the number, --expect 2" in refused.err


def test_another_number_than_expected_releases_nothing(held: Path, cli: Cli) -> None:
    assert cli("approve", "B-1", "--expect", "3", *NOW).code == 4
    assert len(ids(cli, "--held")) == 2


def test_what_is_approved_goes_out_with_the_next_pass(held: Path, cli: Cli) -> None:
    done = cli("approve", "B-1", "--expect", "2", "--json", *NOW).json
    assert (done["schema"], done["approved"], done["expired"]) == ("outreach/approve/1", 2, 0)
    cli("run", "--once", "--at", "2026-11-23T11:05+01:00")
    assert letters(held) == 2


def test_what_is_rejected_never_goes_out(held: Path, cli: Cli) -> None:
    assert cli("reject", "b-1", "--expect", "2", "--reason", "wrong feed", *NOW).code == 0
    cli("run", "--once", "--at", "2026-11-23T11:05+01:00")
    assert letters(held) == 0
    assert "nothing is held" in cli("approve", *NOW).out


def test_a_batch_that_is_not_there_is_told(held: Path, cli: Cli) -> None:
    refused = cli("approve", "B-9", *NOW)
    assert refused.code == 4
    assert "there is no open batch 'B-9': held are B-1" in refused.err


# the queue


def test_the_queue_lists_messages_with_the_keys_others_rely_on(held: Path, cli: Cli) -> None:
    told = cli("queue", "--json", *NOW).json
    assert told["schema"] == "outreach/queue/1"
    assert told["total"] == 2
    first = told["messages"][0]
    keys = "id rule step subjects customer channel purpose template locale due_at state reason"
    assert {*keys.split(), "attempts"} <= first.keys()
    assert first["subjects"][0]["kind"] == "order"
    assert (first["state"], first["reason"], first["attempts"]) == ("held", "over_hold_limit", 0)
    assert first["due_at"].endswith("+00:00")


def test_the_queue_is_narrowed_down(held: Path, cli: Cli) -> None:
    [first, second] = ids(cli)
    assert ids(cli, "--held") == [first, second]
    assert ids(cli, "--state", "planned") == []
    assert ids(cli, "--rule", "waiting") == []
    assert len(ids(cli, "--customer", "C-1")) == 1
    assert ids(cli, "--limit", "1") == [first]
    assert ids(cli, "--before", "2026-11-01") == []


def test_one_message_is_shown_with_its_history(held: Path, cli: Cli) -> None:
    [first, _] = ids(cli)
    shown = cli("queue", "show", first[:8], *NOW)
    assert first in shown.out
    assert "more than hold_above" in shown.out
    assert "@" not in shown.out  # no address
    told = cli("queue", "show", first, "--json", *NOW).json
    assert [row["state"] for row in told["history"]] == ["held"]


def test_cancelling_asks_and_is_kept_with_its_reason(held: Path, cli: Cli) -> None:
    [first, second] = ids(cli)
    asked = cli("queue", "cancel", first, *NOW)
    assert asked.code == 4
    assert f"Drop message {first[:8]} (late about" in asked.err
    done = cli("queue", "cancel", first[:10], "--yes", "--reason", "called them", *NOW)
    assert done.code == 0
    assert ids(cli) == [second]
    assert "called them" in cli("queue", "show", first, *NOW).out


def test_a_message_is_moved(held: Path, cli: Cli) -> None:
    cli("approve", "B-1", "--expect", "2", *NOW)
    [first, _] = ids(cli)
    moved = cli("queue", "move", first, "--to", "tomorrow 10:00", "--json", *NOW).json
    assert moved["due_at"] == "2026-11-24T09:00:00+00:00"
    assert moved["reason"] == "moved_by_person"
    cli("run", "--once", "--at", "2026-11-23T11:05+01:00")
    assert letters(held) == 1
    cli("run", "--once", "--at", "2026-11-24T10:00+01:00")
    assert {m["customer"] for m in all_messages(cli) if m["state"] == "sent"} >= {"C-1", "C-3"}


def test_what_was_dropped_by_mistake_is_tried_again(held: Path, cli: Cli) -> None:
    [first, _] = ids(cli)
    cli("queue", "cancel", first, "--yes", *NOW)
    assert cli("queue", "retry", first, "--yes", *NOW).code == 0
    cli("run", "--once", "--at", "2026-11-23T11:05+01:00")
    assert letters(held) == 1


@pytest.fixture
def doubted(held: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> str:
    """Two messages whose provider did not answer; the id of one."""
    from outreach.channels.outbox import OutboxSender
    from outreach.errors import Outcome, SendError

    def no_answer(*args: Any, **options: Any) -> None:
        raise SendError(Outcome.IN_DOUBT, "no answer")

    [first, _] = ids(cli)
    cli("approve", "B-1", "--expect", "2", *NOW)
    with monkeypatch.context() as patch:
        patch.setattr(OutboxSender, "send", no_answer)
        assert cli("run", "--once", "--at", "2026-11-23T11:05+01:00").code == 1
    return first


def test_what_may_have_arrived_is_not_sent_again_by_a_mere_yes(doubted: str, cli: Cli) -> None:
    refused = cli("queue", "retry", doubted, "--yes", *NOW)
    assert refused.code == 4
    assert "may have arrived" in refused.err
    assert cli("queue", "retry", doubted, "--yes", "--even-if-sent", *NOW).code == 0


def test_a_person_says_that_it_arrived(held: Path, doubted: str, cli: Cli) -> None:
    assert "queue settle ID sent" in cli("queue", "--state", "unknown", *NOW).err
    done = cli("queue", "settle", doubted, "sent", "--reason", "saw it", "--json", *NOW)
    assert (done.json["state"], done.json["reason"]) == ("sent", "settled_by_person")
    assert letters(held) == 0
    assert "settle" in cli("log", *NOW).out
    refused = cli("queue", "settle", doubted, "not-sent", "--yes", *NOW)
    assert refused.code == 4
    assert "is sent: it can no longer be settled" in refused.err


def test_a_person_says_that_it_did_not_arrive(held: Path, doubted: str, cli: Cli) -> None:
    assert cli("queue", "settle", doubted, "not-sent", "--yes", *NOW).code == 0
    cli("run", "--once", "--at", "2026-11-23T11:10+01:00")
    assert letters(held) == 1
    history = cli("queue", "show", doubted, *NOW).out
    assert "a person said whether it was sent" in history


def test_an_id_that_is_not_there_is_told(held: Path, cli: Cli) -> None:
    refused = cli("queue", "cancel", "zzzz", "--yes", *NOW)
    assert refused.code == 4
    assert "there is no message 'zzzz'" in refused.err


# pause and resume


def test_a_pause_needs_a_reason(shop: Path, cli: Cli) -> None:
    assert cli("pause").code == 2


def test_a_pause_says_what_waits_and_a_resume_how_many_go_on(held: Path, cli: Cli) -> None:
    cli("approve", "B-1", "--expect", "2", *NOW)
    paused = cli("pause", "--reason", "wrong feed", "--until", "today 22:00", *NOW)
    assert "paused everything but transactional messages until" in paused.out
    assert "2 messages wait" in paused.out
    cli("run", "--once", "--at", "2026-11-23T11:05+01:00")
    assert letters(held) == 0
    soon = ("--at", "2026-11-23T11:10+01:00")
    asked = cli("resume", *soon)
    assert asked.code == 4
    assert "2 messages may go out at once" in asked.err
    assert "--expect 2" in asked.err
    done = cli("resume", "--expect", "2", "--json", *soon).json
    assert (done["schema"], done["waiting"]) == ("outreach/resume/1", 2)
    cli("run", "--once", "--at", "2026-11-23T11:15+01:00")
    assert letters(held) == 2


def test_what_expired_during_a_pause_is_dropped_with_it(held: Path, cli: Cli) -> None:
    cli("approve", "B-1", "--expect", "2", *NOW)
    cli("pause", "--reason", "wrong feed", *NOW)
    later = ("--at", "2026-11-27T11:00+01:00")
    asked = cli("resume", "--drop-expired", *later)
    assert "2 of them too late by now, which will be dropped" in asked.err
    done = cli("resume", "--drop-expired", "--expect", "2", *later)
    assert "0 messages go on with the next send pass, 2 were too late and are dropped" in done.out
    assert ids(cli, "--state", "expired") != []


def test_one_thing_is_paused_at_a_time(held: Path, cli: Cli) -> None:
    assert cli("pause", "--rule", "late", "--channel", "sms", "--reason", "x").code == 2
    unknown = cli("pause", "--rule", "lat", "--reason", "x")
    assert unknown.code == 2
    assert "Did you mean 'late'?" in " ".join(unknown.err.replace("│", " ").split())
    assert cli("pause", "--rule", "late", "--reason", "x", *NOW).code == 0
    refused = cli("resume", *NOW)
    assert refused.code == 4
    assert "outreach resume --rule late" in refused.err


def test_pausing_works_while_somebody_edits_the_settings(held: Path, cli: Cli) -> None:
    with (held / "outreach.yaml").open("a") as settings:
        settings.write("chanels: {}\n")
    assert cli("apply", "--yes").code == 1
    assert cli("pause", "--reason", "stop all").code == 0
    assert "stop all" in cli("status").out


# the log


def test_the_log_tells_who_decided_what(held: Path, cli: Cli, monkeypatch: Any) -> None:
    monkeypatch.setenv("OUTREACH_USER", "anna")
    cli("approve", "B-1", "--expect", "2", "--reason", "checked", *NOW)
    cli("pause", "--reason", "wrong feed", "--until", "today 22:00", *NOW)
    told = cli("log", *NOW)
    assert "anna" in told.out
    assert "B-1 · messages 2 · checked" in told.out
    assert "until Mon 23 Nov 22:00" in told.out
    entries = cli("log", "--json", "--who", "anna", *NOW).json["entries"]
    assert [entry["action"] for entry in entries] == ["pause", "approve"]
