"""What an editor does with our schemas: it completes whole sentences, and underlines wrong ones."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from outreach.cli.editor_schemas import write_all_schemas
from outreach.workspace import Workspace
from outreach.workspace.schemas import FOLDER
from tests.unit.language_server import Editor, editor

ROOT = Path(__file__).resolve().parents[2]
RULE = """\
# yaml-language-server: $schema=.outreach/rules.schema.json
format: 1
rules:
  - rule: late
    about: order
    when:
      - {}
    steps:
      - send: delay-apology
"""
TEST = """\
# yaml-language-server: $schema=.outreach/tests.schema.json
format: 1
start: 2026-11-20 12:00 Europe/Berlin
tests:
  - name: it
    timeline:
      - at: +1 day
        {}
"""
PROJECT = """\
# yaml-language-server: $schema=.outreach/project.schema.json
format: 1
timezone: Europe/Berlin
{}
"""


@pytest.fixture(scope="module")
def opened(editor_server: list[str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Editor]:
    folder = tmp_path_factory.mktemp("workspace")
    write_all_schemas(Workspace.open(ROOT), folder / FOLDER)
    with editor(editor_server, folder) as opened:
        yield opened


def test_whole_sentences_are_offered_where_one_can_stand(opened: Editor) -> None:
    at_a_line = opened.offers(RULE.format("|"))
    assert at_a_line["promised_at is more than … ago"] == "promised_at is more than ${1:1 day} ago"
    assert at_a_line["last_sent.eta-changed is within the last …"].endswith("last ${1:3 days}")
    assert {"any", "all", "none"} <= at_a_line.keys()
    assert not [
        sentence for sentence in at_a_line if sentence.startswith("priority ")
    ]  # a ticket's
    assert not [sentence for sentence in at_a_line if " was " in sentence]  # nothing was sent yet

    # half typed, in a group: the same, and an editor shows those that go on so
    in_a_group = opened.offers(RULE.format("none:\n          - status is|"))
    assert in_a_group.keys() >= at_a_line.keys()
    assert in_a_group["status is …"].startswith("status is ${1|placed,paid,packed,shipped,")

    of_a_ticket = opened.offers(RULE.format("|").replace("about: order", "about: ticket"))
    assert of_a_ticket["priority is …"] == "priority is ${1|low,normal,high,urgent|}"
    assert "total is at least … EUR" not in of_a_ticket

    after_a_step = opened.offers(RULE.format("total is missing\n    cancel_if:\n      - |"))
    assert after_a_step["… was replied to"] == "${1:first} was replied to"


def test_what_the_workspace_declares_is_offered_where_it_can_stand(opened: Editor) -> None:
    templates = opened.offers(RULE.format("total is missing").replace("delay-apology", "|"))
    assert {"delay-apology", "delay-update"} <= templates.keys()
    rules = opened.offers(TEST.format("expect:\n          - rule: |"))
    assert {"delayed-order-apology", "nps-quarterly"} <= rules.keys()
    assert "expect_counts" in opened.offers(TEST.format("|"))
    people = opened.offers(TEST.format("change:\n          |"))
    assert people["ticket …"].startswith("ticket ${1:T-1}:\n")
    assert opened.offers(TEST.format("expect: |")) == {"nothing": "nothing"}
    assert "pause_rule_above" in opened.offers(PROJECT.format("safety:\n  |"))
    twilio = opened.offers(PROJECT.format("channels:\n  sms:\n    provider: twilio\n    |"))
    assert {"from", "messaging_service", "daily_cap"} <= twilio.keys()
    assert "host" not in twilio  # a mail server's


def test_what_is_wrong_is_underlined_and_what_to_write_is_said(opened: Editor) -> None:
    ((at, said),) = opened.marks(RULE.format("promisd_at is more than 1 day ago"))
    assert at == "promisd_at is more than 1 day ago"
    assert said == "No such field. `outreach schema fields order` lists those of the order"

    ((at, said),) = opened.marks(RULE.format("promised_at is more then 1 day ago"))
    assert at == "promised_at is more then 1 day ago"
    assert said == "promised_at is a time. Try: promised_at is more than 1 day ago"

    ((at, said),) = opened.marks(RULE.format("any:\n          - status is canceled"))
    assert at == "status is canceled"
    assert "It can be placed, paid, packed, shipped, out_for_delivery, delivered, cancelled" in said

    ((at, _),) = opened.marks(RULE.format("total is missing\n    porpose: service"))
    assert at == "porpose"
    ((at, _),) = opened.marks(TEST.format("expct: nothing"))
    assert at == "expct"
    ((at, _),) = opened.marks(PROJECT.format("sources: {shop: {folder: inbox, knd: order}}"))
    assert at == "knd"


def test_a_sentence_is_explained_by_its_own_field(opened: Editor) -> None:
    said = opened.explains(RULE.format("promi|sed_at is in the past"))
    assert "the delivery date we promised" in said
    assert "promised_at is within the last 3 days" in said
    assert "total" not in said


@pytest.mark.parametrize("name", ["rules/orders.yaml", "rules/orders.test.yaml", "outreach.yaml"])
def test_what_ships_is_not_underlined(name: str, opened: Editor) -> None:
    text = (ROOT / name).read_text("utf-8").replace("$schema=../", "$schema=", 1)
    assert opened.marks(text) == []
