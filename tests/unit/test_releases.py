"""Releases: what is applied runs, whatever is being edited; nothing is applied that is wrong."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from outreach.errors import Problems, Refused, SendError
from outreach.model import Channel
from outreach.releases import (
    applied,
    check_channels,
    compare,
    current_release,
    first_release,
    load,
    open_setup,
    read_release,
    reapply,
)
from outreach.store.operations import AppliedRuleset, AuditEntry

DELAY = "promised_at is more than 1 day ago"
#: nothing of it depends on the database
on_one_database = pytest.mark.parametrize("database_kind", ["sqlite"])


def test_the_first_start_applies_what_it_finds(shop: Any, noon: Any) -> None:
    assert applied(shop.store) is None
    found = first_release(shop.store, shop.workspace, now=noon)
    assert (found.version, found.changes.added) == (1, ("late", "shipped"))
    assert first_release(shop.store, shop.workspace, now=noon) is None


def test_the_daemon_runs_applied_rules_and_not_files_being_edited(shop: Any, noon: Any) -> None:
    shop.apply()
    shop.edit("rules/shop.yaml", DELAY, "promised_at is more than 3 days ago")
    shop.edit("templates/note/en.email.md", "Hello", "Dear")
    shop.late_orders(1).run()
    assert shop.outbox == ["ana1@example.com"]
    [letter] = (shop.folder / "outbox").glob("*.eml")
    assert "Hello Ana1" in letter.read_text("utf-8")


def test_edited_files_run_once_they_are_applied(shop: Any) -> None:
    shop.apply()
    shop.edit("rules/shop.yaml", DELAY, "promised_at is more than 3 days ago")
    assert shop.apply().version == 2
    shop.late_orders(1).run()
    assert shop.messages() == []


def test_messages_say_by_which_version_they_were_planned(shop: Any) -> None:
    shop.apply()
    shop.edit("rules/shop.yaml", DELAY, "promised_at is more than 36 hours ago")
    shop.apply()
    shop.late_orders(1).run()
    assert shop.messages("rule_version") == [(2,)]


@on_one_database
@pytest.mark.parametrize(
    ("file", "old", "new", "changed"),
    [
        # the meaning of a rule
        ("rules/shop.yaml", DELAY, "promised_at is more than 2 days ago", "changed"),
        # the words
        ("templates/note/en.email.md", "Hello", "Dear", "templates_changed"),
        # a setting that rules mean something with
        ("outreach.yaml", "Europe/Berlin", "Europe/Vienna", "settings"),
        # who signs
        ("outreach.yaml", "name: Nordlicht", "name: Südlicht", "settings"),
        (
            "rules/shop.yaml",
            "purpose: service",
            "owner: a@b.example\n    purpose: service",
            "changed",
        ),
    ],
)
def test_what_a_customer_could_notice_makes_a_new_version(
    shop: Any, file: str, old: str, new: str, changed: str
) -> None:
    shop.apply()
    shop.edit(file, old, new)
    done = shop.apply()
    assert (done.version, done.is_new) == (2, True)
    assert getattr(done.changes, changed)


@on_one_database
@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("rules/shop.yaml", "  - rule: late\n", "  # a remark\n  - rule: late\n"),
        ("rules/shop.yaml", DELAY, "promised_at  is more than 1 day ago"),  # spelled loosely
        (
            "rules/shop.yaml",
            "about: order\n    purpose",
            "about: order\n    description: x\n    purpose",
        ),
        ("outreach.yaml", "1000 per hour", "500 per hour"),  # safety is the machine's
    ],
)
def test_what_means_the_same_is_no_new_version(shop: Any, file: str, old: str, new: str) -> None:
    shop.apply()
    shop.edit(file, old, new)
    done = shop.apply()
    assert (done.version, done.is_new) == (1, False)
    assert not done.changes
    # a rule still tells where it stands now
    kept = current_release(shop.store, shop.folder)
    assert kept.texts == read_release(shop.workspace).texts


@on_one_database
def test_nothing_is_applied_that_is_wrong(shop: Any) -> None:
    shop.apply()
    shop.edit("rules/shop.yaml", "status is shipped", "status is shiped")
    shop.edit("templates/note/en.email.md", "customer.first_name", "customer.forename")
    with pytest.raises(Problems) as caught:
        shop.apply()
    files = {problem.file for problem in caught.value.problems}
    assert files == {"rules/shop.yaml", "templates/note/en.email.md"}
    assert applied(shop.store) == 1


@on_one_database
def test_rules_and_templates_of_the_files_are_loaded(shop: Any) -> None:
    ruleset, templates = load(shop.workspace)
    assert [rule.name for rule in ruleset] == ["late", "shipped"]
    assert ruleset.version is None
    assert templates.names() == ("note",)


def test_an_old_version_comes_back_as_the_next_one(shop: Any, noon: Any) -> None:
    shop.apply()
    shop.edit("rules/shop.yaml", DELAY, "promised_at is more than 3 days ago")
    shop.apply()
    done = reapply(shop.store, shop.folder, 1, who="anna", now=noon)
    assert (done.version, done.is_new) == (3, True)
    rows = shop.rows(AppliedRuleset)
    assert rows[2].digest == rows[0].digest
    assert rows[2].note == "version 1 again"
    assert (
        "more than 1 day ago" in current_release(shop.store, shop.folder).texts["rules/shop.yaml"]
    )


def test_a_version_that_never_was_is_refused(shop: Any, noon: Any) -> None:
    shop.apply()
    with pytest.raises(Refused, match="no version 7: versions go from 1 to 1"):
        reapply(shop.store, shop.folder, 7, who="anna", now=noon)


def test_applying_is_kept_in_the_audit_log(shop: Any) -> None:
    shop.apply(note="first")
    [entry] = shop.rows(AuditEntry)
    assert (entry.who, entry.action) == ("anna", "apply")
    assert entry.detail == {"version": 1, "note": "first"}


def test_a_renamed_rule_that_has_spoken_is_not_applied_by_accident(shop: Any) -> None:
    shop.late_orders(1).run()
    shop.edit("rules/shop.yaml", "rule: late", "rule: delayed")
    with pytest.raises(Refused, match=r"'late' is now called 'delayed'.*--as-new"):
        shop.apply()
    assert shop.apply(as_new=True).changes.renamed == (("late", "delayed"),)


def test_another_once_per_is_not_applied_by_accident(shop: Any) -> None:
    shop.late_orders(1).run()
    shop.edit(
        "rules/shop.yaml", "send_window: daytime", "send_window: daytime\n    once_per: customer"
    )
    with pytest.raises(Refused, match="once_per of 'late' is another"):
        shop.apply()


def test_a_rule_that_nobody_matched_yet_may_be_renamed(shop: Any) -> None:
    shop.apply()
    shop.edit("rules/shop.yaml", "rule: late", "rule: delayed")
    assert shop.apply().changes.renamed == (("late", "delayed"),)


def test_the_messages_of_a_removed_rule_do_not_go_out(shop: Any, noon: Any) -> None:
    night = noon + timedelta(hours=10)
    shop.late_orders(1, at=night).plan(night)
    text = (shop.folder / "rules/shop.yaml").read_text("utf-8")
    shop.write(
        **{
            "rules/shop.yaml": text[: text.index("  - rule: late")]
            + text[text.index("  - rule: shipped") :]
        }
    )
    shop.apply(now=night)
    shop.run(night + timedelta(hours=12))
    assert shop.messages("state", "reason") == [("cancelled", "rule_removed")]
    assert shop.outbox == []


@on_one_database
def test_differences_are_told_line_by_line(shop: Any) -> None:
    before = read_release(shop.workspace)
    shop.edit("rules/shop.yaml", DELAY, "promised_at is more than 3 days ago")
    shop.edit(
        "rules/shop.yaml",
        "send_window: daytime",
        "send_window: daytime\n    limits: {cooldown: 9 days}",
    )
    [change] = compare(before, read_release(shop.workspace)).changed
    assert change.rule == "late"
    told = {key.key: (key.before, key.after) for key in change.keys}
    assert told["when"] == ((DELAY,), ("promised_at is more than 3 days ago",))
    assert told["limits.cooldown"] == ((), ("9 days",))


@on_one_database
def test_equal_files_differ_in_nothing(shop: Any) -> None:
    assert not compare(read_release(shop.workspace), read_release(shop.workspace))


def test_without_anything_applied_there_is_nothing_to_run(shop: Any) -> None:
    with pytest.raises(Refused, match="no rules are applied yet"):
        open_setup(shop.workspace, shop.store, env={})


@on_one_database
def test_the_files_can_be_run_without_applying_them(shop: Any) -> None:
    setup = open_setup(shop.workspace, shop.store, env={}, applied=False, with_senders=False)
    assert setup.ruleset.version is None
    assert setup.senders == {}
    assert setup.channels == {Channel.EMAIL, Channel.SMS}


@on_one_database
def test_channels_and_safety_are_those_of_the_machine(shop: Any) -> None:
    shop.apply()
    shop.edit("outreach.yaml", "{hold_above: 1000 per hour}", '{send_only_to: ["*@test.example"]}')
    setup = open_setup(shop.workspace, shop.store, env={})
    assert setup.send_only_to == ("*@test.example",)


@on_one_database
def test_a_secret_that_is_not_set_is_said_by_its_name(shop: Any) -> None:
    shop.edit(
        "outreach.yaml", "sms: {provider: outbox}", 'sms: {provider: twilio, from: "+4915550100"}'
    )
    shop.apply()
    with pytest.raises(SendError, match="TWILIO_ACCOUNT_SID is not set"):
        open_setup(shop.workspace, shop.store, env={})


@on_one_database
@pytest.mark.parametrize(
    ("channels", "line", "code", "said"),
    [
        ("  email: {provider: sendgird}", 9, "E010", "`sendgird` is not a provider for email"),
        ("  email: {from: a@b.example}", 9, "E005", "`email` must say its `provider`"),
        (
            "  email: {provider: outbox, foler: x}",
            9,
            "E003",
            "no channel setting is called `foler`",
        ),
        ("  email: {provider: sendgrid}", 9, "E005", "`from` is missing"),
        ("  sms:\n    provider: twilio\n    from: x!", 11, "E010", "`from`: write a number as"),
    ],
)
def test_mistakes_in_channels_have_their_place(
    shop: Any, channels: str, line: int, code: str, said: str
) -> None:
    text = (shop.folder / "outreach.yaml").read_text("utf-8")
    head = text[: text.index("channels:")]
    shop.write(**{"outreach.yaml": f"{head}# one\n# two\nchannels:\n{channels}\n"})
    found, problems = check_channels(shop.workspace)
    assert found is None
    assert [(p.file, p.line, p.code) for p in problems] == [("outreach.yaml", line, code)]
    assert said in problems[0].message
